"""Similar customers, and what they did next."""

import pandas as pd
import pytest

from core.explain.customer.similar_customers import similar

PAST = pd.DataFrame(
    {
        "as_of": pd.Timestamp("2024-03-01"),
        "customer_id": ["near", "same", "far", "once"],
        "country": "France",
        "monetary": [100.0, 90.0, 9000.0, 20.0],
        "recency": [11.0, 10.0, 300.0, 10.0],
        "frequency": [5.0, 4.0, 40.0, 1.0],
        "order_value": [20.0, 22.0, 225.0, 20.0],
        "tenure": [100.0, 110.0, 600.0, 10.0],
        "gap_median": [25.0, 24.0, 7.0, float("nan")],
        "orders_90": [3.0, 3.0, 0.0, 1.0],
        "bought": [1, 0, 1, 0],
        "spend": [40.0, 0.0, 900.0, 0.0],
        "segment_then": "A",
        "segment_after": ["A", "B", "A", "B"],
    }
)


def test_the_nearest_come_first_and_their_fate_is_counted() -> None:
    found = similar(PAST, PAST[PAST["customer_id"] == "same"], without="same", most=2)
    assert found.customers["customer_id"].tolist() == ["near", "once"]
    assert found.of == 3
    told = found.told
    assert (told["customers"], told["bought"], told["share"], told["spend"]) == (2, 1, 0.5, 40.0)
    assert told["low"] == pytest.approx(0.0945, abs=1e-4)  # Wilson: 1 of 2
    assert told["high"] == pytest.approx(0.9055, abs=1e-4)


def test_who_has_no_gap_is_near_to_others_without_one() -> None:
    once = PAST[PAST["customer_id"] == "once"]
    found = similar(PAST, once, most=1)
    assert found.customers["customer_id"].tolist() == ["once"]
    assert found.customers["distance"].tolist() == [0.0]


def test_where_nobody_has_ordered_twice_gaps_tell_nothing() -> None:
    past = PAST.assign(gap_median=float("nan"))
    found = similar(past, past[past["customer_id"] == "same"], without="same", most=2)
    assert found.customers["customer_id"].tolist() == ["near", "once"]


def test_who_was_alone_at_the_past_date_was_like_nobody() -> None:
    found = similar(PAST.iloc[[0]], PAST.iloc[[0]], without="near")
    assert found.customers.empty
    assert found.of == 0
