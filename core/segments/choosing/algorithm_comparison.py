"""Comparison of K-Means with other algorithms on the same customers, criteria and resampled shops."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, davies_bouldin_score

from core.plain import Plain
from core.progress import Progress, nobody
from core.segments.clustering.algorithms import NOISE, Algorithm, Assign, Labels, algorithms
from core.segments.clustering.kmeans import different
from core.segments.clustering.scaling import Matrix
from core.segments.clustering.silhouettes import silhouettes
from core.segments.clustering.small_fits import one_thread

MOST: Final = 5_000
"""Maximum customers to compare: memory and time of Ward grow with their square."""

FEWEST: Final = 50
"""Minimum customers for a comparison: densities and ellipsoids of fewer are meaningless."""


@dataclass(frozen=True, kw_only=True)
class Compared(Plain):
    """Figures of one algorithm for one number of segments.

    Parameters
    ----------
    algorithm : str
        Name to show.
    how : str
        Its parameters, in a sentence.
    assigns_new : bool
        Whether it can assign new customers to segments without refitting.
    k : int or None
        Requested number of segments; None if the algorithm determines it.
    clusters : int
        Segments found.
    noise_share : float
        Share of customers in no segment.
    smallest : int
        Customers in the smallest segment; 0 if there is none.
    silhouette, davies_bouldin, calinski_harabasz : float or None
        As in `core.segments.choosing.k_candidates.Candidate`, for customers in a segment; None with fewer than two
        segments.
    stability_ari : float
        Mean adjusted Rand index over resampled shops, treating customers in no segment as one more segment. If the
        algorithm can't assign new customers, they get the segment of the nearest known one.
    stability_se : float
        Standard error of that mean.
    bootstraps : int
        Number of resampled shops.
    seconds : float
        Time of one fit on one core.
    customers : int
        Number of customers compared.
    sampled : bool
        Whether they are a seeded sample.
    """

    algorithm: str
    how: str
    assigns_new: bool
    k: int | None
    clusters: int
    noise_share: float
    smallest: int
    silhouette: float | None
    davies_bouldin: float | None
    calinski_harabasz: float | None
    stability_ari: float
    stability_se: float
    bootstraps: int
    seconds: float
    customers: int
    sampled: bool


def compare(
    values: Matrix,
    ks: Sequence[int],
    *,
    seed: int = 0,
    bootstraps: int,
    progress: Progress = nobody,
) -> list[Compared]:
    """Evaluate all algorithms, for each number of segments if they take one.

    Parameters
    ----------
    values : array of float, shape (customers, features)
        Scaled. Above 5,000 customers, all algorithms get the same seeded sample.
    ks : sequence of int
        Numbers of segments; below 2 and above the number of distinct customers they are skipped.
    seed : int
        Random state.
    bootstraps : int
        Number of resampled shops, the same for all algorithms.
    progress : callable
        Called with the share done and a message; may raise to stop.

    Returns
    -------
    list of Compared
        By algorithm, K-Means first; empty with fewer than 50 customers or if no k is left.
    """
    rng, everybody = np.random.default_rng(seed), len(values)
    if everybody > MOST:
        values = values[rng.choice(everybody, MOST, replace=False)]
    usable = [k for k in ks if 1 < k <= different(values, max(ks, default=1))]
    if len(values) < FEWEST or not usable:
        return []
    with one_thread(blas=True):
        bases: list[_Base] = []
        for algorithm in algorithms(values):
            progress(0.0, f"{algorithm.name}: fitting all customers")
            bases += _bases(algorithm, values, usable, seed)
        agreed = _agreements(bases, values, seed, bootstraps, progress)
    criteria = _criteria(values, [base.labels for base in bases])
    return [_compared(base, of, found, everybody) for base, of, found in zip(bases, criteria, agreed, strict=True)]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Base:
    """Segments of all customers under one algorithm."""

    algorithm: Algorithm
    k: int | None
    labels: Labels
    seconds: float


def _bases(algorithm: Algorithm, values: Matrix, ks: Sequence[int], seed: int) -> Iterator[_Base]:
    started = time.perf_counter()
    assign = algorithm.fit(values, seed)
    shared = time.perf_counter() - started  # such as for Ward's tree, which is cut for each k
    for k in ks if algorithm.takes_k else (None,):
        started = time.perf_counter()
        labels = assign(k, values)
        yield _Base(algorithm=algorithm, k=k, labels=labels, seconds=shared + time.perf_counter() - started)


def _agreements(
    bases: Sequence[_Base], values: Matrix, seed: int, bootstraps: int, progress: Progress
) -> list[list[float]]:
    """Return the adjusted Rand indices (Hubert and Arabie, 1985) of each base with each resampled shop."""
    rng = np.random.default_rng(seed)
    scores: list[list[float]] = [[] for _ in bases]
    for number in range(bootstraps):
        drawn = values[rng.integers(0, len(values), len(values))]
        enough = different(drawn, max(base.k or 1 for base in bases))
        fits: dict[str, Assign] = {}
        for position, base in enumerate(bases):
            done = (number + position / len(bases)) / bootstraps
            progress(done, f"{base.algorithm.name}: resampled shop {number + 1} of {bootstraps}")
            if (base.k or 1) > enough:
                continue
            name = base.algorithm.name
            if name not in fits:
                fits[name] = base.algorithm.fit(drawn, seed + number)
            scores[position].append(float(adjusted_rand_score(base.labels, fits[name](base.k, values))))
    return scores


_Criteria = tuple[float | None, float | None, float | None]


def _criteria(values: Matrix, labelings: Sequence[Labels]) -> list[_Criteria]:
    whole = [position for position, labels in enumerate(labelings) if labels.min() > NOISE]
    means = dict(zip(whole, silhouettes(values, [labelings[position] for position in whole]).mean(axis=1), strict=True))
    found: list[_Criteria] = []
    for position, labels in enumerate(labelings):
        points, own = values[labels > NOISE], labels[labels > NOISE]
        if not 1 < len(np.unique(own)) < len(points):
            found.append((None, None, None))
            continue
        mean = means[position] if position in means else silhouettes(points, [own]).mean()
        found.append(
            (float(mean), float(davies_bouldin_score(points, own)), float(calinski_harabasz_score(points, own)))
        )
    return found


def _compared(base: _Base, criteria: _Criteria, scores: Sequence[float], everybody: int) -> Compared:
    sizes = _sizes(base.labels)
    silhouette, davies_bouldin, calinski_harabasz = criteria
    return Compared(
        algorithm=base.algorithm.name,
        how=base.algorithm.how,
        assigns_new=base.algorithm.assigns_new,
        k=base.k,
        clusters=len(sizes),
        noise_share=float((base.labels == NOISE).mean()),
        smallest=int(sizes.min(initial=len(base.labels))) if len(sizes) else 0,
        silhouette=silhouette,
        davies_bouldin=davies_bouldin,
        calinski_harabasz=calinski_harabasz,
        stability_ari=float(np.mean(scores)) if scores else 0.0,
        stability_se=float(np.std(scores, ddof=1) / np.sqrt(len(scores))) if len(scores) > 1 else 0.0,
        bootstraps=len(scores),
        seconds=base.seconds,
        customers=len(base.labels),
        sampled=len(base.labels) < everybody,
    )


def _sizes(labels: Labels) -> npt.NDArray[np.int64]:
    """Return the sizes of the non-empty segments."""
    sizes = np.bincount(labels[labels > NOISE])
    found: npt.NDArray[np.int64] = sizes[sizes > 0]
    return found
