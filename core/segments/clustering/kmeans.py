"""K-Means for any number of customers: scikit-learn's up to 10,000, and a faster multi-stage fit above."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn import config_context
from sklearn.cluster import KMeans

from core.segments.clustering.scaling import Matrix
from core.segments.clustering.small_fits import one_thread

RESTARTS: Final = 10
ITERATIONS: Final = 300

EXACT: Final = 10_000
"""Maximum customers for scikit-learn's K-Means with all restarts."""

_PARTS: Final = 24  # restarts above that; more than twice as many, but cheaper because each uses few customers
_PART: Final = 5_000  # customers per restart
_SEVERAL: Final = 25_000  # customers on which the restarts are compared
_BEST_PARTS, _BEST_SEVERAL = 6, 2  # distinct starts that continue to the next stage
_SAME: Final = 1e-4  # relative difference in WCSS below which two fits are considered the same

_Start = tuple[float, Matrix]


def kmeans(values: Matrix, k: int, seed: int) -> KMeans:
    """Fit K-Means with k-means++ and restarts (Lloyd, 1982; Arthur and Vassilvitskii, 2007).

    Above `EXACT` customers, each of 24 restarts uses a different sample of 5,000 customers; the best ones continue on
    25,000 customers, and the best of those on all. As with restarts on all customers, the result is a local minimum of
    the WCSS of all customers, and rarely a worse one; see `python -m benchmarks segment`.

    Parameters
    ----------
    values : array of float, shape (customers, features)
        Scaled, with at least `k` distinct rows.
    k : int
        Number of segments.
    seed : int
        Random state.
    """
    with one_thread():
        if len(values) <= EXACT:
            return _restarted(values, k, seed)
        return _in_stages(values, k, seed)


def different(values: Matrix, most: int) -> int:
    """Count distinct rows, rounded to nine digits, up to `most`."""
    head = pd.DataFrame(values[: 50 * most]).round(9).drop_duplicates()
    if len(head) >= most or 50 * most >= len(values):
        return min(len(head), most)
    return min(len(pd.DataFrame(values).round(9).drop_duplicates()), most)


def _restarted(values: Matrix, k: int, seed: int, restarts: int = RESTARTS) -> KMeans:
    return KMeans(k, init="k-means++", n_init=restarts, max_iter=ITERATIONS, random_state=seed).fit(values)


def _in_stages(values: Matrix, k: int, seed: int) -> KMeans:
    order = np.random.default_rng(seed).permutation(len(values))
    several = values[order[:_SEVERAL]]
    with config_context(assume_finite=True, skip_parameter_validation=True):  # the last fit validates everything
        starts = _starts(values, order, several, k, seed)
        starts = [_start(_continued(several, centres)) for centres in _distinct(starts, _BEST_PARTS)]
    if not starts:  # nearly all customers are identical
        return _restarted(values, k, seed)
    fits = [_continued(values, centres) for centres in _distinct(starts, _BEST_SEVERAL)]
    return min(fits, key=lambda fitted: float(fitted.inertia_))


def _starts(values: Matrix, order: npt.NDArray[np.integer], several: Matrix, k: int, seed: int) -> list[_Start]:
    """Fit each restart on its own part, and evaluate it on several parts."""
    starts = []
    for number in range(_PARTS):
        first = number * _PART % (len(values) - _PART)
        part = values[order[first : first + _PART]]
        if different(part, k) == k:
            fitted = _restarted(part, k, seed + number, restarts=1)
            starts.append((-float(fitted.score(several)), fitted.cluster_centers_))
    return starts


def _continued(values: Matrix, centres: Matrix) -> KMeans:
    return KMeans(len(centres), init=centres, n_init=1, max_iter=ITERATIONS).fit(values)


def _start(fitted: KMeans) -> _Start:
    return float(fitted.inertia_), fitted.cluster_centers_


def _distinct(starts: list[_Start], most: int) -> list[Matrix]:
    """Return the centres of the best starts, one for each distinct WCSS."""
    kept: list[_Start] = []
    for wcss, centres in sorted(starts, key=lambda start: start[0]):
        if not kept or wcss > kept[-1][0] * (1 + _SAME):
            kept.append((wcss, centres))
    return [centres for _, centres in kept[:most]]
