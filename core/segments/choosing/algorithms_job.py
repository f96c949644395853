"""A job that compares K-Means with other algorithms, which is rarely requested and slower than choosing k."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from core.plain import Plain
from core.segments.choosing.algorithm_comparison import Compared, compare
from core.segments.choosing.population import customers_of
from core.segments.clustering.fitting import scaled
from core.segments.clustering.scaling import ScalingSpec
from core.segments.segment_model import K_RANGE
from core.workspace.stored_job import Work, stored_job

KIND: Final = "algorithms"
"""The kind of the job."""

_FORM: Final = 1  # version of the stored result and of its computation; results of others are computed again
_FILE: Final = "algorithms.json"


@dataclass(frozen=True, kw_only=True)
class AlgorithmsSpec(Plain, form=_FORM):
    """Parameters of an algorithm comparison.

    Parameters
    ----------
    scaling : ScalingSpec
        Features and how they are scaled.
    as_of : date
        Cutoff; only earlier orders are used.
    k : int
        Number of segments; k − 1 and k + 1 are compared, too.
    bootstraps : int
        Number of resampled shops per algorithm.
    seed : int
        Random state.
    """

    scaling: ScalingSpec
    as_of: date
    k: int
    bootstraps: int
    seed: int = 0

    @property
    def ks(self) -> list[int]:
        """Numbers of segments to compare."""
        return [k for k in (self.k - 1, self.k, self.k + 1) if k in K_RANGE]


@stored_job(AlgorithmsSpec, lambda folder: {"compared": len(read_compared(folder))})
def run(work: Work[AlgorithmsSpec], folder: Path) -> None:
    """Compare algorithms on the customers of a version.

    Returns
    -------
    dict
        `compared`: number of rows stored; see `read_compared`.
    """
    asked, progress = work.spec, work.progress
    progress(0.0, "Loading customers")
    values, _ = scaled(customers_of(work, "own", asked.as_of), asked.scaling)
    found = compare(values, asked.ks, seed=asked.seed, bootstraps=asked.bootstraps, progress=progress)
    text = json.dumps([row.to_json() for row in found], indent=1, ensure_ascii=False, allow_nan=False)
    (folder / _FILE).write_text(text, encoding="utf-8")


def read_compared(folder: Path) -> tuple[Compared, ...]:
    """Read the stored comparison; empty if there were too few customers."""
    return tuple(map(Compared.from_json, json.loads((folder / _FILE).read_text(encoding="utf-8"))))
