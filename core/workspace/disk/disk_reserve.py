"""Reserved space on the workspace's disk, so that data can be deleted when the disk is full.

Even a deletion makes the catalog grow briefly. On a full disk, the reserve is released for it, and refilled from the
space that the deletion freed.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from core.errors import DiskFullError

BYTES: Final = 1 << 20
"""Size of the reserve: enough for the catalog's log of a deletion and SQLite's shared memory."""

_FILE: Final = "reserve"
_CHUNK: Final = 1 << 14


R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


def uses_reserve(change: F) -> F:
    """Let a function use the reserve on a full disk, to free space or end a job.

    The function takes the workspace as first argument. It must be one transaction without traces if it fails, since it
    is then retried.
    """

    @wraps(change)
    def with_reserve(workspace: Any, *given: Any, **named: Any) -> Any:
        return with_room(workspace.folder, lambda: change(workspace, *given, **named))

    return cast("F", with_reserve)


def with_room(folder: Path, act: Callable[[], R]) -> R:
    """Call a function, and if the disk is full, release the reserve and retry; see `uses_reserve`."""
    try:
        return act()
    except DiskFullError:
        if not _release(folder):
            raise
    try:
        return act()
    finally:
        refill(folder)


def refill(folder: Path) -> None:
    """Refill the reserve as far as there is space; do nothing on a read-only disk."""
    with suppress(OSError), (folder / _FILE).open("ab", buffering=0) as file:
        missing = BYTES - file.tell()
        while missing > 0:
            # Random bytes also take their full space on compressing disks.
            missing -= file.write(os.urandom(min(_CHUNK, missing)))


def _release(folder: Path) -> bool:
    """Release the reserve; return False if there is none."""
    try:
        (folder / _FILE).unlink()
    except OSError:
        return False
    return True
