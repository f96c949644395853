"""The drivers job, on customers whose outcome the model hasn't seen."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.engine import Engine
from core.errors import CancelledError, InputError, NotFoundError, TooLittleDataError
from core.explain.overall.agreement import both, costs, sizes, understated
from core.explain.overall.found_drivers import Effort
from core.explain.overall.held_out import Recipe, held_out, judged_on
from core.explain.overall.job import KIND, DriversSpec, run
from core.explain.overall.stored_drivers import Drivers, read_drivers
from core.models.data.repeat_buying import RepeatBuying
from core.models.learners.buying import Buying
from core.models.learners.candidates import CANDIDATES, train
from core.models.learners.predictor import Predictor
from core.models.training.backtest import segments_at
from core.models.training.model_registry import keep_predictors
from core.models.training.suite import SuiteSpec
from core.progress import nobody
from core.segments.segment_model import ClusterSpec
from core.settings import Settings
from core.workspace.records import By, NewDataset, Version, Written
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, kept
from tests.core.models.data.test_panel import FIRST, made, shop

HORIZON = 60
COLUMNS = ("recency", "overdue", "frequency", "monetary", "btyd_buy", "country", "season_sine")
Made = tuple[Workspace, Settings, Version]


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """Return a workspace with the orders of 120 customers over 420 days."""
    settings = Settings(workspace=tmp_path_factory.mktemp("drivers") / "workspace", query_memory_gb=1.0)
    found = Workspace(settings.workspace)
    orders = shop(120, 420)

    def write(folder: Path) -> Written:
        orders.to_parquet(folder / "orders.parquet", index=False)
        orders.iloc[:0].to_parquet(folder / "returns.parquet", index=False)
        return Written(files=["shop.csv"], report={})

    yield found, settings, found.create(NewDataset(name="Shop", id="shop"), write, By(who="ada"))
    found.catalog().dispose()


@pytest.fixture(scope="module")
def model(connection_of_module: Backend) -> Predictor:
    """Train logistic regression for a day 66 days before the log's end."""
    at, cutoffs = FIRST.date() + timedelta(days=355), [FIRST.date() + timedelta(days=days) for days in (235, 295, 355)]
    rows = made(connection_of_module, shop(120, 420), *cutoffs, horizon=HORIZON)
    past, now = rows[rows["as_of"] < pd.Timestamp(at)], rows[rows["as_of"] == pd.Timestamp(at)]
    member = train(
        CANDIDATES["logistic_regression"], past, past["will_buy"].astype(int), COLUMNS, parameters={"C": 0.5}
    )
    return Predictor(
        name="logistic_regression", horizon=HORIZON, as_of=at, segments=segments_at(now, ClusterSpec()),
        rhythm=RepeatBuying.fit(now), buying=Buying(members=(member,), rhythm=False),
    )  # fmt: skip


@pytest.fixture(scope="module")
def connection_of_module() -> Iterator[Backend]:
    """Return a connection for all tests of the module."""
    engine = Engine.of(Settings())
    with engine.session() as connection:
        yield connection
    engine.close()


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shuffle less; the results themselves aren't tested."""
    monkeypatch.setattr(Effort, "of", classmethod(lambda _cls, _one: Effort(judged=999, repeats=2, input_repeats=1)))


def key_of(spec: DriversSpec) -> ResultKey:
    return ResultKey(dataset_id="shop", version=1, generation=0, kind=KIND, spec=spec.to_json())


def made_of(workspace: Made, spec: DriversSpec) -> Drivers:
    told: list[float] = []
    result = run(workspace[0], workspace[1], key_of(spec).to_json(), lambda share, _what: told.append(share))
    assert told == sorted(told)
    folder = kept(workspace[0], key_of(spec))
    assert folder is not None
    found = read_drivers(folder)
    assert result == {"customers": found.facts["judged"]}
    return found


def test_own_rhythm_opens_into_its_parts(workspace: Made, little: None) -> None:
    found = made_of(workspace, DriversSpec(outcome="will_buy", horizon=HORIZON))
    assert found.facts["model"]["name"] == "btyd"
    assert found.facts["is_twin"]
    assert found.facts["only_rhythm"]
    assert found.facts["at"] == (FIRST.date() + timedelta(days=421 - HORIZON)).isoformat()
    assert found.facts["scale"] == "log-odds"
    assert set(sizes(found)["name"]) == set(costs(found, "auc")["name"]) == {"orders", "recency", "age"}
    assert set(found.means["input"]) == {"orders", "recency", "age"}
    steps = found.means[found.means["input"] == "recency"].sort_values("value")["mean"].to_numpy()
    assert steps[-1] < steps[0]  # whoever stays away longer is less likely to come
    assert found.by_input.empty
    assert understated(found, "auc") is None


def test_a_stored_model_is_judged_on_what_came_after_it(workspace: Made, model: Predictor, little: None) -> None:
    ids = keep_predictors(workspace[0], "shop", 1, {model.name: (model, {})})
    spec = DriversSpec(outcome="will_buy", horizon=HORIZON, model=ids[model.name])
    found = made_of(workspace, spec)
    facts = found.facts
    assert facts["at"] == model.as_of.isoformat()
    assert not facts["is_twin"]
    assert facts["explained"] == facts["judged"] == facts["known"] == len(found.known)
    assert "calendar" in facts["alike"]  # one date, one time of year
    assert len(found.by_driver) == len(found.by_input) == facts["explained"]
    own = found.by_driver.drop(columns="output").sum(axis=1).to_numpy()
    assert found.by_input.drop(columns="output").sum(axis=1).to_numpy() == pytest.approx(own)
    assert facts["leading"]["recency"] in facts["opens"]["recency"]
    table = both(found, "auc")
    assert table["size_share"].sum() == pytest.approx(1)
    assert sorted(table["cost_rank"]) == list(range(1, len(table) + 1))
    assert set(found.rhythm["name"]) == {"orders", "recency", "age"}

    with pytest.raises(InputError, match="predicts 60 days ahead, not 90"):
        made_of(workspace, DriversSpec(outcome="will_buy", horizon=90, model=ids[model.name]))
    with pytest.raises(InputError, match="predicts will_buy, not spend"):
        made_of(workspace, DriversSpec(outcome="spend", horizon=HORIZON, model=ids[model.name]))


def test_a_newer_model_has_a_twin_by_the_same_recipe(connection_of_module: Backend, model: Predictor) -> None:
    """A model stored as of the end of the log is trained again 60 days earlier, with its own parameters."""
    orders = shop(120, 420)
    table = connection_of_module.create_table("twin", orders, overwrite=True, temp=True)
    newer = Predictor(
        name=model.name, horizon=HORIZON, as_of=FIRST.date() + timedelta(days=421), segments=model.segments,
        rhythm=model.rhythm, buying=model.buying,
    )  # fmt: skip
    recipe = Recipe.of(newer, "will_buy", {"training": {"spec": {"suite": {"seed": 7}}}})
    assert recipe.seed == 7
    assert recipe.suite.models == ("logistic_regression",)
    found = held_out(connection_of_module, table, table.filter(table.amount < 0), recipe, newer, nobody)
    assert found.is_twin
    assert found.predictor.as_of == found.at == FIRST.date() + timedelta(days=421 - HORIZON)
    [member] = found.predictor.members
    assert member.parameters == {"C": 0.5}
    assert found.rows["will_buy"].isin([0, 1]).all()
    assert set(found.rows["as_of"]) == {pd.Timestamp(found.at)}


def test_a_balanced_model_keeps_its_balancing() -> None:
    assert Recipe(name="xgboost+smote").suite == SuiteSpec(
        outcomes=("will_buy",), models=("xgboost",), balancing=("smote",)
    )
    assert Recipe(name="champion", outcome="spend").suite.models == ()


def test_too_short_a_log_is_told_of(connection_of_module: Backend, workspace: Made) -> None:
    table = connection_of_module.create_table("short", shop(60, 40), overwrite=True, temp=True)
    with pytest.raises(TooLittleDataError, match="too few to evaluate a forecast of 60 days at a past"):
        judged_on(table, None, HORIZON)
    with pytest.raises(TooLittleDataError, match="The log covers 421 days"):
        run(workspace[0], workspace[1], key_of(DriversSpec(outcome="will_buy", horizon=700)).to_json(), nobody)


def test_what_is_wrong_is_said_and_a_job_can_be_stopped(workspace: Made) -> None:
    with pytest.raises(InputError, match="`outcome` must be one of"):
        DriversSpec(outcome="lapse", horizon=90)
    with pytest.raises(InputError, match="between 1 and 730 days, got 0"):
        DriversSpec(outcome="spend", horizon=0)
    with pytest.raises(NotFoundError, match="There is no model “gone”"):
        made_of(workspace, DriversSpec(outcome="spend", horizon=90, model="gone"))

    def stop(share: float, _what: str) -> None:
        if share > 0.1:
            raise CancelledError

    spec = DriversSpec(outcome="spend", horizon=30)
    assert DriversSpec.from_json(spec.to_json()) == spec
    with pytest.raises(CancelledError):
        run(workspace[0], workspace[1], key_of(spec).to_json(), stop)
    assert kept(workspace[0], key_of(spec)) is None
