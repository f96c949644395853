"""Gamma-Gamma: what a customer spends on a purchase.

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
"""Customers below which three parameters mean nothing."""


@dataclass(frozen=True, kw_only=True)
class GammaGamma(Plain):
    """A fitted model; what is spent does not depend on how often a customer buys.

    Parameters
    ----------
    p, q : float
        Shapes of the distributions of one purchase and of customers' means.
    gamma : float
        Scale, in the shop's currency.
    log_likelihood : float
        Of the customers it was fitted on.
    """

    p: float
    q: float
    gamma: float
    log_likelihood: float = float("nan")

    @classmethod
    def fit(cls, x: npt.ArrayLike, mean: npt.ArrayLike) -> Self:
        """Maximum likelihood, equation 1a.

        Parameters
        ----------
        x : array
            Repeat purchases of each customer, one or more.
        mean : array
            Mean amount of these purchases, above zero; customers without are left out by the caller.

        Raises
        ------
        TooLittleDataError
            Where there are fewer than three customers.
        """
        x, mean = np.asarray(x, float), np.asarray(mean, float)
        if len(x) < FEWEST:
            message = f"What customers spend needs at least {FEWEST} with a repeat purchase, there are {len(x)}."
            raise TooLittleDataError(message)
        unit = float(np.mean(mean))  # so that bounds of parameters are the same in pounds and in rupiah
        starts = [np.array([2.0, 3.0, 1.0]), np.array([6.0, 4.0, 0.5])]
        (p, q, gamma), best = climb(log_likelihood_of(x, mean / unit), starts, "Gamma-Gamma")
        return cls(
            p=float(p), q=float(q), gamma=float(gamma) * unit, log_likelihood=best - len(x) * float(np.log(unit))
        )

    def expected(self, x: npt.ArrayLike, mean: npt.ArrayLike) -> Vector:
        """Mean amount of a future purchase, equation 5; of a customer without repeat purchases that of all.

        Where q ≤ 1 the mean of all does not exist; the mean amount seen is then not shrunk.
        """
        x, mean = np.asarray(x, float), np.asarray(mean, float)
        if self.q <= 1:
            return np.where(x > 0, mean, self.gamma * self.p)
        seen = np.where(x > 0, mean * x, 0.0)
        return np.asarray(self.p * (self.gamma + seen) / (self.p * x + self.q - 1))


def log_likelihood_of(x: Vector, mean: Vector) -> Callable[[Vector], tuple[float, Vector]]:
    """The likelihood of mean amounts as a function of p, q and γ that tells its logarithm and the derivatives.

    The gamma functions of equation 1a depend on a customer by x alone, and are taken once for each x.
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
