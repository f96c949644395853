"""Customer outlooks and their intervals."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.customers.btyd import BgNbd, Customers, GammaGamma, LifetimeSpec, Story, futures
from core.engine import Engine
from core.models.data.repeat_buying import RepeatBuying
from core.models.judging.track_record import TrackRecord
from core.models.learners.buying import ALL_INPUTS, Buying
from core.models.learners.candidates import CANDIDATES, train
from core.models.learners.next_segment import NextSegment
from core.models.learners.predictor import Predictor
from core.models.learners.spending import Spending
from core.models.scoring.outlook import COLUMNS, OutlookSpec, chances_of, outlook, outlooks, spend_bounds, whole
from core.models.training.backtest import segments_at
from core.segments.segment_model import ClusterSpec
from tests.core.models.data.test_panel import made, shop

HORIZON = 30
NOW, BEFORE = date(2024, 7, 1), date(2024, 5, 1)
SPEC = OutlookSpec(lifetime=LifetimeSpec(draws=60))
STORY = Story(buying=BgNbd(r=0.5, alpha=10.0, a=0.5, b=3.0), spending=None, mean_amount=10.0)


@pytest.fixture(scope="module")
def backend() -> Iterator[Backend]:
    engine = Engine(folders=[], memory_gb=1.0)
    with engine.session() as connection:
        yield connection
    engine.close()


@pytest.fixture(scope="module")
def past(backend: Backend) -> pd.DataFrame:
    return made(backend, shop(250), BEFORE, horizon=HORIZON)


@pytest.fixture(scope="module")
def known(backend: Backend) -> pd.DataFrame:
    return made(backend, shop(250), NOW, horizon=HORIZON)


@pytest.fixture(scope="module")
def rhythm_alone(known: pd.DataFrame) -> Predictor:
    rhythm, segments = RepeatBuying.fit(known), segments_at(known, ClusterSpec())
    return Predictor(
        name="btyd",
        horizon=HORIZON,
        as_of=NOW,
        segments=segments,
        rhythm=rhythm,
        buying=Buying(),
        spending=Spending(),
        following=NextSegment(segments=segments, horizon=HORIZON, rhythm=rhythm),
    )


@pytest.fixture(scope="module")
def learned(rhythm_alone: Predictor, past: pd.DataFrame) -> Predictor:
    members = tuple(
        train(CANDIDATES[name], past, past["will_buy"].astype(int), ALL_INPUTS)
        for name in ("logistic_regression", "xgboost")
    )
    return replace(rhythm_alone, name="champion", buying=Buying(members=members, slope=1.2, shift=0.1))


def bounds(chance: list[float], expected: list[float], horizon: int = 1) -> list[tuple[float, float]]:
    many = len(chance)
    who = Customers(x=np.full(many, 3.0), t_x=np.full(many, 20.0), T=np.full(many, 25.0), amounts=np.zeros(many))
    low, high = spend_bounds(STORY, who, horizon, np.array(chance), np.array(expected))
    return [(round(float(a), 9), round(float(b), 9)) for a, b in zip(low, high, strict=True)]


def test_spend_bounds_by_hand() -> None:
    """In one day, buyers buy once for 10: a mixture of 0 and 10, whose 10% and 90% quantiles are either."""
    assert bounds([0.08, 0.6, 0.95], [0.8, 6.0, 9.5]) == [(0.0, 0.0), (0.0, 10.0), (10.0, 10.0)]


def test_spend_is_scaled_to_what_is_predicted() -> None:
    """If a predictor expects twice as much from a buyer, both bounds are twice as high."""
    once, twice = bounds([0.95, 0.5], [20.0, 8.0], 90), bounds([0.95, 0.5], [40.0, 16.0], 90)
    assert [2 * end for pair in once for end in pair] == pytest.approx([end for pair in twice for end in pair])
    assert once[0][1] > once[0][0] > 0
    assert bounds([0.95], [0.0], 90) == [(0.0, 0.0)]


def test_spend_bounds_hold_what_the_mixture_draws() -> None:
    """About one in ten other futures of the same customer is below the bounds, and one in ten above."""
    who = Customers(x=np.array([6.0]), t_x=np.array([80.0]), T=np.array([85.0]), amounts=np.array([30.0]))
    story = replace(STORY, spending=GammaGamma(p=4.0, q=3.0, gamma=20.0))
    low, high = spend_bounds(story, who, 90, np.array([1.0]), np.array([100.0]), draws=400)
    assert 0 < low[0] < 100 < high[0]
    spent = np.array([future.spent[0] for future in futures(story, who, 90, draws=400, seed=7) if future.purchases[0]])
    spent *= 100 / spent.mean()
    assert np.mean(spent < low[0]) == pytest.approx(0.1, abs=0.04)
    assert np.mean(spent > high[0]) == pytest.approx(0.1, abs=0.04)

    # With a chance of one half, 10% of all cases above the upper bound are 20% of those with a purchase.
    low, high = spend_bounds(story, who, 90, np.array([0.5]), np.array([50.0]), draws=400)
    assert low[0] == 0
    assert np.mean(spent > high[0]) == pytest.approx(0.2, abs=0.04)


def test_each_column_says_what_it_is(rhythm_alone: Predictor, known: pd.DataFrame) -> None:
    found = outlook(rhythm_alone, known, spec=SPEC)
    assert list(found)[: len(COLUMNS)] == list(COLUMNS)
    assert found["customer_id"].tolist() == known["customer_id"].tolist()
    assert found["p_buy"].to_numpy() == pytest.approx(known["btyd_buy"].to_numpy())
    assert (found["churn_risk"] + found["p_buy"]).to_numpy() == pytest.approx(1.0)
    assert found["p_alive"].to_numpy() == pytest.approx(known["btyd_alive"].to_numpy())
    assert found[["p_buy_low", "p_buy_high"]].isna().all(axis=None)  # no track record

    chances = found[chances_of(rhythm_alone)].to_numpy()
    assert chances.sum(axis=1) == pytest.approx(1.0)
    names = list(rhythm_alone.segments.names)
    named = [names.index(name) for name in found["segment_predicted"]]
    assert found["p_predicted"].to_numpy() == pytest.approx(chances[np.arange(len(found)), named])

    assert (found["expected_spend_low"] <= found["expected_spend_high"]).all()
    dated = found.dropna(subset=["next_order_high"])
    assert (dated["next_order_low"] >= pd.Timestamp(NOW)).all()
    assert (dated["next_order_low"] <= dated["next_order"]).all()
    assert (dated["next_order"] <= dated["next_order_high"]).all()
    assert (found["ltv_3"] < found["ltv_12"]).all()
    assert (found["ltv_12_low"] <= found["ltv_12_high"]).all()


def test_who_is_not_expected_within_three_years_has_no_date(rhythm_alone: Predictor, known: pd.DataFrame) -> None:
    seldom = replace(rhythm_alone.rhythm, buying=replace(rhythm_alone.rhythm.buying, r=0.01))
    found = outlook(replace(rhythm_alone, rhythm=seldom), known, spec=SPEC)
    once = known["frequency"].reset_index(drop=True) == 1
    assert found.loc[once, "next_order"].isna().all()


def test_past_dates_bound_the_chance(rhythm_alone: Predictor, known: pd.DataFrame) -> None:
    record = TrackRecord(
        edges=(0.5,), low=(0.1, 0.6), high=(0.3, 0.9), revenue=(), buyers=(), by_segment={}, dates=("2024-05-01",)
    )
    found = outlook(rhythm_alone, known, record=record, spec=SPEC)
    likely = found["p_buy"] >= 0.5
    assert 0 < likely.sum() < len(found)
    assert set(found.loc[likely, "p_buy_low"]) == {0.6}
    assert set(found.loc[~likely, "p_buy_high"]) == {0.3}


@pytest.mark.parametrize("which", ["rhythm_alone", "learned"])
def test_the_batch_changes_nothing(which: str, known: pd.DataFrame, request: pytest.FixtureRequest) -> None:
    predictor, some = request.getfixturevalue(which), known.iloc[:60]
    alone = outlook(predictor, some, spec=SPEC)
    told: list[float] = []
    parts = list(outlooks(predictor, some, spec=SPEC, batch=59, progress=told.append))
    assert [len(part) for part in parts] == [59, 1]
    assert told == pytest.approx([59 / 60, 1.0])
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), alone, rtol=1e-9, atol=1e-9)


def test_own_rhythm_fills_in_what_is_not_predicted(rhythm_alone: Predictor, known: pd.DataFrame) -> None:
    partial, missing = whole(replace(rhythm_alone, spending=None, following=None))
    assert missing == ("spend", "next_segment")
    pd.testing.assert_frame_equal(outlook(partial, known, spec=SPEC), outlook(rhythm_alone, known, spec=SPEC))
    assert whole(rhythm_alone) == (rhythm_alone, ())
