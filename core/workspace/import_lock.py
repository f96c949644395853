"""Locks for imports: one at a time per dataset, and a limited number of files read at once.

An import builds on the previous version, so concurrent imports would be wasted. Reading a file takes memory, disk and
processor time, whichever process does it.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

_POLL_SECONDS: Final = 0.05


@contextmanager
def turn(workspace: Path, dataset_id: str, waiting: Callable[[], None]) -> Iterator[None]:
    """Wait for the import lock of a dataset, and hold it until the block or the process ends.

    It only saves work: a version built on one that is no longer the newest is rejected at commit anyway. So systems
    without file locks do without it.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace.
    dataset_id : str
        The dataset to lock.
    waiting : callable
        Called repeatedly while another process holds the lock; may raise to give up.
    """
    with _lock_file(workspace, sha256(dataset_id.encode()).hexdigest()[:16]) as lock:
        while lock is not None and not _is_locked(lock):
            waiting()
            time.sleep(_POLL_SECONDS)
        yield


@contextmanager
def place(workspace: Path, places: int, waiting: Callable[[], None]) -> Iterator[None]:
    """Wait for one of a few places, and hold it until the block or the process ends.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace whose processes share the places.
    places : int
        Number of places.
    waiting : callable
        Called repeatedly while all are taken; may raise to give up.
    """
    with ExitStack() as opened:
        locks = [opened.enter_context(_lock_file(workspace, f"reading-{number}")) for number in range(places)]
        while not any(lock is None or _is_locked(lock) for lock in locks):
            waiting()
            time.sleep(_POLL_SECONDS)
        yield


@contextmanager
def _lock_file(workspace: Path, name: str) -> Iterator[IO[bytes] | None]:
    """Open an empty file to lock; yield None if that fails, such as on a full disk."""
    opened = None
    if fcntl is not None:
        with suppress(OSError):
            (workspace / "locks").mkdir(exist_ok=True)
            opened = (workspace / "locks" / name).open("ab")
    try:
        yield opened
    finally:
        if opened is not None:
            opened.close()


def _is_locked(lock: IO[bytes]) -> bool:
    """Try to take the lock; also return True on disks without locks, such as some network disks."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
