"""Lifetime value: a customer's discounted future spend over some months, under BG/NBD and Gamma-Gamma.

It is the expected number of purchases times the expected amount, discounted to today (Fader, Hardie and Lee, 2005, "RFM
and CLV: Using Iso-Value Curves for Customer Base Analysis", Journal of Marketing Research 42(4), 415–430, with the
BG/NBD of the same year instead of the Pareto/NBD). The discounted sum has no closed form under BG/NBD, so it is
computed by month, discounting each month's spend from its middle.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.customers.btyd.bgnbd import BgNbd
from core.customers.btyd.histories import Customers, Vector
from core.customers.btyd.next_order import SHARE
from core.customers.btyd.simulation import Draws, Story
from core.errors import InputError

MONTH: Final = 365.25 / 12
"""Days per month."""

_LONGEST: Final = 60  # months; a year or two of data doesn't support longer forecasts
_FEWEST_DRAWS: Final = 50  # 10% in each tail should be several draws
_BATCH: Final = 4_000  # customers whose draws are in memory at once: 19 MB for 200 draws and three spans; the fastest


@dataclass(frozen=True, kw_only=True)
class LifetimeSpec:
    """Parameters of lifetime values.

    Parameters
    ----------
    months : tuple of int
        Spans from as_of in months, ascending.
    discount : float
        Annual discount rate: with 0.10, 110 in a year are worth 100 today; 0 for no discounting.
    draws : int
        Number of simulations for the intervals.
    seed : int
        Random state of the simulations.
    """

    months: tuple[int, ...] = (3, 6, 12)
    discount: float = 0.10
    draws: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.months or list(self.months) != sorted(set(self.months)):
            message = f"`months` must be ascending, distinct whole numbers, got {self.months}."
            raise InputError(message)
        if not (self.months[0] >= 1 and self.months[-1] <= _LONGEST):
            message = f"`months` must be between 1 and {_LONGEST}, got {self.months}."
            raise InputError(message)
        if not 0 <= self.discount <= 1:
            message = f"`discount` must be an annual rate between 0 and 1 (0.10 for 10%), got {self.discount}."
            raise InputError(message)
        if self.draws < _FEWEST_DRAWS:
            message = f"`draws` must be at least {_FEWEST_DRAWS} for meaningful intervals, got {self.draws}."
            raise InputError(message)

    @property
    def ends(self) -> Vector:
        """Days from as_of at which the months end."""
        return np.arange(1, self.months[-1] + 1, dtype="float64") * MONTH

    @property
    def worth(self) -> Vector:
        """Discount factor of money received mid-month, per month."""
        years = (np.arange(self.months[-1], dtype="float64") + 0.5) / 12
        return np.asarray(np.exp(-np.log1p(self.discount) * years), float)


def lifetime(story: Story, customers: Customers, spec: LifetimeSpec) -> pd.DataFrame:
    """Compute the value of each customer over each span, with a predictive interval.

    Returns
    -------
    DataFrame
        One row per customer, in order. For each span, such as 3 months: `ltv_3`, the expected value in the shop's
        currency, `ltv_3_low` and `ltv_3_high`. Values are spend, not margin, and exclude spend before as_of.

    Notes
    -----
    The interval is predictive for each customer. It reflects whether they have stopped already (with probability one
    minus `BgNbd.alive`), their purchase rate and amounts, and chance; the model parameters are treated as known. 10% of
    outcomes are below and 10% above it, except for customers with a higher probability of spending nothing, whose lower
    bound or both bounds are 0. Bounds must not be summed over customers.
    """
    amount = story.amount(customers)
    purchases = discounted_purchases(story.buying, customers, spec)
    low, high = _bounds(story, customers, spec)
    found = {}
    for at, months in enumerate(spec.months):
        found[f"ltv_{months}"] = purchases[at] * amount
        found[f"ltv_{months}_low"] = low[:, at]
        found[f"ltv_{months}_high"] = high[:, at]
    return pd.DataFrame(found)


def discounted_purchases(buying: BgNbd, customers: Customers, spec: LifetimeSpec) -> Vector:
    """Return each customer's expected number of purchases, each weighted by its discount factor.

    Returns
    -------
    array of float, shape (spans, customers)
    """
    found = np.empty((len(spec.months), len(customers)))
    before, total = np.zeros(len(customers)), np.zeros(len(customers))
    for month, (end, worth) in enumerate(zip(spec.ends, spec.worth, strict=True), start=1):
        until = buying.expected(end, customers.x, customers.t_x, customers.T)
        total += (until - before) * worth
        before = until
        if month in spec.months:
            found[spec.months.index(month)] = total
    return found


def _bounds(story: Story, customers: Customers, spec: LifetimeSpec) -> tuple[Vector, Vector]:
    """Return the bounds of the central `SHARE` of each customer's value, both of shape (customers, spans)."""
    draws = Draws.of(story, customers.x, int(np.ceil(spec.ends[-1])), draws=spec.draws, seed=spec.seed)
    low, high = (np.empty((len(customers), len(spec.months))) for _ in range(2))
    for start in range(0, len(customers), _BATCH):
        rows = slice(start, start + _BATCH)
        batch = customers.part(rows)
        values = np.sort(_drawn(draws, batch, spec), axis=-1)
        alive = story.buying.alive(batch.x, batch.t_x, batch.T)
        low[rows], high[rows] = (_quantile(values, alive, share) for share in ((1 - SHARE) / 2, (1 + SHARE) / 2))
    return low, high


def _drawn(draws: Draws, customers: Customers, spec: LifetimeSpec) -> Vector:
    """Simulate values given that customers are still active, shape (customers, spans, draws)."""
    found = np.zeros((len(customers), len(spec.months), spec.draws))
    spans = np.array(spec.months) - 1
    places = np.searchsorted(draws.x, customers.x)
    scale = draws.story.buying.alpha + customers.T
    for draw in range(spec.draws):
        rate = draws.rate[draw, places] / scale
        some = np.flatnonzero(draws.purchases(draw, places, rate, spec.ends[-1]))
        at, mean = places[some, None], customers.amounts[some, None]
        spent = draws.spent(draw, at, draws.purchases(draw, at, rate[some, None], spec.ends), mean)
        found[some, :, draw] = np.cumsum(np.diff(spent, prepend=0.0) * spec.worth, axis=1)[:, spans]
    return found


def _quantile(values: Vector, alive: Vector, share: float) -> Vector:
    """Return quantiles of a mixture: 0 with probability 1 − `alive`, else the draws in the sorted last axis."""
    among = 1 - (1 - share) / np.maximum(alive, 1 - share)  # quantile among the draws; 0 if the result is 0
    at = np.ceil(among * values.shape[-1]).astype(np.int64) - 1
    found = np.take_along_axis(values, np.maximum(at, 0)[:, None, None], axis=-1)[:, :, 0]
    return np.where(at[:, None] < 0, 0.0, found)
