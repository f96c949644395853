"""Gamma-Gamma model of the amount a customer spends per purchase.

Equation numbers are those of Fader and Hardie, "The Gamma-Gamma Model of Monetary Value" (2013).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
from scipy.special import digamma, gammaln

from core.customers.btyd.histories import Vector
from core.customers.btyd.maximum_likelihood import climb, dot
from core.errors import TooLittleDataError
from core.plain import Plain

FEWEST = 3
"""Minimum customers to fit three parameters."""


@dataclass(frozen=True, kw_only=True)
class GammaGamma(Plain):
    """A fitted model, which assumes that spend per purchase is independent of purchase frequency.

    Parameters
    ----------
    p, q : float
        Shapes of the distributions of single amounts and of customers' means.
    gamma : float
        Scale, in the shop's currency.
    log_likelihood : float
        Log-likelihood of the customers it was fitted on.
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float = float("nan")

    @classmethod
    def fit(cls, x: npt.ArrayLike, mean: npt.ArrayLike) -> Self:
        """Fit by maximum likelihood, equation 1a.

        Parameters
        ----------
        x : array
            Number of each customer's purchases in `mean`, one or more.
        mean : array
            Mean amount of these purchases, positive; the caller excludes other customers.

        Raises
        ------
        TooLittleDataError
            If there are fewer than three customers.
        """
        x, mean = np.asarray(x, float), np.asarray(mean, float)
        if len(x) < FEWEST:
            message = f"A spending model needs at least {FEWEST} customers with repeat purchases, got {len(x)}."
            raise TooLittleDataError(message)
        unit = float(np.mean(mean))  # so that parameter bounds suit both pounds and rupiah
        starts = [np.array([2.0, 3.0, 1.0]), np.array([6.0, 4.0, 0.5])]
        (p, q, gamma), best = climb(log_likelihood_of(x, mean / unit), starts, "Gamma-Gamma")
        return cls(
            p=float(p), q=float(q), gamma=float(gamma) * unit, log_likelihood=best - len(x) * float(np.log(unit))
        )

    def expected(self, x: npt.ArrayLike, mean: npt.ArrayLike) -> Vector:
        """Return the expected amount of a future purchase, equation 5; the population mean if `x` is 0.

        If q ≤ 1, the population mean doesn't exist, so observed means aren't shrunk.
        """
        x, mean = np.asarray(x, float), np.asarray(mean, float)
        if self.q <= 1:
            return np.where(x > 0, mean, self.gamma * self.p)
        seen = np.where(x > 0, mean * x, 0.0)
        return np.asarray(self.p * (self.gamma + seen) / (self.p * x + self.q - 1))


def log_likelihood_of(x: Vector, mean: Vector) -> Callable[[Vector], tuple[float, Vector]]:
    """Return a function of p, q and γ that computes the log-likelihood of mean amounts and its gradient.

    The gamma functions of equation 1a depend on customers only through x, so they are computed once per x.
    """
    distinct, count = np.unique(x, return_counts=True)
    logs, weighted = float(np.log(mean).sum()), dot(x, np.log(mean * x))
    spent = mean * x

    def total(parameters: Vector) -> tuple[float, Vector]:
        p, q, gamma = parameters
        shape = p * distinct
        scale = np.log(gamma + spent)
        by_x, all_scales = dot(x, scale), float(scale.sum())
        value = (
            dot(count, gammaln(shape + q) - gammaln(shape))
            + len(x) * (q * np.log(gamma) - gammaln(q))
            + p * (weighted - by_x)
            - logs
            - q * all_scales
        )
        more = digamma(shape + q)
        slope = [
            dot(count, distinct * (more - digamma(shape))) + weighted - by_x,
            dot(count, more) + len(x) * (np.log(gamma) - digamma(q)) - all_scales,
            len(x) * q / gamma - dot(p * x + q, 1 / (gamma + spent)),
        ]
        return float(value), np.array(slope)

    return total
