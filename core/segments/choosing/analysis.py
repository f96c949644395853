"""Segmentation of a snapshot with the figures behind the choice of k, as written to `segments.json`."""

from dataclasses import dataclass, field
from typing import Any, Final

import pandas as pd

from core.progress import ShareDone, unheard
from core.segments.choosing.k_candidates import candidates
from core.segments.choosing.k_choice import ChoiceSpec, choose
from core.segments.clustering.fitting import fit
from core.segments.clustering.scaling import scaling_of
from core.segments.segment_model import K_RANGE, ClusterSpec
from core.segments.segment_summary import summarise

_NOTEBOOK_KS: Final = range(1, 11)

DEFAULT_K: Final = 4


@dataclass(frozen=True, kw_only=True)
class AnalysisSpec:
    """Parameters of an analysis.

    Parameters
    ----------
    preset : {"clientele", "rank", "notebook"}
        How features are scaled.
    k : int or None
        Number of segments; None to choose it automatically.
    choice : ChoiceSpec
        Criteria for choosing.
    """

    preset: str = "clientele"
    k: int | None = DEFAULT_K
    choice: ChoiceSpec = field(default_factory=ChoiceSpec)

    def __post_init__(self) -> None:
        # Raises if the settings are invalid for a segment model.
        ClusterSpec(preset=self.preset, k=K_RANGE.start if self.k is None else self.k)


def analyse(
    customers: pd.DataFrame, spec: AnalysisSpec, progress: ShareDone = unheard
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Segment one group of customers.

    Parameters
    ----------
    customers : DataFrame
        `customer_id`, `recency`, `frequency`, `monetary`, and optional further columns.
    spec : AnalysisSpec
        Parameters.
    progress : callable
        Called with the share done.

    Returns
    -------
    customers : DataFrame
        As given, with `segment`.
    result : dict
        Plain values: `preset`, `k`, `k_reason`, `candidates`, `segments`.
    """
    ks, scaling = candidate_ks(spec.preset), scaling_of(spec.preset)
    if spec.k is None:
        k, reason, measured = choose(customers, scaling, ks, spec.choice, progress)
    else:
        k, reason = spec.k, f"{spec.k} segments were requested." if spec.k != DEFAULT_K else _DEFAULT_REASON
        measured = candidates(customers, scaling, ks)
    model = fit(customers, ClusterSpec(preset=spec.preset, k=k))
    segmented = customers.assign(segment=model.assign(customers))
    progress(1.0)
    return segmented, {
        "preset": spec.preset,
        "k": k,
        "k_reason": reason,
        "candidates": [candidate.to_json() for candidate in measured],
        "segments": _segments(segmented, model.names),
    }


def candidate_ks(preset: str) -> range:
    """Return the numbers of segments to compare: 2 to 12, or 1 to 10 for the notebook preset."""
    return _NOTEBOOK_KS if preset == "notebook" else K_RANGE


_DEFAULT_REASON: Final = "4 segments, the default: enough to treat differently, few enough to remember."
_RENAMED: Final = {"segment": "name"}
_COLUMNS: Final = (
    "name", "customers", "revenue", "revenue_share", "median_recency", "median_frequency", "median_monetary",
    "returned", "net",
)  # fmt: skip


def _segments(customers: pd.DataFrame, names: tuple[str, ...]) -> list[dict[str, Any]]:
    known = customers if "returned" in customers else customers.assign(returned=0.0, net=customers["monetary"])
    table = summarise(known, names).rename(columns=_RENAMED)
    kept = [name for name in _COLUMNS if name not in ("returned", "net") or "returned" in customers]
    records = table[kept].astype(object).where(table[kept].notna(), None).to_dict("records")
    return [{str(name): value for name, value in record.items()} for record in records]
