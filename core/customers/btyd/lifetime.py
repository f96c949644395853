"""Lifetime value: what a customer will spend in the next months, worth today, under BG/NBD and Gamma-Gamma.

Expected purchases of a span times the expected amount of one, discounted to today (Fader, Hardie and Lee, 2005, "RFM
and CLV: Using Iso-Value Curves for Customer Base Analysis", Journal of Marketing Research 42(4), 415–430,
with the BG/NBD of the same year in place of the Pareto/NBD). Under BG/NBD the discounted sum has no closed form; it is
taken by months, the spend of each discounted from its middle.
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
"""Days."""

_LONGEST: Final = 60  # months; nothing that was seen in a year or two carries further
_FEWEST_DRAWS: Final = 50  # a tenth of them must be a handful
_BATCH: Final = 4_000  # customers whose draws are held at once: 19 MB for 200 draws and three spans, and quickest


@dataclass(frozen=True, kw_only=True)
class LifetimeSpec:
    """Over which spans value is summed, and what later money is worth today.

    Parameters
    ----------
    months : tuple of int
        Spans from as_of on, ascending.
    discount : float
        Share by which money in a year is worth less: 0.10 makes 110 in a year worth 100 today; 0 for none.
    draws : int
        Of the simulation that intervals are read from.
    seed : int
        Of the simulation.
    """

    months: tuple[int, ...] = (3, 6, 12)
    discount: float = 0.10
    draws: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.months or list(self.months) != sorted(set(self.months)):
            message = f"`months` must be whole numbers, each once and ascending, got {self.months}."
            raise InputError(message)
        if not (self.months[0] >= 1 and self.months[-1] <= _LONGEST):
            message = f"`months` must lie between 1 and {_LONGEST}, got {self.months}."
            raise InputError(message)
        if not 0 <= self.discount <= 1:
            message = f"`discount` must be a yearly share between 0 and 1 (0.10 for 10%), got {self.discount}."
            raise InputError(message)
        if self.draws < _FEWEST_DRAWS:
            message = f"`draws` must be {_FEWEST_DRAWS} or more for an interval to mean anything, got {self.draws}."
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
        A row per customer, in their order: for each span `ltv_3`, the expected value in the shop's currency, and
        `ltv_3_low` and `ltv_3_high`. Neither margin nor what was spent before as_of is in it.

    Notes
    -----
    The interval is predictive, for this customer: whether they have stopped already (with one minus `BgNbd.alive`, and
    then they spend nothing), what their rate and amounts are, and the luck of the months; the parameters of the
    models are taken as known. One in ten of what may happen lies below it and one in ten above, but for customers who
    spend nothing with a larger chance than that: these have 0 as lower bound, or as both. Bounds are not made to be
    summed over customers.
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
    """Expected purchases of each customer, each counted as what money at its time is worth.

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
    """Bounds of the middle `SHARE` of each customer's value, both of shape (customers, spans)."""
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
    """Values of customers who have not stopped before as_of, of shape (customers, spans, draws)."""
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
    """Quantile of nothing with one minus the chance to be alive, and of one of the sorted last axis otherwise."""
    among = 1 - (1 - share) / np.maximum(alive, 1 - share)  # share of the alive who must lie below; 0 is nothing
    at = np.ceil(among * values.shape[-1]).astype(np.int64) - 1
    found = np.take_along_axis(values, np.maximum(at, 0)[:, None, None], axis=-1)[:, :, 0]
    return np.where(at[:, None] < 0, 0.0, found)
