"""How much a child process writes: its folders are looked at now and then."""

import errno
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

DISK_GB: Final = 50.0
"""Gigabytes that no file may exceed unless set otherwise; a log of 50 million lines takes 5."""

_EVERY_SECONDS: Final = 1.0
_SHARE_OF_FREE: Final = 0.9  # of the disk; the rest is for everybody else
_BLOCK: Final = 512  # bytes, in which file systems count


class DiskWatch:
    """Watches what is written below some folders from now on.

    Parameters
    ----------
    folders : sequence of Path
        Folders that exist.
    most_gb : float
        Gigabytes that may be written.
    """

    def __init__(self, folders: Sequence[Path], most_gb: float) -> None:
        self._folders = folders
        self._before = self._size()
        self._most = int(most_gb * (1 << 30))
        self._room = min((_SHARE_OF_FREE * shutil.disk_usage(folder).free for folder in folders), default=float("inf"))
        self._due = time.monotonic() + _EVERY_SECONDS

    def is_over(self) -> bool:
        """Whether too much is written; looks once a second at most.

        Raises
        ------
        OSError
            Where the disk would run full.
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
    """Bytes on disk; a file may have holes, and may be gone meanwhile."""
    with suppress(OSError):
        found = path.stat(follow_symlinks=False)
        return getattr(found, "st_blocks", -(-found.st_size // _BLOCK)) * _BLOCK
    return 0
