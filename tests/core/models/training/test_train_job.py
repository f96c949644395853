"""A training is stored exactly once even if its worker is killed, and not at all if its dataset is deleted."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import sqlalchemy as sa

from core.errors import NotFoundError
from core.models.data.repeat_buying import RepeatBuying
from core.models.learners.buying import Buying
from core.models.learners.next_segment import NextSegment
from core.models.learners.predictor import Predictor
from core.models.learners.spending import Spending
from core.models.training import job as train_job
from core.models.training import model_registry
from core.models.training.model_registry import folder_of, load, predictors_of
from core.models.training.stored_training import KIND, read_training
from core.models.training.suite import SuiteSpec
from core.models.training.training_run import Training, TrainSpec
from core.segments.clustering.fitting import fit
from core.segments.segment_model import ClusterSpec
from core.settings import Settings
from core.workspace import catalog, folders
from core.workspace.records import By, NewDataset, Written
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, kept
from tests.core.models.data.test_panel import FIRST, shop

ADA = By(who="ada@shop.example")
AS_OF = FIRST.date() + timedelta(days=421)
SPEC = TrainSpec(as_of=AS_OF, suite=SuiteSpec(horizon=60, models=()))
KEY = ResultKey(dataset_id="shop", version=1, generation=0, kind=KIND, spec=SPEC.to_json())


def log(folder: Path) -> Written:
    """Write a version."""
    orders = shop(20, 420)
    orders.to_parquet(folder / "orders.parquet")
    orders.iloc[:0].to_parquet(folder / "returns.parquet")
    return Written(files=["log.csv"], report={"rows_read": len(orders)}, sources=[])


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Create a workspace with one version."""
    opened = Workspace(tmp_path / "workspace")
    opened.create(NewDataset(name="Shop", id="shop"), log, ADA)
    yield opened
    opened.catalog().dispose()


def predictor(name: str) -> Predictor:
    """Return a model that is quick to build."""
    known = pd.DataFrame({"recency": [1.0, 9, 40, 80], "frequency": [9.0, 5, 2, 1], "monetary": [90.0, 50, 20, 10]})
    segments = fit(known.assign(customer_id=list("abcd")), ClusterSpec())
    return Predictor(
        name=name, horizon=60, as_of=AS_OF, segments=segments, rhythm=RHYTHM, buying=Buying(), spending=Spending(),
        following=NextSegment(segments=segments, horizon=60, rhythm=RHYTHM),
    )  # fmt: skip


KNOWN = pd.DataFrame(
    {
        "frequency": [9.0, 5, 2, 1] * 5, "active_span": [300.0, 200, 90, 0] * 5, "tenure": [310.0, 250, 300, 60] * 5,
        "order_value": [10.0, 12, 9, 14] * 5,
    }
)  # fmt: skip
RHYTHM = RepeatBuying.fit(KNOWN)


@pytest.fixture
def train(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Callable[[], dict[str, str]]:
    """Return a function that runs the job with the training itself replaced."""
    made = Training(
        models={name: (predictor(name), {"training": {"spec": SPEC.to_json()}}) for name in ("champion", "btyd")},
        predictions=pd.DataFrame(), boards={}, refused={}, searched=[], told={"segments": []},
    )  # fmt: skip
    monkeypatch.setattr(train_job, "trained", lambda *_given, **_how: made)

    def run() -> dict[str, str]:
        found = train_job.run(workspace, Settings(workspace=workspace.folder), KEY.to_json(), lambda *_said: None)
        models: dict[str, str] = found["models"]
        return models

    return run


def die(*_given: Any, **_how: Any) -> None:
    """Kill the current process."""
    os.kill(os.getpid(), signal.SIGKILL)


def killed(work: Callable[[], object]) -> bool:
    """Run something in another process, and return whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return os.WIFSIGNALED(os.waitpid(child, 0)[1])


@pytest.mark.parametrize("moment", ["move 1", "move 2", "move 3", "commit 1", "commit 2"])
def test_a_training_whose_worker_was_killed_is_stored_once(
    workspace: Workspace, train: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """A second run finds what the first stored, or stores it, and lists no model twice."""
    what, _, number = moment.partition(" ")
    calls, move = iter(range(1, 100)), folders.move

    def count(*given: Any) -> None:
        if next(calls) == int(number):
            die()
        if what == "move":
            move(*given)

    def work() -> None:
        workspace.catalog().dispose(close=False)
        if what == "move":
            monkeypatch.setattr(folders, "move", count)
        else:
            sa.event.listen(workspace.catalog(), "commit", count)
        train()

    was_killed = killed(work)
    assert was_killed or moment == "commit 2"  # there is one commit only
    models = train()
    assert models == train()
    assert {model.name: model.id for model in predictors_of(workspace, "shop")} == models
    assert len(predictors_of(workspace, "shop")) == 2
    folder = kept(workspace, KEY)
    assert folder is not None
    assert read_training(folder).models == models
    assert all(load(model).name == model.name for model in predictors_of(workspace, "shop"))
    with workspace.catalog().connect() as connection:
        assert set(connection.scalars(sa.select(catalog.predictors.c.training))) == {KEY.digest}


def test_a_training_whose_models_were_cleared_before_its_commit_is_done_again(
    workspace: Workspace, train: Callable[[], dict[str, str]]
) -> None:
    """The worker is killed at the commit, and its leftovers are removed before the next run."""

    def work() -> None:
        workspace.catalog().dispose(close=False)
        sa.event.listen(workspace.catalog(), "commit", die)
        train()

    assert killed(work)
    folder = kept(workspace, KEY)
    assert folder is not None
    first = read_training(folder).models
    folders.discard(folder_of(workspace.folder, first["btyd"]), workspace.folder)
    models = train()
    assert models.keys() == first.keys()
    assert {model.id for model in predictors_of(workspace, "shop")} == set(models.values())


def test_two_workers_who_train_the_same_store_it_once(
    workspace: Workspace, train: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, others = train_job.trained, []  # type: ignore[attr-defined]

    def trained_meanwhile(*given: Any, **how: Any) -> Training:
        monkeypatch.setattr(train_job, "trained", made)
        others.append(train())
        return made(*given, **how)

    monkeypatch.setattr(train_job, "trained", trained_meanwhile)
    assert [train()] == others
    assert {model.id for model in predictors_of(workspace, "shop")} == set(others[0].values())


def test_a_training_whose_models_cannot_be_listed_leaves_nothing(
    workspace: Workspace, train: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_registry, "_insert", lambda *_given: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        train()
    assert kept(workspace, KEY) is None
    assert list((workspace.folder / "models").glob("*/*")) == []


def test_a_training_of_a_dataset_that_was_deleted_leaves_nothing(
    workspace: Workspace, train: Callable[[], dict[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = Training(
        models={"champion": (predictor("champion"), {})}, predictions=pd.DataFrame(), boards={}, refused={},
        searched=[], told={"segments": []},
    )  # fmt: skip

    def delete_meanwhile(*_given: Any, **_how: Any) -> Training:
        workspace.delete_dataset("shop", ADA)
        return made

    monkeypatch.setattr(train_job, "trained", delete_meanwhile)
    with pytest.raises(NotFoundError, match="Version 1 of the dataset “shop” was deleted"):
        train()
    assert predictors_of(workspace, "shop") == []
    left = [path for name in ("models", "results", "unfinished") for path in (workspace.folder / name).glob("*")]
    assert left == []
