"""Comparisons of a customer's number with the typical one."""

from collections.abc import Callable
from typing import Final

from core.explain.words.wording import Fact, Look, Typical, typical_of

Teller = Callable[[Look], Fact | None]
"""Takes a customer and returns a fact, or None if the history holds none."""

_EXACT: Final = 100.0  # below which halves of medians are shown
_ALIKE: Final = 0.15  # share of the larger number within which two numbers count as alike


def against(
    look: Look,
    clause: str,
    pair: tuple[float, Typical],
    written: Callable[[float], str],
    good: int,
    topics: tuple[str, ...],
) -> Fact | None:
    """Compare a number with the median of the segment or of all customers; None if neither is known.

    All customers are the yardstick if they explain the effect and the segment doesn't.

    Parameters
    ----------
    look : Look
        The customer.
    clause : str
        The clause to which the comparison is added.
    pair : tuple of float and Typical
        The customer's number, and the medians.
    written : callable
        Writes such a number, with its unit.
    good : int
        1 if more is a good sign, -1 if less is, 0 if neither is.
    topics : tuple of str
        Topics of the fact.
    """
    own, (segment, everyone) = pair
    other, of_all, leaning = segment, False, _leaning(own, segment, good)
    if everyone is not None and (segment is None or leaning * look.direction <= 0):
        way = good * look.direction
        if segment is None or _explains(own, everyone, way) > _explains(own, segment, way):
            other, of_all, leaning = everyone, True, _leaning(own, everyone, good)
    if other is None:
        return None
    typical = "typical" if of_all else typical_of(look.row.get("segment_now"))
    shown = written(other if other < _EXACT else float(round(other)))
    same = shown == written(own)
    return Fact(f"{clause} ({typical if same else f'{typical}: {shown}'})", leaning, frozenset(topics), usual=same)


def _explains(own: float, other: float, way: int) -> tuple[int, bool, bool]:
    """Rank a comparison as an explanation: by its sign, by a difference too small for one, by any difference."""
    apart, ahead = not alike(own, other), (own - other) * way
    return sign_of(ahead) if apart else 0, ahead > 0, apart


def _leaning(own: float, other: float | None, good: int) -> int:
    if other is None or alike(own, other):
        return 0
    return good if own > other else -good


def alike(one: float, other: float) -> bool:
    """Return whether two numbers are too close for their difference to be a sign of anything."""
    return abs(one - other) <= _ALIKE * max(abs(one), abs(other))


def fact_of(clause: str, leaning: int, *topics: str) -> Fact:
    """Return a fact with the given topics."""
    return Fact(clause, leaning, frozenset(topics))


def sign_of(value: float) -> int:
    """Return 1, -1, or 0 for zero and NaN."""
    return (value > 0) - (value < 0)
