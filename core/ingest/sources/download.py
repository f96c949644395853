"""Download of one file from an allowed host, complete or not at all."""

import re
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from email.message import Message
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from urllib3.util import Url, parse_url

from core.errors import InputError
from core.progress import Progress
from core.redaction import redacted

LARGEST_BYTES: Final = 20_000_000_000
"""Four times a log of 50 million lines as CSV; anything larger isn't an order log."""

SPARE_BYTES: Final = 1_000_000_000
"""Disk space left free for other programs."""

_TIMEOUTS: Final = (10.0, 60.0)  # seconds to connect, and to wait for the next byte
_CHUNK: Final = 1 << 18
_REDIRECTS: Final = 5
_EVERY_SECONDS: Final = 0.25  # between progress reports
_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_NAME: Final = 120
_REASONS: Final = {
    401: "the link needs a password. Download the file yourself and upload it",
    403: "access to this file is denied. Check that the link is public",
    404: "the file doesn't exist. Check the link",
    410: "the file has been removed. Request a new link",
    429: "too many requests. Try again later",
}


def download(
    link: str,
    hosts: Sequence[str] | None,
    target: Path,
    progress: Progress,
    *,
    most_bytes: int = LARGEST_BYTES,
) -> str:
    """Download a file and return its sanitised name.

    Parameters
    ----------
    link : str
        Starts with http:// or https://.
    hosts : sequence of str or None
        Hosts allowed for the link and each redirect, see `Settings.allowed_hosts`; None for all.
    target : Path
        Written only once the download is complete.
    progress : callable
        Called with the share done (0 if the server doesn't state the length) and a message; may raise.
    most_bytes : int
        Larger files are rejected.

    Notes
    -----
    Proxies, certificates and passwords from the environment or `~/.netrc` are ignored: a proxy would decide where a
    connection goes, and a password meant for another program must not be sent to a link that a user typed.

    Raises
    ------
    InputError
        If the host is not allowed or the download is incomplete.
    """
    unfinished = target.with_name(f"{target.name}.part")
    try:
        with requests.Session() as session:
            session.trust_env = False
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=0))
            with closing(_open(session, link, hosts)) as response:
                _save(response, unfinished, progress, most_bytes)
                name = _name(response)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return name


def check_link(link: str, hosts: Sequence[str] | None) -> None:
    """Check that a link leads to an allowed host, without contacting it.

    Raises
    ------
    InputError
    """
    _check(str(_prepare(link).url), hosts)


def _open(session: requests.Session, link: str, hosts: Sequence[str] | None) -> requests.Response:
    """Open a link, following redirects manually so that each address is checked before any request."""
    for _ in range(_REDIRECTS + 1):
        prepared = _prepare(link)
        address = _check(str(prepared.url), hosts)
        shown = f"{address.host}{f':{address.port}' if address.port else ''}"
        try:
            response = session.send(prepared, stream=True, timeout=_TIMEOUTS, allow_redirects=False)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            message = f"The server {shown} can't be reached ({_why(error)}). Check the link or try again later."
            raise InputError(message) from None  # the cause quotes the link, which may hold a password
        if not response.is_redirect:
            return _accepted(response, shown)
        link = urljoin(str(prepared.url), response.headers["location"])
        response.close()
        session.close()  # some servers hang up silently, and reusing the connection would fail
    message = f"The link redirects more than {_REDIRECTS} times. Use the direct address of the file."
    raise InputError(message)


def _prepare(link: str) -> requests.PreparedRequest:
    # No compressed content is requested, because its length would differ from the file's.
    headers = {"Accept-Encoding": "identity", "User-Agent": "Clientele"}
    if re.search(r"[\x00-\x20\x7f\\]", link):  # programs read these differently, so the host is ambiguous
        message = "The link contains a space, backslash or control character. Copy it again, with %20 for spaces."
        raise InputError(message)
    try:
        return requests.Request("GET", link, headers=headers).prepare()
    except (requests.RequestException, ValueError):
        message = "The link isn't valid. Use the form https://files.example.com/orders.csv."
        raise InputError(message) from None


def _check(link: str, hosts: Sequence[str] | None) -> Url:
    """Return the address to connect to, parsed as the HTTP library does, if it is allowed."""
    address = parse_url(link)
    if address.scheme not in _PORTS or not address.host:
        message = f"The link leads to a “{address.scheme}:” address. Only http and https are supported."
        raise InputError(message)
    if hosts is not None and not any(_matches(address, allowed) for allowed in hosts):
        there = ", ".join(hosts) or "none yet"
        message = f"Links to {address.host}{f':{address.port}' if address.port else ''} aren't allowed. Use a host in "
        raise InputError(message + f"CLIENTELE_ALLOWED_HOSTS ({there}), or download the file yourself and upload it.")
    return address


def _matches(address: Url, allowed: str) -> bool:
    wanted = parse_url(f"//{allowed.replace('*.', '', 1)}")
    host = (address.host or "").lower().rstrip(".")
    port = address.port or _PORTS[address.scheme or "https"]
    if port not in ((wanted.port,) if wanted.port else _PORTS.values()):
        return False
    name = _ascii(wanted.host or "")
    return host.endswith(f".{name}") if allowed.startswith("*.") else host == name


def _ascii(host: str) -> str:
    """Return a host in its DNS form: `bücher.example` becomes `xn--bcher-kva.example`."""
    return host.lower() if host.isascii() else host.encode("idna").decode("ascii")


def _accepted(response: requests.Response, shown: str) -> requests.Response:
    if response.status_code == requests.codes.ok:
        return response
    response.close()
    status = response.status_code
    reason = _REASONS.get(status, "server error. Try again later" if status >= 500 else "no file was returned")  # noqa: PLR2004
    message = f"The server {shown} answered {status}: {reason}."
    raise InputError(message)


def _save(response: requests.Response, path: Path, progress: Progress, most_bytes: int) -> None:
    """Write the body, decompressed if needed, and check that it is complete."""
    length = response.headers.get("content-length", "")
    expected = int(length) if length.isdecimal() else None
    _check_room(path, expected or 0, most_bytes)
    written, reported = 0, 0.0
    with path.open("wb") as out:
        for chunk in _chunks(response):
            out.write(chunk)
            written += len(chunk)
            if time.monotonic() - reported >= _EVERY_SECONDS:
                _check_room(path, written, most_bytes, written=written)
                progress(_share(response, expected), f"Downloading: {_megabytes(written, expected)}")
                reported = time.monotonic()
    _check_room(path, written, most_bytes, written=written)
    if written == 0:
        message = "The link leads to an empty file. Check the link."
        raise InputError(message)
    progress(1.0, f"Downloaded: {_megabytes(written, None)}")


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """Yield data as it arrives, so that a very slow server can't prevent the user from cancelling.

    The library raises if less arrives than the server announced.
    """
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            yield chunk
    except urllib3.exceptions.DecodeError:
        message = "The compressed download is damaged. Try again, or download the file yourself and upload it."
        raise InputError(message) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        message = f"The download stopped after {response.raw.tell():,} bytes ({_why(error)}). Try again."
        raise InputError(message) from None


def _check_room(path: Path, size: int, most_bytes: int, *, written: int = 0) -> None:
    if size > most_bytes:
        message = f"The file is larger than {most_bytes / 1e9:g} GB. Split it, or convert it to Parquet."
        raise InputError(message)
    free = shutil.disk_usage(path.parent).free
    if free - (size - written) < SPARE_BYTES:
        message = f"The server has {free / 1e9:.1f} GB of disk left, too little for this file. Free up space and retry."
        raise InputError(message)


def _share(response: requests.Response, expected: int | None) -> float:
    return min(response.raw.tell() / expected, 1.0) if expected else 0.0


def _megabytes(written: int, expected: int | None) -> str:
    return f"{written / 1e6:,.1f} MB" + (f" of {expected / 1e6:,.1f}" if expected and expected >= written else "")


def _why(error: BaseException) -> str:
    """Describe a failure without its own text, which quotes addresses and objects."""
    text = f"{type(error).__name__} {error}"
    for mark, words in (
        ("Timeout", "no answer in time"),
        ("timed out", "no answer in time"),
        ("certificate", "its certificate is not trusted"),
        ("SSL", "no secure connection"),
        ("NameResolution", "no such host"),
        ("refused", "connection refused"),
    ):
        if mark in text:
            return words
    return "connection lost"


def _name(response: requests.Response) -> str:
    """Return the file's name from the server's header or the link, safe to show and to store."""
    message = Message()
    message["content-disposition"] = response.headers.get("content-disposition", "")
    given = message.get_filename() or unquote((parse_url(str(response.url)).path or "").rsplit("/", 1)[-1])
    return harmless(given)


def harmless(name: str) -> str:
    """Strip folders, control characters and excess length from a file name, preserving its extension."""
    last = re.split(r"[/\\]", redacted(name))[-1]
    plain = "".join(sign for sign in last if sign.isprintable()).strip(" .")
    if len(plain) > _LONGEST_NAME:
        stem, dot, ending = plain.rpartition(".")
        ending = ending if dot and len(ending) <= 10 else ""  # noqa: PLR2004  .parquet and .csv.gz fit
        plain = f"{(stem if ending else plain)[: _LONGEST_NAME - len(ending) - 2]}…{'.' if ending else ''}{ending}"
    return plain or "download"
