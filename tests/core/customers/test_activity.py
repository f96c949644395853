"""Activity over time."""

from datetime import date, datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers import activity
from tests.logs import orders_table
from tests.strategies import Row, examples


def order(number: int, customer: str, when: str, amount: float, country: str | None = None) -> Row:
    """Return an order."""
    return {
        "order_id": str(number),
        "customer_id": customer,
        "ordered_at": datetime.fromisoformat(when),
        "amount": amount,
        "country": country,
    }


ORDERS = [
    order(1, "a", "2024-01-05 10:00", 10.0, "UK"),
    order(2, "a", "2024-01-20 10:00", 20.0, "France"),
    order(3, "b", "2024-01-31 23:59", 5.0, "UK"),
    order(4, "a", "2024-02-01 00:00", 40.0, "UK"),
    order(5, "c", "2024-03-10 12:00", 80.0),
]
RETURNS = [order(90, "a", "2024-02-02 10:00", 15.0), order(91, "b", "2024-03-01 10:00", 5.0)]
FIGURES = ["revenue", "orders", "customers", "repeat_customers"]


def test_months_of_each_customer(connection: Backend) -> None:
    orders, returns = orders_table(connection, ORDERS), orders_table(connection, RETURNS, "made_returns")
    found = activity.customer_months(orders, returns).order_by("customer_id", "month").execute()
    assert found.assign(month=found["month"].astype("str")).to_numpy().tolist() == [
        ["a", "2024-01-01", 30.0, 0.0, 2],
        ["a", "2024-02-01", 40.0, 15.0, 1],
        ["b", "2024-01-01", 5.0, 0.0, 1],
        ["b", "2024-03-01", 0.0, 5.0, 0],  # sent back only
        ["c", "2024-03-01", 80.0, 0.0, 1],
    ]


def test_months_of_the_shop(connection: Backend) -> None:
    orders, returns = orders_table(connection, ORDERS), orders_table(connection, RETURNS, "made_returns")
    found = activity.monthly(orders, returns).order_by("bucket").execute()
    assert found["bucket"].astype("str").tolist() == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert found[[*FIGURES, "returned", "net"]].to_numpy().tolist() == [
        [35.0, 3, 2, 1, 0.0, 35.0],
        [40.0, 1, 1, 1, 15.0, 25.0],
        [80.0, 1, 1, 0, 5.0, 75.0],
    ]


def test_what_went_back_in_a_month_without_orders_is_not_lost(connection: Backend) -> None:
    late = order(92, "a", "2024-05-02 10:00", 7.5)
    orders, returns = orders_table(connection, ORDERS), orders_table(connection, [*RETURNS, late], "made_returns")
    found = activity.monthly(orders, returns).execute()
    assert (found["returned"].sum(), found["net"].sum()) == (27.5, 155.0 - 27.5)


def test_period_and_the_one_before(connection: Backend) -> None:
    """Ten days to 2024-02-09 start at midnight on 2024-01-30; the previous ten start at midnight on 2024-01-20."""
    orders = orders_table(connection, [*ORDERS, order(6, "d", "2024-01-30 00:00", 2.0)])
    found = activity.windows(orders, date(2024, 2, 9), 10).order_by("bucket").execute()
    assert found["bucket"].tolist() == [0, 1]
    assert found[FIGURES].to_numpy().tolist() == [[47.0, 3, 3, 1], [20.0, 1, 1, 1]]


def test_order_at_the_end_of_a_period_is_not_in_it(connection: Backend) -> None:
    found = activity.windows(orders_table(connection, ORDERS), date(2024, 2, 1), 31).execute()
    assert found.set_index("bucket")["revenue"].to_dict() == {0: 35.0}


@pytest.mark.parametrize(
    ("end", "expected"),
    [("2024-02-01", {"UK": 15.0, "France": 20.0}), ("2024-01-31", {"UK": 10.0, "France": 20.0})],
)
def test_countries_between_two_days(connection: Backend, end: str, expected: dict[str, float]) -> None:
    orders = orders_table(connection, ORDERS)
    found = activity.countries(orders, orders, date(2024, 1, 1), date.fromisoformat(end)).execute()
    assert found.set_index("country")["revenue"].to_dict() == expected
    assert found.set_index("country")["returned"].to_dict() == expected
    assert found["net"].tolist() == [0.0] * len(expected)


def test_orders_without_country_are_left_out(connection: Backend) -> None:
    orders = orders_table(connection, ORDERS)
    assert activity.countries(orders, orders, date(2024, 3, 1), date(2024, 4, 1)).execute().empty


def test_products_between_two_days(connection: Backend) -> None:
    days = pd.DataFrame(
        {
            "product_id": ["A1", "A1", "B2", "A1"],
            "product": ["Cup", "Cup, new", "Mug", "Cup"],
            "day": [date(2024, 1, 1), date(2024, 1, 2), date(2024, 1, 2), date(2024, 1, 3)],
            "revenue": [5.0, 2.5, 4.0, 99.0],
            "returned": [0.0, 1.5, 0.0, 0.0],
            "units": [2.0, 1.0, 1.0, 9.0],
            "orders": [1, 1, 1, 9],
        }
    )
    table = connection.create_table("days", days, temp=True)
    found = activity.products(table, date(2024, 1, 1), date(2024, 1, 3)).order_by("product_id").execute()
    assert found.to_numpy().tolist() == [
        ["A1", "Cup, new", 7.5, 1.5, 3.0, 2, 6.0],
        ["B2", "Mug", 4.0, 0.0, 1.0, 1, 4.0],
    ]


def test_period_by_hand() -> None:
    assert activity.period(date(2024, 3, 1), 30) == (date(2024, 1, 31), date(2024, 3, 1))


@examples(3, 8)
@given(
    amounts=st.lists(
        st.tuples(st.sampled_from("abc"), st.integers(0, 120), st.integers(1, 40)), min_size=1, max_size=30
    )
)
def test_money_of_all_months_and_countries_is_that_of_all_orders(
    connection: Backend, amounts: list[tuple[str, int, int]]
) -> None:
    start = pd.Timestamp("2024-01-01")
    rows = [
        order(number, customer, str(start + pd.Timedelta(days=day)), quarters / 4, "UK")
        for number, (customer, day, quarters) in enumerate(amounts)
    ]
    orders, total = orders_table(connection, rows), sum(quarters for *_, quarters in amounts) / 4
    assert activity.monthly(orders, orders).execute()[["revenue", "returned", "net"]].sum().tolist() == [
        total,
        total,
        0,
    ]
    assert activity.customer_months(orders, orders.limit(0)).execute()["revenue"].sum() == total
    assert (
        activity.countries(orders, orders.limit(0), date(2024, 1, 1), date(2024, 6, 1)).execute()["net"].sum() == total
    )
    windows = activity.windows(orders, date(2024, 6, 1), 152).execute()
    assert windows["revenue"].tolist() == [total]
