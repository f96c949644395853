"""Future purchases, drawn many times from BG/NBD and Gamma-Gamma given purchase histories.

All customers share the same random numbers, each transformed by the customer's own parameters. A customer's draws are
the same in any batch, equal customers get equal draws, and one draw costs a few look-ups per customer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import numpy.typing as npt
from scipy.special import betaincinv, gammaincinv
from scipy.stats.qmc import Halton

from core.customers.btyd.bgnbd import BgNbd
from core.customers.btyd.gammagamma import GammaGamma
from core.customers.btyd.histories import Customers, Vector

Counts = npt.NDArray[np.int64]

_RATE, _ARRIVAL, _LEVEL, _STOP, _STOPPING, _AMOUNT = range(6)  # the first dimensions of the sequence are most uniform
_DIMENSIONS: Final = 6
_POINTS, _WAITS, _SIZES = range(3)  # kinds of random numbers, each with its own stream
_LEAST: Final = 1e-12  # minimum distance of probabilities from 0 and 1, so that logarithms are finite


@dataclass(frozen=True, kw_only=True)
class Future:
    """One draw of each customer's behaviour over the horizon, given that they are still a customer.

    Parameters
    ----------
    purchases : array of int, shape (customers,)
        Number of purchase days.
    since : array of float
        Days from the last purchase to the end of the horizon; NaN if there is none.
    spent : array of float
        Spend in the shop's currency; 0 without purchases.
    """

    purchases: Counts
    since: Vector
    spent: Vector


@dataclass(frozen=True, kw_only=True)
class Story:
    """The fitted models of purchases and, optionally, of spend.

    Parameters
    ----------
    buying : BgNbd
        Model fitted in days.
    spending : GammaGamma or None
        Model fitted on purchase days including the first; None if every purchase has the mean amount.
    mean_amount : float
        Mean amount of a purchase day, for customers without a positive amount, in the shop's currency.
    """

    buying: BgNbd
    spending: GammaGamma | None
    mean_amount: float

    def amount(self, customers: Customers) -> Vector:
        """Return the expected amount of a purchase day, in the shop's currency."""
        if self.spending is None:
            return np.full(len(customers.x), self.mean_amount)
        own = self.spending.expected(customers.x + 1, np.maximum(customers.amounts, 1e-9))
        return np.where(customers.amounts > 0, own, self.mean_amount)


def futures(story: Story, customers: Customers, horizon: int, *, draws: int = 200, seed: int = 0) -> Iterator[Future]:
    """Simulate the next `horizon` days of all customers, yielding one draw at a time.

    All customers are assumed to be active. A customer's outcome is a draw with probability `BgNbd.alive`, and no
    purchase otherwise. Memory depends on the number of customers but not of draws.

    Parameters
    ----------
    story : Story
        The fitted models.
    customers : Customers
        Their histories.
    horizon : int
        Days to simulate.
    draws : int
        Number of draws.
    seed : int
        Random state; with the same seed, a customer has the same draws, and longer horizons start with the same days.

    Notes
    -----
    For an active customer with x repeat purchases in T days, the purchase rate is gamma distributed with r + x and
    α + T, and the probability of stopping is beta distributed with a and b + x: the likelihood of being active,
    λˣ e^(−λT) (1 − p)ˣ (Fader, Hardie and Lee, 2005, equation 3), times the gamma and beta priors. Their purchases have
    gamma distributed amounts with shape p and a rate ν that is gamma distributed with q + p n and γ + n z̄ after n
    purchases of the mean amount z̄ (Fader and Hardie, 2013, on the way to equation 5). Rates, chances, first purchases
    and first amounts are quantiles at the points of a scrambled Halton sequence, which cover the space more evenly than
    random points: 200 of them estimate purchase probabilities as precisely as about 2,000 random ones.
    """
    common = Draws.of(story, customers.x, horizon, draws=draws, seed=seed)
    for draw in range(draws):
        yield common.future(draw, customers)


@dataclass(frozen=True, kw_only=True)
class Draws:
    """Random numbers shared by all customers, or by customers with the same number of purchases.

    Parameters
    ----------
    story : Story
        The fitted models.
    horizon : int
        Days that arrivals reach.
    x : array of float, shape (distinct,)
        Numbers of repeat purchases, ascending.
    rate, stop : array of float, shape (draws, distinct)
        Gamma variate of the rate of buying, and the purchase after which the customer stops.
    arrivals : array of float, shape (draws, horizon)
        Times of a Poisson process with rate one; no more than there are days.
    level : array of float, shape (draws, distinct)
        Gamma variate of the rate of amounts; empty without Gamma-Gamma.
    amounts : array of float, shape (draws, horizon + 1)
        Sums of the first 0, 1, 2… of gamma variates with the shape of one purchase; empty without Gamma-Gamma.
    """

    story: Story
    horizon: int
    x: Vector
    rate: Vector
    stop: Vector
    arrivals: Vector
    level: Vector
    amounts: Vector

    @classmethod
    def of(cls, story: Story, x: Vector, horizon: int, *, draws: int, seed: int) -> Self:
        """Draw random numbers for the distinct numbers of repeat purchases in `x`."""
        buying, distinct, points = story.buying, np.unique(x), _points(draws, seed)
        rng = np.random.default_rng([seed, _WAITS])
        waits = rng.exponential(size=(horizon, draws)).T  # by day and then by draw: longer horizons begin alike
        waits[:, 0] = -np.log1p(-points[:, _ARRIVAL])
        chance = np.asarray(betaincinv(buying.a, buying.b + distinct, points[:, [_STOPPING]]), float)
        level, amounts = _amounts(story.spending, distinct, horizon, points, seed)
        return cls(
            story=story,
            horizon=horizon,
            x=distinct,
            rate=gammaincinv(buying.r + distinct, points[:, [_RATE]]),
            stop=_stops(chance, points[:, [_STOP]], horizon),
            arrivals=np.cumsum(waits, axis=1),
            level=level,
            amounts=amounts,
        )

    def future(self, draw: int, customers: Customers) -> Future:
        """Return one draw of the whole horizon."""
        at = np.searchsorted(self.x, customers.x)
        rate = self.rate[draw, at] / (self.story.buying.alpha + customers.T)
        purchases = self.purchases(draw, at, rate, self.horizon)
        some = np.flatnonzero(purchases)
        since = np.full(len(at), np.nan)
        last = self.arrivals[draw, purchases[some] - 1] / rate[some]
        # n purchase days span at least n − 1 days.
        since[some] = self.horizon - np.maximum(last, purchases[some] - 1)
        spent = self.spent(draw, at, purchases, customers.amounts)
        return Future(purchases=purchases, since=since, spent=spent)

    def purchases(self, draw: int, at: Counts, rate: Vector, until: npt.ArrayLike) -> Counts:
        """Count purchase days until a day, for customers at positions `at` in `x` with these rates, broadcasting."""
        until = np.asarray(until, float)
        arrived = np.searchsorted(self.arrivals[draw], rate * until, side="right")
        found: Counts = np.minimum(arrived, np.minimum(self.stop[draw, at], np.ceil(until)).astype(np.int64))
        return found

    def spent(self, draw: int, at: Counts, purchases: Counts, mean: Vector) -> Vector:
        """Return the spend on these purchases, for customers at positions `at` with mean amounts to date."""
        spending, flat = self.story.spending, purchases.astype("float64") * self.story.mean_amount
        if spending is None:
            return flat
        own: Vector = self.amounts[draw, purchases] * (spending.gamma + (self.x[at] + 1) * mean) / self.level[draw, at]
        return np.where(mean > 0, own, flat)


def _points(draws: int, seed: int) -> Vector:
    """Return points of a scrambled Halton sequence (Owen, 2017), strictly inside the unit cube."""
    found: Vector = Halton(_DIMENSIONS, rng=np.random.default_rng([seed, _POINTS])).random(draws)
    return np.clip(found, _LEAST, 1 - _LEAST)


def _stops(chance: Vector, uniform: Vector, horizon: int) -> Vector:
    """Return the purchase after which a customer stops, given the probability of stopping; `horizon + 1` for never."""
    after = np.ceil(np.log1p(-uniform) / np.log1p(-np.clip(chance, _LEAST, 1 - _LEAST)))
    return np.clip(after, 1, horizon + 1)


def _amounts(spending: GammaGamma | None, x: Vector, horizon: int, points: Vector, seed: int) -> tuple[Vector, Vector]:
    draws = len(points)
    if spending is None:
        return np.empty((draws, 0)), np.empty((draws, 0))
    sizes = np.random.default_rng([seed, _SIZES]).gamma(spending.p, size=(horizon, draws)).T
    sizes[:, 0] = gammaincinv(spending.p, points[:, _AMOUNT])
    level = gammaincinv(spending.q + spending.p * (x + 1), points[:, [_LEVEL]])
    return np.maximum(level, _LEAST), np.cumsum(np.pad(sizes, ((0, 0), (1, 0))), axis=1)
