"""One customer scored from their orders gets the same figures as in the full list."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import ibis.expr.types as ir
import numpy as np
import pandas as pd
import pytest
from ibis.backends.duckdb import Backend
from pandas.testing import assert_frame_equal
from scipy.special import expit

from core.engine import Engine
from core.errors import TooLittleDataError
from core.models.data.panel import PanelSpec, known_at, panel
from core.models.learners.buying import Buying
from core.models.learners.candidates import CANDIDATES, train
from core.models.learners.predictor import Predictor
from core.models.scoring import one_customer
from core.models.scoring.edited_history import usable
from core.models.scoring.one_customer import history_of, known_of, predict_one
from tests.conftest import RealLogs
from tests.core.models.data.test_panel import shop
from tests.core.models.predictors import quick_predictor

AT = date(2024, 8, 1)
HORIZON = 30
EXACT: Final[dict[str, Any]] = {"check_dtype": False, "check_like": True, "rtol": 0, "atol": 1e-6}


@dataclass(frozen=True)
class Trained:
    """A shop with a predictor and its predictions for all customers."""

    connection: Backend
    orders: ir.Table
    returns: ir.Table
    rows: pd.DataFrame
    predictor: Predictor
    batch: pd.DataFrame


def with_variety(orders: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return a shop's orders at all hours and from several countries, and returns of some of them."""
    rng = np.random.default_rng(1)
    lines = rng.integers(1, 9, len(orders))
    orders = orders.assign(
        ordered_at=orders["ordered_at"].dt.normalize() + pd.to_timedelta(rng.integers(0, 1440, len(orders)), unit="m"),
        lines=lines,
        units=lines * rng.integers(1, 5, len(orders)).astype(float),
        country=rng.choice(np.array(["UK", "UK", "France", None], dtype=object), len(orders)),
    )
    back = orders.sample(frac=0.1, random_state=0)
    again = back["ordered_at"] + pd.Timedelta(days=3)
    return orders, back.assign(order_id="C" + back["order_id"], ordered_at=again, amount=back["amount"] / 2)


def trained(connection: Backend, orders: ir.Table, returns: ir.Table, at: date, horizon: int) -> Trained:
    """Train on two past dates and predict all customers at a third."""
    days = (at - timedelta(days=2 * horizon), at - timedelta(days=horizon), at)
    rows = panel(connection, orders, returns, PanelSpec(cutoffs=days, horizon=horizon))
    predictor = quick_predictor(rows, at, horizon)
    known = known_at(connection, orders, returns, [at])
    batch = predictor.predict(known).set_axis(known["customer_id"])
    return Trained(connection, orders, returns, known.set_index("customer_id"), predictor, batch)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trained]:
    """Return a simulated shop of 250 customers."""
    engine = Engine(folders=[tmp_path_factory.mktemp("one")], memory_gb=1.0, threads=1)
    with engine.session() as connection:
        orders, returns = (
            connection.create_table(name, table, temp=True)
            for name, table in zip(("orders", "returns"), with_variety(shop(250, 240)), strict=True)
        )
        yield trained(connection, orders, returns, AT, HORIZON)
    engine.close()


def form_equals_batch(of: Trained, ids: list[str], at: date) -> None:
    """Score each customer as the form does, by reading their orders into a table and back, and compare."""
    for customer_id in ids:
        shown = history_of(of.orders, of.returns, customer_id)
        taken, waiting = usable(shown)
        assert waiting == 0
        found = predict_one(of.connection, of.predictor, taken, at).set_axis([customer_id])
        assert_frame_equal(found, of.batch.loc[[customer_id]], **EXACT, check_names=False)


@pytest.mark.parametrize("step", [25, pytest.param(10, marks=pytest.mark.long)])
def test_form_equals_batch_to_six_decimals(made: Trained, step: int) -> None:
    form_equals_batch(made, made.batch.index[::step].tolist(), AT)


@pytest.mark.parametrize("step", [25, pytest.param(5, marks=pytest.mark.long)])
def test_what_is_known_is_the_same_for_many_customers(made: Trained, step: int) -> None:
    for customer_id in made.rows.index[::step]:
        shuffled = history_of(made.orders, made.returns, customer_id).sample(frac=1, random_state=0)
        found = known_of(made.connection, shuffled, AT)
        batch = made.rows.loc[[customer_id]].reset_index(drop=True)
        one, other = (
            rows.assign(country=rows["country"].fillna("none"), as_of=rows["as_of"].astype("datetime64[s]"))
            for rows in (found.drop(columns="customer_id"), batch)
        )
        assert_frame_equal(one, other, **EXACT)


@pytest.mark.parametrize("step", [2_000, pytest.param(400, marks=pytest.mark.long)])
def test_form_equals_batch_on_the_real_log(real: RealLogs, step: int) -> None:
    folder: Path = real.version("2010-2011").folder
    orders, returns = (real.connection.read_parquet(folder / f"{name}.parquet") for name in ("orders", "returns"))
    at = date(2011, 9, 10)
    of = trained(real.connection, orders, returns, at, 90)
    form_equals_batch(of, ["12346", "12347", "12748", "14646", *of.batch.index[::step]], at)


def test_numbers_are_scaled_as_in_training(made: Trained) -> None:
    """Logarithms are standardised with the training's mean and deviation; with a single row's, each would be zero."""
    columns = ("recency", "monetary")
    past = made.rows.reset_index()
    bought = pd.Series(np.arange(len(past)) % 3 == 0).astype(int)
    member = train(CANDIDATES["logistic_regression"], past, bought, columns)
    logs = np.log1p(past[list(columns)].to_numpy())
    model = member.pipeline.steps[-1][1]
    predictor = Predictor(
        name="x", horizon=HORIZON, as_of=AT, segments=made.predictor.segments, rhythm=made.predictor.rhythm,
        buying=Buying(members=(member,), rhythm=False),
    )  # fmt: skip
    customer_id = str(made.rows["recency"].idxmax())
    found = predict_one(made.connection, predictor, history_of(made.orders, made.returns, customer_id), AT)
    own = np.log1p(made.rows.loc[customer_id, list(columns)].to_numpy(dtype=float))
    by_hand = expit(model.intercept_ + ((own - logs.mean(axis=0)) / logs.std(axis=0)) @ model.coef_.T)
    assert found["p_buy"].to_numpy() == pytest.approx(by_hand, abs=1e-9)
    assert abs(by_hand - expit(model.intercept_)) > 0.005  # the result if scaled by a single row


def test_a_new_order_changes_what_is_said(made: Trained) -> None:
    """A customer who hasn't ordered in a long time orders again the day before, for 25."""
    history = history_of(made.orders, made.returns, str(made.rows["recency"].idxmax()))
    new = pd.DataFrame([{"ordered_at": pd.Timestamp(AT) - pd.Timedelta(hours=9), "amount": 25.0}])
    edited, _ = usable(pd.concat([history, new], ignore_index=True))
    before, after = (known_of(made.connection, rows, AT) for rows in (history, edited))
    assert after[["recency", "now_recency"]].to_numpy().tolist() == [[1.0, 0.0]]
    more = after[["frequency", "now_frequency", "monetary"]] - before[["frequency", "now_frequency", "monetary"]]
    assert more.to_numpy()[0] == pytest.approx([1.0, 1.0, 25.0])
    said = [made.predictor.predict(known)["p_buy"].iloc[0] for known in (before, after)]
    assert abs(said[1] - said[0]) > 0.001


def test_orders_from_the_day_on_are_not_looked_at(made: Trained) -> None:
    customer_id = str(made.batch.index[0])
    history = history_of(made.orders, made.returns, customer_id)
    late = history.assign(ordered_at=pd.Timestamp(AT) + pd.to_timedelta(range(len(history)), unit="D"), amount=1e6)
    both = pd.concat([history, late], ignore_index=True)
    found = predict_one(made.connection, made.predictor, both, AT).set_axis([customer_id])
    assert_frame_equal(found, made.batch.loc[[customer_id]], **EXACT, check_names=False)
    with pytest.raises(TooLittleDataError, match="on or after 2024-08-01, the day the prediction starts"):
        known_of(made.connection, late, AT)
    with pytest.raises(TooLittleDataError, match="There are no orders yet"):
        known_of(made.connection, history.iloc[:0], AT)


def test_queries_are_written_once_for_a_day(made: Trained) -> None:
    """Compiling them takes longer than a keystroke."""
    history = history_of(made.orders, made.returns, str(made.batch.index[0]))
    for _ in range(2):
        known_of(made.connection, history, AT)
    written = one_customer._queries.cache_info().misses  # noqa: SLF001  nothing public counts them
    known_of(made.connection, history, AT)
    assert one_customer._queries.cache_info().misses == written  # noqa: SLF001


def test_a_return_alone_makes_no_customer(made: Trained) -> None:
    history = history_of(made.orders, made.returns, str(made.batch.index[0])).assign(went_back=True)
    with pytest.raises(TooLittleDataError, match="There are no orders yet"):
        known_of(made.connection, history, AT)


def test_unknown_units_and_products_are_missing_and_not_none(made: Trained) -> None:
    history = history_of(made.orders, made.returns, str(made.batch.index[0]))
    known = known_of(made.connection, history.assign(units=float("nan"), lines=float("nan")), AT)
    assert known[["lines_mean", "lines_last", "units_mean", "price_level"]].isna().to_numpy().all()
    assert known["monetary"].iloc[0] == pytest.approx(made.rows["monetary"].iloc[0])
    assert predict_one(made.connection, made.predictor, history.assign(lines=None), AT)["p_buy"].between(0, 1).all()


def test_a_customer_who_is_not_there_has_no_history(made: Trained) -> None:
    assert history_of(made.orders, made.returns, "nobody' OR 1=1 --").empty
