"""Redaction of passwords, keys and tokens in text that is stored, logged or shown.

`redacted` is the only place that decides what is hidden. It recognises links, database URLs, PostgreSQL's `key=value`
form, and percent-encoded variants of these. Code that connects to an address gets it unredacted.
"""

import logging
import re
import traceback
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote

HIDDEN: Final = "***"
"""Replacement for a hidden value."""

_SHORTEST: Final = 4  # characters of a secret to search other text for; shorter ones would match ordinary words
_KEY: Final = 8  # minimum characters for part of a secret, or the user of a link, to be searched for alone
_LAYERS: Final = 4  # of nested percent-encoding
_WEB: Final = ("http", "https")
_FILES: Final = ("sqlite", "duckdb", "file")
_HARMLESS: Final = frozenset(
    ("mode", "cache", "immutable", "nolock", "uri", "access_mode", "read_only", "sslmode", "connect_timeout", "charset")
)
"""Address parameters whose values are never credentials."""

_ENDS: Final = r"\s\"<>“”"
# Names and schemes are bounded in length, as a long text without blanks would otherwise take quadratic time.
_ADDRESS: Final = re.compile(rf"([A-Za-z][A-Za-z0-9+.\-]{{0,40}})://([^{_ENDS}]*)")
_WHOLE: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*)://(.*)", re.DOTALL)
_ENCODED: Final = re.compile(
    rf"[A-Za-z][A-Za-z0-9+.\-]{{0,40}}%(?:25)*3A%(?:25)*2F%(?:25)*2F[^{_ENDS}]*", re.IGNORECASE
)
_MOTHERDUCK: Final = re.compile(rf"\b(md:[^?{_ENDS}]*\?)([^{_ENDS}]*)")
_STRONG: Final = (
    r"pass(?:word|wd|phrase)|secret|token|signature|credential|authorization|(?:api|access|account|private)[_-]?key"
)
_WEAK: Final = r"pwd|sig|key|auth|sas|code"
_VALUE: Final = rf"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|(?:(?:Basic|Bearer)\s+)?[^&;,{_ENDS}'()\[\]{{}}]+"
_PAIR: Final = re.compile(
    rf"((?:(?:{_STRONG})[\w.\-]{{0,60}}|(?<![A-Za-z0-9])(?:{_WEAK}))['\"]?(?:\s*=\s*|%(?:25)*3D)"
    rf"|['\"][\w.\-]{{0,60}}(?:{_STRONG})[\w.\-]{{0,60}}['\"]\s*:\s*|\bauthorization:\s*)(?!\*\*\*)({_VALUE})",
    re.IGNORECASE,
)
_BARE: Final = re.compile(rf"(?<![\w.+\-@/%])((?://)?)[\w.+\-%]+:[^@/{_ENDS}]{{1,300}}@(?=[\w.\-\[])")
_TOKEN: Final = re.compile(r"(?=[A-Za-z_\-]*\d)(?=[\d_\-]*[A-Za-z])[A-Za-z0-9_]{24,}")  # a key as path segment


def redacted(text: str, *addresses: str) -> str:
    """Return a text with the secrets of all its addresses hidden.

    Parameters
    ----------
    text : str
        Any text, or an address.
    addresses : str
        Addresses that drivers may have quoted in part; their secrets are hidden as well.
    """
    for secret in sorted({part for address in addresses for part in secrets_of(address)}, key=len, reverse=True):
        text = text.replace(secret, HIDDEN)
    text = _ENCODED.sub(lambda found: _decoded(found[0]), text)
    text = _ADDRESS.sub(lambda found: f"{found[1]}://{_without(found[1].lower(), found[2])}", text)
    text = _BARE.sub(lambda found: f"{found[1]}{HIDDEN}@", text)
    text = _MOTHERDUCK.sub(lambda found: found[1] + _query(found[2]), text)
    return _PAIR.sub(lambda found: found[1] + HIDDEN, text)


def redacted_address(address: str) -> str:
    """Return one address, which may contain blanks, with its secrets hidden."""
    return redacted("".join(address.split()) if "://" in address else address)


def redacted_all(value: Any) -> Any:
    """Return plain JSON values with all their strings redacted."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {name: redacted_all(member) for name, member in value.items()}
    return [redacted_all(member) for member in value] if isinstance(value, list | tuple) else value


def secrets_of(text: str) -> set[str]:
    """Return the secrets in a text's addresses, in every encoding."""
    found = {part for pair in _PAIR.finditer(text) for part in _parts(pair[2])}
    found |= {part for bare in _BARE.finditer(text) for part in _parts(bare[0].partition(":")[2].rstrip("@"))}
    addresses = [(address[1], address[2]) for address in _ADDRESS.finditer(text)]
    if whole := _WHOLE.fullmatch(text.strip()):  # has blanks that should have been encoded
        addresses.append((whole[1], whole[2]))
    for scheme, rest in addresses:
        found |= _secrets_in(scheme.lower(), rest)
    for asked in _MOTHERDUCK.finditer(text):
        found |= set(_values(asked[2]))
    for encoded in _ENCODED.finditer(text):
        found |= secrets_of(_decoded(encoded[0]))
    plain = {unquote(part) for part in found}
    every = {*found, *plain, *(way(part, safe="") for part in plain for way in (quote, quote_plus))}
    return {part for part in every if len(part) >= _SHORTEST and HIDDEN not in part}


def guard_logs(*addresses: str) -> None:
    """Redact everything this process logs, including exceptions.

    Parameters
    ----------
    addresses : str
        Addresses from the settings, whose secrets are hidden even outside an address.
    """
    make = logging.getLogRecordFactory()
    known = getattr(make, "addresses", None)
    if known is not None:
        known.update(addresses)
        return
    quoted = set(addresses)

    def factory(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = make(*arguments, **named)
        try:
            record.msg, record.args = redacted(record.getMessage(), *quoted), None
        except (TypeError, ValueError):  # logging reports messages that do not match their arguments
            return record
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = redacted("".join(traceback.format_exception(*record.exc_info)).rstrip(), *quoted)
        return record

    factory.addresses = quoted  # type: ignore[attr-defined]
    logging.setLogRecordFactory(factory)


def _secrets_in(scheme: str, rest: str) -> set[str]:
    user, left = _split(scheme, rest)
    name, _, password = user.partition(":")
    path, _, query = left.partition("?")
    query, _, fragment = query.partition("#")
    found = {path.partition("#")[2], fragment, *_values(query)}
    if password or scheme in _WEB:
        found |= {user, *_parts(password)}
    return found | ({name} if scheme in _WEB and len(name) >= _KEY else set())


def _parts(secret: str) -> set[str]:
    """Return a secret and the parts a program may split it into at special characters."""
    bare = secret.strip("'\"")
    return {bare, *(part for part in re.split(r"[/?#@:&\s\\]+", bare) if len(part) >= _KEY)}


def _decoded(text: str) -> str:
    """Decode an address, so that it can be redacted."""
    for _ in range(_LAYERS):
        if not _ENCODED.search(text):
            break
        text = unquote(text)
    return text


def _without(scheme: str, rest: str) -> str:
    """Redact what follows `://`: user, secret values and fragment."""
    user, left = _split(scheme, rest)
    left, hash_sign, fragment = left.partition("#")
    path, mark, query = left.partition("?")
    path = "/".join(HIDDEN if _TOKEN.fullmatch(part) and scheme in _WEB else part for part in path.split("/"))
    shown = f"{HIDDEN}@{path}" if user else path
    return shown + mark + (_query(query) if query else "") + (hash_sign + HIDDEN if fragment else "")


def _split(scheme: str, rest: str) -> tuple[str, str]:
    """Split off the user and password before the `@`; passwords may contain unencoded special characters."""
    server = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if scheme in _FILES and not server:
        return "", rest
    if "@" in server:
        host = server.rpartition("@")[2]
        is_host = scheme in _WEB and ("." in host or ":" in host or host == "localhost")  # a later @ is in the path
        end = server.rfind("@") if is_host else _end_of_user(rest)
        return rest[:end], rest[end + 1 :]
    port = server.rpartition(":")[2] if ":" in server and not server.endswith("]") else ""
    odd = bool(port) and not port.isdecimal()
    if "@" in rest and server and (odd or scheme not in _WEB):
        end = _end_of_user(rest)
        return rest[:end], rest[end + 1 :]
    return (server, rest[len(server) :]) if odd else ("", rest)


def _end_of_user(rest: str) -> int:
    """Return the position of the last `@` outside parameter values, which ends the password."""
    before, _, query = rest.partition("?")
    in_value = "@" not in query or "=" in query.partition("@")[0]
    return before.rfind("@") if "@" in before and in_value else rest.rfind("@")


def _query(query: str) -> str:
    """Redact a query string: keep parameter names, hide values that may be credentials."""
    parts = []
    for part in re.split(r"([&;])", query):
        name, equals, value = part.partition("=")
        if part in ("&", ";", "") or (equals and (not value or _is_harmless(name, value))):
            parts.append(part)
        else:
            parts.append(f"{name}={HIDDEN}" if equals else HIDDEN)
    return "".join(parts)


def _values(query: str) -> list[str]:
    pairs = (part.partition("=") for part in re.split(r"[&;]", query))
    return [value if equals else name for name, equals, value in pairs if not _is_harmless(name, value)]


def _is_harmless(name: str, value: str) -> bool:
    return name.lower() in _HARMLESS and len(value) <= len("read_write_create") and value.replace("_", "").isalnum()
