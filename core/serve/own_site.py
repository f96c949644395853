"""Protection against requests from other web sites, by their Host and Origin headers.

Without it, any web site could take over a Clientele that runs on a visitor's machine: the site points its own name to
127.0.0.1 (DNS rebinding), and the browser treats both as one site. The Host header still has the site's name, so it is
checked for pages, WebSockets and everything else. Pages can't be embedded in frames either.
"""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("clientele.serve")

LOCAL: Final = ("localhost", "127.0.0.1", "[::1]")
"""Names of this machine, which no web site can have."""

ANYWHERE: Final = frozenset({"", "0.0.0.0", "::", "[::]"})  # noqa: S104  listening addresses, not host names
"""Listening addresses that are not host names."""

OPEN_CORE: Final = frozenset({"health", "host-config", "stream", "upload_file", "bidi-components"})
"""Streamlit's own routes that browsers need; others, such as `metrics`, are not served."""

HEADERS: Final = {
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "frame-ancestors 'none'; object-src 'none'; base-uri 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",  # with no-referrer, our own pages would send “Origin: null”
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sent with every response."""

_HOST: Final = re.compile(r"(?P<name>\[[0-9a-f:.]{2,45}\]|[a-z0-9._-]{1,253})(:(?P<port>\d{1,5}))?", re.ASCII)
_ORIGIN: Final = re.compile(r"(?P<scheme>https?)://(?P<host>[^/?#@\s]+)", re.ASCII)
_PORTS: Final = {"http": 80, "https": 443}
_LAST_PORT: Final = 65_535


@dataclass(frozen=True)
class Host:
    """A host from a header, in lower case and without a trailing dot; `port` is None if not given."""

    name: str
    port: int | None


class OwnSite:
    """Middleware that serves requests from our own site only.

    Parameters
    ----------
    app : ASGI application
        The application to protect.
    hosts : sequence of str
        Host names under which it is served, besides those of this machine: `clientele.example.com`, or `*.example.com`
        for all subdomains. Ports are ignored.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str] = ()) -> None:
        self._app = app
        given = [name for name in hosts if name not in ANYWHERE and "/" not in name]  # a socket has no name
        self._names = frozenset(_plain(name) for name in (*LOCAL, *given) if not name.startswith("*."))
        self._below = tuple(_plain(name[1:]) for name in given if name.startswith("*."))
        self._warned = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve or reject a request; both responses have the security headers."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        answer = _with_headers(send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, answer)
            return
        await self._app(scope, receive, answer)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        named = headers.getlist("host")
        host = parse_host(named[0]) if len(named) == 1 else None
        if host is None or not self._is_ours(host.name):
            return PlainTextResponse(
                "Clientele isn't served under this address. Open it as http://localhost with its port, or name the "
                "host in the setting CLIENTELE_SERVED_HOSTS.\n",
                status_code=400,
            )
        origins = headers.getlist("origin")
        if origins and not (len(origins) == 1 and is_own(origins[0], host)):
            self._warn_once()
            return PlainTextResponse("Clientele only accepts requests from its own pages.\n", status_code=403)
        if is_closed(scope["path"]):
            return PlainTextResponse("Not found\n", status_code=404)
        return None

    def _is_ours(self, name: str) -> bool:
        return name in self._names or any(name.endswith(end) and len(name) > len(end) for end in self._below)

    def _warn_once(self) -> None:
        """Log the first rejection, as a proxy that changes the Host header looks like another site."""
        if not self._warned:
            self._warned = True
            log.warning(
                "A request from another web site was rejected. If it came through your own reverse proxy, have the "
                "proxy pass on the Host header."
            )


def parse_host(text: str) -> Host | None:
    """Parse a Host header; return None if it is malformed."""
    found = _HOST.fullmatch(text.lower())
    if found is None:
        return None
    port = int(found["port"]) if found["port"] else None
    if port is not None and port > _LAST_PORT:
        return None
    try:
        return Host(_plain(found["name"]), port)
    except ValueError:
        return None


def is_own(origin: str, host: Host) -> bool:
    """Return whether an Origin header names the same site and port as the Host header."""
    found = _ORIGIN.fullmatch(origin.lower())
    named = parse_host(found["host"]) if found else None
    if found is None or named is None:
        return False
    usual = _PORTS[found["scheme"]]
    return (named.name, named.port or usual) == (host.name, host.port or usual)


def is_closed(path: str) -> bool:
    """Return whether a path is one of Streamlit's own routes that no browser needs, under any base path."""
    parts = [part for part in path.split("/") if part]
    return any(
        part == "_stcore" and (parts[at + 1] if at + 1 < len(parts) else "") not in OPEN_CORE
        for at, part in enumerate(parts)
    )


def _plain(name: str) -> str:
    """Normalise a host name for comparison.

    Raises
    ------
    ValueError
        If it is in brackets but not an IPv6 address.
    """
    name = name.lower().removesuffix(".")
    if ":" in name or name.startswith("["):
        return f"[{IPv6Address(name.strip('[]')).compressed}]"
    return name


def _with_headers(send: Send) -> Send:
    async def sender(message: Message) -> None:
        if message["type"] in {"http.response.start", "websocket.http.response.start"}:
            message.setdefault("headers", [])
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
        await send(message)

    return sender
