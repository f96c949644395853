"""Calibration of the chance to buy: blending models, correcting over- or underconfidence, and shifting the level."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq, minimize
from scipy.special import expit, logit

Vector = npt.NDArray[np.float64]

_SMALLEST: Final = 1e-6  # probabilities are clipped to this so that their log-odds stay finite


def shift_to(probabilities: npt.ArrayLike, mean: float) -> float:
    """Return the constant to add to all log-odds so that the mean probability becomes `mean`.

    Only the intercept changes, so the ranking doesn't (King and Zeng, 2001, prior correction).

    Parameters
    ----------
    probabilities : array of float
        One per customer.
    mean : float
        Target, between 0 and 1 exclusive.
    """
    odds = log_odds(probabilities)
    reach = 2 * -logit(_SMALLEST)
    return float(brentq(lambda by: float(np.mean(expit(odds + by))) - mean, -reach, reach))


def log_odds(probabilities: npt.ArrayLike) -> Vector:
    """Return log-odds, finite even for 0 and 1."""
    found: Vector = logit(np.clip(np.asarray(probabilities, float), _SMALLEST, 1 - _SMALLEST))
    return found


def sharpness(judged: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]]) -> float:
    """Return the factor by which to multiply a blend's log-odds to correct under- or overconfidence.

    A mean of log-odds is underconfident if its members hold different information (Ranjan and Gneiting, 2010; Satopää
    and others, 2014). The factor is the slope of a logistic regression of the outcomes on the log-odds, with a common
    slope and an intercept per date, because a season shared by all customers says nothing about the slope.

    Parameters
    ----------
    judged : sequence of pairs of arrays
        For each past date, out-of-sample probabilities and actual outcomes.

    Returns
    -------
    float
        Between 1/2 and 2; 1 if `judged` is empty.
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
    """Average several models' log-odds and return probabilities (Satopää and others, 2014); see `sharpness`."""
    return np.asarray(expit(np.mean([log_odds(member) for member in members], axis=0)))
