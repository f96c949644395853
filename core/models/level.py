"""How many customers will buy in all: last year's season corrects what own rhythms say, and rankings stay."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.special import expit, logit

Vector = npt.NDArray[np.float64]

YEAR_BEFORE: Final = 364
"""Days from a cutoff to the one a year before it, on the same day of the week."""

LEAST_LOG: Final = 180
"""Days of log before the cutoff of last year: with fewer, rhythms are not known well enough to learn a season from."""

_LOWEST: Final = 0.005  # share of buyers: nearer to none or all than this no shop is
_SMALLEST: Final = 1e-6  # a probability whose logarithm is still a number


@dataclass(frozen=True, kw_only=True)
class Level:
    """The share of customers expected to buy, and where it comes from.

    Parameters
    ----------
    mean : float
        Of all probabilities.
    season : float
        By how much last year's season moved it; 0 where it was not seen.
    reason : str
        In a sentence.
    """

    mean: float
    season: float
    reason: str


def seasonal_level(
    rhythm: npt.ArrayLike, last_year: tuple[npt.ArrayLike, npt.ArrayLike] | None, days_of_log: int
) -> Level:
    """What share will buy: what own rhythms say now, plus by how much they were wrong in the same season last year.

    Parameters
    ----------
    rhythm : array of float
        Probability to buy of each customer at the cutoff, from repeat buying alone.
    last_year : pair of arrays, or None
        The same at the cutoff `YEAR_BEFORE` days earlier, and what happened after it; None where that is not known.
    days_of_log : int
        Days of log before that earlier cutoff.
    """
    now = float(np.mean(np.asarray(rhythm, float)))
    if last_year is None or days_of_log < LEAST_LOG:
        reason = f"The log is too short to know the season: it needs {LEAST_LOG} days before the same date last year."
        return Level(mean=_within(now), season=0.0, reason=reason)
    expected, happened = (float(np.mean(np.asarray(values, float))) for values in last_year)
    season = happened - expected
    more = "more" if season >= 0 else "fewer"
    reason = (
        f"In the same season last year {happened:.0%} bought where own rhythms expected {expected:.0%}, so "
        f"{abs(season):.0%} {more} are expected now."
    ).replace("%", " %")
    return Level(mean=_within(now + season), season=season, reason=reason)


def moved_to(probabilities: npt.ArrayLike, mean: float) -> Vector:
    """Shift all log-odds by one number so that the mean probability becomes `mean`; the order stays the same.

    This is a change of the intercept alone (King and Zeng, 2001, prior correction).

    Parameters
    ----------
    probabilities : array of float
        Of each customer.
    mean : float
        Between 0 and 1, both excluded.
    """
    odds = logit(np.clip(np.asarray(probabilities, float), _SMALLEST, 1 - _SMALLEST))
    reach = 2 * -logit(_SMALLEST)
    shift = brentq(lambda by: float(np.mean(expit(odds + by))) - mean, -reach, reach)
    found: Vector = expit(odds + shift)
    return found


def blended(members: list[npt.ArrayLike]) -> Vector:
    """The mean of several models' log-odds as probabilities (Satopää and others, 2014, without extremising)."""
    odds = [logit(np.clip(np.asarray(member, float), _SMALLEST, 1 - _SMALLEST)) for member in members]
    return np.asarray(expit(np.mean(odds, axis=0)))


def _within(mean: float) -> float:
    return min(max(mean, _LOWEST), 1 - _LOWEST)
