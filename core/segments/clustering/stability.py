"""Stability of segments: agreement of the shop's segments with those of resampled shops."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn import config_context
from sklearn.metrics import adjusted_rand_score

from core.segments.clustering.kmeans import different, kmeans
from core.segments.clustering.scaling import Matrix

Scores = npt.NDArray[np.float64]
"""Agreement with each resampled shop."""

BOOTSTRAP_SAMPLE: Final = 10_000
"""Maximum customers per bootstrap; more would change the mean by less than its standard error."""

LOW: Final = 10
"""Percentile reported besides the mean."""

_NOBODY: Callable[[int], None] = lambda _done: None  # noqa: E731


def agreement(
    values: Matrix, k: int, *, bootstraps: int = 100, seed: int = 0, progress: Callable[[int], None] = _NOBODY
) -> Scores:
    """Compute the adjusted Rand index (Hubert and Arabie, 1985) between the segments and those of resampled shops.

    Each bootstrap draws as many customers with replacement, fits K-Means on them with all restarts, and assigns all
    customers, whose labels are compared. Hennig (2007) resamples the same way.

    Parameters
    ----------
    values : array of float, shape (customers, features)
        Scaled. Above 10,000 customers, a seeded sample is used.
    k : int
        Number of segments.
    bootstraps : int
        Number of resampled shops, which are the same for each k.
    seed : int
        Random state.
    progress : callable
        Called with the number of resampled shops done; may raise to stop.

    Returns
    -------
    array of float
        One per resampled shop with at least `k` distinct customers: 1 for the same segments, 0 for chance agreement.
    """
    rng = np.random.default_rng(seed)
    if len(values) > BOOTSTRAP_SAMPLE:
        values = values[rng.choice(len(values), BOOTSTRAP_SAMPLE, replace=False)]
    if k == 1 or different(values, k) < k:
        return np.ones(bootstraps if k == 1 else 0)
    base = kmeans(values, k, seed).labels_
    scores = []
    for number in range(bootstraps):
        drawn = values[rng.integers(0, len(values), len(values))]
        if different(drawn, k) == k:
            with config_context(assume_finite=True, skip_parameter_validation=True):
                labels = kmeans(drawn, k, seed + number).predict(values)
            scores.append(adjusted_rand_score(base, labels))
        progress(number + 1)
    return np.asarray(scores)


def mean_and_low(scores: Scores) -> tuple[float, float]:
    """Return the mean and the 10th percentile; 0 if no resampled shop could be segmented."""
    return (float(scores.mean()), float(np.percentile(scores, LOW))) if len(scores) else (0.0, 0.0)
