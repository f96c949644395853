"""Imports into one dataset take turns: each builds on the version before, so what is done side by side is in vain."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
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
    """Wait until nobody else has the turn on a dataset, and have it until the end, however this process ends.

    It saves work and is no safeguard: a version that is built on one which is no longer the newest is refused when it
    is committed. So a system without such locks goes without.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace.
    dataset_id : str
        Whose turn.
    waiting : callable
        Called again and again while another has it; may raise to give up.
    """
    with _lock_file(workspace, dataset_id) as lock:
        while lock is not None and not _is_locked(lock):
            waiting()
            time.sleep(_POLL_SECONDS)
        yield


@contextmanager
def _lock_file(workspace: Path, dataset_id: str) -> Iterator[IO[bytes] | None]:
    """An empty file that stands for the dataset; none where it cannot be, such as on a full disk."""
    opened = None
    if fcntl is not None:
        with suppress(OSError):
            (workspace / "locks").mkdir(exist_ok=True)
            opened = (workspace / "locks" / sha256(dataset_id.encode()).hexdigest()[:16]).open("ab")
    try:
        yield opened
    finally:
        if opened is not None:
            opened.close()


def _is_locked(lock: IO[bytes]) -> bool:
    """Whether the lock is had now; True where the disk knows no locks, as some network disks do."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
