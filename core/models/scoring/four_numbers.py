"""A customer described by recency, frequency, monetary value and country alone."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.errors import InputError
from core.models.learners.next_segment import STANDING

LONGEST_AWAY: Final = 36_500
"""Days since the last order; a century is longer than any shop's log."""

MOST_ORDERS: Final = 1_000_000
MOST_SPENT: Final = 1e12
"""Beyond these a number is a slip."""


@dataclass(frozen=True, kw_only=True)
class FourNumbers:
    """What a form asks of a customer.

    Parameters
    ----------
    recency : int
        Whole days since the last order, 0 for less than one.
    frequency : int
        Distinct orders, 1 or more.
    monetary : float
        Sum of their amounts, gross, in the shop's currency.
    country : str or None
        Of the latest order; None where it is not known.
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
        """One row for a `core.models.learners.predictor.Predictor` that does not need a history."""
        values = (float(self.recency), float(self.frequency), float(self.monetary))
        row: dict[str, object] = dict(zip(STANDING, values, strict=True))
        return pd.DataFrame([{**row, "country": self.country}]).astype({"country": object})


def place_among(value: float, others: pd.Series) -> float:
    """Share of customers who have less, and half of those who have as much: .5 for the one in the middle."""
    values = others.to_numpy(dtype="float64")
    return float(np.mean((values < value) + 0.5 * (values == value))) if len(values) else 0.5


def _check(label: str, value: float, least: float, most: float, *, whole: bool) -> None:
    if not isinstance(value, (int, float)) or not math.isfinite(value) or not least <= value <= most:
        message = f"“{label}” must be between {least:,.0f} and {most:,.0f}, got {value!r}."
        raise InputError(message)
    if whole and value != int(value):
        message = f"“{label}” must be a whole number, got {value!r}."
        raise InputError(message)
