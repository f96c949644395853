"""One file from a web server to disk: only from allowed hosts, whole or not at all, whatever the server does."""

import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
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
from core.redaction import redacted

LARGEST_BYTES: Final = 20_000_000_000
"""Four times a log of 50 million lines as CSV; beyond it something else than an order log is being fetched."""

SPARE_BYTES: Final = 1_000_000_000
"""Disk left free for everybody else."""

_TIMEOUTS: Final = (10.0, 60.0)  # seconds to connect, and without a single byte
_CHUNK: Final = 1 << 18
_REDIRECTS: Final = 5
_EVERY_SECONDS: Final = 0.25  # between two reports of progress
_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_NAME: Final = 120
_REASONS: Final = {
    401: "it asks for a password; download the file yourself and upload it",
    403: "it does not let this file be read; check whether the link is public",
    404: "there is no such file; check the link",
    410: "the file is gone; ask for a new link",
    429: "it has had too many requests; try again later",
}


def download(
    link: str,
    hosts: Sequence[str] | None,
    target: Path,
    progress: Callable[[float, str], None],
    *,
    most_bytes: int = LARGEST_BYTES,
) -> str:
    """Download a file and give its name, made harmless.

    Parameters
    ----------
    link : str
        Begins with http:// or https://.
    hosts : sequence of str or None
        Hosts allowed, see `Settings.allowed_hosts`, for the link and for each redirect; None for all.
    target : Path
        Written only once the download is complete.
    progress : callable
        Gets the share done (0 where the server does not say the length) and a sentence; may raise.
    most_bytes : int
        Larger files are refused.

    Notes
    -----
    Proxies, certificates and passwords named in the environment or in `~/.netrc` are not used: a proxy would decide
    where a connection goes, and a password meant for another program must not leave with a link somebody typed.

    Raises
    ------
    InputError
        Where the host is not allowed, or the file does not come whole.
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
    """See that a link leads to an allowed host, asking nobody.

    Raises
    ------
    InputError
    """
    _check(str(_prepare(link).url), hosts)


def _open(session: requests.Session, link: str, hosts: Sequence[str] | None) -> requests.Response:
    """Follow redirects by hand, so that each address is checked before anything is sent to it."""
    for _ in range(_REDIRECTS + 1):
        prepared = _prepare(link)
        address = _check(str(prepared.url), hosts)
        shown = f"{address.host}{f':{address.port}' if address.port else ''}"
        try:
            response = session.send(prepared, stream=True, timeout=_TIMEOUTS, allow_redirects=False)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            message = f"The server {shown} cannot be reached ({_why(error)}); check the link or try again later."
            raise InputError(message) from None  # the cause quotes the link, which may hold a password
        if not response.is_redirect:
            return _accepted(response, shown)
        link = urljoin(str(prepared.url), response.headers["location"])
        response.close()
        session.close()  # some servers hang up without saying so, and a connection used again then fails
    message = f"The link is passed on more than {_REDIRECTS} times; use the address where the file really is."
    raise InputError(message)


def _prepare(link: str) -> requests.PreparedRequest:
    # Encoded content is not asked for: its length says nothing of the file's.
    headers = {"Accept-Encoding": "identity", "User-Agent": "Clientele"}
    if re.search(r"[\x00-\x20\x7f\\]", link):  # programs read these differently: which host is meant is not certain
        message = "The link holds a blank, a backslash or a control character; copy it again, with %20 for a blank."
        raise InputError(message)
    try:
        return requests.Request("GET", link, headers=headers).prepare()
    except (requests.RequestException, ValueError):
        message = "The link cannot be read; it should look like https://files.example.com/orders.csv."
        raise InputError(message) from None


def _check(link: str, hosts: Sequence[str] | None) -> Url:
    """The address that will be connected to, as the library itself reads it, where it is allowed."""
    address = parse_url(link)
    if address.scheme not in _PORTS or not address.host:
        message = f"The link leads to an address of the kind “{address.scheme}:”; only http and https are read."
        raise InputError(message)
    if hosts is not None and not any(_matches(address, allowed) for allowed in hosts):
        there = ", ".join(hosts) or "none so far"
        message = f"Links to {address.host}{f':{address.port}' if address.port else ''} are not allowed; hosts in the "
        raise InputError(message + f"setting CLIENTELE_ALLOWED_HOSTS are ({there}).")
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
    """A host as it is looked up: `bücher.example` is `xn--bcher-kva.example`."""
    return host.lower() if host.isascii() else host.encode("idna").decode("ascii")


def _accepted(response: requests.Response, shown: str) -> requests.Response:
    if response.status_code == requests.codes.ok:
        return response
    response.close()
    status = response.status_code
    reason = _REASONS.get(status, "it has a fault; try again later" if status >= 500 else "it gives no file")  # noqa: PLR2004
    message = f"The server {shown} answers {status}: {reason}."
    raise InputError(message)


def _save(response: requests.Response, path: Path, progress: Callable[[float, str], None], most_bytes: int) -> None:
    """Write the body, unwrapped where the server wrapped it, and see that it came whole."""
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
        message = "The link leads to an empty file; check the link."
        raise InputError(message)
    progress(1.0, f"Downloaded: {_megabytes(written, None)}")


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """What has arrived, as it arrives: a server that sends a byte now and then must not keep a person from stopping.

    The library itself raises where less comes than the server announced.
    """
    try:
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            yield chunk
    except urllib3.exceptions.DecodeError:
        message = "The server's compression is damaged; try again, or download the file yourself and upload it."
        raise InputError(message) from None
    except (urllib3.exceptions.HTTPError, OSError) as error:
        message = f"The download broke off after {response.raw.tell():,} bytes ({_why(error)}); try again."
        raise InputError(message) from None


def _check_room(path: Path, size: int, most_bytes: int, *, written: int = 0) -> None:
    if size > most_bytes:
        message = f"The file is larger than {most_bytes / 1e9:g} GB; split it, or put it on the server in Parquet."
        raise InputError(message)
    free = shutil.disk_usage(path.parent).free
    if free - (size - written) < SPARE_BYTES:
        message = f"The server's disk has {free / 1e9:.1f} GB left, too little for this file; free some and try again."
        raise InputError(message)


def _share(response: requests.Response, expected: int | None) -> float:
    return min(response.raw.tell() / expected, 1.0) if expected else 0.0


def _megabytes(written: int, expected: int | None) -> str:
    return f"{written / 1e6:,.1f} MB" + (f" of {expected / 1e6:,.1f}" if expected and expected >= written else "")


def _why(error: BaseException) -> str:
    """The kind of a failure in words; the error's own text quotes addresses and objects."""
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
    """Name of the file from the server's header or the link, fit for a message and for a folder."""
    message = Message()
    message["content-disposition"] = response.headers.get("content-disposition", "")
    given = message.get_filename() or unquote((parse_url(str(response.url)).path or "").rsplit("/", 1)[-1])
    return harmless(given)


def harmless(name: str) -> str:
    """A file's name without folders, control characters and excess length; its ending is kept."""
    last = re.split(r"[/\\]", redacted(name))[-1]
    plain = "".join(sign for sign in last if sign.isprintable()).strip(" .")
    if len(plain) > _LONGEST_NAME:
        stem, dot, ending = plain.rpartition(".")
        ending = ending if dot and len(ending) <= 10 else ""  # noqa: PLR2004  .parquet and .csv.gz fit
        plain = f"{(stem if ending else plain)[: _LONGEST_NAME - len(ending) - 2]}…{'.' if ending else ''}{ending}"
    return plain or "download"
