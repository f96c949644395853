"""A customer described by recency, frequency, monetary value and country alone."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.models.learners.next_segment import STANDING

LONGEST_AWAY: Final = 36_500
"""Maximum days since the last order: a century, longer than any shop's log."""

MOST_ORDERS: Final = 1_000_000
MOST_SPENT: Final = 1e12
"""Larger numbers are typos."""


@dataclass(frozen=True, kw_only=True)
class FourNumbers:
    """A customer as entered in a form.

    Parameters
    ----------
    recency : int
        Whole days since the last order, 0 for less than one.
    frequency : int
        Distinct orders, 1 or more.
    monetary : float
        Sum of their gross amounts, in the shop's currency.
    country : str or None
        Country of the latest order; None if unknown.
    """

    recency: int
    frequency: int
    monetary: float
    country: str | None = None

    def __post_init__(self) -> None:
        _check("Days since the last order", self.recency, 0, LONGEST_AWAY, whole=True)
        _check("Orders", self.frequency, 1, MOST_ORDERS, whole=True)
        _check("Spent in all", self.monetary, 0, MOST_SPENT, whole=False)

    def known(self) -> pd.DataFrame:
        """Return one row for a `core.models.learners.predictor.Predictor` that doesn't need a history."""
        values = (float(self.recency), float(self.frequency), float(self.monetary))
        row: dict[str, object] = dict(zip(STANDING, values, strict=True))
        return pd.DataFrame([{**row, "country": self.country}]).astype({"country": object})


def place_among(value: float, others: pd.Series) -> float:
    """Return the share of customers with a lower value plus half of those with an equal one: .5 for the median."""
    values = others.to_numpy(dtype="float64")
    return float(np.mean((values < value) + 0.5 * (values == value))) if len(values) else 0.5


def _check(label: str, value: float, least: float, most: float, *, whole: bool) -> None:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or not least <= value <= most:
        message = f"“{label}” must be between {least:,.0f} and {most:,.0f}, got {value!r}."
        raise InputError(message)
    if whole and value != int(value):
        message = f"“{label}” must be a whole number, got {value!r}."
        raise InputError(message)
