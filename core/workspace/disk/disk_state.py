"""Diagnosis of disk errors: full, read-only, unreachable, or permission denied.

Libraries wrap such errors or only mention them in a message, so `explain` checks the error, its causes, and the disks
themselves.
"""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

from core.errors import ClienteleError, DiskError, DiskFullError

Trouble = Literal[
    "full",
    "quota",
    "large",
    "open_files",
    "read_only",
    "denied",
    "away",
    "unclear",
    "no_folder",
    "reading_only",
    "no_temporary",
]

_BY_NUMBER: Final[dict[int, Trouble]] = {
    errno.ENOSPC: "full",
    errno.EDQUOT: "quota",
    errno.EFBIG: "large",
    errno.EMFILE: "open_files",
    errno.ENFILE: "open_files",
    errno.EROFS: "read_only",
    errno.EACCES: "denied",
    errno.EPERM: "denied",
    **dict.fromkeys((errno.EIO, errno.ENODEV, errno.ENXIO, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN), "away"),
}
_NO_FOLDER: Final = (errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL)
"""Error numbers that mean a wrong path in one of our own places; elsewhere they may be a bug."""

_FULL: Final = ("full", "quota", "large")
_BY_TEXT: Final[dict[str, Trouble]] = {
    **{os.strerror(number): trouble for number, trouble in _BY_NUMBER.items() if trouble in (*_FULL, "open_files")},
    "disk is full": "full",  # SQLite
    "max_temp_directory_size": "full",  # DuckDB, which leaves a tenth of the disk free by default
    os.strerror(errno.EROFS): "read_only",
    "attempt to write a readonly database": "reading_only",  # SQLite
    "unable to open database file": "unclear",
    "disk I/O error": "unclear",
    "No usable temporary directory": "no_temporary",  # Python
}
"""Text in libraries' error messages, and its meaning."""

_ROOM: Final = 1 << 16  # bytes; a disk with fewer free counts as full, since SQLite's smallest files need as much


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder that Clientele writes to.

    Parameters
    ----------
    path : Path
        The folder; it may be missing.
    name : str
        Its name in a sentence.
    more_room : str
        What to do if its disk is full, as a sentence.
    elsewhere : str
        How to choose another one, as a clause.
    is_ours : bool, default False
        Whether Clientele creates this folder, so that obstacles to that are explained as well.
    """

    path: Path
    name: str
    more_room: str
    elsewhere: str
    is_ours: bool = False


def workspace_place(folder: Path) -> Place:
    """Return the workspace as a place."""
    return Place(
        path=folder,
        name=f"the workspace {folder}",
        more_room="Free some space or delete old versions, and try again.",
        elsewhere="choose another folder with CLIENTELE_WORKSPACE",
        is_ours=True,
    )


def out_place(path: Path) -> Place:
    """Return the path given as `--out` as a place."""
    return Place(
        path=path,
        name=f"--out {path}",
        more_room="Free some space, or choose another --out.",
        elsewhere="choose another --out",
    )


def temporary_place() -> Place:
    """Return the folder for temporary files as a place."""
    try:
        path = tempfile.gettempdir()
    except OSError:  # none is writable
        path = os.environ.get("TMPDIR", "/tmp")  # noqa: S108  for a message
    return Place(
        path=Path(path),
        name=f"temporary files, {path},",
        more_room="Free some space, or set TMPDIR to a folder on another disk.",
        elsewhere="set TMPDIR to another folder",
    )


def explain(error: BaseException, *places: Place) -> DiskError | None:
    """Return the message of a disk error; None if a disk did not cause the error.

    Parameters
    ----------
    error : BaseException
        The exception.
    places : Place
        Places that the work reads and writes, likeliest first; checked if the error names no file.
    """
    if isinstance(error, DiskError):
        return error
    known = _trouble_of(error, places)
    if known is None:
        return None
    trouble, name = known
    place = _place_of(name, trouble, places)
    if trouble in ("unclear", "reading_only"):
        otherwise: Trouble = "no_folder" if not os.path.isdir(place.path) else trouble  # noqa: PTH112  it never raises
        trouble = state_of(place.path) or otherwise
    kind = DiskFullError if trouble in _FULL else DiskError
    return kind(_sentence(trouble, place, name))


@contextmanager
def disk_full_told(workspace: Path) -> Iterator[None]:
    """Turn errors of full or unwritable disks into messages for the user.

    Raises
    ------
    DiskError
    """
    try:
        yield
    except Exception as error:
        explained = explain(error, workspace_place(workspace), temporary_place())
        if explained is None or explained is error:
            raise
        raise explained from error


def is_disk_full(error: BaseException) -> bool:
    """Return whether an error or its cause is a full disk, an exhausted quota or a file size limit."""
    if isinstance(error, DiskFullError):
        return True
    known = _trouble_of(error, ())
    return known is not None and known[0] in _FULL


def says_disk_full(text: str) -> bool:
    """Return whether a library's message means a full disk."""
    return _trouble_in(text) in _FULL


def check(*places: Place) -> None:
    """Check before long work that its results can be written.

    Raises
    ------
    DiskError
    """
    for place in places:
        trouble = "no_folder" if is_blocked(place.path) else state_of(place.path)
        if trouble is not None:
            kind = DiskFullError if trouble in _FULL else DiskError
            raise kind(_sentence(trouble, place, None))


def as_os_error(error: BaseException) -> OSError | None:
    """Return the OS error behind an error, to pass to another process; None if there is none."""
    if is_disk_full(error):
        return OSError(errno.ENOSPC, str(error))
    known = _trouble_of(error, ())
    if known is None:
        return None
    cause: BaseException | None = error
    while cause is not None and not (isinstance(cause, OSError) and cause.errno in _BY_NUMBER):
        cause = cause.__cause__ or cause.__context__
    return cause if isinstance(cause, OSError) else OSError(errno.EIO, str(error))


def is_blocked(folder: Path) -> bool:
    """Return whether a file is in the place of a folder or of one of its parents."""
    return not os.path.isdir(_nearest(folder))  # noqa: PTH112  it never raises


def state_of(folder: Path) -> Trouble | None:
    """Return what currently prevents writing to a folder, such as a full disk; None if nothing does."""
    try:
        there = _nearest(folder)
        if hasattr(os, "statvfs") and os.statvfs(there).f_flag & os.ST_RDONLY:
            return "read_only"
        usage = shutil.disk_usage(there)
        if _has_no_inodes(there) or (usage.total and usage.free < _ROOM):  # pseudo file systems report neither
            return "full"
    except OSError:
        return "away"
    return None if os.access(there, os.W_OK) else "denied"


def _trouble_of(error: BaseException, places: tuple[Place, ...]) -> tuple[Trouble, str | None] | None:
    """Return the trouble behind an error, and the file that the error names."""
    name = error.filename if isinstance(error, OSError) and isinstance(error.filename, str | os.PathLike) else None
    trouble: Trouble | None = None
    if isinstance(error, OSError) and error.errno in _BY_NUMBER:
        trouble = _BY_NUMBER[error.errno]
    elif isinstance(error, OSError) and name and _is_no_folder(error.errno, _inside(name, places)):
        trouble = "no_folder"
    elif not isinstance(error, ClienteleError):
        trouble = _trouble_in(str(error))
    if trouble:
        return trouble, os.fspath(name) if name else None
    before = error.__cause__
    found = _trouble_of(before, places) if before is not None else None
    if isinstance(error, ClienteleError) and found and found[0] not in _FULL:
        return None  # its message already describes the problem
    return found


def _is_no_folder(number: int | None, place: Place | None) -> bool:
    """Return whether a place is unusable, as opposed to a deleted file in it."""
    if place is None or not place.is_ours:
        return False
    return number in _NO_FOLDER or (number == errno.ENOENT and not place.path.is_dir())


def _trouble_in(text: str) -> Trouble | None:
    return next((trouble for part, trouble in _BY_TEXT.items() if part in text), None)


def _inside(name: Any, places: tuple[Place, ...]) -> Place | None:
    """Return the innermost place that contains a file."""
    path = Path(os.path.abspath(name))  # noqa: PTH100  links are not followed
    holding = [place for place in places if path.is_relative_to(os.path.abspath(place.path))]  # noqa: PTH100
    return max(holding, key=lambda place: len(place.path.parts), default=None)


def _place_of(name: str | None, trouble: Trouble, places: tuple[Place, ...]) -> Place:
    """Return the place of an error: the one that contains its file, else the first with this trouble."""
    if name is not None and (found := _inside(name, places)):
        return found
    if name is not None:
        return Place(path=Path(name), name=name, more_room="Free some space there.", elsewhere="choose another place")
    states = {place: state_of(place.path) for place in places}
    same = [place for place in places if states[place] == trouble]
    ill = [place for place in places if states[place]]
    return next(iter([*same, *ill, *places]), temporary_place())


def _sentence(trouble: Trouble, place: Place, file: str | None) -> str:
    """Return a one-line message: the problem, the place, and the remedy."""
    is_plain = file is None or file == str(place.path) or Path(file).name.startswith(".") or file == place.name
    what = place.name if is_plain else f"{file}, in {place.name},"
    return _SENTENCES[trouble].format(
        place=place.name,
        what=what if what.startswith("-") else what[0].upper() + what[1:],
        free=_free(place.path),
        more_room=place.more_room,
        elsewhere=place.elsewhere,
    )


_AWAY: Final = (
    "{what} can't be read or written ({free}): the disk isn't responding; nothing was changed. Check that "
    "the disk is connected and healthy, or {elsewhere}."
)
_NO_ROOM: Final = "The disk of {place} is full ({free}) or has reached its limit"
_SENTENCES: Final[dict[Trouble, str]] = {
    "full": f"{_NO_ROOM}; nothing was changed. {{more_room}}",
    "quota": f"{_NO_ROOM}: your quota is used up; nothing was changed. {{more_room}}",
    "large": f"{_NO_ROOM}: a file would exceed the size limit (ulimit -f); nothing was changed. {{more_room}}",
    "open_files": "Too many files are open on this machine; nothing was changed. Raise the "
    "limit (ulimit -n) and try again.",
    "read_only": "The disk of {place} is read-only ({free}); nothing was changed. Mount it for writing, or "
    "{elsewhere}.",
    "denied": "{what} can't be read or written: permission is missing; nothing was changed. Change the permissions, or "
    "{elsewhere}.",
    "no_folder": "{what} can't be opened: a folder is missing, or a file is in its place; nothing was changed. "
    "Check the path, or {elsewhere}.",
    "reading_only": "{what} was opened read-only because it wasn't writable at the time; nothing was changed. "
    "Restart Clientele.",
    "no_temporary": "No folder for temporary files is writable: each is full, read-only or missing; nothing was "
    "changed. Set TMPDIR to a folder on a disk with free space.",
    "away": _AWAY,
    "unclear": _AWAY,
}


def _free(path: Path) -> str:
    """Return the free space on the disk of a path, which may not exist, as text."""
    try:
        there = _nearest(path)
        if _has_no_inodes(there):
            return f"{shutil.disk_usage(there).free / 1e6:,.0f} MB free, but no more files allowed"
        return f"{shutil.disk_usage(there).free / 1e6:,.0f} MB free"
    except OSError:
        return "its free space is unknown"


def _nearest(path: Path) -> Path:
    """Return a path, or its nearest existing parent."""
    absolute = Path(os.path.abspath(path))  # noqa: PTH100  links are not followed
    return next(parent for parent in (absolute, *absolute.parents) if os.path.exists(parent) or parent == parent.parent)  # noqa: PTH110  it never raises


def _has_no_inodes(folder: Path) -> bool:
    if not hasattr(os, "statvfs"):  # Windows
        return False
    found = os.statvfs(folder)
    return bool(found.f_files) and not found.f_favail
