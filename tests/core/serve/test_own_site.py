"""Requests from our own pages, and imitations."""

import asyncio
from typing import Any

import pytest

from core.errors import InputError
from core.serve.own_site import HEADERS, OwnSite, is_closed
from core.settings import Settings

Header = tuple[bytes, bytes]
ANYWHERE = "0.0.0.0"


async def _page(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-frame-options", b"ALLOWALL")]})
    await send({"type": "http.response.body", "body": b"page"})


def answer(*headers: Header, hosts: tuple[str, ...] = (), **scope: Any) -> tuple[int, dict[str, str]]:
    """Return the status and headers of the response to a request."""
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    whole = {"type": "http", "method": "GET", "path": "/", "headers": list(headers), "extensions": {}, **scope}
    asyncio.run(OwnSite(_page, hosts)(whole, receive, send))
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert len(found) == len(sent[0]["headers"])
    return sent[0]["status"], found


def status(host: str, *more: Header, hosts: tuple[str, ...] = (), **scope: Any) -> int:
    return answer((b"host", host.encode("latin-1")), *more, hosts=hosts, **scope)[0]


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8501", "LocalHost:1", "localhost.", "localhost.:8501", "127.0.0.1", "127.0.0.1:65535",
     "[::1]", "[::1]:8501", "[0:0:0:0:0:0:0:1]:80"],
)  # fmt: skip
def test_this_machine_is_ours_on_every_port(host: str) -> None:
    assert status(host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8501", "localhost.evil.example", "evil.localhost", "localhost@evil.example",
     "evil.example@localhost", "localhost:65536", "localhost:x", "localhost:8501:1", "localhost/", "localhost,evil",
     "localhost evil", "http://localhost", "", ".", "..", "localhost..", "127.0.0.1.evil.example", "127.1",
     "2130706433", ANYWHERE, "[::]", "[::2]", "[::1", "::1", "[localhost]", "[::ffff:127.0.0.1]", "lo\xe7alhost",
     "localhost\x00", "192.168.1.5", "xlocalhost"],
)  # fmt: skip
def test_other_hosts_are_refused(host: str) -> None:
    assert status(host) == 400
    assert status(host, type="websocket") == 400


def test_a_request_names_one_host() -> None:
    assert answer()[0] == 400
    assert status("localhost", (b"host", b"localhost")) == 400
    assert status("evil.example", (b"x-forwarded-host", b"localhost"), (b"forwarded", b"host=localhost")) == 400


@pytest.mark.parametrize(
    ("served", "yes", "no"),
    [
        ("clientele.example.com", ["clientele.example.com", "CLIENTELE.example.com.:443"], ["example.com"]),
        ("*.example.com", ["a.example.com", "a.b.example.com:1"], ["example.com", ".example.com", "aexample.com"]),
        ("192.168.1.5", ["192.168.1.5:8501"], ["192.168.1.6"]),
        ("[fd00::1]", ["[fd00::1]:8501", "[FD00:0::1]"], ["[fd00::2]"]),
        (ANYWHERE, ["localhost"], [ANYWHERE, "evil.example"]),
        ("::", ["localhost"], ["[::]", "evil.example"]),
        ("unix:///run/clientele.sock", ["localhost"], ["evil.example", "run"]),
    ],
)
def test_named_hosts_are_served(served: str, yes: list[str], no: list[str]) -> None:
    assert [status(host, hosts=(served,)) for host in yes] == [200] * len(yes)
    assert [status(host, hosts=(served,)) for host in no] == [400] * len(no)


@pytest.mark.parametrize(
    ("host", "origin", "expected"),
    [
        ("localhost:8501", "http://localhost:8501", 200),
        ("LOCALHOST:8501", "http://localhost.:8501", 200),
        ("[::1]:8501", "http://[::1]:8501", 200),
        ("localhost", "http://localhost", 200),
        ("localhost", "https://localhost:443", 200),
        ("localhost:443", "https://localhost", 200),
        ("localhost:8501", "http://localhost:3000", 403),
        ("localhost:8501", "http://localhost", 403),
        ("localhost:8501", "http://127.0.0.1:8501", 403),
        ("localhost:8501", "http://evil.example", 403),
        ("localhost:8501", "http://localhost:8501.evil.example", 403),
        ("localhost:8501", "http://localhost:8501@evil.example", 403),
        ("localhost:8501", "null", 403),
        ("localhost:8501", "", 403),
        ("localhost:8501", "file://", 403),
        ("localhost:8501", "localhost:8501", 403),
        ("localhost:8501", "http://localhost:8501/", 403),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_only_our_own_pages_may_ask(kind: str, host: str, origin: str, expected: int) -> None:
    assert status(host, (b"origin", origin.encode()), type=kind, method="PUT") == expected


def test_two_origins_are_none_of_ours() -> None:
    own = (b"origin", b"http://localhost")
    assert status("localhost", own, own) == 403


@pytest.mark.parametrize(
    "path",
    ["/_stcore/metrics", "/_stcore/metrics/", "//_stcore//metrics", "/base/_stcore/metrics", "/_stcore",
     "/_stcore/script-health-check", "/_stcore/agent/mcp", "/_stcore/agent/openapi.json", "/_stcore/METRICS"],
)  # fmt: skip
def test_what_no_browser_needs_is_closed(path: str) -> None:
    assert is_closed(path)
    assert status("localhost", path=path) == 404


@pytest.mark.parametrize(
    "path",
    ["/", "/_stcore/health", "/_stcore/host-config", "/_stcore/stream", "/_stcore/upload_file/a/b",
     "/base/_stcore/health", "/overview", "/media/a.csv", "/static/js/index.js"],
)  # fmt: skip
def test_what_browsers_need_is_open(path: str) -> None:
    assert not is_closed(path)


@pytest.mark.parametrize("host", [b"localhost", b"evil.example"])
def test_every_answer_says_what_browsers_must_not_do(host: bytes) -> None:
    _, found = answer((b"host", host))
    assert {name: found[name.lower()] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "host",
    ["*", "*.", "https://clientele.example.com", "clientele.example.com:8501", "clientele.example.com/x", "a b", "::1",
     "[::x]", "a..b", "*.*.com"],
)  # fmt: skip
def test_names_of_hosts_are_checked(host: str) -> None:
    with pytest.raises(InputError, match=r"^CLIENTELE_SERVED_HOSTS must list names such as clientele\.example\.com"):
        Settings.from_environment({"CLIENTELE_SERVED_HOSTS": f"ok.example.com, {host}"})


def test_names_of_hosts_are_read() -> None:
    read = Settings.from_environment({"CLIENTELE_SERVED_HOSTS": " Shop.Example.com,*.example.com ,[fd00::1],"})
    assert read.served_hosts == ("shop.example.com", "*.example.com", "[fd00::1]")
