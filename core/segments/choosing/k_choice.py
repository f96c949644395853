"""Choice of the number of segments: as many as are stable and large enough to act on."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import pandas as pd

from core.errors import InputError, TooLittleDataError
from core.progress import ShareDone, unheard
from core.segments.choosing.k_candidates import Candidate, measure
from core.segments.clustering.fitting import scaled
from core.segments.clustering.scaling import ScalingSpec
from core.segments.clustering.stability import agreement, mean_and_low


@dataclass(frozen=True, kw_only=True)
class ChoiceSpec:
    """Criteria that an acceptable number of segments must meet.

    Parameters
    ----------
    smallest_share : float
        Minimum share of customers in the smallest segment; fewer aren't worth a separate campaign.
    least_ari : float
        Minimum mean adjusted Rand index between the segments and those of resampled shops.
    bootstraps : int
        Number of resampled shops per k.
    seed : int
        Random state.
    """

    smallest_share: float = 0.10
    least_ari: float = 0.85
    bootstraps: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        for name, value in (("smallest_share", self.smallest_share), ("least_ari", self.least_ari)):
            if not 0 <= value <= 1:
                message = f"`{name}` must be between 0 and 1, got {value}."
                raise InputError(message)
        if self.bootstraps < 1:
            message = f"`bootstraps` must be at least 1, got {self.bootstraps}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class Recommendation:
    """A recommended number of segments.

    Parameters
    ----------
    k : int
        Number of segments.
    reason : str
        The reason, in a marketer's words.
    held : bool
        Whether it meets the criteria; otherwise it is the best of those that don't.
    """

    k: int
    reason: str
    held: bool


def recommend(candidates: Sequence[Candidate], customers: int, spec: ChoiceSpec) -> Recommendation:
    """Recommend the largest k whose segments are stable and large enough.

    If none is both, recommend the most stable of those that are large enough; if none is large enough, the one with the
    largest smallest segment. Silhouettes aren't used, because they favour isolating a few very large customers. Nothing
    is fitted, so other thresholds can be tried at once.

    Parameters
    ----------
    candidates : sequence of Candidate
        With `stability_ari`; k = 1 is skipped.
    customers : int
        Number of customers.
    spec : ChoiceSpec
        Thresholds.

    Raises
    ------
    TooLittleDataError
        If there is no candidate with at least two segments.
    """
    usable = sorted((candidate for candidate in candidates if candidate.k > 1), key=lambda candidate: candidate.k)
    if not usable:
        message = f"Choosing k needs at least 2 customers with different histories, got {customers}. Add more orders."
        raise TooLittleDataError(message)
    large = [candidate for candidate in usable if candidate.smallest >= spec.smallest_share * customers]
    holds = [candidate for candidate in large if _stable(candidate) >= spec.least_ari]
    if holds:
        best = holds[-1]
        following = next((candidate for candidate in usable if candidate.k > best.k), None)
        return Recommendation(k=best.k, reason=_held(best, following, customers, spec), held=True)
    best = max(large, key=_stable) if large else max(usable, key=lambda candidate: candidate.smallest)
    return Recommendation(k=best.k, reason=_not_held(best, customers, spec, is_large=bool(large)), held=False)


def choose(
    customers: pd.DataFrame,
    scaling: ScalingSpec,
    ks: Iterable[int],
    spec: ChoiceSpec,
    progress: ShareDone = unheard,
) -> tuple[int, str, list[Candidate]]:
    """Evaluate each k including its stability, and choose as `recommend` does.

    Returns
    -------
    k : int
        The choice.
    reason : str
        The reason, in a marketer's words.
    candidates : list of Candidate
        All candidates, with stability.

    Raises
    ------
    TooLittleDataError
        If there are fewer than two distinct customers.
    """
    values, _ = scaled(customers, scaling)
    measured = [found.candidate for found in measure(values, ks, spec.seed)]
    if all(candidate.k == 1 for candidate in measured):
        recommend(measured, len(customers), spec)
    found = []
    for position, candidate in enumerate(measured):

        def tell(done: int, position: int = position) -> None:
            progress((position + done / spec.bootstraps) / len(measured))

        scores = agreement(values, candidate.k, bootstraps=spec.bootstraps, seed=spec.seed, progress=tell)
        found.append(with_stability(candidate, *mean_and_low(scores)))
        progress((position + 1) / len(measured))
    chosen = recommend(found, len(customers), spec)
    return chosen.k, chosen.reason, found


def with_stability(candidate: Candidate, mean: float, low: float) -> Candidate:
    """Return a candidate with the mean and the 10th percentile of its adjusted Rand index."""
    return replace(candidate, stability_ari=mean, stability_p10=low)


_SAME: Final = "stay the same when the shop is resampled"
_MOST_DIGITS: Final = 6


def _stable(candidate: Candidate) -> float:
    return candidate.stability_ari or 0.0


def _held(best: Candidate, following: Candidate | None, customers: int, spec: ChoiceSpec) -> str:
    start = (
        f"{best.k} segments: the most that {_SAME} (agreement {_index(_stable(best))} of 1), "
        f"and the smallest still has {_percent(best.smallest / customers)} of customers"
    )
    if following is None:
        return f"{start}; more than {best.k} weren't compared."
    return f"{start}; {_failure(following, customers, spec)}."


def _failure(candidate: Candidate, customers: int, spec: ChoiceSpec) -> str:
    """Return why a number of segments was rejected."""
    found = []
    if candidate.smallest < spec.smallest_share * customers:
        found.append(
            "the smallest would have only "
            f"{_below(candidate.smallest / customers, spec.smallest_share, _percent, 0)} of customers "
            f"(minimum {_percent(spec.smallest_share)})"
        )
    if _stable(candidate) < spec.least_ari:
        found.append(
            f"the segments would differ too much between resampled shops (agreement "
            f"{_below(_stable(candidate), spec.least_ari, _index, 2)}, minimum {_index(spec.least_ari)})"
        )
    return f"with {candidate.k}, {' and '.join(found)}"


def _not_held(best: Candidate, customers: int, spec: ChoiceSpec, *, is_large: bool) -> str:
    rule = (
        f"No number of segments has at least {_percent(spec.smallest_share)} of customers in each and an agreement of "
        f"at least {_index(spec.least_ari)} when the shop is resampled; "
    )
    if is_large:
        return f"{rule}{best.k} is the most stable of those that are large enough (agreement {_index(_stable(best))})."
    return f"{rule}{best.k} comes closest: its smallest has {_percent(best.smallest / customers)} of customers."


def _index(value: float, digits: int = 2) -> str:
    return f"{value:.{digits}f}"


def _percent(value: float, digits: int = 0) -> str:
    return f"{100 * value:.{digits}f}%"


def _below(value: float, limit: float, written: Callable[[float, int], str], digits: int) -> str:
    """Format a value below a limit, with more digits if rounding would raise it to the limit."""
    while written(value, digits) == written(limit, digits) and digits < _MOST_DIGITS:
        digits += 1
    return written(value, digits)
