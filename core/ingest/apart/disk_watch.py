"""Periodic checks of how much a child process writes to disk."""

import errno
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

DISK_GB: Final = 50.0
"""Default limit in gigabytes per file; a log of 50 million lines takes 5."""

_EVERY_SECONDS: Final = 1.0
_SHARE_OF_FREE: Final = 0.9  # of the disk; the rest is left to other programs
_BLOCK: Final = 512  # bytes, in which file systems count


class DiskWatch:
    """A monitor of what is written below some folders from now on.

    Parameters
    ----------
    folders : sequence of Path
        Existing folders.
    most_gb : float
        Maximum gigabytes written.
    """

    def __init__(self, folders: Sequence[Path], most_gb: float) -> None:
        self._folders = folders
        self._before = self._size()
        self._most = int(most_gb * (1 << 30))
        self._room = min((_SHARE_OF_FREE * shutil.disk_usage(folder).free for folder in folders), default=float("inf"))
        self._due = time.monotonic() + _EVERY_SECONDS

    def is_over(self) -> bool:
        """Return whether too much has been written; checks at most once a second.

        Raises
        ------
        OSError
            If the disk is about to fill up.
        """
        if time.monotonic() < self._due:
            return False
        self._due = time.monotonic() + _EVERY_SECONDS
        written = self._size() - self._before
        if written > self._most:
            return True
        if written > self._room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return False

    def _size(self) -> int:
        return sum(_taken(path) for folder in self._folders for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    for parent, _folders, names in os.walk(folder):
        yield from (Path(parent, name) for name in names)


def _taken(path: Path) -> int:
    """Return the bytes a file takes on disk, which may be sparse or deleted by now."""
    with suppress(OSError):
        found = path.stat(follow_symlinks=False)
        return getattr(found, "st_blocks", -(-found.st_size // _BLOCK)) * _BLOCK
    return 0
