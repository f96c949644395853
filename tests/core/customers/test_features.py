"""Customer features at cutoffs: exact values computed by hand, and nothing from after the cutoff."""

from datetime import date, datetime, timedelta
from math import log

import ibis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers.features import CUSTOMER_FEATURES, features
from tests.strategies import examples

CUTOFF = date(2024, 1, 1)
AGES = (400, 10, 4)  # days before the cutoff: gaps of 390 and 6


def orders_of(*rows: tuple[str, int, float, int, float]) -> pd.DataFrame:
    """Return orders: customer, days before the cutoff, amount, lines, units, each at ten o'clock."""
    midnight = datetime.combine(CUTOFF, datetime.min.time())
    return pd.DataFrame(
        [
            {
                "order_id": str(number), "customer_id": customer, "new_order": 1, "amount": amount, "units": units,
                "ordered_at": midnight - timedelta(days=age) + timedelta(hours=10), "lines": lines, "country": "UK",
            }
            for number, (customer, age, amount, lines, units) in enumerate(rows)
        ]
    )  # fmt: skip


def computed(connection: Backend, orders: pd.DataFrame, returns: pd.DataFrame, *cutoffs: date) -> pd.DataFrame:
    """Compute features of tables in memory."""
    first, second = (
        connection.create_table(
            ibis.util.gen_name("given"), frame, temp=True, schema=ORDERS if len(frame) == 0 else None
        )
        for frame in (orders, returns)
    )
    asked = connection.create_table(ibis.util.gen_name("asked"), pd.DataFrame({"as_of": list(cutoffs)}), temp=True)
    table = features(first, second, asked.mutate(as_of=asked.as_of.cast("date")))
    found: pd.DataFrame = table.order_by("as_of", "customer_id").execute()
    return found


ORDERS = ibis.schema(
    {
        "order_id": "string", "customer_id": "string", "new_order": "int64", "amount": "float64", "units": "float64",
        "ordered_at": "timestamp(6)", "lines": "int64", "country": "string",
    }
)  # fmt: skip


def test_one_customer_by_hand(connection: Backend) -> None:
    """Three purchase days; two orders on the last of them count as one, with their amounts added up."""
    orders = orders_of(("a", 400, 50.0, 2, 10), ("a", 10, 30.0, 1, 5), ("a", 4, 60.0, 3, 20), ("a", 4, 40.0, 1, 5))
    returns = orders_of(("a", 9, 15.0, 1, 2))
    [row] = computed(connection, orders, returns, CUTOFF).to_dict("records")
    expected = {
        "recency": 4, "frequency": 3, "monetary": 180, "tenure": 400, "active_span": 396, "rate": 3 / 400,
        "idle_share": 0.01, "gap_mean": 198, "gap_median": 198, "gap_longest": 390, "gap_last": 6,
        "gap_sd": 271.5290, "overdue_mean": 4 / 198, "overdue": 4 / 198, "overdue_longest": 4 / 390,
        "orders_30": 2, "spend_30": 130, "orders_365": 2, "spend_365": 130, "orders_90": 2, "trend_90": 2,
        "trend_30": 2, "spend_trend_90": log(131) - log(1), "season_orders": 0, "season_before": 1,
        "order_value": 60, "order_value_largest": 100, "order_value_last": 100, "order_value_first": 50,
        "last_against_mean": 100 / 60, "lines_mean": 7 / 3, "lines_last": 4, "units_mean": 40 / 3,
        "price_level": 180 / 40, "returned": 15, "returned_180": 15, "returns": 1, "returned_share": 15 / 180,
        "hour": 10,
    }  # fmt: skip
    assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-6)
    assert set(row) == {"as_of", "customer_id", "country", *CUSTOMER_FEATURES}


def test_the_season_of_last_year_is_the_coming_one(connection: Backend) -> None:
    """Last year's season starts 365 days ago and lasts 90 days; 275 days ago is the day after."""
    orders = orders_of(("a", 365, 1.0, 1, 1), ("a", 276, 2.0, 1, 1), ("a", 275, 4.0, 1, 1), ("a", 366, 8.0, 1, 1))
    [row] = computed(connection, orders, orders.head(0), CUTOFF).to_dict("records")
    assert (row["season_orders"], row["season_spend"], row["season_before"]) == (2, 3.0, 1)


def test_who_bought_once_has_no_rhythm(connection: Backend) -> None:
    orders = orders_of(("a", 1, 5.0, 1, 0))
    [row] = computed(connection, orders, orders.head(0), CUTOFF).to_dict("records")
    assert pd.isna([row["gap_mean"], row["overdue"], row["gap_sd"], row["price_level"]]).all()
    assert (row["recency"], row["idle_share"], row["returned"]) == (1, 1, 0)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ((23 * 60 + 30, 40), 23.5),
        ((23 * 60, 3 * 60), 1),
        ((21 * 60, 22 * 60, 23 * 60, 0, 60, 2 * 60, 3 * 60), 24),  # midnight itself, from orders at other hours
        ((0, 0), 0),  # days only
        ((9 * 60, 15 * 60), 12),
        ((6 * 60, 18 * 60), None),  # no mean
    ],
)
def test_the_usual_hour_is_a_mean_on_a_clock_face(
    connection: Backend, minutes: tuple[int, ...], expected: float | None
) -> None:
    """Late night and early morning are close; a mean at midnight of other hours is just below 24, not 0."""
    orders = orders_of(*(("a", age, 1.0, 1, 1) for age, _ in enumerate(minutes, start=1)))
    at = [when + timedelta(minutes=add - 600) for when, add in zip(orders["ordered_at"], minutes, strict=True)]
    [row] = computed(connection, orders.assign(ordered_at=at), orders.head(0), CUTOFF).to_dict("records")
    if expected is None:
        assert pd.isna(row["hour"])
    else:
        assert row["hour"] == pytest.approx(expected)
        assert 0 <= row["hour"] < 24
        assert row["hour"] == round(row["hour"], 9)  # sums in another order differ further behind


def test_orders_around_midnight_of_one_day_are_averaged_on_a_clock_face(connection: Backend) -> None:
    """Orders on one purchase day count as one."""
    orders = orders_of(("a", 3, 1.0, 1, 1), ("a", 3, 1.0, 1, 1), ("a", 1, 1.0, 1, 1))
    at = [when + timedelta(hours=add - 10) for when, add in zip(orders["ordered_at"], (23, 1, 0), strict=True)]
    [row] = computed(connection, orders.assign(ordered_at=at), orders.head(0), CUTOFF).to_dict("records")
    assert row["hour"] == pytest.approx(24)


def test_customers_appear_with_their_first_order_and_weekends_are_counted(connection: Backend) -> None:
    """31 December 2023 was a Sunday; on the cutoff itself nothing is known yet."""
    orders = orders_of(("a", 1, 5.0, 1, 1), ("b", 0, 5.0, 1, 1))
    found = computed(connection, orders, orders.head(0), CUTOFF, CUTOFF + timedelta(days=1))
    assert found["customer_id"].tolist() == ["a", "a", "b"]
    assert found["weekend_share"].tolist() == [1, 1, 0]


Row = tuple[str, int, float, int, float]
ROWS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(-60, 500), st.floats(0.01, 1e4), st.integers(1, 9), st.floats(1, 50)),
    min_size=1,
    max_size=30,
)


@examples(3, 15)
@given(rows=ROWS, lies=ROWS)
def test_what_happens_from_the_cutoff_on_changes_nothing(connection: Backend, rows: list[Row], lies: list[Row]) -> None:
    """Rows on or after the cutoff are falsified in one table and deleted in another, without changing the features."""
    past = [row for row in rows if row[1] > 0]
    future = [row for row in lies if row[1] <= 0]
    if not past:
        return
    returns = orders_of(*past[:3])
    honest = computed(connection, orders_of(*past), returns, CUTOFF)
    falsified = computed(connection, orders_of(*past, *future), orders_of(*past[:3], *future), CUTOFF)
    pd.testing.assert_frame_equal(honest, falsified, check_exact=False, rtol=1e-9)


@examples(3, 10)
@given(rows=ROWS)
def test_many_cutoffs_at_once_are_each_alone(connection: Backend, rows: list[Row]) -> None:
    orders = orders_of(*rows)
    cutoffs = [CUTOFF - timedelta(days=90), CUTOFF, CUTOFF + timedelta(days=30)]
    together = computed(connection, orders, orders, *cutoffs)
    alone = pd.concat([computed(connection, orders, orders, cutoff) for cutoff in cutoffs], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone, check_exact=False, rtol=1e-9)
