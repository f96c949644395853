"""Search spaces for model parameters, and random draws from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Between:
    """A range of numbers.

    Parameters
    ----------
    low, high : float
        Bounds, inclusive.
    even : bool
        True for a uniform distribution; False for a log-uniform one, which needs bounds above zero.
    whole : bool
        True to round to whole numbers.
    """

    low: float
    high: float
    even: bool = False
    whole: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high or (not self.even and self.low <= 0):
            message = f"`low` must be below `high`, and above 0 unless `even`, got {self.low:g} to {self.high:g}."
            raise InputError(message)

    def draw(self, rng: np.random.Generator) -> float | int:
        """Draw a number, rounded to a whole one or to three significant digits, finer than any model needs."""
        ends = (self.low, self.high)
        value = rng.uniform(*ends) if self.even else np.exp(rng.uniform(*np.log(ends)))
        rounded = round(value) if self.whole else float(f"{value:.3g}")
        return min(max(rounded, self.low), self.high)


@dataclass(frozen=True, kw_only=True)
class OneOf:
    """A choice among several equally likely values.

    Parameters
    ----------
    values : tuple
        At least one value.
    """

    values: tuple[Any, ...]

    def draw(self, rng: np.random.Generator) -> Any:
        """Draw one of the values."""
        return self.values[int(rng.integers(len(self.values)))]


Space = Mapping[str, Between | OneOf]
"""Parameters by name."""


def drawn(space: Space, seed: int, number: int) -> dict[str, Any]:
    """Draw the parameters of a try, which depend on its seed and number alone."""
    rng = np.random.default_rng([seed, number])
    return {name: space[name].draw(rng) for name in sorted(space)}
