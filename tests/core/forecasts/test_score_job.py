"""The job that forecasts every customer."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from core.customers.btyd import LifetimeSpec
from core.errors import CancelledError, InputError, NotFoundError, TooLittleDataError
from core.forecasts.job import KIND, Scores, ScoreSpec, read_scores, run
from core.models.training import job as train_job
from core.models.training import stored_training
from core.models.training.suite import SuiteSpec
from core.models.training.training_run import TrainSpec
from core.segments.clustering.fitting import fit
from core.segments.segment_model import ClusterSpec
from core.segments.segment_registry import adopt
from core.settings import Settings
from core.workspace.records import By, NewDataset, Version, Written
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, kept
from tests.core.models.data.test_panel import shop

AS_OF = date(2024, 7, 15)
SPEC = ScoreSpec(as_of=AS_OF, horizon=30, segment_model=1, lifetime=LifetimeSpec(draws=60))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, Settings, Version]:
    """Create a workspace with a shop of 120 customers over 200 days, and its segments."""
    workspace = Workspace(tmp_path_factory.mktemp("score") / "workspace")
    orders = shop(120)

    def write(folder: Path) -> Written:
        orders.to_parquet(folder / "orders.parquet", index=False)
        orders.iloc[:0].to_parquet(folder / "returns.parquet", index=False)
        return Written(files=["shop.csv"], report={})

    version = workspace.create(NewDataset(name="Shop", id="shop"), write, By(who="ada"))
    customers = orders.groupby("customer_id").agg(
        recency=("ordered_at", lambda at: (pd.Timestamp(AS_OF) - at.max()).days),
        frequency=("order_id", "size"),
        monetary=("amount", "sum"),
    )
    adopt(workspace, version, fit(customers.reset_index(), ClusterSpec()), AS_OF, None)
    return workspace, Settings(workspace=workspace.folder, query_memory_gb=1.0), version


def key_of(spec: ScoreSpec) -> ResultKey:
    return ResultKey(dataset_id="shop", version=1, generation=0, kind=KIND, spec=spec.to_json())


def quiet(_share: float, _message: str) -> None:
    """Ignore progress."""


def scores_of(made: tuple[Workspace, Settings, Version], spec: ScoreSpec) -> tuple[Scores, pd.DataFrame]:
    folder = kept(made[0], key_of(spec))
    assert folder is not None
    return read_scores(folder), pd.read_parquet(folder / "scores.parquet")


def test_own_rhythm_needs_no_training(made: tuple[Workspace, Settings, Version]) -> None:
    workspace, settings, _ = made
    told: list[tuple[float, str]] = []
    result = run(workspace, settings, key_of(SPEC).to_json(), lambda share, what: told.append((share, what)))
    found, customers = scores_of(made, SPEC)
    assert result == {"customers": len(customers)}
    assert (0.25, f"0 of {len(customers)} customers") in told
    assert [share for share, _ in told] == sorted(share for share, _ in told)

    assert found.totals["model"] == {"id": "", "name": "btyd", "as_of": "2024-07-15", "version": 1}
    assert found.totals["customers"] == len(customers) == 120
    assert found.totals["past_dates"] == ["2024-06-15"]  # a month earlier the log was too short
    assert found.segments["customers"].sum() == 120
    assert found.segments["revenue"].sum() == pytest.approx(customers["expected_spend"].sum())
    assert found.totals["revenue"]["expected"] == pytest.approx(customers["expected_spend"].sum())
    assert found.totals["revenue"]["low"] < found.totals["revenue"]["expected"] < found.totals["revenue"]["high"]
    assert found.totals["buyers"]["expected"] == pytest.approx(customers["p_buy"].sum())
    assert found.moves["customers"].sum() == pytest.approx(120)
    assert found.plane["customers"].sum() == found.chances["customers"].sum() == 120
    assert customers["p_buy_low"].notna().all()


def test_a_trained_model_scores_with_its_record(made: tuple[Workspace, Settings, Version]) -> None:
    workspace, settings, _ = made
    suite = SuiteSpec(horizon=30, outcomes=("will_buy",), models=("logistic_regression",))
    asked = TrainSpec(as_of=date(2024, 7, 10), suite=suite, segments=None)
    trained = ResultKey(dataset_id="shop", version=1, generation=0, kind=stored_training.KIND, spec=asked.to_json())
    ids = train_job.run(workspace, settings, trained.to_json(), quiet)["models"]
    spec = ScoreSpec(as_of=AS_OF, horizon=30, model=ids["champion"], lifetime=LifetimeSpec(draws=60))
    run(workspace, settings, key_of(spec).to_json(), quiet)
    found, customers = scores_of(made, spec)
    assert found.totals["model"] == {
        "id": ids["champion"], "name": "champion", "as_of": "2024-07-10", "version": 1,
    }  # fmt: skip
    assert found.totals["filled"] == ["spend", "next_segment"]
    assert found.totals["past_dates"] == ["2024-06-10"]
    assert customers["expected_spend"].notna().all()
    assert customers["segment_predicted"].isin(found.names).all()

    with pytest.raises(InputError, match="predicts 30 days ahead, not 60"):
        run(workspace, settings, key_of(ScoreSpec(as_of=AS_OF, horizon=60, model=ids["champion"])).to_json(), quiet)


def test_what_is_wrong_is_said_and_nothing_kept(made: tuple[Workspace, Settings, Version]) -> None:
    workspace, settings, _ = made
    gone = ScoreSpec(as_of=AS_OF, horizon=30, model="gone")
    with pytest.raises(NotFoundError, match="There is no model “gone”"):
        run(workspace, settings, key_of(gone).to_json(), quiet)
    early = ScoreSpec(as_of=date(2023, 1, 1), horizon=30, segment_model=1)
    with pytest.raises(TooLittleDataError, match="No customer ordered before 2023-01-01"):
        run(workspace, settings, key_of(early).to_json(), quiet)

    def stop(_share: float, message: str) -> None:
        if "customers" in message:
            raise CancelledError

    stopped = ScoreSpec(as_of=AS_OF, horizon=45, segment_model=1)
    with pytest.raises(CancelledError):
        run(workspace, settings, key_of(stopped).to_json(), stop)
    assert all(kept(workspace, key_of(spec)) is None for spec in (gone, early, stopped))


def test_specs_go_through_json() -> None:
    spec = ScoreSpec(as_of=AS_OF, horizon=60, model="abc", lifetime=LifetimeSpec(months=(6, 12), discount=0.0))
    assert ScoreSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec
    with pytest.raises(InputError, match="Exactly one of `model`"):
        ScoreSpec(as_of=AS_OF, horizon=60)
    with pytest.raises(InputError, match="`horizon` must be between 1 and 730 days, got 0"):
        ScoreSpec(as_of=AS_OF, horizon=0, model="abc")
    with pytest.raises(InputError, match="`months` must include 12"):
        ScoreSpec(as_of=AS_OF, horizon=60, model="abc", lifetime=LifetimeSpec(months=(3,)))
