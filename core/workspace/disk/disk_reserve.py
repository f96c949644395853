"""Room on the workspace's disk that is held back, so that things can be deleted when the disk is full.

Even a deletion makes the catalog grow for a moment. On a full disk the reserve is let go for it, and filled again from
the space that the deletion freed.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from functools import wraps
from pathlib import Path
from typing import Any, Final, TypeVar, cast

from core.errors import DiskFullError

BYTES: Final = 1 << 20
"""Enough for the catalog's log of a deletion and the memory that SQLite shares between processes."""

_FILE: Final = "reserve"
_CHUNK: Final = 1 << 14


R = TypeVar("R")
F = TypeVar("F", bound=Callable[..., Any])


def uses_reserve(change: F) -> F:
    """Make a change of a workspace possible on a full disk: what frees space, or ends a job.

    The change is given the workspace first. It must be one transaction, which leaves nothing where it fails: it is then
    tried again.
    """

    @wraps(change)
    def with_reserve(workspace: Any, *given: Any, **named: Any) -> Any:
        return with_room(workspace.folder, lambda: change(workspace, *given, **named))

    return cast("F", with_reserve)


def with_room(folder: Path, act: Callable[[], R]) -> R:
    """Do something, and where the disk is full, do it in the room of the reserve; see `uses_reserve`."""
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
    """Fill the reserve as far as there is room; on a disk that cannot be written, there is none."""
    with suppress(OSError), (folder / _FILE).open("ab", buffering=0) as file:
        missing = BYTES - file.tell()
        while missing > 0:
            # Random bytes take their room on disks that compress, too.
            missing -= file.write(os.urandom(min(_CHUNK, missing)))


def _release(folder: Path) -> bool:
    """Give the reserve up; False where there is none."""
    try:
        (folder / _FILE).unlink()
    except OSError:
        return False
    return True
