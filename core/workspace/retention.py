"""Removal of unopened results, old models and old job records from a workspace.

Versions, segment models, maps, the audit trail, and models in use are never removed.
"""

import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa

from core.workspace import audit, catalog, folders, stored_results
from core.workspace.records import By
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey

MOST_JOBS: Final = 200
"""Number of newest ended jobs whose records are kept at any age."""

MOST_RESULTS: Final = 100
"""Number of most recently opened results kept per version and kind of job."""

_TRAIN: Final = "train"  # kind of the results that contain models
_US: Final = By(who="Clientele")
_JOBS, _MODELS = catalog.jobs.c, catalog.predictors.c
_DAY: Final = 24 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Removed:
    """Numbers of removed results, models and job records."""

    results: int = 0
    models: int = 0
    jobs: int = 0


def tidy(workspace: Workspace, days: float, trainings: float) -> Removed:
    """Remove outdated results, models and job records, and note it in the audit trail.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    days : float
        See `core.settings.Settings.keep_days`.
    trainings : float
        See `core.settings.Settings.keep_trainings`.
    """
    models = _remove_models(workspace, _old_models(workspace, int(trainings)))
    gone = _old_results(workspace, days)
    for _, folder in gone:
        folders.discard(folder, workspace.folder)
        with catalog.writing(workspace.catalog()), suppress(OSError):  # it may have other results
            folder.parent.rmdir()
    jobs = _remove_jobs(workspace, days)
    _record(workspace, [dataset_id for dataset_id, _ in gone], [dataset_id for dataset_id, _ in models], jobs)
    return Removed(results=len(gone), models=len(models), jobs=jobs)


def _old_models(workspace: Workspace, trainings: int) -> list[tuple[str, str]]:
    """Return dataset and id of models not in use, not of a recent training, and not the newest of their name."""
    order = (_MODELS.created_at.desc(), _MODELS.id)
    with workspace.catalog().connect() as connection:
        rows = connection.execute(sa.select(catalog.predictors).order_by(*order)).mappings().all()
    recent: dict[tuple[str, int], list[str]] = defaultdict(list)
    names, found = set(), []
    for row in rows:
        place, training = (row["dataset_id"], row["horizon"]), _training_of(row)
        if training not in recent[place]:
            recent[place].append(training)
        is_newest = (*place, row["name"]) not in names
        names.add((*place, row["name"]))
        if not row["in_use"] and not is_newest and recent[place].index(training) >= trainings:
            found.append((row["dataset_id"], row["id"]))
    return found


def _training_of(row: Mapping[Any, Any]) -> str:
    """Return the digest of a model's training run, derived from its card if not recorded."""
    card = row["card"] or {}
    spec = (card.get("training") or {}).get("spec")
    if row["training"] or spec is None:
        return row["training"] or f"at {row['created_at']}"
    generation = (card.get("data") or {}).get("generation", 0)
    key = ResultKey(
        dataset_id=row["dataset_id"], version=row["version"], generation=generation, kind=_TRAIN, spec=spec
    )  # fmt: skip
    return key.digest


def _remove_models(workspace: Workspace, models: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Remove models, rows first, since a folder without a row is cleared as a leftover; return those removed."""
    if not models:
        return []
    ids = [model_id for _, model_id in models]
    with catalog.writing(workspace.catalog()) as connection:
        unused = _MODELS.in_use.is_(False)
        connection.execute(sa.delete(catalog.predictors).where(_MODELS.id.in_(ids), unused))
        still = set(connection.scalars(sa.select(_MODELS.id).where(_MODELS.id.in_(ids))))
    gone = [(dataset_id, model_id) for dataset_id, model_id in models if model_id not in still]
    for dataset_id, model_id in gone:
        folders.discard(folders.models_of(workspace.folder, dataset_id) / model_id, workspace.folder)
    return gone


def _old_results(workspace: Workspace, days: float) -> list[tuple[str, Path]]:
    """Return dataset and folder of the results to remove; results of versions not in the catalog stay."""
    columns = (catalog.versions.c.dataset_id, catalog.versions.c.version, catalog.versions.c.deleted_at)
    with workspace.catalog().connect() as connection:
        deleted = {(row[0], row[1]): row[2] is not None for row in connection.execute(sa.select(*columns))}
        table = catalog.datasets.c
        generations = {row[0]: row[1] for row in connection.execute(sa.select(table.id, table.generation))}
        models = connection.execute(sa.select(catalog.predictors)).mappings().all()
    trained, ids = {_training_of(row) for row in models}, {row["id"] for row in models}
    found = []
    for dataset_id, version, home in _homes(workspace.folder):
        if (dataset_id, version) not in deleted:
            continue
        kept = list(_kept_in(home))
        rank: dict[str, int] = defaultdict(int)
        for key, folder, age in sorted(kept, key=lambda one: one[2]):
            rank[key.kind] += 1
            unopened = age > days * _DAY or rank[key.kind] > MOST_RESULTS
            orphan = bool(key.spec.get("model")) and key.spec["model"] not in ids
            outdated = key.generation < generations[dataset_id]
            if outdated or orphan or deleted[dataset_id, version] or (unopened and key.digest not in trained):
                found.append((dataset_id, folder))
    return found


def _homes(workspace: Path) -> Iterator[tuple[str, int, Path]]:
    """Yield dataset, version and folder of all stored results."""
    for home in sorted((workspace / "results").glob("*")):
        dataset_id, _, number = home.name.rpartition("-")
        if home.is_dir() and number.isdecimal():
            yield dataset_id, int(number), home


def _kept_in(home: Path) -> Iterator[tuple[ResultKey, Path, float]]:
    """Yield key, folder and seconds since last use of each result; skip damaged ones."""
    now = time.time()
    for folder in home.iterdir():
        try:
            yield stored_results.recipe_of(folder), folder, now - folder.stat().st_mtime
        except (OSError, ValueError, TypeError, KeyError):
            continue


def _remove_jobs(workspace: Workspace, days: float) -> int:
    """Remove old records of ended jobs, except the newest ones, and return their number."""
    ended = (_JOBS.finished_at.is_not(None), _JOBS.state.not_in(("queued", "running")))
    newest = sa.select(_JOBS.id).where(*ended).order_by(_JOBS.finished_at.desc(), _JOBS.id).limit(MOST_JOBS)
    with catalog.writing(workspace.catalog()) as connection:
        kept = list(connection.scalars(newest))
        old = (*ended, _JOBS.finished_at < catalog.now() - timedelta(days=days), _JOBS.id.not_in(kept))
        return int(connection.execute(sa.delete(catalog.jobs).where(*old)).rowcount)


def _record(workspace: Workspace, of_results: list[str], of_models: list[str], jobs: int) -> None:
    """Record removals in the audit trail: one row per dataset, and one for jobs."""
    with catalog.writing(workspace.catalog()) as connection:
        for dataset_id in sorted({*of_results, *of_models}):
            counts = {"results": of_results.count(dataset_id), "models": of_models.count(dataset_id)}
            audit.record(connection, _US, "tidy", dataset_id, **counts)
        if jobs:
            audit.record(connection, _US, "tidy", jobs=jobs)
