"""BG/NBD: customers buy at a steady rate, and may stop after any purchase (Fader, Hardie and Lee, 2005).

Equation numbers are those of "Counting Your Customers the Easy Way: An Alternative to the Pareto/NBD Model",
Marketing Science 24(2), 275–284.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import betaln, digamma, expit, gammaln, hyp2f1

from core.customers.btyd.histories import Histories, Vector
from core.customers.btyd.maximum_likelihood import climb, dot
from core.plain import Plain

_NEAR_ONE = 1e-6  # expectations divide by a − 1, so a is kept at least this far from 1


@dataclass(frozen=True, kw_only=True)
class BgNbd(Plain):
    """A fitted model.

    Parameters
    ----------
    r, alpha : float
        Parameters of the gamma distribution of purchase rates; alpha in the unit of time.
    a, b : float
        Parameters of the beta distribution of the probability of stopping after a purchase.
    log_likelihood : float
        Log-likelihood of the histories it was fitted on.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = float("nan")

    @classmethod
    def fit(cls, histories: Histories) -> Self:
        """Fit by maximum likelihood, equation 7.

        Raises
        ------
        TooLittleDataError
            If no maximum is found.
        """
        middle = float(np.average(histories.T, weights=histories.weight)) or 1.0
        starts = [np.array([0.5, middle / 4, 0.8, 2.0]), np.array([1.0, middle, 0.2, 1.0])]
        (r, alpha, a, b), best = climb(log_likelihood_of(histories), starts, "BG/NBD")
        return cls(r=float(r), alpha=float(alpha), a=float(a), b=float(b), log_likelihood=best)

    def each_log_likelihood(self, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike) -> Vector:  # noqa: N803
        """Return the log-likelihood of each history, equation 6."""
        return _log_likelihood(
            np.array([self.r, self.alpha, self.a, self.b]), *(np.asarray(v, float) for v in (x, t_x, T))
        )

    def alive(self, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike) -> Vector:  # noqa: N803
        """Return the probability that a customer hasn't stopped yet (Fader, Hardie and Lee, 2008, note on P(alive))."""
        x, t_x, T = (np.asarray(v, float) for v in (x, t_x, T))  # noqa: N806
        return np.asarray(expit(-_stopped_log_odds(self, x, t_x, T)))

    def any_purchase(self, t: npt.ArrayLike, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike) -> Vector:  # noqa: N803
        """Return the probability of at least one purchase within time `t` after as_of.

        The purchase rate of active customers is gamma distributed with shape r + x and rate α + T (section 3.3 of the
        paper), so the probability of no purchase is ((α + T) / (α + T + t))^(r + x).
        """
        t, x, t_x, T = (np.asarray(v, float) for v in (t, x, t_x, T))  # noqa: N806
        silent = (self.r + x) * np.log((self.alpha + T) / (self.alpha + T + t))
        return np.asarray(self.alive(x, t_x, T) * -np.expm1(silent))

    def expected(self, t: npt.ArrayLike, x: npt.ArrayLike, t_x: npt.ArrayLike, T: npt.ArrayLike) -> Vector:  # noqa: N803
        """Return the expected purchases within time `t` after as_of, given the histories; equation 10.

        If the series doesn't converge because all customers buy at the same rate, this is the rate times the time.
        """
        t, x, t_x, T = (np.asarray(v, float) for v in (t, x, t_x, T))  # noqa: N806
        with np.errstate(all="ignore"):
            series = self._purchases(x, t / (self.alpha + T + t))
        purchases = np.where(np.isfinite(series), series, (self.r + x) / (self.alpha + T) * t)
        return np.asarray(np.maximum(purchases, 0.0) * self.alive(x, t_x, T))

    def expected_new(self, t: npt.ArrayLike) -> Vector:
        """Return the expected repeat purchases of a new customer within time `t` of the first; equation 9."""
        t = np.asarray(t, float)
        return np.asarray(self._purchases(np.zeros_like(t), t / (self.alpha + t)))

    def _purchases(self, x: Vector, z: Vector) -> Vector:
        """Compute the first factor of equation 10.

        For many purchases and small a, the hypergeometric series ₂F₁(r + x, b + x; a + b + x − 1; z) overflows while
        its factor vanishes. Their product is then computed by Euler's transformation as
        (1 − z)^(a − 1) ₂F₁(a + b − 1 − r, a − 1; a + b + x − 1; z).
        """
        a = 1 + _NEAR_ONE if abs(self.a - 1) < _NEAR_ONE else self.a
        x, z = np.broadcast_arrays(x, z)
        c = a + self.b + x - 1
        small = a - 1 < self.r + x  # then the series diverges at z = 1
        first = np.where(small, a + self.b - 1 - self.r, self.r + x)
        second = np.where(small, a - 1, self.b + x)
        power = np.where(small, a - 1, self.r + x)
        series = np.exp(power * np.log1p(-z)) * hyp2f1(first, second, c, z)
        found: Vector = c / (a - 1) * (1 - series)
        return found


def log_likelihood_of(histories: Histories) -> Callable[[Vector], tuple[float, Vector]]:
    """Return a function of r, α, a and b that computes the log-likelihood of all histories and its gradient.

    The gamma and beta functions of equation 6 depend on histories only through x, so they are computed once per x.
    """
    x, t_x, T, weight = histories.x, histories.t_x, histories.T, histories.weight  # noqa: N806
    repeats, at = np.unique(x, return_inverse=True)
    count = np.bincount(at, weight)
    again, before = x > 0, np.maximum(x, 1.0) - 1

    def total(parameters: Vector) -> tuple[float, Vector]:
        r, alpha, a, b = parameters
        since_first, since_last = np.log(alpha + T), np.log(alpha + t_x)
        alive = -(r + x) * since_first
        gone = np.where(again, np.log(a) - np.log(b + before) - (r + x) * since_last, -np.inf)
        either = np.logaddexp(alive, gone)
        stopped = weight * np.exp(gone - either)  # the part of the likelihood for customers who have stopped
        going = weight - stopped
        common = gammaln(r + repeats) - gammaln(r) + r * np.log(alpha) + betaln(a, b + repeats) - betaln(a, b)
        survived = digamma(a + b) - digamma(a + b + repeats)
        started = np.log(alpha) + digamma(r + repeats) - digamma(r)
        slope = [
            dot(count, started) - dot(going, since_first) - dot(stopped, since_last),
            r / alpha * count.sum() - dot(going, (r + x) / (alpha + T)) - dot(stopped, (r + x) / (alpha + t_x)),
            dot(count, survived) + stopped.sum() / a,
            dot(count, digamma(b + repeats) - digamma(b) + survived) - dot(stopped, 1 / (b + before)),
        ]
        return dot(count, common) + dot(weight, either), np.array(slope)

    return total


def _log_likelihood(parameters: Vector, x: Vector, t_x: Vector, T: Vector) -> Vector:  # noqa: N803
    """Compute equation 6 in logarithms, so that hundreds of purchases don't overflow."""
    r, alpha, a, b = parameters
    common = gammaln(r + x) - gammaln(r) + r * np.log(alpha) + betaln(a, b + x) - betaln(a, b)
    repeated = x > 0
    alive = -(r + x) * np.log(alpha + T)
    bought = np.where(repeated, x, 1.0)
    # B(a + 1, b + x − 1) = B(a, b + x) · a / (b + x − 1); x − 1 first, since a tiny b would be lost next to 1
    gone = np.log(a) - np.log(b + (bought - 1)) - (r + x) * np.log(alpha + t_x)
    either: Vector = common + np.logaddexp(alive, np.where(repeated, gone, -np.inf))
    return either


def _stopped_log_odds(model: BgNbd, x: Vector, t_x: Vector, T: Vector) -> Vector:  # noqa: N803
    bought = np.where(x > 0, x, 1.0)
    silence = (model.r + x) * np.log((model.alpha + T) / (model.alpha + t_x))
    return np.where(x > 0, np.log(model.a) - np.log(model.b + (bought - 1)) + silence, -np.inf)
