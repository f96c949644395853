"""K-Means on any number of customers: scikit-learn's own up to some thousands, and its result sooner beyond."""

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
"""Customers up to which K-Means is that of scikit-learn with all its restarts."""

_PARTS: Final = 24  # restarts beyond: on few customers each, so that more than twice as many cost less
_PART: Final = 5_000  # customers of a restart
_SEVERAL: Final = 25_000  # customers among which the restarts are compared
_BEST_PARTS, _BEST_SEVERAL = 6, 2  # starts that go on, of those that differ
_SAME: Final = 1e-4  # relative difference in WCSS up to which two fits count as one

_Start = tuple[float, Matrix]


def kmeans(values: Matrix, k: int, seed: int) -> KMeans:
    """Fit K-Means with k-means++ and restarts (Lloyd, 1982; Arthur and Vassilvitskii, 2007).

    Beyond `EXACT` customers, 24 restarts each see 5,000 seeded customers of their own; the best of them are carried
    on with 25,000 customers, and the best of those with all. What is given back is a local minimum of the WCSS of all
    customers, as it is after restarts with all of them, and rarely a worse one: see `python -m benchmarks segment`.

    Parameters
    ----------
    values : array of float, shape (customers, features)
        Scaled; at least `k` different rows.
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
    with config_context(assume_finite=True, skip_parameter_validation=True):  # all are checked at the end
        starts = _starts(values, order, several, k, seed)
        starts = [_start(_continued(several, centres)) for centres in _distinct(starts, _BEST_PARTS)]
    if not starts:  # nearly all customers are alike
        return _restarted(values, k, seed)
    fits = [_continued(values, centres) for centres in _distinct(starts, _BEST_SEVERAL)]
    return min(fits, key=lambda fitted: float(fitted.inertia_))


def _starts(values: Matrix, order: npt.NDArray[np.integer], several: Matrix, k: int, seed: int) -> list[_Start]:
    """Restarts, each on a part of its own, with what they are worth to several customers."""
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
    """Centres of the best starts, of those with the same WCSS one."""
    kept: list[_Start] = []
    for wcss, centres in sorted(starts, key=lambda start: start[0]):
        if not kept or wcss > kept[-1][0] * (1 + _SAME):
            kept.append((wcss, centres))
    return [centres for _, centres in kept[:most]]
