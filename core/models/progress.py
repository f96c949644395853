"""How long work tells how far it is, and how a part of it tells that as a part of the whole."""

from core.ingest.sandbox import Progress


def nobody(_share: float, _message: str) -> None:
    """Progress that nobody wants to hear of."""


def part(progress: Progress, start: float, share: float) -> Progress:
    """Progress of a part of the work, which begins when `start` of the whole is done and is `share` of it."""
    return lambda done, message: progress(start + share * done, message)
