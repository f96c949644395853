"""All models of one cutoff, evaluated, stored and used."""

import json
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.engine import Engine
from core.errors import InputError, TooLittleDataError
from core.models.data.panel import known_at
from core.models.training import model_folder
from core.models.training.backtest import COLUMNS, Backtest, BacktestSpec, backtest, latest_cutoffs, metrics_of
from core.models.training.suite import SuiteSpec
from tests.core.models.data.test_panel import FIRST, shop

END = FIRST.date() + timedelta(days=420)
CUTOFF = END - timedelta(days=30)
SUITE = SuiteSpec(horizon=30, models=("logistic_regression", "knn"), balancing=("none", "smote"))
SPEC = BacktestSpec(cutoffs=(CUTOFF,), suite=SUITE)


def judged(connection: Backend, orders: pd.DataFrame, spec: BacktestSpec = SPEC) -> Backtest:
    """Backtest on orders in memory, without returns."""
    table = connection.create_table("orders", orders, overwrite=True, temp=True)
    return backtest(connection, table, table.filter(table.amount < 0), spec)


@pytest.fixture(scope="module")
def shared_connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backend]:
    """Open one connection for the tests of this file."""
    with closing(Engine(folders=[tmp_path_factory.mktemp("suite")])) as engine, engine.session() as connection:
        yield connection


@pytest.fixture(scope="module")
def made(shared_connection: Backend) -> Backtest:
    """Backtest once on the orders of 150 customers over 420 days."""
    return judged(shared_connection, shop(150, 420))


@pytest.fixture(scope="module")
def known(shared_connection: Backend) -> pd.DataFrame:
    """Return what was known at the cutoff."""
    table = shared_connection.create_table("known_orders", shop(150, 420), overwrite=True, temp=True)
    return known_at(shared_connection, table, table.filter(table.amount < 0), [CUTOFF])


def test_all_models_predict_all_customers_and_what_they_do_not_predict_is_missing(made: Backtest) -> None:
    found = made.predictions
    assert list(found) == list(COLUMNS)
    learned = {"logistic_regression", "knn", "logistic_regression+smote", "knn+smote"}
    assert set(found["model"]) == {
        "champion", "btyd", "rfm", "most_frequent", "persistence", "roll_forward", "recency", *learned,
    }  # fmt: skip
    assert not found.duplicated(["cutoff", "customer_id", "model"]).any()
    assert found.groupby("model")["customer_id"].nunique().nunique() == 1
    columns = ["p_buy", "expected_spend", "segment_predicted"]
    missing = {name: rows[columns].isna().all().tolist() for name, rows in found.groupby("model")}
    assert missing.pop("roll_forward") == [True, True, False]
    assert not any(any(each) for each in missing.values())


@pytest.mark.parametrize(
    "suite",
    [
        SuiteSpec(horizon=30, models=("logistic_regression",)),
        pytest.param(SUITE, marks=pytest.mark.long),
    ],
    ids=["one model", "all models"],
)
def test_what_happened_later_changes_no_prediction(made: Backtest, connection: Backend, suite: SuiteSpec) -> None:
    """Falsifying orders on and after the cutoff must not change what is learned or predicted."""
    orders = shop(150, 420)
    later = orders["ordered_at"] >= pd.Timestamp(CUTOFF)
    orders.loc[later, "amount"] *= 1_000
    orders.loc[later, "customer_id"] = orders.loc[later, "customer_id"].sample(frac=1, random_state=0).to_numpy()
    said = ["customer_id", "model", "p_buy", "expected_spend", "segment_now", "segment_predicted"]
    falsified = judged(connection, orders, BacktestSpec(cutoffs=(CUTOFF,), suite=suite)).predictions
    honest = made.predictions[made.predictions["model"].isin(falsified["model"])].reset_index(drop=True)
    assert {"champion", "logistic_regression"} <= set(falsified["model"])
    pd.testing.assert_frame_equal(falsified[said], honest[said], rtol=1e-9)
    assert not falsified["spend"].equals(honest["spend"])


def test_stored_models_say_the_same_to_the_last_bit(made: Backtest, known: pd.DataFrame, tmp_path: Path) -> None:
    for name, predictor in made.suites[CUTOFF].predictors.items():
        folder = tmp_path / name
        folder.mkdir()
        model_folder.write(predictor, folder, {"name": name})
        back = model_folder.read(folder)
        pd.testing.assert_frame_equal(back.predict(known), predictor.predict(known), check_exact=True)
        assert json.loads((folder / model_folder.CARD).read_text()) == {"name": name}
        assert not any(path.suffix in (".pkl", ".pickle", ".joblib") for path in folder.iterdir())


def test_what_is_said_of_a_customer_depends_on_nobody_else(made: Backtest, known: pd.DataFrame) -> None:
    for predictor in made.suites[CUTOFF].predictors.values():
        many, few = predictor.predict(known), predictor.predict(known.iloc[[7, 3]])
        pd.testing.assert_frame_equal(few, many.loc[few.index], rtol=1e-9)


def test_four_answers_are_enough_for_the_model_of_four(made: Backtest, known: pd.DataFrame) -> None:
    four = made.suites[CUTOFF].predictors["rfm"]
    assert not four.needs_history
    assert made.suites[CUTOFF].predictors["champion"].needs_history
    asked = known[["now_recency", "now_frequency", "now_monetary", "country"]]
    pd.testing.assert_frame_equal(four.predict(asked), four.predict(known))


def test_chances_of_segments_sum_to_one(made: Backtest, known: pd.DataFrame) -> None:
    for predictor in made.suites[CUTOFF].predictors.values():
        found = predictor.predict(known).filter(like="p_segment_")
        assert found.sum(axis=1).to_numpy() == pytest.approx(np.ones(len(known)))


def test_samplers_are_not_stored_for_they_hold_customers(made: Backtest) -> None:
    for predictor in made.suites[CUTOFF].predictors.values():
        assert all("sampling" not in dict(member.pipeline.steps) for member in predictor.members)


def test_figures_are_those_of_the_rows(made: Backtest) -> None:
    found = {row["model"]: row for row in metrics_of(made.predictions)}
    rows = made.predictions[made.predictions["model"] == "btyd"]
    assert found["btyd"]["will_buy"]["brier"] == pytest.approx(np.mean((rows["p_buy"] - rows["bought"]) ** 2))
    assert found["roll_forward"]["will_buy"] is None
    assert found["btyd"]["customers"] == len(rows)


def test_a_short_log_leaves_own_rhythm_and_says_why(connection: Backend) -> None:
    """Ninety days of orders have no past cutoff to learn from, so the champion is own rhythm."""
    end = FIRST.date() + timedelta(days=90)
    spec = BacktestSpec(cutoffs=(end - timedelta(days=30),), suite=SuiteSpec(horizon=30, models=("knn",)))
    found = judged(connection, shop(60, 90), spec)
    suite = found.suites[spec.cutoffs[0]]
    assert set(suite.predictors) == {"btyd", "champion"}
    assert "Training needs at least 500 customers" in suite.refused["knn"]
    assert "Own rhythm alone" in suite.predictors["champion"].buying.reason  # type: ignore[union-attr]
    said = found.predictions.pivot_table(index="customer_id", columns="model", values="p_buy")
    assert (said["champion"].rank() == said["btyd"].rank()).all()


def test_cutoffs_that_can_be_judged() -> None:
    """A year of orders allows three cutoffs for 30 days, 100 days only the last one, 20 days none."""
    first = date(2024, 1, 1)
    assert latest_cutoffs(first, date(2025, 1, 1), 30) == [date(2024, 10, 3), date(2024, 11, 2), date(2024, 12, 2)]
    assert latest_cutoffs(first, date(2024, 4, 10), 30) == [date(2024, 3, 11)]
    assert latest_cutoffs(first, date(2024, 1, 21), 30) == []


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"horizon": 0}, "between 1 and 730"),
        ({"models": ("magic",)}, "`models` must be unique values from logistic_regression"),
        ({"balancing": ("none", "none")}, "unique values"),
        ({"outcomes": ()}, "must each have at least one value"),
    ],
)
def test_specs_are_checked(wrong: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        SuiteSpec(**wrong)  # type: ignore[arg-type]


def test_a_cutoff_before_the_log_is_refused(connection: Backend) -> None:
    spec = BacktestSpec(cutoffs=(date(2020, 1, 1),), suite=SuiteSpec(horizon=30))
    with pytest.raises(TooLittleDataError, match="2020-01-01 is not after the first order"):
        judged(connection, shop(60, 90), spec)


def test_a_spec_comes_back() -> None:
    assert SuiteSpec.from_json(SPEC.suite.to_json()) == SPEC.suite
    assert SuiteSpec(outcomes=("spend",)).wanted == ("will_buy", "spend")
