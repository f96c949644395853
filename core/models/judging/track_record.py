"""How true a model's words turned out to be at past dates, and what that says of the ones it says now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import t as student

from core.customers.btyd.next_order import SHARE
from core.stats import wilson

Vector = npt.NDArray[np.float64]

_CLASSES: Final = 20
_FEWEST: Final = 50
"""Customers of a date in a class of chances; with fewer an interval says little."""


@dataclass(frozen=True, kw_only=True)
class TrackRecord:
    """What happened at past dates, by what a model had said.

    Parameters
    ----------
    edges : tuple of float
        Between the classes of chances to buy, ascending; one fewer than there are classes.
    low, high : tuple of float
        Of each class, the lowest and the highest end of the dates' 95% intervals of the share that bought.
    revenue, buyers : tuple of float
        What was spent over what had been expected, and the same of the number of buyers; one a date.
    by_segment : dict
        The same as `revenue`, of the customers who were in a segment then.
    dates : tuple of str
        The past dates (YYYY-MM-DD), ascending.
    """

    edges: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    revenue: tuple[float, ...]
    buyers: tuple[float, ...]
    by_segment: dict[str, tuple[float, ...]]
    dates: tuple[str, ...]

    @classmethod
    def of(cls, predictions: pd.DataFrame) -> Self | None:
        """Learn it from the predictions of one model.

        Parameters
        ----------
        predictions : DataFrame
            Columns of `core.models.training.backtest.COLUMNS`; rows whose outcome was not seen are left out.

        Returns
        -------
        TrackRecord or None
            None where no outcome of a chance to buy was seen.
        """
        seen = predictions.dropna(subset=["p_buy", "bought"])
        if seen.empty:
            return None
        each = [rows for _, rows in seen.groupby("cutoff")]
        edges = _edges(seen["p_buy"].to_numpy(float), min(map(len, each)))
        bounds = [_of_date(rows, edges) for rows in each]
        names = sorted(seen["segment_now"].dropna().unique())
        own = {str(name): _ratios([rows[rows["segment_now"] == name] for rows in each]) for name in names}
        return cls(
            edges=tuple(edges.tolist()),
            low=tuple(np.fmin.reduce([low for low, _ in bounds]).tolist()),  # those of a date with nobody are missing
            high=tuple(np.fmax.reduce([high for _, high in bounds]).tolist()),
            revenue=_ratios(each),
            buyers=_ratios(each, "p_buy", "bought"),
            by_segment={name: ratios for name, ratios in own.items() if len(ratios) == len(each)},
            dates=tuple(f"{rows['cutoff'].iloc[0]:%Y-%m-%d}" for rows in each),
        )

    def bounds(self, chance: npt.ArrayLike) -> tuple[Vector, Vector]:
        """Between which shares customers with such chances bought at past dates; missing for no chance.

        Notes
        -----
        Each date has its own 95% interval (Wilson, 1927) in the class of equal size that a chance falls into; the
        bounds hold those of all dates. They may leave out the chance itself: then what is said now was not borne out.
        """
        given = np.asarray(chance, float)
        place = np.searchsorted(self.edges, given, side="right")
        nothing = np.isnan(given)
        low, high = (np.where(nothing, np.nan, np.asarray(ends)[place]) for ends in (self.low, self.high))
        return low, high


def total_bounds(total: float, ratios: Sequence[float]) -> tuple[float, float] | None:
    """In which `SHARE` of a total will fall, from what came of earlier totals.

    Parameters
    ----------
    total : float
        Expected now.
    ratios : sequence of float
        What came over what had been expected, at past dates.

    Returns
    -------
    tuple of float, or None
        None where no earlier total is known.

    Notes
    -----
    The logarithms of the ratios are taken to be normal around none with a spread that only these dates tell, so that
    the next one divided by their root mean square follows Student's t with as many degrees of freedom as there are
    dates (Student, 1908). It holds all that went wrong then: luck, season, and what the model does not know.
    """
    logs = np.log([ratio for ratio in ratios if ratio > 0])
    if not len(logs):
        return None
    width = float(student.ppf((1 + SHARE) / 2, len(logs)) * np.sqrt(np.mean(logs**2)))
    return total * float(np.exp(-width)), total * float(np.exp(width))


def _edges(chances: Vector, fewest: int) -> Vector:
    """Between classes of equal size, as many as leave the smallest date enough customers in each."""
    classes = int(np.clip(fewest // _FEWEST, 1, _CLASSES))
    found: Vector = np.unique(np.quantile(chances, np.arange(1, classes) / classes, method="higher"))
    some: Vector = found[found > chances.min()]  # so that no class is empty
    return some


def _of_date(rows: pd.DataFrame, edges: Vector) -> tuple[Vector, Vector]:
    """Intervals of the shares that bought at one date, by class; missing where a class was empty then."""
    place, classes = np.searchsorted(edges, rows["p_buy"], side="right"), len(edges) + 1
    there = pd.Series(np.bincount(place, minlength=classes), dtype="float64")
    bought = pd.Series(np.bincount(place, rows["bought"].to_numpy(float), minlength=classes))
    low, high = wilson(bought, there.where(there > 0))
    return low.to_numpy(float), high.to_numpy(float)


def _ratios(
    each: Sequence[pd.DataFrame], expected: str = "expected_spend", happened: str = "spend"
) -> tuple[float, ...]:
    """What happened over what was expected at each date where both are above zero."""
    found = []
    for rows in each:
        pair = rows[[expected, happened]].astype("float64").dropna()
        said, came = pair[expected].sum(), pair[happened].sum()
        if said > 0 and came > 0:
            found.append(float(came / said))
    return tuple(found)
