"""Who goes first: imports into one dataset take turns, and only so many files are read at once.

An import builds on the version before, so what is done side by side is in vain. Each file that is read takes memory,
disk and processor, whichever process asks for it.
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
    with _lock_file(workspace, sha256(dataset_id.encode()).hexdigest()[:16]) as lock:
        while lock is not None and not _is_locked(lock):
            waiting()
            time.sleep(_POLL_SECONDS)
        yield


@contextmanager
def place(workspace: Path, places: int, waiting: Callable[[], None]) -> Iterator[None]:
    """Wait until one of a few places is free, and have it until the end, however this process ends.

    Parameters
    ----------
    workspace : Path
        Folder of the workspace whose processes share the places.
    places : int
        How many there are.
    waiting : callable
        Called again and again while all are taken; may raise to give up.
    """
    with ExitStack() as opened:
        locks = [opened.enter_context(_lock_file(workspace, f"reading-{number}")) for number in range(places)]
        while not any(lock is None or _is_locked(lock) for lock in locks):
            waiting()
            time.sleep(_POLL_SECONDS)
        yield


@contextmanager
def _lock_file(workspace: Path, name: str) -> Iterator[IO[bytes] | None]:
    """An empty file to lock; none where it cannot be, such as on a full disk."""
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
    """Whether the lock is had now; True where the disk knows no locks, as some network disks do."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True
