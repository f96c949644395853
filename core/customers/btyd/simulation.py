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

_RATE, _ARRIVAL, _LEVEL, _STOP, _STOPPING, _AMOUNT = range(6)  # the first dimensions of a sequence are the evenest
_DIMENSIONS: Final = 6
_POINTS, _WAITS, _SIZES = range(3)  # kinds of random numbers, each of a stream of its own
_LEAST: Final = 1e-12  # nearer to 0 or 1 than this a probability is as good as that, and breaks logarithms


@dataclass(frozen=True, kw_only=True)
class Future:
    """One draw of what each customer does in the horizon if they are still a customer.

    Parameters
    ----------
    purchases : array of int, shape (customers,)
        Purchase days, at most one a day.
    since : array of float
        Days from the last of them to the end of the horizon; NaN where there are none.
    spent : array of float
        In the shop's currency; 0 where there are none.
    """

    purchases: Counts
    since: Vector
    spent: Vector


@dataclass(frozen=True, kw_only=True)
class Story:
    """The fitted models of buying and, where there is one, of spending.

    Parameters
    ----------
    buying : BgNbd
        In days.
    spending : GammaGamma or None
        Fitted on purchase days, the first among them; None where every purchase is expected to have the mean amount.
    mean_amount : float
        Mean amount of a purchase day for customers without an amount of their own, in the shop's currency.
    """

    buying: BgNbd
    spending: GammaGamma | None
    mean_amount: float

    def amount(self, customers: Customers) -> Vector:
        """Expected of each purchase day, in the shop's currency."""
        if self.spending is None:
            return np.full(len(customers.x), self.mean_amount)
        own = self.spending.expected(customers.x + 1, np.maximum(customers.amounts, 1e-9))
        return np.where(customers.amounts > 0, own, self.mean_amount)


def futures(story: Story, customers: Customers, horizon: int, *, draws: int = 200, seed: int = 0) -> Iterator[Future]:
    """Draw the next `horizon` days of all customers so many times, one draw after the other.

    Everyone is taken to be a customer still: what a customer does is a draw with the probability `BgNbd.alive`, and
    nothing otherwise. Memory grows with the customers and not with the draws.

    Parameters
    ----------
    story : Story
        The fitted models.
    customers : Customers
        What is known of each.
    horizon : int
        Days.
    draws : int
        How many.
    seed : int
        Of the random numbers; the same seed gives a customer the same draws, and the same in longer horizons.

    Notes
    -----
    Who is alive with x repeat purchases in T days has a rate of buying that is gamma distributed with r + x and α + T,
    and a chance to stop that is beta distributed with a and b + x: the part of the likelihood in which they are alive,
    λˣ e^(−λT) (1 − p)ˣ (Fader, Hardie and Lee, 2005, equation 3), times the gamma and beta priors. Their purchases have
    gamma distributed amounts with shape p and a rate ν that is gamma distributed with q + p n and γ + n z̄ after n
    purchases of the mean amount z̄ (Fader and Hardie, 2013, on the way to equation 5). Rates, chances, first purchases
    and first amounts are quantiles at the points of a scrambled Halton sequence, which fill the space more evenly than
    random ones: 200 tell the chance to buy as exactly as some two thousand random ones.
    """
    common = Draws.of(story, customers.x, horizon, draws=draws, seed=seed)
    for draw in range(draws):
        yield common.future(draw, customers)


@dataclass(frozen=True, kw_only=True)
class Draws:
    """The random numbers that customers share, and those that customers with as many purchases share.

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
        """Draw them for the numbers of repeat purchases that occur in `x`."""
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
        """One draw of the whole horizon."""
        at = np.searchsorted(self.x, customers.x)
        rate = self.rate[draw, at] / (self.story.buying.alpha + customers.T)
        purchases = self.purchases(draw, at, rate, self.horizon)
        some = np.flatnonzero(purchases)
        since = np.full(len(at), np.nan)
        last = self.arrivals[draw, purchases[some] - 1] / rate[some]
        # So many purchase days take as many days less one.
        since[some] = self.horizon - np.maximum(last, purchases[some] - 1)
        spent = self.spent(draw, at, purchases, customers.amounts)
        return Future(purchases=purchases, since=since, spent=spent)

    def purchases(self, draw: int, at: Counts, rate: Vector, until: npt.ArrayLike) -> Counts:
        """Purchase days until a day, of customers at these places of `x` with these rates; shapes are broadcast."""
        until = np.asarray(until, float)
        arrived = np.searchsorted(self.arrivals[draw], rate * until, side="right")
        found: Counts = np.minimum(arrived, np.minimum(self.stop[draw, at], np.ceil(until)).astype(np.int64))
        return found

    def spent(self, draw: int, at: Counts, purchases: Counts, mean: Vector) -> Vector:
        """For so many purchases, of customers at these places with these mean amounts until now."""
        spending, flat = self.story.spending, purchases.astype("float64") * self.story.mean_amount
        if spending is None:
            return flat
        own: Vector = self.amounts[draw, purchases] * (spending.gamma + (self.x[at] + 1) * mean) / self.level[draw, at]
        return np.where(mean > 0, own, flat)


def _points(draws: int, seed: int) -> Vector:
    """Points of a scrambled Halton sequence (Owen, 2017), strictly inside the unit cube."""
    found: Vector = Halton(_DIMENSIONS, rng=np.random.default_rng([seed, _POINTS])).random(draws)
    return np.clip(found, _LEAST, 1 - _LEAST)


def _stops(chance: Vector, uniform: Vector, horizon: int) -> Vector:
    """After which purchase a customer stops with this chance to stop after each; never is after the horizon."""
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
