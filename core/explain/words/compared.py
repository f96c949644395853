"""A number of a customer beside the middle customer's."""

from collections.abc import Callable
from typing import Final

from core.explain.words.wording import ALL, Fact, Look, Middle, middle_of

Teller = Callable[[Look], Fact | None]
"""Looks at a customer and gives a fact, or None where there is nothing to tell."""

_EXACT: Final = 100.0  # below which halves of medians are shown
_ALIKE: Final = 0.15  # of the larger number, by which two may differ without its being a sign of anything


def against(
    look: Look,
    said: str,
    pair: tuple[float, Middle],
    written: Callable[[float], str],
    good: int,
    topics: tuple[str, ...],
) -> Fact | None:
    """A number beside the middle customer's of the segment, or of all; None where neither is known.

    All customers are compared with where that explains the effect and the segment does not.

    Parameters
    ----------
    look : Look
        The customer.
    said : str
        The clause so far.
    pair : tuple of float and Middle
        Hers, and the middle customers'.
    written : callable
        Writes such a number, with its unit.
    good : int
        1 where more is a good sign, -1 where less is, 0 where neither is.
    topics : tuple of str
        What it tells of.
    """
    own, (segment, everyone) = pair
    other, of_all, leaning = segment, False, _leaning(own, segment, good)
    if everyone is not None and (segment is None or leaning * look.direction <= 0):
        way = good * look.direction
        if segment is None or _tells(own, everyone, way) > _tells(own, segment, way):
            other, of_all, leaning = everyone, True, _leaning(own, everyone, good)
    if other is None:
        return None
    whom = ALL if of_all else middle_of(look.row.get("segment_now"))
    shown = written(other if other < _EXACT else float(round(other)))
    same = shown == written(own)
    beside = f"as for {whom}" if same else f"against {shown} for {whom}"
    return Fact(f"{said}, {beside}", leaning, frozenset(topics), usual=same)


def _tells(own: float, other: float, way: int) -> tuple[int, bool, bool]:
    """How well a comparison explains an effect: by a sign, by a difference too small for one, by any difference."""
    apart, ahead = not alike(own, other), (own - other) * way
    return sign_of(ahead) if apart else 0, ahead > 0, apart


def _leaning(own: float, other: float | None, good: int) -> int:
    if other is None or alike(own, other):
        return 0
    return good if own > other else -good


def alike(one: float, other: float) -> bool:
    """Whether two numbers are too near to each other to be a sign of anything."""
    return abs(one - other) <= _ALIKE * max(abs(one), abs(other))


def fact_of(clause: str, leaning: int, *topics: str) -> Fact:
    """A fact with its topics one by one."""
    return Fact(clause, leaning, frozenset(topics))


def sign_of(value: float) -> int:
    """1, -1, or 0 for zero and what is no number."""
    return (value > 0) - (value < 0)
