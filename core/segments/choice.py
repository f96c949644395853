"""Choosing the number of segments: as many as hold up and are large enough to act on."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score

from core.errors import TooLittleDataError
from core.segments.candidates import Candidate, candidates
from core.segments.clustering import kmeans, scaled
from core.segments.scaling import Matrix, ScalingSpec

_BOOTSTRAP_SAMPLE: Final = 10_000  # customers per bootstrap; more change the mean by less than its error


@dataclass(frozen=True, kw_only=True)
class ChoiceSpec:
    """When a number of segments holds.

    Parameters
    ----------
    smallest_share : float
        Least share of customers in the smallest segment: fewer are not worth a campaign of their own.
    least_ari : float
        Least mean adjusted Rand index between the segments and those of a resampled shop.
    bootstraps : int
        Resampled shops per k.
    seed : int
        Random state.
    """

    smallest_share: float = 0.10
    least_ari: float = 0.85
    bootstraps: int = 100
    seed: int = 0


def choose(
    customers: pd.DataFrame,
    scaling: ScalingSpec,
    ks: Iterable[int],
    spec: ChoiceSpec,
    progress: Callable[[float], None] = lambda _share: None,
) -> tuple[int, str, list[Candidate]]:
    """Take the largest k whose segments are large enough and stable.

    Returns
    -------
    k : int
        The choice.
    reason : str
        In one sentence.
    candidates : list of Candidate
        All that were looked at, with `stability_ari`.

    Raises
    ------
    TooLittleDataError
        Where there are fewer than two different customers.
    """
    measured = candidates(customers, scaling, ks, spec.seed)
    if all(candidate.k == 1 for candidate in measured):
        message = f"Choosing k needs at least 2 customers with different histories; there are {len(customers)}."
        raise TooLittleDataError(message)
    values, _ = scaled(customers, scaling)
    found = []
    for position, candidate in enumerate(measured):
        ari = stability(values, candidate.k, spec) if candidate.k > 1 else 1.0
        found.append(replace(candidate, stability_ari=ari))
        progress((position + 1) / len(measured))
    usable = [c for c in found if c.k > 1]
    holds = [c for c in usable if _holds(c, len(customers), spec)]
    best = max(holds, key=lambda c: c.k) if holds else max(usable, key=lambda c: c.stability_ari or 0.0)
    return best.k, _reason(best, usable, len(customers), spec, held=bool(holds)), found


def stability(values: Matrix, k: int, spec: ChoiceSpec) -> float:
    """Mean adjusted Rand index (Hubert and Arabie, 1985) of the segments and those fitted on bootstraps.

    Each bootstrap draws customers with replacement, fits K-Means on them and assigns everybody; what is compared are
    the labels of all customers (Hennig, 2007, resamples the same way).

    Parameters
    ----------
    values : array of float, shape (customers, features)
        Standardised.
    k : int
        Number of segments.
    spec : ChoiceSpec
        Number of bootstraps and seed.
    """
    rng = np.random.default_rng(spec.seed)
    if len(values) > _BOOTSTRAP_SAMPLE:
        values = values[rng.choice(len(values), _BOOTSTRAP_SAMPLE, replace=False)]
    base = kmeans(values, k, spec.seed).labels_
    scores = []
    for number in range(spec.bootstraps):
        drawn = values[rng.integers(0, len(values), len(values))]
        if len(np.unique(drawn, axis=0)) >= k:
            scores.append(adjusted_rand_score(base, kmeans(drawn, k, spec.seed + number).predict(values)))
    return float(np.mean(scores)) if scores else 0.0


def _holds(candidate: Candidate, customers: int, spec: ChoiceSpec) -> bool:
    large = candidate.smallest >= spec.smallest_share * customers
    return large and (candidate.stability_ari or 0.0) >= spec.least_ari


def _reason(best: Candidate, usable: list[Candidate], customers: int, spec: ChoiceSpec, *, held: bool) -> str:
    share = best.smallest / customers
    rule = f"at least {spec.smallest_share:.0%} of customers in each and a mean ARI of at least {spec.least_ari:.2f}"
    if not held:
        return f"No number of segments has {rule}; {best.k} is the most stable (ARI {best.stability_ari:.2f})."
    more = " More segments fail it." if best.k < max(c.k for c in usable) else ""
    return (
        f"{best.k} is the largest number of segments with {rule} over {spec.bootstraps} resampled shops: "
        f"the smallest has {share:.1%}, the ARI is {best.stability_ari:.2f}.{more}"
    )
