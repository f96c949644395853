"""Settings of a running Clientele, read once from the environment."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from core.redaction import redacted

MEMORY_GB: Final = (0.25, 1024.0)
"""With under a quarter of a gigabyte, DuckDB can't group a million customers."""

_RANGES: Final = {
    "query_memory_gb": MEMORY_GB,
    "read_memory_gb": (1.0, 1024.0),  # libraries alone take half of the minimum in address space
    "read_minutes": (0.1, 24 * 60.0),
    "upload_memory_gb": (0.01, 1024.0),
    "cache_memory_gb": (0.05, 1024.0),
    "keep_days": (1.0, 36_500.0),
    "keep_trainings": (1.0, 10_000.0),
    "read_disk_gb": (0.1, 100_000.0),
    "read_at_once": (1, 64),
}
_UNITS: Final = {
    "minutes": "minutes", "gb": "gigabytes", "once": "files", "days": "days", "trainings": "trainings",
}  # fmt: skip

_HOST: Final = re.compile(r"(\*\.)?[^\s/@:*?#\\\[\]]+(:\d{1,5})?|\[[0-9a-fA-F:.]+\](:\d{1,5})?")
_SERVED: Final = re.compile(r"(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII)
_NAME: Final = re.compile(r"[\w.-]{1,64}")

PROJECT: Final = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Locations, allowed sources and resource limits.

    Parameters
    ----------
    workspace : Path
        Folder with the dataset versions and the catalog. `CLIENTELE_WORKSPACE`.
    catalog_url : str
        SQLAlchemy URL of the catalog; empty means SQLite inside the workspace. `CLIENTELE_CATALOG_URL`.
    demo_shop : Path
        The simulated shop in a new workspace. `CLIENTELE_DEMO_SHOP`.
    query_memory_gb : float
        Gigabytes of memory per process that DuckDB may use before it spills to disk. The default leaves room for the
        operating system and the browser on a laptop with 8 GB. `CLIENTELE_QUERY_MEMORY_GB`.
    read_memory_gb : float
        Gigabytes of memory for the process that reads an uploaded file; files that need more are rejected.
        `CLIENTELE_READ_MEMORY_GB`.
    read_minutes : float
        Time limit of that process in minutes. `CLIENTELE_READ_MINUTES`.
    read_disk_gb : float
        Gigabytes of disk that it may write, and that an unpacked file may take. `CLIENTELE_READ_DISK_GB`.
    read_at_once : int
        Files that pages and jobs may read at the same time; others wait. `CLIENTELE_READ_AT_ONCE`.
    allowed_folders : tuple of Path
        Server folders whose files, including subfolders, people may import without uploading them; none by default.
        `CLIENTELE_ALLOWED_FOLDERS`, separated as in `PATH`.
    allowed_hosts : tuple of str
        Hosts from which links may be fetched: `files.example.com` (default ports), `*.example.com` (subdomains, not
        the domain itself), `localhost:8000`; none by default. `CLIENTELE_ALLOWED_HOSTS`, separated by commas.
    databases : mapping of str to str
        Name → URL of databases to read orders from. Only the names are shown. `CLIENTELE_DATABASES`, a JSON object
        such as `{"shop": "postgresql://reader:…@db/shop"}`.
    served_hosts : tuple of str
        Host names under which Clientele is served, besides localhost and the server's own address:
        `clientele.example.com`, or `*.example.com` for all subdomains. Requests to other hosts are rejected, since
        another web site could be behind them. `CLIENTELE_SERVED_HOSTS`, separated by commas.
    upload_memory_gb : float
        Gigabytes of memory for all uploads that await import; files beyond that are rejected. The default holds two
        files of the largest size. `CLIENTELE_UPLOAD_MEMORY_GB`.
    cache_memory_gb : float
        Gigabytes of memory for cached page results in the web process, shared by all sessions. The least recently used
        are dropped first. `CLIENTELE_CACHE_MEMORY_GB`.
    keep_days : float
        Days after which unopened results and records of ended jobs are removed. `CLIENTELE_KEEP_DAYS`.
    keep_trainings : float
        Number of newest trainings per dataset and horizon whose models are kept. A model in use is always kept.
        `CLIENTELE_KEEP_TRAININGS`.
    """

    workspace: Path = PROJECT / "data" / "workspace"
    catalog_url: str = field(default="", repr=False)  # may hold a password
    demo_shop: Path = PROJECT / "data" / "demo_shop.parquet"
    query_memory_gb: float = 4.0
    read_memory_gb: float = 8.0
    read_minutes: float = 60.0
    cache_memory_gb: float = 1.0
    keep_days: float = 90.0
    keep_trainings: float = 10.0
    read_disk_gb: float = 50.0
    read_at_once: int = 4
    allowed_folders: tuple[Path, ...] = ()
    allowed_hosts: tuple[str, ...] = ()
    databases: Mapping[str, str] = field(default_factory=dict, repr=False, hash=False)  # URLs hold passwords
    served_hosts: tuple[str, ...] = ()
    upload_memory_gb: float = 2.0

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                message = f"CLIENTELE_{name.upper()} must be between {low:g} and {high:g}, got {value:g}."
                raise InputError(message)
        for folder in self.allowed_folders:
            if not folder.is_absolute():
                message = f"CLIENTELE_ALLOWED_FOLDERS must list absolute paths, got “{folder}”."
                raise InputError(message)
        self._check_hosts()
        for name, url in self.databases.items():
            if not _NAME.fullmatch(name) or "://" not in url:
                message = "CLIENTELE_DATABASES must give each database a name of letters, digits, “.”, “_” or “-” and "
                raise InputError(message + f"a URL such as postgresql://reader@host/shop. Check “{name}”.")

    def _check_hosts(self) -> None:
        for host in self.allowed_hosts:
            if not _HOST.fullmatch(host):
                message = "CLIENTELE_ALLOWED_HOSTS must list hosts such as files.example.com, *.example.com or "
                raise InputError(message + f"localhost:8000, without https:// or a path, got “{redacted(host)}”.")
        for host in self.served_hosts:
            if not (_SERVED.fullmatch(host) or _is_ipv6(host)):
                message = "CLIENTELE_SERVED_HOSTS must list names such as clientele.example.com or *.example.com, "
                raise InputError(message + f"without https://, port or path, got “{redacted(host)}”.")

    def addresses(self) -> tuple[str, ...]:
        """Return all addresses that may contain a password, for `core.redaction`."""
        return tuple(filter(None, (self.catalog_url, *self.databases.values())))

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """Read the settings from environment variables, with defaults for those not set.

        Parameters
        ----------
        environment : mapping of str to str
            Usually `os.environ`.

        Raises
        ------
        InputError
            If a value is malformed or out of range.
        """
        given = {name: environment.get(f"CLIENTELE_{name.upper()}", "") for name in cls.__dataclass_fields__}
        return cls(
            workspace=_path("workspace", given["workspace"]) or cls.workspace,
            catalog_url=given["catalog_url"],
            demo_shop=_path("demo_shop", given["demo_shop"]) or cls.demo_shop,
            **{name: _number(name, given[name]) for name in _RANGES if given[name]},
            allowed_folders=tuple(
                path if not path.is_absolute() else path.resolve()
                for path in (Path(part).expanduser() for part in given["allowed_folders"].split(os.pathsep) if part)
            ),
            allowed_hosts=_hosts(given["allowed_hosts"]),
            databases=_databases(given["databases"]),
            served_hosts=_hosts(given["served_hosts"]),
        )


def _path(name: str, text: str) -> Path | None:
    """Parse a path; return None if the text is empty."""
    try:
        return Path(text).expanduser().resolve() if text else None
    except (OSError, RuntimeError, ValueError) as error:  # no home directory, or an impossible name
        message = f"CLIENTELE_{name.upper()} must be a path, got “{text}”."
        raise InputError(message) from error


def _hosts(text: str) -> tuple[str, ...]:
    return tuple(host.strip().lower() for host in text.split(",") if host.strip())


def _is_ipv6(host: str) -> bool:
    """Return whether a host is an IPv6 address in brackets, such as [fd00::1]."""
    try:
        return host == f"[{IPv6Address(host[1:-1])}]"
    except ValueError:
        return False


def _number(name: str, text: str) -> Any:
    try:
        return int(text) if name.endswith("once") else float(text)
    except ValueError as error:
        unit = _UNITS[name.rpartition("_")[2]]
        message = f"CLIENTELE_{name.upper()} must be a number of {unit}, got “{text}”."
        raise InputError(message) from error


def _databases(text: str) -> dict[str, str]:
    """Parse the databases; errors don't quote the text, since it may contain a password."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(url, str) for url in found.values()):
        message = 'CLIENTELE_DATABASES must be a JSON object of names and URLs, such as {"shop": "postgresql://…"}.'
        raise InputError(message)
    return found
