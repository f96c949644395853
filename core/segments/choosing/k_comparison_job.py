"""A job that compares segment counts."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import TooLittleDataError
from core.progress import Progress, part
from core.segments.choosing.k_candidates import Measured, measure
from core.segments.choosing.k_choice import with_stability
from core.segments.choosing.k_comparison import (
    CANDIDATES,
    SILHOUETTE_COLUMNS,
    SILHOUETTES,
    SweepGroup,
    SweepSpec,
    read_sweep,
)
from core.segments.choosing.population import customers_of, groups_of
from core.segments.clustering.fitting import in_order, scaled
from core.segments.clustering.scaling import Matrix
from core.segments.clustering.stability import Scores, agreement, mean_and_low
from core.workspace.stored_job import Work, stored_job

Ids = npt.NDArray[np.object_]

_MEASURED = 0.05  # share of the time for everything except stability


def _report(folder: Path) -> dict[str, Any]:
    groups = read_sweep(folder).groups
    return {"groups": len(groups), "customers": sum(group.customers for group in groups)}


@stored_job(SweepSpec, _report)
def run(work: Work[SweepSpec], folder: Path) -> None:
    """Compare segment counts for the customers of a version.

    Returns
    -------
    dict
        `groups` and `customers`: how many were compared. Read the stored result with
        `core.segments.choosing.k_comparison.read_sweep`.

    Raises
    ------
    TooLittleDataError
        If there are no orders before the cutoff, or no two customers with different histories.
    """
    work.progress(0.0, "Loading customers")
    customers = customers_of(work, work.spec.preset, work.spec.as_of)
    write_sweep(folder, groups_of(customers), work.spec, work.progress)


def write_sweep(folder: Path, groups: Sequence[tuple[str, pd.DataFrame]], spec: SweepSpec, progress: Progress) -> None:
    """Compare segment counts for each group and store the result for `core.segments.choosing.k_comparison.read_sweep`.

    Parameters
    ----------
    folder : Path
        Existing folder to write to.
    groups : sequence of (str, DataFrame)
        Names, and customers with the columns that the features need.
    spec : SweepSpec
        Parameters.
    progress : callable
        See `core.progress.Progress`.
    """
    found, frames, done = [], [], 0
    everybody = sum(len(members) for _, members in groups)
    for name, members in groups:
        own = part(_named(progress, name) if len(groups) > 1 else progress, done / everybody, len(members) / everybody)
        group, silhouettes = _of_group(name, members, spec, own)
        found.append(group)
        frames.append(silhouettes)
        done += len(members)
    if all(candidate.k == 1 for group in found for candidate in group.candidates):
        many = sum(group.customers for group in found)
        message = f"Choosing k needs at least 2 customers with different histories, got {many}. Add more orders."
        raise TooLittleDataError(message)
    progress(1.0, "Writing")
    _write(folder / CANDIDATES, [group.to_json() for group in found])
    pd.concat(frames, ignore_index=True).to_parquet(folder / SILHOUETTES, index=False)


def _named(progress: Progress, name: str) -> Progress:
    """Return a callback that reports with a group's name in front."""
    return lambda done, message: progress(done, f"{name}, {message}")


def _of_group(name: str, members: pd.DataFrame, spec: SweepSpec, tell: Progress) -> tuple[SweepGroup, pd.DataFrame]:
    ordered = members.sort_values("customer_id")
    values, _ = scaled(ordered, spec.scaling)
    measured = measure(values, spec.ks, spec.seed, lambda share: tell(_MEASURED * share, "Fitting segments"))
    scores = [_agreed(values, found.candidate.k, at, len(measured), spec, tell) for at, found in enumerate(measured)]
    candidates = [
        with_stability(found.candidate, *mean_and_low(own)) for found, own in zip(measured, scores, strict=True)
    ]
    group = SweepGroup(name=name, customers=len(members), candidates=tuple(candidates))
    return group, _silhouettes(name, ordered["customer_id"].to_numpy(dtype=object), measured, spec)


def _agreed(values: Matrix, k: int, at: int, of: int, spec: SweepSpec, tell: Progress) -> Scores:
    def shop(done: int) -> None:
        share = (at + done / spec.bootstraps) / of
        tell(_MEASURED + (1 - _MEASURED) * share, f"{k} segments: resampled shop {done} of {spec.bootstraps}")

    return agreement(values, k, bootstraps=spec.bootstraps, seed=spec.seed, progress=shop)


_EMPTY: Final = {
    "group": "str", "k": "int8", "customer_id": "str", "cluster": "int8", "segment": "str", "silhouette": "float64",
}  # fmt: skip


def _silhouettes(
    group: str, ids: npt.NDArray[np.object_], measured: Sequence[Measured], spec: SweepSpec
) -> pd.DataFrame:
    frames = [pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in _EMPTY.items()})]
    for found in measured:
        if found.candidate.silhouette is None:
            continue
        order, names = in_order(found.fitted.cluster_centers_, spec.scaling.features)
        clusters = np.argsort(order)[found.fitted.labels_[found.drawn]]
        frame = pd.DataFrame(
            {
                "group": group,
                "k": found.candidate.k,
                "customer_id": ids[found.drawn],
                "cluster": clusters,
                "segment": np.asarray(names, dtype=object)[clusters],
                "silhouette": found.silhouettes,
            }
        )
        frame = frame.sort_values(["cluster", "silhouette", "customer_id"], ascending=[True, False, True])
        frames.append(frame.astype(_EMPTY))
    return pd.concat(frames)[list(SILHOUETTE_COLUMNS)]


def _write(path: Path, groups: list[dict[str, Any]]) -> None:
    path.write_text(json.dumps({"groups": groups}, indent=1, ensure_ascii=False, allow_nan=False), encoding="utf-8")
