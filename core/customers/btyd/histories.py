"""Purchase histories for models of repeat buying: frequency, recency, age and spend."""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import InputError

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Histories:
    """One history per customer, all in one unit of time.

    Parameters
    ----------
    x : array of float, shape (customers,)
        Repeat purchases: distinct purchase days minus one.
    t_x : array of float
        Time from the first to the last purchase; 0 if x is 0.
    T : array of float
        Time from the first purchase to as_of.
    weight : array of float
        Number of customers with this history.
    """

    x: Vector
    t_x: Vector
    T: Vector
    weight: Vector

    @classmethod
    def of(cls, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike) -> Self:  # noqa: N803  the papers' letter
        """Group equal histories.

        Raises
        ------
        InputError
            If there are none, or one is impossible: negative or not finite, or with the last purchase before the first
            or after as_of.
        """
        table = pd.DataFrame({"x": np.asarray(x, float), "t_x": np.asarray(t_x, float), "T": np.asarray(T, float)})
        wrong = (table < 0).any(axis=1) | table.isna().any(axis=1) | (table["T"] == np.inf)
        wrong |= (table["t_x"] > table["T"]) | ((table["x"] == 0) & (table["t_x"] > 0))
        if table.empty or wrong.any():
            at = f"history {int(np.argmax(wrong))} is {table[wrong].iloc[0].to_dict()}" if wrong.any() else "none given"
            message = f"Histories need x ≥ 0, 0 ≤ t_x ≤ T, and t_x = 0 if x = 0; {at}."
            raise InputError(message)
        grouped = table.value_counts().rename("weight").reset_index().sort_values(["x", "t_x", "T"])
        return cls(**{name: grouped[name].to_numpy(dtype="float64") for name in ("x", "t_x", "T", "weight")})


@dataclass(frozen=True, kw_only=True)
class Customers:
    """Purchase histories of many customers, in days and in the order given.

    Parameters
    ----------
    x, t_x, T : array of float, shape (customers,)
        As in `Histories`.
    amounts : array of float
        Mean amount per purchase day to date, in the shop's currency; zero or less for customers without one.
    """

    x: Vector
    t_x: Vector
    T: Vector
    amounts: Vector

    def __len__(self) -> int:
        return len(self.x)

    @property
    def again(self) -> tuple[Vector, Vector]:
        """Purchase days and mean amounts of repeat customers with a positive amount, to fit Gamma-Gamma on."""
        rows = (self.x > 0) & (self.amounts > 0)
        return self.x[rows] + 1, self.amounts[rows]

    def part(self, rows: slice | npt.NDArray[np.int64]) -> Self:
        """Return some of the customers."""
        return type(self)(x=self.x[rows], t_x=self.t_x[rows], T=self.T[rows], amounts=self.amounts[rows])
