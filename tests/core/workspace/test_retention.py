"""Removal of outdated results, models and job records."""

import os
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import jobs
from core.settings import Settings
from core.workspace import catalog, folders, retention
from core.workspace.queue import job_records, job_worker
from core.workspace.retention import Removed, tidy
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, keep, kept
from tests.core.workspace.made import ADA, SHOP, rows

DAY = 24 * 3600


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Return a workspace with two versions of a shop."""
    opened = Workspace(tmp_path / "workspace")
    opened.append(opened.create(SHOP, rows("a"), ADA), rows("b"), ADA)
    yield opened
    opened.catalog().dispose()


def made(workspace: Workspace, version: int, kind: str = "sweep", *, days: float = 0, **spec: Any) -> ResultKey:
    """Store a result last opened some days ago."""
    key = ResultKey(dataset_id=SHOP.id, version=version, generation=0, kind=kind, spec=spec)
    folder = keep(workspace, key, lambda _folder: None)
    then = time.time() - days * DAY
    os.utime(folder, (then, then))
    return key


def train(
    workspace: Workspace, number: int, *, horizon: int = 90, in_use: str = "", recorded: bool = True
) -> ResultKey:
    """Store a training run and register its models; higher numbers are newer."""
    key = made(workspace, 1, "train", days=500, number=number, horizon=horizon)
    with workspace.catalog().begin() as connection:
        for name in ("champion", "btyd"):
            model_id = f"{name}-{horizon}-{number}"
            row = {
                "id": model_id, "dataset_id": SHOP.id, "version": 1, "name": name, "horizon": horizon,
                "as_of": date(2026, 1, 1), "created_at": catalog.now() + timedelta(seconds=number),
                "in_use": name == in_use, "card": {"training": {"spec": key.spec}, "data": {"generation": 0}},
                "training": key.digest if recorded else None,
            }  # fmt: skip
            connection.execute(sa.insert(catalog.predictors).values(row))
            (folders.models_of(workspace.folder, SHOP.id) / model_id).mkdir(parents=True)
    return key


def models(workspace: Workspace) -> set[str]:
    """Return the ids of the registered models, checking their folders."""
    with workspace.catalog().connect() as connection:
        listed = set(connection.scalars(sa.select(catalog.predictors.c.id)))
    assert {path.name for path in folders.models_of(workspace.folder, SHOP.id).iterdir()} == listed
    return listed


def ended(workspace: Workspace, job_id: str, days: float, state: str = "done") -> None:
    """Record a job that ended some days ago."""
    job_records.add(
        workspace, {"id": job_id, "kind": "sweep", "title": "x", "who": "ada", "dataset_id": None, "spec": {}}
    )
    values = {"state": state, "finished_at": catalog.now() - timedelta(days=days)}
    with workspace.catalog().begin() as connection:
        connection.execute(sa.update(catalog.jobs).where(catalog.jobs.c.id == job_id).values(values))


def test_results_go_when_nobody_opened_them_for_long(workspace: Workspace) -> None:
    old, opened, new = (made(workspace, 1, days=days, n=days) for days in (91, 91.5, 89))
    assert kept(workspace, opened)  # and so it was opened just now
    assert tidy(workspace, 90, 10) == Removed(results=1)
    assert kept(workspace, old) is None
    assert kept(workspace, opened)
    assert kept(workspace, new)
    [row] = workspace.audit_trail(SHOP.id, 1)
    assert (row.who, row.action, row.details) == ("Clientele", "tidy", {"results": 1, "models": 0})
    assert tidy(workspace, 90, 10) == Removed()
    assert len(workspace.audit_trail(SHOP.id)) == 3


def test_results_that_no_page_can_show_go_at_once(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    of_gone = made(workspace, 2, "score", model="gone")
    monkeypatch.setattr(folders, "discard", lambda *_given: None)  # killed in between
    deleted = made(workspace, 1)
    workspace.delete_version(SHOP.id, 1, ADA)
    monkeypatch.undo()
    strange = workspace.folder / "results" / "stranger-1"
    shutil.copytree(folders.results_of(workspace.folder, SHOP.id, 1), strange)
    shown = made(workspace, 2)
    (folders.results_of(workspace.folder, SHOP.id, 2) / "sweep-0").mkdir()  # damaged: has no recipe
    assert tidy(workspace, 90, 10).results == 2
    assert [kept(workspace, key) is not None for key in (of_gone, deleted, shown)] == [False, False, True]
    assert not folders.results_of(workspace.folder, SHOP.id, 1).exists()
    with workspace.catalog().begin() as connection:
        connection.execute(sa.update(catalog.datasets).values(generation=1))
    assert tidy(workspace, 90, 10).results == 1
    assert kept(workspace, shown) is None
    assert len(list(strange.iterdir())) == 1  # of another catalog


def test_of_many_results_those_opened_last_stay(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "MOST_RESULTS", 2)
    keys = [made(workspace, 2, days=n, n=n) for n in range(4)]
    other = made(workspace, 2, "map", days=5)
    assert tidy(workspace, 90, 10) == Removed(results=2)
    assert [kept(workspace, key) is not None for key in (*keys, other)] == [True, True, False, False, True]


@pytest.mark.parametrize("recorded", [True, False])
def test_models_of_old_trainings_go_but_never_one_in_use(workspace: Workspace, recorded: bool) -> None:  # noqa: FBT001
    """Including trainings from before run ids were recorded."""
    keys = [train(workspace, n, in_use="" if n else "btyd", recorded=recorded) for n in range(4)]
    other = train(workspace, 0, horizon=30, recorded=recorded)
    outlook = made(workspace, 2, "score", model="champion-90-1")
    assert tidy(workspace, 90, 2) == Removed(results=2, models=3)
    assert models(workspace) == {
        "btyd-90-0", "champion-90-2", "btyd-90-2", "champion-90-3", "btyd-90-3", "champion-30-0", "btyd-30-0",
    }  # fmt: skip
    assert [kept(workspace, key) is not None for key in (*keys, other, outlook)] == [
        True, False, True, True, True, False,
    ]  # fmt: skip


def test_the_newest_of_each_name_stays(workspace: Workspace) -> None:
    """A model that later trainings didn't include may be a page's default."""
    train(workspace, 0)
    for number in (1, 2):
        train(workspace, number)
    with workspace.catalog().begin() as connection:
        gone = sa.delete(catalog.predictors).where(catalog.predictors.c.id.in_(["champion-90-1", "champion-90-2"]))
        connection.execute(gone)
    for number in (1, 2):
        (folders.models_of(workspace.folder, SHOP.id) / f"champion-90-{number}").rmdir()
    tidy(workspace, 90, 1)
    assert models(workspace) == {"champion-90-0", "btyd-90-2"}


def test_a_model_that_somebody_puts_in_use_meanwhile_stays(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(2):
        train(workspace, number)
    find = retention._old_models  # noqa: SLF001

    def found_and_crowned(*given: Any) -> list[tuple[str, str]]:
        found = find(*given)
        with workspace.catalog().begin() as connection:
            these = sa.update(catalog.predictors).where(catalog.predictors.c.id == "btyd-90-0")
            connection.execute(these.values(in_use=True))
        return found

    monkeypatch.setattr(retention, "_old_models", found_and_crowned)
    assert tidy(workspace, 90, 1).models == 1
    assert models(workspace) == {"btyd-90-0", "champion-90-1", "btyd-90-1"}


@pytest.mark.parametrize(("most", "left"), [(1, {"c", "d", "waits"}), (3, {"b", "c", "d", "waits"})])
def test_records_of_old_jobs_go_but_the_newest(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, most: int, left: set[str]
) -> None:
    monkeypatch.setattr(retention, "MOST_JOBS", most)
    for job_id, days, state in (("a", 200, "failed"), ("b", 150, "done"), ("c", 100, "cancelled"), ("d", 95, "done")):
        ended(workspace, job_id, days, state)
    ended(workspace, "waits", 400, "queued")
    assert tidy(workspace, 120, 10) == Removed(jobs=5 - len(left))
    assert {job.id for job in (*jobs.history(workspace, 9), *jobs.active(workspace))} == left
    assert workspace.audit_trail(limit=1)[0].details == {"jobs": 5 - len(left)}


def test_a_worker_tidies_up_at_its_start(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    old = made(workspace, 1, days=20)
    settings = replace(Settings(workspace=workspace.folder), keep_days=10)
    worker = job_worker.Worker(workspace, settings, {})

    def tidied(*given: Any) -> Removed:
        try:
            return tidy(*given)
        finally:
            worker.end()

    monkeypatch.setattr(job_worker, "tidy", tidied)
    late = threading.Timer(30, worker.end)
    late.start()
    worker.run()
    late.cancel()
    assert kept(workspace, old) is None
    monkeypatch.setattr(job_worker, "tidy", lambda *_given: 1 / 0)
    worker._tidy()  # noqa: SLF001  the catalog may be away
