"""Overdue customers, by their usual gap between orders."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers.rfm import RfmSpec, snapshot
from core.customers.rhythm import (
    CLASSES,
    DUE,
    LONG_OVERDUE,
    NO_RHYTHM,
    ON_TIME,
    OVERDUE,
    RhythmSpec,
    by_class,
    in_words,
    late,
    most_valuable_late,
    usual_gaps,
)
from core.errors import InputError
from tests.core.customers.test_activity import order
from tests.logs import orders_table
from tests.strategies import Row, examples

AS_OF = date(2024, 3, 1)
ORDERS = [
    # Three purchase days, 10 and 20 days apart: usual gap 15; the last 31 days before: 2.07 times.
    order(1, "a", "2023-12-31 23:00", 10.0, "UK"),
    order(2, "a", "2024-01-10 01:00", 20.0, "UK"),
    order(3, "a", "2024-01-10 22:00", 5.0, "UK"),  # the same day
    order(4, "a", "2024-01-30 00:00", 1.0, "UK"),
    # Two purchase days: a gap, but no rhythm.
    order(5, "b", "2024-01-01 12:00", 8.0),
    order(6, "b", "2024-02-28 12:00", 8.0),
    # One.
    order(7, "c", "2024-02-29 12:00", 100.0),
    # Every other day, and the day after the end.
    *(order(10 + i, "d", f"2024-02-{21 + 2 * i} 10:00", 3.0) for i in range(4)),
    order(20, "d", "2024-03-01 00:00", 3.0),
]


def customers(connection: Backend, rows: list[Row], as_of: date = AS_OF) -> pd.DataFrame:
    """Return customers with their rhythm."""
    orders, returns = orders_table(connection, rows), orders_table(connection, [], "made_returns")
    gaps = usual_gaps(orders, as_of).execute()
    found = snapshot(orders, returns, RfmSpec(as_of=as_of)).order_by("customer_id").execute()
    return late(found.merge(gaps, on="customer_id"), RhythmSpec())


def test_gaps_by_hand(connection: Backend) -> None:
    found = usual_gaps(orders_table(connection, ORDERS), AS_OF).order_by("customer_id").execute()
    assert found["customer_id"].tolist() == ["a", "b", "c", "d"]
    assert found["purchase_days"].tolist() == [3, 2, 1, 4]
    assert found["usual_gap"].tolist() == pytest.approx([15.0, 58.0, np.nan, 2.0], nan_ok=True)


def test_classes_by_hand(connection: Backend) -> None:
    found = customers(connection, ORDERS).set_index("customer_id")
    assert found["rhythm"].to_dict() == {"a": OVERDUE, "b": NO_RHYTHM, "c": NO_RHYTHM, "d": ON_TIME}
    assert found["gaps_ago"].tolist() == pytest.approx([31 / 15, np.nan, np.nan, 1.0], nan_ok=True)


@pytest.mark.parametrize(
    ("recency", "expected"),
    [(0, ON_TIME), (10, ON_TIME), (11, DUE), (20, DUE), (21, OVERDUE), (40, OVERDUE), (41, LONG_OVERDUE)],
)
def test_limits_belong_to_the_better_class(recency: int, expected: str) -> None:
    one = pd.DataFrame({"recency": [recency], "purchase_days": [3], "usual_gap": [10.0]})
    assert late(one, RhythmSpec())["rhythm"].tolist() == [expected]


def test_other_limits() -> None:
    two = pd.DataFrame({"recency": [9, 9], "purchase_days": [2, 5], "usual_gap": [3.0, 3.0]})
    spec = RhythmSpec(least_days=2, due=0.5, overdue=1.0, long_overdue=2.9)
    assert late(two, spec)["rhythm"].tolist() == [LONG_OVERDUE, LONG_OVERDUE]
    with pytest.raises(InputError, match="must be positive and ascending"):
        RhythmSpec(overdue=4.0)
    with pytest.raises(InputError, match="at least 2, got 1"):
        RhythmSpec(least_days=1)


def test_revenue_of_classes_by_hand(connection: Backend) -> None:
    table = by_class(customers(connection, ORDERS))
    assert table["rhythm"].tolist() == list(CLASSES)
    assert table["customers"].tolist() == [1, 0, 1, 0, 2]
    assert table["revenue"].tolist() == [12.0, 0.0, 36.0, 0.0, 116.0]
    assert table["customer_share"].sum() == pytest.approx(1.0)
    assert table["revenue_share"].sum() == pytest.approx(1.0)


def test_the_most_valuable_come_first_with_a_sentence(connection: Backend) -> None:
    rich = [order(30 + day, "e", f"2024-01-{day:02} 10:00", 50.0) for day in (1, 2, 3)]
    everybody = customers(connection, [*ORDERS, *rich])
    found = most_valuable_late(everybody)
    assert found["customer_id"].tolist() == ["e", "a"]
    assert found["in_words"].tolist() == [
        "Last order 57 days ago, 57 times the usual gap of 1 day.",
        "Last order 31 days ago, 2.1 times the usual gap of 15 days.",
    ]
    assert found["net"].tolist() == [150.0, 36.0]
    assert most_valuable_late(everybody, [OVERDUE])["customer_id"].tolist() == ["a"]
    assert most_valuable_late(everybody, most=1)["customer_id"].tolist() == ["e"]
    assert most_valuable_late(everybody.iloc[:0]).empty


def test_words_of_single_days() -> None:
    assert in_words(1, 2.0, 0.5) == "Last order 1 day ago, 2.0 times the usual gap of 0.5 days."
    assert in_words(1_200, 12.34, 97.0) == "Last order 1,200 days ago, 12 times the usual gap of 97 days."


@examples(3, 10)
@given(
    days=st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 90), st.integers(1, 40)), min_size=1, max_size=30),
    seed=st.integers(0, 9),
)
def test_classes_hold_all_customers_and_all_money_whatever_the_order(
    connection: Backend, days: list[tuple[str, int, int]], seed: int
) -> None:
    start = pd.Timestamp("2023-12-01 10:00")
    rows = [
        order(number, customer, str(start + pd.Timedelta(days=day)), quarters / 4)
        for number, (customer, day, quarters) in enumerate(days)
    ]
    found = customers(connection, rows)
    table = by_class(found)
    assert table["customers"].sum() == found["customer_id"].nunique() == len({customer for customer, *_ in days})
    assert table["revenue"].sum() == sum(quarters for *_, quarters in days) / 4
    mixed = customers(connection, [rows[place] for place in np.random.default_rng(seed).permutation(len(rows))])
    pd.testing.assert_frame_equal(mixed, found)
    several = found[found["purchase_days"] > 1]
    by_hand = [
        float(np.median(np.diff(sorted({day for who, day, _ in days if who == customer}))))
        for customer in several["customer_id"]
    ]
    assert several["usual_gap"].tolist() == by_hand
