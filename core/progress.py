"""Progress reports: a share from 0 to 1 and, from whole jobs, a message."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Takes the share done, 0 to 1, and a message; may raise to stop the work."""


ShareDone = Callable[[float], None]
"""Takes the share done, 0 to 1; for calculations that are a single step of their caller."""


def nobody(_share: float, _message: str) -> None:
    """Ignore progress."""


def unheard(_share: float) -> None:
    """Ignore the share done."""


def part(progress: Progress, start: float, share: float) -> Progress:
    """Return a callback that maps a part's progress to `share` of the whole, from `start` on."""
    return lambda done, message: progress(start + share * done, message)
