"""Progress of long work: a share from 0 to 1 and a message."""

from collections.abc import Callable

Progress = Callable[[float, str], None]
"""Takes the share that is done, 0 to 1, and what is being done; may raise to end the work."""


def nobody(_share: float, _message: str) -> None:
    """Ignore progress."""


def part(progress: Progress, start: float, share: float) -> Progress:
    """Report a part of the work as `share` of the whole, beginning at `start`."""
    return lambda done, message: progress(start + share * done, message)
