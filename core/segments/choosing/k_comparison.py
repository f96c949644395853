"""Stored comparisons of segment counts: parameters, results and reading."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from core.plain import Plain
from core.segments.choosing.analysis import candidate_ks
from core.segments.choosing.k_candidates import Candidate
from core.segments.clustering.elbow import knee
from core.segments.clustering.scaling import ScalingSpec, scaling_of

KIND: Final = "sweep"
"""The kind of the job."""

_FORM: Final = 1  # version of the stored result and of its computation; results of others are computed again

CANDIDATES: Final = "candidates.json"
SILHOUETTES: Final = "silhouettes.parquet"

SILHOUETTE_COLUMNS: Final = ("group", "k", "customer_id", "cluster", "segment", "silhouette")


@dataclass(frozen=True, kw_only=True)
class SweepSpec(Plain, form=_FORM):
    """Parameters of a comparison of segment counts.

    Parameters
    ----------
    preset : {"clientele", "rank", "notebook", "own"}
        How features are scaled.
    own : ScalingSpec, optional
        Features and scaling of the preset "own".
    as_of : date
        Cutoff; only earlier orders are used.
    bootstraps : int
        Number of resampled shops per number of segments.
    seed : int
        Random state.
    """

    preset: str = "clientele"
    own: ScalingSpec | None = None
    as_of: date
    bootstraps: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        scaling_of(self.preset, self.own)

    @property
    def scaling(self) -> ScalingSpec:
        """Features and scaling."""
        return scaling_of(self.preset, self.own)

    @property
    def ks(self) -> range:
        """Numbers of segments to compare."""
        return candidate_ks(self.preset)


@dataclass(frozen=True, kw_only=True)
class SweepGroup(Plain, renamed={"name": "group"}):
    """Customers segmented together, with the candidates for their number of segments.

    Parameters
    ----------
    name : str
        “All”; for the notebook preset, the country with the most customers, and “Rest”.
    customers : int
        Number of customers.
    candidates : tuple of Candidate
        By k, with stability.
    """

    name: str
    customers: int
    candidates: tuple[Candidate, ...]

    @property
    def knee(self) -> int | None:
        """Number of segments at the elbow of the WCSS; see `core.segments.clustering.elbow.knee`."""
        return knee([c.k for c in self.candidates], [c.wcss for c in self.candidates])

    def candidate(self, k: int) -> Candidate | None:
        """Return the candidate with k segments; None if there are too few distinct customers for it."""
        return next((candidate for candidate in self.candidates if candidate.k == k), None)


@dataclass(frozen=True, kw_only=True)
class Sweep:
    """A comparison of segment counts.

    Parameters
    ----------
    folder : Path
        Folder with the stored result.
    groups : tuple of SweepGroup
        At least one.
    """

    folder: Path
    groups: tuple[SweepGroup, ...]

    def silhouettes(self, group: str, k: int) -> pd.DataFrame:
        """Read the silhouettes of all or sampled customers.

        Returns
        -------
        DataFrame
            `customer_id`, `cluster` (0 for the best segment), `segment` (its name), `silhouette` (−1 to 1); sorted by
            cluster and descending silhouette. Empty for k = 1.
        """
        wanted = [("group", "==", group), ("k", "==", k)]
        found = pd.read_parquet(self.folder / SILHOUETTES, filters=wanted)
        return found[list(SILHOUETTE_COLUMNS[2:])].reset_index(drop=True)


def read_sweep(folder: Path) -> Sweep:
    """Read a stored comparison; silhouettes are read on demand.

    Parameters
    ----------
    folder : Path
        From `core.workspace.stored_results.kept`.
    """
    told = json.loads((folder / CANDIDATES).read_text(encoding="utf-8"))["groups"]
    groups = [
        SweepGroup(
            name=group["group"],
            customers=group["customers"],
            candidates=tuple(map(Candidate.from_json, group["candidates"])),
        )
        for group in told
    ]
    return Sweep(folder=folder, groups=tuple(groups))
