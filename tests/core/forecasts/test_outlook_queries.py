"""Queries on stored outlooks, checked by hand."""

import numpy as np
import pandas as pd
import pytest
from ibis.backends.duckdb import Backend
from ibis.expr.types import Table

from core.errors import InputError
from core.forecasts import outlook_queries
from core.forecasts.outlook_queries import ScoreFilter

NAMES = ("Good", "Poor", "None")
EDGES = [900.0, 400.0, 100.0, 0.0]
DAYS = [pd.Timestamp("2024-03-01"), pd.Timestamp("2024-02-01"), pd.NaT, pd.Timestamp("2024-02-01")]


@pytest.fixture
def scores(connection: Backend) -> Table:
    """Return four customers: a is most valuable, b is worth saving, c is lapsing, d has lapsed."""
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", "c", "d"],
            "country": ["UK", "France", None, "UK"],
            "recency": [10.0, 40.0, 20.0, 300.0],
            "p_buy": [0.9, 0.4, 0.3, 0.0],
            "churn_risk": [0.1, 0.6, 0.7, 1.0],
            "expected_spend": [60.0, 30.0, 10.0, 0.0],
            "next_order": DAYS,
            "segment_now": ["Good", "Good", "Poor", "Poor"],
            "segment_predicted": ["Good", "Poor", "Poor", "Poor"],
            "ltv_12": [900.0, 500.0, 100.0, 0.0],
            "p_segment_0": [0.8, 0.4, 0.1, 0.0],
            "p_segment_1": [0.2, 0.6, 0.9, 1.0],
            "p_segment_2": [0.0, 0.0, 0.0, 0.0],
        }
    )
    return connection.create_table("scores", frame, temp=True)


def ids(table: Table) -> str:
    return "".join(table.execute()["customer_id"])


def test_sums_by_segment(scores: Table) -> None:
    found = outlook_queries.by_segment(scores, NAMES, 30, 500.0).set_index("segment")
    assert found["customers"].to_dict() == {"Good": 2, "Poor": 2, "None": 0}
    assert found["revenue"].to_dict() == {"Good": 90.0, "Poor": 10.0, "None": 0.0}
    assert found["revenue_share"].to_dict() == {"Good": 0.9, "Poor": 0.1, "None": 0.0}
    assert found["buyers"].to_dict() == pytest.approx({"Good": 1.3, "Poor": 0.3, "None": 0.0})
    assert found["lapsing"].to_dict() == {"Good": 0, "Poor": 1, "None": 0}  # b bought before the last 30 days, d too
    assert found["lapsing_value"].to_dict() == {"Good": 0.0, "Poor": 100.0, "None": 0.0}
    assert found["saving"].to_dict() == {"Good": 1, "Poor": 0, "None": 0}
    assert found["saving_value"].to_dict() == {"Good": 500.0, "Poor": 0.0, "None": 0.0}


def test_moves_are_sums_of_probabilities(scores: Table) -> None:
    found = outlook_queries.moves(scores, NAMES).set_index(["segment_now", "segment_next"])["customers"]
    assert len(found) == 9
    assert found["Good", "Good"] == pytest.approx(1.2)
    assert found["Good", "Poor"] == pytest.approx(0.8)
    assert found["Poor", "Poor"] == pytest.approx(1.9)
    assert found["None", "Good"] == 0
    assert found.sum() == pytest.approx(4)


def test_chances_in_steps(scores: Table) -> None:
    found = outlook_queries.chances(scores, NAMES, steps=4)
    assert len(found) == 12
    assert found[found["customers"] > 0].to_numpy().tolist() == [
        ["Good", 1, 1, 0.25, 0.5], ["Good", 3, 1, 0.75, 1.0], ["Poor", 0, 1, 0.0, 0.25], ["Poor", 1, 1, 0.25, 0.5],
    ]  # fmt: skip


def test_a_certain_buyer_is_in_the_last_step(connection: Backend, scores: Table) -> None:
    sure = connection.create_table("sure", scores.execute().assign(p_buy=1.0, churn_risk=1.0), temp=True)
    assert outlook_queries.chances(sure, NAMES)["customers"].iloc[19] == 2
    assert outlook_queries.risk_and_value(sure)["risk_high"].max() == 1.0


def test_risk_and_value(scores: Table) -> None:
    found = outlook_queries.risk_and_value(scores).to_dict("records")
    assert [(round(row["risk_low"], 2), row["value_low"], row["value_high"], row["customers"]) for row in found] == [
        (0.1, 500, 1000, 1), (0.6, 500, 1000, 1), (0.7, 100, 200, 1), (0.95, 0, 10, 1),
    ]  # fmt: skip
    assert [row["value"] for row in found] == [900.0, 500.0, 100.0, 0.0]


def test_bounds_of_bands(scores: Table) -> None:
    """The edges are the quantiles .9, .75, .5 and 0 of 0, 100, 500 and 900."""
    assert outlook_queries.value_edges(scores) == pytest.approx([780.0, 600.0, 300.0, 0.0])


@pytest.mark.parametrize(
    ("chosen", "left"),
    [
        (ScoreFilter(), "abcd"),
        (ScoreFilter(segment="Good"), "ab"),
        (ScoreFilter(predicted="Poor"), "bcd"),
        (ScoreFilter(segment="Good", predicted="Poor"), "b"),
        (ScoreFilter(risk="low"), "a"),
        (ScoreFilter(risk="very high"), "d"),
        (ScoreFilter(risk="at risk"), "bcd"),
        (ScoreFilter(value="top 10 %"), "a"),
        (ScoreFilter(value="top 25 %"), "ab"),
        (ScoreFilter(value="next 25 %"), "c"),
        (ScoreFilter(value="lower half"), "d"),
        (ScoreFilter(search=" FRAN "), "b"),
        (ScoreFilter(search="c"), "bc"),  # an id, and a country
        (ScoreFilter(search="%"), ""),
    ],
)
def test_filters(scores: Table, chosen: ScoreFilter, left: str) -> None:
    assert ids(outlook_queries.ordered(outlook_queries.filtered(scores, chosen, EDGES), "spend")) == left


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("spend", "abcd"), ("value", "abcd"), ("at_stake", "bacd"), ("risk", "dcba"), ("chance", "abcd"),
        ("next", "bdac"), ("recency", "acbd"),
    ],
)  # fmt: skip
def test_orders(scores: Table, sort: str, order: str) -> None:
    """At stake are 90, 300, 70 and 0; c has no date and comes last, b and d tie."""
    assert ids(outlook_queries.ordered(scores, sort)) == order


def test_what_cannot_be_asked() -> None:
    with pytest.raises(InputError, match="`risk` must be one of low, medium, high, very high, at risk, got “none”"):
        ScoreFilter(risk="none")
    with pytest.raises(InputError, match="`value` must be one of"):
        ScoreFilter(value="top")


def test_unknown_orders_are_refused(scores: Table) -> None:
    with pytest.raises(InputError, match="`sort` must be one of spend"):
        outlook_queries.ordered(scores, "name")


def test_values_for_json() -> None:
    given = {"a": np.float64(1 / 3), "b": float("inf"), "c": np.int64(2), "d": "x", "e": np.nan}
    assert outlook_queries.rounded(given) == {"a": 0.333333, "b": None, "c": 2, "d": "x", "e": None}
