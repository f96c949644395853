"""Confidence intervals."""

from typing import Final

import numpy as np
import pandas as pd

Z_95: Final = 1.959964
"""Standard normal quantile of a two-sided 95% interval."""


def wilson(successes: pd.Series, trials: pd.Series) -> tuple[pd.Series, pd.Series]:
    """Return the lower and upper limits of the 95% Wilson interval of a proportion.

    Parameters
    ----------
    successes, trials : Series
        Counts with the same index; rows without trials give missing values.

    Notes
    -----
    Wilson (1927), Probable inference, the law of succession, and statistical inference, equation 4.
    """
    share = successes / trials
    middle = (share + Z_95**2 / (2 * trials)) / (1 + Z_95**2 / trials)
    half = Z_95 / (1 + Z_95**2 / trials) * np.sqrt(share * (1 - share) / trials + Z_95**2 / (4 * trials**2))
    return (middle - half).clip(lower=0.0), (middle + half).clip(upper=1.0)  # rounding can exceed the bounds
