"""The case for K-Means as the default, from the figures of the compared algorithms."""

from collections.abc import Sequence
from typing import Final

from core.segments.choosing.algorithm_comparison import FEWEST, Compared
from core.segments.clustering.algorithms import KMEANS

_CLOSE: Final = 0.02  # negligible difference of silhouettes or agreements
_NOISY: Final = 0.05  # share of customers in no segment that is worth mentioning
_TINY: Final = 0.01  # share of customers below which a segment is too small to act on


def verdict(rows: Sequence[Compared], k: int) -> str:
    """Return the arguments for and against K-Means with this number of segments.

    Parameters
    ----------
    rows : sequence of Compared
        All algorithms; see `core.segments.choosing.algorithm_comparison.compare`.
    k : int
        Number of segments.
    """
    own = next((row for row in rows if row.algorithm == KMEANS and row.k == k), None)
    if own is None:
        return f"Comparing algorithms needs at least {FEWEST} customers, including {k} with different histories."
    alike = [row for row in rows if row.algorithm != KMEANS and row.k == k]
    free = [row for row in rows if row.k is None]
    points = [_on_silhouette(own, alike), _on_stability(own, alike)]
    for_it = [text for speaks_for, text in points if speaks_for] + _on_customers(free)
    against = [text for speaks_for, text in points if not speaks_for]
    cannot = [row.algorithm for row in [*alike, *free] if not row.assigns_new]
    names = list(dict.fromkeys(cannot))
    for_it.append(f"it assigns new customers to a segment without refitting, which {_listed(names)} cannot")
    sentence = f"K-Means is the default: with {k} segments, {_listed(for_it)}."
    return f"{sentence} Against it: {_listed(against)}." if against else sentence


def _on_silhouette(own: Compared, alike: Sequence[Compared]) -> tuple[bool, str]:
    best = max(alike, key=lambda row: row.silhouette if row.silhouette is not None else -1.0)
    ours, theirs = own.silhouette or 0.0, best.silhouette if best.silhouette is not None else -1.0
    if ours >= theirs:
        return (
            True,
            f"its segments are the most distinct (silhouette {_index(ours)}; {best.algorithm} {_index(theirs)})",
        )
    if theirs - ours <= _CLOSE:
        return True, f"its silhouette of {_index(ours)} is within {_index(_CLOSE)} of the best ({best.algorithm})"
    return False, f"segments of {best.algorithm} are more distinct (silhouette {_index(theirs)} against {_index(ours)})"


def _on_stability(own: Compared, alike: Sequence[Compared]) -> tuple[bool, str]:
    best = max(alike, key=lambda row: row.stability_ari)
    ours, theirs = own.stability_ari, best.stability_ari
    others = ", ".join(f"{row.algorithm} {_index(row.stability_ari)}" for row in alike)
    if ours >= theirs:
        return True, f"they are the most stable when the shop is resampled (agreement {_index(ours)}; {others})"
    if theirs - ours <= _CLOSE:
        return True, f"they are as stable as any when the shop is resampled (agreement {_index(ours)}; {others})"
    return (
        False,
        f"{best.algorithm} is more stable when the shop is resampled ({_index(theirs)} against {_index(ours)})",
    )


def _on_customers(free: Sequence[Compared]) -> list[str]:
    """Return the drawbacks of algorithms that determine the number of segments themselves."""
    found = []
    for row in free:
        if row.clusters < 2:  # noqa: PLR2004
            found.append(f"{row.algorithm} finds fewer than two segments")
        elif row.noise_share >= _NOISY:
            found.append(f"{row.algorithm} leaves {100 * row.noise_share:.0f}% of customers in no segment")
        elif row.smallest < _TINY * row.customers:
            found.append(f"{row.algorithm} isolates groups as small as {row.smallest} customers")
    return found


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def _index(value: float) -> str:
    return f"{value:.2f}".replace("-", "−")
