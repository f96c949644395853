"""Quarantine: cleared files stay here for a week before they are deleted.

`core.workspace.ownership.adoption` can restore them.

Each entry has a folder named by its date, with the file under its path in the workspace. Expiry counts the days on
which an entry was seen, so a clock that jumps ahead deletes nothing.
"""

import logging
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from uuid import uuid4

from core import scratch

log = logging.getLogger("clientele")

DAYS: Final = 7
LOG: Final = "log.txt"
_TOP: Final = "files"  # files that were in no subfolder of the workspace
_SEEN: Final = "seen.txt"
_NAME: Final = re.compile(r"(\d{4}-\d{2}-\d{2})-[0-9a-f]{8}")


@dataclass(frozen=True, kw_only=True)
class Held:
    """An entry in quarantine.

    Parameters
    ----------
    name : str
        Name of the entry.
    path : Path
        Current path.
    origin : str
        Original path, relative to the workspace.
    """

    name: str
    path: Path
    origin: str

    @property
    def can_be_adopted(self) -> bool:
        """True if it is a version or a model."""
        return self.origin.startswith(("versions/", "models/"))


def put(workspace: Path, path: Path, why: str) -> bool:
    """Move a file or folder to quarantine; return False if it could not be moved or is gone.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace.
    path : Path
        A file or folder on the same disk.
    why : str
        Reason for the log.
    """
    origin = path.relative_to(workspace) if path.is_relative_to(workspace) else Path(path.name)
    origin = origin if len(origin.parts) > 1 else Path(_TOP, path.name)
    name = f"{_today():%Y-%m-%d}-{uuid4().hex[:8]}"
    target = workspace / "quarantine" / name / origin
    try:
        target.parent.mkdir(parents=True)
        path.rename(target)
    except OSError as error:
        scratch.remove(workspace / "quarantine" / name)
        if path.exists():
            log.warning("%s is a leftover (%s) and could not be moved to quarantine: %s", path, why, error)
        return False
    log.warning("%s was moved to quarantine as %s: %s", path, name, why)
    with suppress(OSError), (workspace / "quarantine" / LOG).open("a", encoding="utf-8") as lines:
        lines.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC  {name}  {origin.as_posix()}  {why}\n")
    return True


def held(workspace: Path) -> list[Held]:
    """Return all entries, oldest first."""
    found = []
    for folder in _folders(workspace):
        content = _content(folder)
        if content is not None:
            origin = content.relative_to(folder).as_posix()
            found.append(Held(name=folder.name, path=content, origin=origin))
    return found


def expire(workspace: Path) -> None:
    """Delete entries that are a week old by their date, and were seen on that many other days."""
    today = _today()
    for folder in _folders(workspace):
        with suppress(OSError, ValueError):
            seen = _see(folder, today)
            since = date.fromisoformat(folder.name[:10])
            is_due = len(seen) > DAYS and today - since >= timedelta(days=DAYS)
            if is_due or (_content(folder) is None and scratch.is_old(folder)):
                scratch.remove(folder)


def _see(folder: Path, today: date) -> set[str]:
    """Record today, and return all days on which the entry was seen."""
    path = folder / _SEEN
    seen = set(path.read_text(encoding="utf-8").split()) if path.is_file() else {folder.name[:10]}
    if today.isoformat() not in seen or not path.is_file():
        seen.add(today.isoformat())
        scratch.write_whole(path, "\n".join(sorted(seen)), folder / scratch.new_name("."))
    return seen


def _folders(workspace: Path) -> list[Path]:
    with suppress(FileNotFoundError):
        return sorted(path for path in (workspace / "quarantine").iterdir() if _NAME.fullmatch(path.name))
    return []


def _content(folder: Path) -> Path | None:
    """Return the file or folder in an entry: two levels deep, three for a model."""
    with suppress(OSError):
        for group in [path for path in folder.iterdir() if path.is_dir()]:
            for path in group.iterdir():
                return next(path.iterdir(), None) if group.name == "models" else path
    return None


def _today() -> date:
    return datetime.now(UTC).date()
