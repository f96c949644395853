"""How many customers will buy in all: last year's season corrects what own rhythms say, and rankings stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit

Vector = npt.NDArray[np.float64]

YEAR_BEFORE: Final = 364
"""Days from a cutoff to the one a year before it, on the same day of the week."""

LEAST_LOG: Final = 180
"""Days of log before the cutoff of last year: with fewer, rhythms are not known well enough to learn a season from."""

_LOWEST: Final = 0.005  # share of buyers: nearer to none or all than this no shop is
_NEVER: Final = 1e-5  # share of buyers in whom no model needs to believe more
_SMALLEST: Final = 1e-6  # a probability whose logarithm is still a number


@dataclass(frozen=True, kw_only=True)
class Level:
    """The share of customers expected to buy, and where it comes from.

    Parameters
    ----------
    mean : float
        Of all probabilities.
    season : float
        By how much last year's season moved it, within what a share can be; 0 where it was not seen.
    reason : str
        In a sentence.
    """

    mean: float
    season: float
    reason: str

    @property
    def times(self) -> float:
        """How many times as many buy as without the season."""
        return self.mean / (self.mean - self.season) if self.season else 1.0


def seasonal_level(
    expected: float, last_year: tuple[float, float] | None, days_of_log: int, customers: int | None = None
) -> Level:
    """What share will buy: what rhythms say now, plus by how much they were wrong in the same season last year.

    With few customers much of that is chance: it is shrunk by (1 − error² / season²), to none where it is smaller than
    its standard error (James and Stein, 1961, positive part).

    Parameters
    ----------
    expected : float
        Share of customers expected to buy at the cutoff by repeat buying alone, see
        `core.models.data.repeat_buying.expected_share`.
    last_year : pair of float, or None
        The same at the cutoff `YEAR_BEFORE` days earlier, and the share that bought after it; None where that is not
        known.
    days_of_log : int
        Days of log before that earlier cutoff.
    customers : int, optional
        Known at that earlier cutoff; None where chance plays no part.
    """
    expected = min(max(expected, _NEVER), 1 - _NEVER)
    if last_year is None or days_of_log < LEAST_LOG:
        reason = f"The log is too short to know the season: it needs {LEAST_LOG} days before the same date last year."
        return Level(mean=expected, season=0.0, reason=reason)
    before, happened = last_year
    off = _beyond_chance(happened - before, happened * (1 - happened) / customers if customers else 0.0)
    mean = _within(expected + off, expected)
    season = mean - expected
    more = "more" if season >= 0 else "fewer"
    reason = (
        f"In the same season last year {happened:.0%} bought where own rhythms expected {before:.0%}, so "
        f"{100 * abs(season):.0f} in a hundred {more} are expected now."
    )
    return Level(mean=mean, season=season, reason=reason)


def shift_to(probabilities: npt.ArrayLike, mean: float) -> float:
    """What to add to all log-odds so that the mean probability becomes `mean`; the order stays the same.

    This is a change of the intercept alone (King and Zeng, 2001, prior correction).

    Parameters
    ----------
    probabilities : array of float
        Of each customer.
    mean : float
        Between 0 and 1, both excluded.
    """
    odds = log_odds(probabilities)
    reach = 2 * -logit(_SMALLEST)
    return float(brentq(lambda by: float(np.mean(expit(odds + by))) - mean, -reach, reach))


def log_odds(probabilities: npt.ArrayLike) -> Vector:
    """Logarithms of odds, finite also for 0 and 1."""
    found: Vector = logit(np.clip(np.asarray(probabilities, float), _SMALLEST, 1 - _SMALLEST))
    return found


def sharpness(judged: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> float:
    """By what to multiply a blend's log-odds so that they are neither too timid nor too bold.

    A mean of log-odds is too timid where its members know different things (Ranjan and Gneiting, 2010; Satopää and
    others, 2014). The factor is the slope of a logistic regression of what happened on the log-odds, one slope for all
    and an intercept for each date, since what all customers share in a season says nothing of it.

    Parameters
    ----------
    judged : sequence of pairs of arrays
        For each past date probabilities of customers whom the blend had not seen, and what happened.

    Returns
    -------
    float
        Between 1/2 and 2; 1 where nothing was judged.
    """
    if not judged:
        return 1.0
    parts = [(log_odds(chance), np.asarray(happened, float)) for chance, happened in judged]

    def cost(values: Vector) -> float:
        each = ((values[0] * odds + values[1 + i], y) for i, (odds, y) in enumerate(parts))
        return float(np.mean([np.mean(np.logaddexp(0, z) - y * z) for z, y in each]))

    found = minimize(cost, np.concatenate([[1.0], np.zeros(len(parts))]), method="L-BFGS-B")
    return float(np.clip(found.x[0], 0.5, 2.0))


def blended(members: Sequence[npt.ArrayLike]) -> Vector:
    """The mean of several models' log-odds as probabilities (Satopää and others, 2014); see `sharpness`."""
    return np.asarray(expit(np.mean([log_odds(member) for member in members], axis=0)))


def _beyond_chance(season: float, variance: float) -> float:
    return season * max(0.0, 1 - variance / season**2) if season else 0.0


def _within(mean: float, expected: float) -> float:
    """A share between none and all; a season does not make it nearer to either than `_LOWEST`, rhythms may."""
    return min(max(mean, min(_LOWEST, expected)), max(1 - _LOWEST, expected))
