"""A model's track record at past dates, and the intervals it implies for current predictions."""

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
"""Minimum customers per date in a probability class. With fewer, an interval says little."""


@dataclass(frozen=True, kw_only=True)
class TrackRecord:
    """Actual outcomes at past dates, by what a model predicted.

    Parameters
    ----------
    edges : tuple of float
        Boundaries between probability classes, ascending; one fewer than there are classes.
    low, high : tuple of float
        For each class, the lowest and highest end of the dates' 95% intervals for the share that bought.
    revenue, buyers : tuple of float
        Actual over expected spend, and actual over expected buyers; one per date.
    by_segment : dict
        `revenue` for the customers in each segment at the time.
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
        """Compute the track record from the predictions of one model.

        Parameters
        ----------
        predictions : DataFrame
            Columns of `core.models.training.backtest.COLUMNS`. Rows without an observed outcome are ignored.

        Returns
        -------
        TrackRecord or None
            None if no outcome of a predicted chance to buy was observed.
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
            low=tuple(np.fmin.reduce([low for low, _ in bounds]).tolist()),  # missing for dates without customers
            high=tuple(np.fmax.reduce([high for _, high in bounds]).tolist()),
            revenue=_ratios(each),
            buyers=_ratios(each, "p_buy", "bought"),
            by_segment={name: ratios for name, ratios in own.items() if len(ratios) == len(each)},
            dates=tuple(f"{rows['cutoff'].iloc[0]:%Y-%m-%d}" for rows in each),
        )

    def bounds(self, chance: npt.ArrayLike) -> tuple[Vector, Vector]:
        """Return the range of shares that bought at past dates given such chances; missing for a missing chance.

        Notes
        -----
        Each date has its own 95% interval (Wilson, 1927) in the equal-sized class a chance falls into, and the bounds
        enclose the intervals of all dates. They may exclude the chance itself: past outcomes then don't support it.
        """
        given = np.asarray(chance, float)
        place = np.searchsorted(self.edges, given, side="right")
        nothing = np.isnan(given)
        low, high = (np.where(nothing, np.nan, np.asarray(ends)[place]) for ends in (self.low, self.high))
        return low, high


def total_bounds(total: float, ratios: Sequence[float]) -> tuple[float, float] | None:
    """Return the `SHARE` prediction interval of a total, based on forecast errors at past dates.

    Parameters
    ----------
    total : float
        Expected now.
    ratios : sequence of float
        Actual over expected totals at past dates.

    Returns
    -------
    tuple of float, or None
        None if no past total is known.

    Notes
    -----
    The logarithms of the ratios are assumed normal with mean zero and a spread estimated from these dates alone. The
    next one divided by their root mean square then follows Student's t with as many degrees of freedom as there are
    dates (Student, 1908). The interval covers all past sources of error: chance, season, and what the model doesn't
    know.
    """
    logs = np.log([ratio for ratio in ratios if ratio > 0])
    if not len(logs):
        return None
    width = float(student.ppf((1 + SHARE) / 2, len(logs)) * np.sqrt(np.mean(logs**2)))
    return total * float(np.exp(-width)), total * float(np.exp(width))


def _edges(chances: Vector, fewest: int) -> Vector:
    """Return boundaries of equal-sized classes, as many as give the smallest date enough customers in each."""
    classes = int(np.clip(fewest // _FEWEST, 1, _CLASSES))
    found: Vector = np.unique(np.quantile(chances, np.arange(1, classes) / classes, method="higher"))
    some: Vector = found[found > chances.min()]  # so that no class is empty
    return some


def _of_date(rows: pd.DataFrame, edges: Vector) -> tuple[Vector, Vector]:
    """Return intervals for the share that bought at one date, by class; missing for empty classes."""
    place, classes = np.searchsorted(edges, rows["p_buy"], side="right"), len(edges) + 1
    there = pd.Series(np.bincount(place, minlength=classes), dtype="float64")
    bought = pd.Series(np.bincount(place, rows["bought"].to_numpy(float), minlength=classes))
    low, high = wilson(bought, there.where(there > 0))
    return low.to_numpy(float), high.to_numpy(float)


def _ratios(
    each: Sequence[pd.DataFrame], expected: str = "expected_spend", happened: str = "spend"
) -> tuple[float, ...]:
    """Return actual over expected at each date at which both are above zero."""
    found = []
    for rows in each:
        pair = rows[[expected, happened]].astype("float64").dropna()
        predicted, actual = pair[expected].sum(), pair[happened].sum()
        if predicted > 0 and actual > 0:
            found.append(float(actual / predicted))
    return tuple(found)
