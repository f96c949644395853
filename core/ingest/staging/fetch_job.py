"""A job that fetches a file into the staging area; safe to kill and rerun."""

import json
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from core.errors import InputError
from core.ingest.sources.addresses import UCI_NAME, fetch
from core.ingest.sources.database_apart import read_table_apart
from core.ingest.sources.download import SPARE_BYTES, harmless
from core.ingest.staging.staged_files import limits_of, staged_folder
from core.progress import Progress
from core.redaction import HIDDEN, redacted_address
from core.scratch import new_name
from core.settings import Settings
from core.workspace.store import Workspace

_CHUNK: Final = 1 << 24


def run(workspace: Workspace, settings: Settings, spec: Mapping[str, Any], progress: Progress) -> dict[str, Any]:
    """Fetch a file to `uploads/<staged>/original` in the workspace.

    Parameters
    ----------
    workspace : Workspace
        Workspace with the staging area.
    settings : Settings
        Defines which folders, hosts and databases are allowed.
    spec : mapping
        `kind`: `address` (with `address`), `uci`, or `database` (with `connection`, a name in the settings, and
        `table` or `query`); and `staged`, the name in the staging area.
    progress : callable
        Called with the share done and a message. If it raises, nothing is left behind.

    Returns
    -------
    dict
        `staged`, `name` (to show) and `bytes`; for databases also `rows`. A second run returns the first one's result.
    """
    staged = str(spec["staged"])
    folder = staged_folder(workspace, staged)
    said = folder / "fetched.json"
    if (folder / "original").exists() and said.exists():
        return dict(json.loads(said.read_text(encoding="utf-8")))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "unfinished").unlink(missing_ok=True)  # left by a killed run of an older Clientele
    unfinished = folder / new_name("unfinished-")  # the name identifies leftovers of killed runs
    try:
        found = _KINDS[spec["kind"]](settings, spec, unfinished, progress)
        result = {"staged": staged, "bytes": unfinished.stat().st_size, **found}
        said.write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
        unfinished.replace(folder / "original")
    except BaseException:
        unfinished.unlink(missing_ok=True)
        if not (folder / "original").exists():  # else another worker has finished it
            shutil.rmtree(folder, ignore_errors=True)
        raise
    return result


def spec_of(address: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the spec for an address, and its secrets; see `core.jobs.submit`."""
    shown = redacted_address(address)
    return {"kind": "address", "address": shown}, ({"address": address} if shown != address else {})


def _address(settings: Settings, spec: Mapping[str, Any], target: Path, progress: Progress) -> dict[str, Any]:
    if HIDDEN in spec["address"]:
        message = "The link contained a password or key, which is deleted when its job ends. Enter the link again on "
        raise InputError(message + "the page Upload.")
    file = fetch(str(spec["address"]), settings, target, _within(settings.read_minutes, progress))
    if file.path != target:
        _link(file.path, target, progress)
    return {"name": harmless(file.name)}


def _within(minutes: float, progress: Progress) -> Progress:
    """Return a progress callback that aborts after some minutes, since a slow server could send bytes forever."""
    until = time.monotonic() + 60 * minutes

    def on(share: float, what: str) -> None:
        progress(share, what)
        if time.monotonic() > until:
            message = f"The download took over {minutes:g} minutes. Download the file yourself and upload it, "
            raise InputError(message + "or raise CLIENTELE_READ_MINUTES.")

    return on


def _uci(settings: Settings, _spec: Mapping[str, Any], target: Path, progress: Progress) -> dict[str, Any]:
    return {"name": harmless(fetch(UCI_NAME, settings, target, _within(settings.read_minutes, progress)).name)}


def _database(settings: Settings, spec: Mapping[str, Any], target: Path, progress: Progress) -> dict[str, Any]:
    name = str(spec["connection"])
    if name not in settings.databases:
        there = ", ".join(f"“{known}”" for known in settings.databases) or "none"
        message = f"There is no database “{name[:80]}” in CLIENTELE_DATABASES, which contains: {there}."
        raise InputError(message)
    table, query = spec.get("table") or None, spec.get("query") or None
    rows = read_table_apart(
        settings.databases[name],
        table=table,
        query=query,
        target=target,
        limits=limits_of(settings),
        progress=progress,
        folders=settings.allowed_folders,
        name=f"The database {name}",
    )
    return {"name": harmless(f"{name} {table or 'query'}"), "rows": rows}


_KINDS: Final = {"address": _address, "uci": _uci, "database": _database}


def _link(source: Path, target: Path, progress: Progress) -> None:
    """Hard-link a file on the server into the staging area, or copy it if it is on another disk.

    A symbolic link wouldn't do: the query engine resolves links and reads nothing outside the workspace.
    """
    try:
        os.link(source, target)
    except OSError:
        try:
            _copy(source, target, progress)
        except OSError as error:
            message = f"{source.name} can't be copied: {error.strerror or error}. Check its permissions and the disk."
            raise InputError(message) from error


def _copy(source: Path, target: Path, progress: Progress) -> None:
    size, done = source.stat().st_size, 0
    free = shutil.disk_usage(target.parent).free
    if free - size < SPARE_BYTES:
        message = f"The server's disk has {free / 1e9:.1f} GB left, too little for {source.name}. Free up some space."
        raise InputError(message)
    with source.open("rb") as read, target.open("wb") as written:
        while chunk := read.read(_CHUNK):
            written.write(chunk)
            done += len(chunk)
            progress(min(done / max(size, 1), 1.0), f"Copying {source.name}: {done / 1e6:,.0f} MB")
