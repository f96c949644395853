"""Temporary files and folders, named after the process that made them, so that leftovers can be recognised."""

import hashlib
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Literal
from uuid import uuid4

LEFTOVER_SECONDS: Final = 24 * 3600
"""Age at which files of unknown origin count as leftovers; no import takes that long."""

Owner = Literal["alive", "dead", "unknown"]
"""State of the process that made a file or folder; unknown if it can't be checked, such as on another machine."""

_TAG: Final = re.compile(r"_([0-9a-f]{6})-([0-9a-f]{6})-([0-9a-f]{6})-(\d{1,10})-(\d{1,20})(?![0-9-])")
_UNFINISHED: Final = ".unfinished"
_NOBODY: Final = "000000"
_PREFIX: Final = "clientele-"
_OURS: Final = re.compile(r"clientele-(spill|files)-[0-9a-f]{32}_[0-9a-f-]+")
_OURS_BEFORE: Final = re.compile(r"clientele-(spill-)?[a-z0-9_]{8}")  # older versions: names from `tempfile`


def new_name(kind: str = "") -> str:
    """Return a unique name that identifies this process as its maker."""
    return f"{kind}{uuid4().hex}{tag()}"


def tag() -> str:
    """Return this process's name suffix: machine, boot, process namespace, process id and start time."""
    found = _stat(os.getpid())
    return "_{}-{}-{}-{}-{}".format(*_here(), os.getpid(), found[1] if found else 0)


def owner_of(name: str) -> Owner:
    """Return the state of the process that made this name.

    Notes
    -----
    Certainty needs the same machine and process namespace (a container has its own). File times are not used, so that a
    wrong clock never makes a running process look dead.
    """
    found = _TAG.search(name)
    if found is None:
        return "unknown"
    machine, boot, space = _here()
    if _NOBODY in (boot, space):  # without /proc, trust an id in use; an unused one may be from another machine
        is_used = int(found[4]) == os.getpid() or (os.name == "posix" and _runs(int(found[4]), found[5]))
        return "alive" if is_used else "unknown"
    if (found[2], found[3]) == (boot, space):
        return "alive" if _runs(int(found[4]), found[5]) else "dead"
    restarted = found[1] == machine != _NOBODY and found[2] not in (boot, _NOBODY)
    return "dead" if restarted else "unknown"


def is_old(path: Path) -> bool:
    """Return whether a path was unchanged for so long that no process can still be using it; False if it is gone."""
    with suppress(OSError):
        return time.time() - path.stat().st_mtime > LEFTOVER_SECONDS
    return False


def remove(path: Path) -> None:
    """Delete a file, link or folder, ignoring errors."""
    with suppress(OSError):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


@contextmanager
def unfinished_beside(target: Path) -> Iterator[Path]:
    """Yield a temporary path beside a target file, and delete it at the end of the block."""
    unfinished = target.with_name(f".{target.name}{tag()}.{uuid4().hex[:8]}{_UNFINISHED}")
    try:
        yield unfinished
    finally:
        with suppress(OSError):
            unfinished.unlink()


def clear_unfinished(folder: Path, targets: Iterable[str]) -> None:
    """Delete temporary files that killed processes left beside these files, see `unfinished_beside`."""
    names = "|".join(re.escape(name) for name in targets)
    ours = re.compile(rf"\.({names})(_[0-9a-f-]+)?(\.[0-9a-f]{{8}})?{re.escape(_UNFINISHED)}")
    with suppress(OSError):
        for path in [path for path in folder.iterdir() if ours.fullmatch(path.name)]:
            owner = owner_of(path.name)
            if owner == "dead" or (owner == "unknown" and is_old(path)):
                remove(path)


def write_whole(target: Path, text: str, unfinished: Path) -> None:
    """Replace a file atomically, even if the power fails; `unfinished` must be on the same disk."""
    try:
        with unfinished.open("x", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(target)
    finally:
        with suppress(OSError):
            unfinished.unlink()


def is_unfinished_by(name: str, maker: str) -> bool:
    """Return whether `name` is an unfinished file of the process that made `maker`, see `unfinished_beside`."""
    found, made = _TAG.search(name), _TAG.search(maker)
    return bool(found and made and found[0] == made[0] and name.startswith(".") and name.endswith(_UNFINISHED))


def new_temporary(kind: Literal["spill", "files"]) -> Path:
    """Create a folder in the system's temporary directory, accessible only to this user."""
    clear_temporary()
    folder = Path(tempfile.gettempdir()) / new_name(f"{_PREFIX}{kind}-")
    folder.mkdir(mode=0o700)
    return folder


@contextmanager
def temporary() -> Iterator[Path]:
    """Yield a temporary folder for files, and delete it at the end of the block."""
    folder = new_temporary("files")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_temporary() -> None:
    """Delete this user's temporary folders whose process has ended."""
    with suppress(OSError), os.scandir(tempfile.gettempdir()) as entries:
        for entry in [entry for entry in entries if entry.name.startswith(_PREFIX)]:
            if _is_left(entry):
                shutil.rmtree(entry.path, ignore_errors=True)


def _is_left(entry: "os.DirEntry[str]") -> bool:
    with suppress(OSError):
        mine = not hasattr(os, "getuid") or entry.stat(follow_symlinks=False).st_uid == os.getuid()
        if not (mine and entry.is_dir(follow_symlinks=False)):
            return False
        if _OURS.fullmatch(entry.name):
            owner = owner_of(entry.name)
            return owner == "dead" or (owner == "unknown" and is_old(Path(entry.path)))
        return bool(_OURS_BEFORE.fullmatch(entry.name)) and is_old(Path(entry.path))
    return False


def _here() -> tuple[str, str, str]:
    """Return digests of this machine, its boot and its process namespace; zeros if unknown."""
    machine = _text("/etc/machine-id")
    space = ""
    with suppress(OSError):
        space = str(Path("/proc/self/ns/pid").readlink())
    return (
        _digest(machine and machine + socket.gethostname()),
        _digest(_text("/proc/sys/kernel/random/boot_id")),
        _digest(space),
    )


def _runs(pid: int, started: str) -> bool:
    """Return whether a process of this machine is running, also if that can't be determined."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # it belongs to another user
        pass
    found = _stat(pid)
    return found is None or (found[0] not in "ZX" and found[1] == started)


def _stat(pid: int) -> tuple[str, str] | None:
    """Return a process's state and its start time, in ticks since boot."""
    fields = _text(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (fields[0], fields[19]) if len(fields) > 19 else None  # noqa: PLR2004  see proc(5), field 22


def _text(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:6] if text else _NOBODY
