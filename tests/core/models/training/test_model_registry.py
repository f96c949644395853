"""The model registry: models are stored, listed, put in use, and deleted with their dataset."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from core.errors import InputError, NotFoundError, TooLittleDataError
from core.models.training import job as train_job
from core.models.training import training_run
from core.models.training.backtest import latest_cutoffs
from core.models.training.model_registry import (
    crown,
    folder_of,
    horizons_of,
    in_use,
    load,
    predictor_of,
    predictors_of,
    uncrown,
)
from core.models.training.self_check import check
from core.models.training.stored_training import KIND, StoredTraining, read_training
from core.models.training.suite import SuiteSpec
from core.models.training.training_run import TrainSpec
from core.segments.clustering.fitting import fit
from core.segments.segment_model import ClusterSpec
from core.segments.segment_registry import adopt
from core.settings import Settings
from core.workspace.records import By, NewDataset, Version, Written
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, kept
from tests.core.models.data.test_panel import FIRST, shop

ADA = By(who="ada@shop.example")
AS_OF = FIRST.date() + timedelta(days=421)
SPEC = TrainSpec(as_of=AS_OF, suite=SuiteSpec(horizon=60, models=("logistic_regression",)))


def log(folder: Path) -> Written:
    """Write a version: the orders of 120 customers, and no returns."""
    orders = shop(120, 420)
    orders.to_parquet(folder / "orders.parquet")
    orders.iloc[:0].to_parquet(folder / "returns.parquet")
    return Written(files=["log.csv"], report={"rows_read": len(orders)}, sources=[])


@pytest.fixture(scope="module")
def shop_of_ada(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, Settings, Version]]:
    """Create a workspace with one version."""
    settings = Settings(workspace=tmp_path_factory.mktemp("registry") / "workspace")
    workspace = Workspace(settings.workspace)
    yield workspace, settings, workspace.create(NewDataset(name="Shop"), log, ADA)
    workspace.catalog().dispose()


def key_of(version: Version, spec: TrainSpec) -> ResultKey:
    """Return the key of a run's result."""
    return ResultKey(
        dataset_id=version.dataset_id, version=version.version, generation=0, kind=KIND, spec=spec.to_json()
    )


@pytest.fixture(scope="module")
def run(shop_of_ada: tuple[Workspace, Settings, Version]) -> tuple[StoredTraining, list[str]]:
    """Train once; return the stored result and the progress messages."""
    workspace, settings, version = shop_of_ada
    said: list[tuple[float, str]] = []
    done = train_job.run(workspace, settings, key_of(version, SPEC).to_json(), lambda *told: said.append(told))
    folder = kept(workspace, key_of(version, SPEC))
    assert folder is not None
    shares = [share for share, _ in said]
    assert shares == sorted(shares)
    found = read_training(folder)
    assert found.models == done["models"]
    return found, [what for _, what in said]


Ada = tuple[Workspace, Settings, Version]
Run = tuple[StoredTraining, list[str]]


def test_a_run_is_read_back_with_everything_a_page_needs(run: Run, shop_of_ada: Ada) -> None:
    found, said = run
    assert found.spec == SPEC
    assert set(found.models) == {"champion", "btyd", "rfm", "logistic_regression"}
    assert set(found.boards) == {"will_buy", "spend", "next_segment"}
    assert len(found.told["cutoffs"]) == 3
    assert all(pd.Timestamp(day) + timedelta(days=60) <= pd.Timestamp(AS_OF) for day in found.told["cutoffs"])
    assert found.predictions["cutoff"].nunique() == 3
    assert found.told["customers"] == found.told["of"] == shop(120, 420)["customer_id"].nunique()
    assert any(what.endswith("Training: Logistic regression") for what in said)


def test_models_are_listed_and_load(run: Run, shop_of_ada: Ada) -> None:
    workspace, _, version = shop_of_ada
    known = predictors_of(workspace, version.dataset_id)
    assert {model.id for model in known} == set(run[0].models.values())
    assert predictors_of(workspace, version.dataset_id, 30) == []
    for model in known:
        assert load(model).name == model.name
        assert model.card["data"]["version"] == 1
        assert folder_of(workspace.folder, model.id) == model.folder


def test_a_model_s_segments_get_other_names_and_nothing_else(run: Run, shop_of_ada: Ada) -> None:
    workspace, _, version = shop_of_ada
    found = next(model for model in predictors_of(workspace, version.dataset_id) if model.name == "champion")
    before = load(found)
    first, second, *rest = before.segments.names
    names = {first: second, second: first, **{name: f"{name}!" for name in rest}}
    after = before.renamed(names)
    check(after)
    assert after.segments.names == (second, first, *(f"{name}!" for name in rest))
    assert after.segments.assignment == before.segments.assignment
    assert before.following is not None
    assert after.following is not None
    pairs = zip(before.following.members, after.following.members, strict=True)
    assert all(new.classes == tuple(names[name] for name in old.classes) for old, new in pairs)


def test_a_run_s_segments_get_other_names(run: Run) -> None:
    first, second, *_ = run[0].told["segments"]
    renamed = run[0].renamed({first: second, second: first})
    assert renamed.told["segments"][:2] == [second, first]
    for column in ("segment_now", "segment_predicted", "segment_next"):
        before, after = run[0].predictions[column], renamed.predictions[column]
        assert (before.isna() == after.isna()).all()
        assert set(after[before == first]) <= {second}
        assert set(after[before == second]) <= {first}


def test_one_model_is_in_use_the_champion_unless_somebody_chose(run: Run, shop_of_ada: Ada) -> None:
    workspace, _, version = shop_of_ada
    dataset, ids = version.dataset_id, run[0].models
    assert in_use(workspace, dataset, 60).id == ids["champion"]  # type: ignore[union-attr]
    crown(workspace, dataset, ids["logistic_regression"], ADA)
    assert in_use(workspace, dataset, 60).id == ids["logistic_regression"]  # type: ignore[union-attr]
    assert [model.in_use for model in predictors_of(workspace, dataset)].count(True) == 1
    uncrown(workspace, dataset, 60, ADA)
    assert in_use(workspace, dataset, 60).id == ids["champion"]  # type: ignore[union-attr]
    assert in_use(workspace, dataset, 90) is None
    assert horizons_of(workspace, dataset) == {60}
    with pytest.raises(NotFoundError, match="There is no model “nobody”"):
        predictor_of(workspace, dataset, "nobody")


def test_a_card_has_figures_leads_and_limits(run: Run, shop_of_ada: Ada) -> None:
    workspace, _, version = shop_of_ada
    card = predictor_of(workspace, version.dataset_id, run[0].models["champion"]).card
    assert {row["cutoff"] for row in card["metrics"]} == set(run[0].told["cutoffs"])
    assert card["leads"]["will_buy"]["model"] == "champion"
    assert card["limits"]
    assert card["training"]["spec"] == SPEC.to_json()


def test_segments_that_have_seen_the_future_are_refused(shop_of_ada: Ada) -> None:
    workspace, settings, version = shop_of_ada
    rng = np.random.default_rng(0)
    customers = pd.DataFrame(rng.uniform(1, 100, (40, 3)), columns=["recency", "frequency", "monetary"])
    model = fit(customers.assign(customer_id=[str(n) for n in range(40)]), ClusterSpec())
    stored = adopt(workspace, version, model, AS_OF + timedelta(days=1), ADA)
    spec = TrainSpec(as_of=AS_OF, suite=SPEC.suite, segments=stored.model_version)
    with pytest.raises(InputError, match="The segments were fitted as of 2025-02-26, after 2025-02-25"):
        train_job.run(workspace, settings, key_of(version, spec).to_json(), lambda *_told: None)


def test_a_stopped_training_keeps_nothing(shop_of_ada: Ada) -> None:
    workspace, settings, version = shop_of_ada
    spec = TrainSpec(as_of=AS_OF, suite=SuiteSpec(horizon=60, models=(), seed=7))

    def stop(_share: float, message: str) -> None:
        if "own rhythm" in message:
            raise InterruptedError

    before = len(predictors_of(workspace, version.dataset_id))
    with pytest.raises(InterruptedError):
        train_job.run(workspace, settings, key_of(version, spec).to_json(), stop)
    assert len(predictors_of(workspace, version.dataset_id)) == before
    assert kept(workspace, key_of(version, spec)) is None


def test_a_spec_comes_back_and_is_checked() -> None:
    spec = TrainSpec(as_of=date(2024, 1, 1), segments=3, search_minutes=2.5)
    assert TrainSpec.from_json(spec.to_json()) == spec
    with pytest.raises(InputError, match="`search_minutes` must be between 0 and 600, got -1"):
        TrainSpec(as_of=AS_OF, search_minutes=-1)


def test_models_go_with_their_dataset(run: Run, shop_of_ada: Ada, tmp_path: Path) -> None:
    workspace = Workspace(shutil.copytree(shop_of_ada[0].folder, tmp_path / "workspace"))
    dataset = shop_of_ada[2].dataset_id
    model = predictors_of(workspace, dataset)[0]
    assert model.folder.is_dir()
    workspace.delete_dataset(dataset, ADA)
    assert not model.folder.exists()
    assert predictors_of(workspace, dataset) == []


def test_a_training_that_is_done_again_adds_no_models(run: Run, shop_of_ada: Ada) -> None:
    workspace, settings, version = shop_of_ada
    before = len(predictors_of(workspace, version.dataset_id))
    again = train_job.run(workspace, settings, key_of(version, SPEC).to_json(), lambda *_told: None)
    assert again == {"models": run[0].models}
    assert len(predictors_of(workspace, version.dataset_id)) == before


def test_parameters_are_searched_before_the_first_date_that_is_judged(
    shop_of_ada: Ada, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only outcomes that were over by then are used."""
    workspace, settings, version = shop_of_ada
    seen: list[pd.DataFrame] = []

    def search(_names: object, past: pd.DataFrame, *_rest: object, **_how: object) -> None:
        seen.append(past)
        raise TooLittleDataError("Enough was seen.")

    monkeypatch.setattr(training_run, "search", search)
    key = key_of(version, replace(SPEC, search_minutes=1))
    with pytest.raises(TooLittleDataError, match="Enough was seen"):
        train_job.run(workspace, settings, key.to_json(), lambda *_told: None)
    days = latest_cutoffs(FIRST.date(), AS_OF, 60)
    assert len(days) == 3
    assert seen[0]["as_of"].max() + timedelta(days=60) <= pd.Timestamp(days[0])
