"""Where a model's parameters are searched, and how one of them is drawn."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Between:
    """A number between two others.

    Parameters
    ----------
    low, high : float
        Both included.
    even : bool
        Whether equal steps are equally likely; else equal factors, for which both must be above zero.
    whole : bool
        Whether it is rounded to a whole number.
    """

    low: float
    high: float
    even: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (not self.even and self.low <= 0):
            message = f"A range must rise, and start above zero unless it is even, got {self.low:g} to {self.high:g}."
            raise InputError(message)

    def draw(self, rng: np.random.Generator) -> float | int:
        """Give one number; others are rounded to three digits, which is finer than any model cares for."""
        ends = (self.low, self.high)
        value = rng.uniform(*ends) if self.even else np.exp(rng.uniform(*np.log(ends)))
        rounded = round(value) if self.whole else float(f"{value:.3g}")
        return min(max(rounded, self.low), self.high)


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """One of several values, all equally likely.

    Parameters
    ----------
    values : tuple
        At least one.
    """

    values: tuple[Any, ...]

    def draw(self, rng: np.random.Generator) -> Any:
        """Give one of them."""
        return self.values[int(rng.integers(len(self.values)))]


Space = Mapping[str, Between | OneOf]
"""Parameters by name."""


def drawn(space: Space, seed: int, number: int) -> dict[str, Any]:
    """Draw the parameters of a try: the same for the same seed and number, however many tries there are."""
    rng = np.random.default_rng([seed, number])
    return {name: space[name].draw(rng) for name in sorted(space)}
