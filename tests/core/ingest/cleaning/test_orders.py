"""Orders built from lines, each line counted once."""

from datetime import datetime

import numpy as np
import pandas as pd
from hypothesis import given, settings
from ibis.backends.duckdb import Backend

from core.ingest.cleaning.daily_products import product_days
from core.ingest.cleaning.exclusion_reasons import clean
from core.ingest.cleaning.orders import orders_and_returns
from core.schema import ORDERS
from tests import strategies
from tests.logs import Ingested, rows_table
from tests.strategies import Row


def line(order: str | None, customer: str, when: str, quantity: float = 1.0, price: float = 2.0, **more: object) -> Row:
    """Return a valid line."""
    return {
        "order_id": order,
        "customer_id": customer,
        "ordered_at": datetime.fromisoformat(when),
        "quantity": quantity,
        "unit_price": price,
        "amount": quantity * price,
        **more,
    }


def orders_of(connection: Backend, rows: list[Row]) -> pd.DataFrame:
    """Return the orders of valid lines."""
    orders: pd.DataFrame = orders_and_returns(rows_table(connection, rows))[0].execute()
    return orders


def test_orders_of_the_small_log(small: Ingested) -> None:
    orders = small.frame("orders")
    assert list(orders) == list(ORDERS)
    assert list(orders.drop(columns="ordered_at").itertuples(index=False, name=None)) == [
        ("1001", "17", 1, 9.0, 3.0, 2, "UK"),
        ("1007", "18", 1, 10.0, 4.0, 1, "France"),
        ("1008", "18", 1, 10.0, 1.0, 1, "Spain"),
        ("1009", "19", 1, 20.0, 10.0, 1, "UK"),
        ("1010", "20", 1, 2.5, 1.0, 1, "UK"),
    ]


def test_returns_of_the_small_log(small: Ingested) -> None:
    """Cancelled lines and lines with negative quantities are returns, whose amounts are positive."""
    returns = small.frame("returns")
    assert list(returns[["order_id", "customer_id", "amount", "units"]].itertuples(index=False, name=None)) == [
        ("1004", "18", 12.0, 3.0),
        ("C1003", "17", 2.5, 1.0),
    ]


def test_order_is_dated_by_its_last_line_of_the_day(connection: Backend) -> None:
    rows = [line("1", "a", "2024-03-01 09:00"), line("1", "a", "2024-03-01 09:04"), line("1", "a", "2024-03-01 09:01")]
    orders = orders_of(connection, rows)
    assert orders["ordered_at"].tolist() == [pd.Timestamp("2024-03-01 09:04")]


def test_lines_added_on_a_later_day_are_no_new_order(connection: Backend) -> None:
    """What is known before a day must not depend on lines added that day."""
    rows = [
        line("1", "a", "2024-03-01 23:59", 3.0),
        line("1", "a", "2024-03-02 00:00"),
        line("1", "a", "2024-03-01 09:01"),
    ]
    orders = orders_of(connection, rows).sort_values("ordered_at")
    assert orders["ordered_at"].astype("str").tolist() == ["2024-03-01 23:59:00", "2024-03-02 00:00:00"]
    assert orders[["new_order", "amount", "lines"]].to_numpy().tolist() == [[1, 8.0, 2], [0, 2.0, 1]]


def test_one_number_used_by_two_customers_is_two_orders(connection: Backend) -> None:
    rows = [line("1", "a", "2024-03-01"), line("1", "b", "2024-03-01")]
    assert len(orders_of(connection, rows)) == 2


def test_lines_without_quantity_are_orders_of_no_units(connection: Backend) -> None:
    row = {**line("1", "a", "2024-03-01"), "quantity": None, "unit_price": None, "amount": 7.5}
    assert orders_of(connection, [row])[["amount", "units"]].to_numpy().tolist() == [[7.5, 0.0]]


def test_cancellation_that_cannot_be_read_is_not_a_return(connection: Backend) -> None:
    row = {**line("C1", "a", "2024-03-01", -1.0), "ordered_at": None, "reason": "cancelled"}
    _, returns = orders_and_returns(rows_table(connection, [row]))
    assert returns.execute().empty


def test_amounts_below_zero_went_back_too(connection: Backend) -> None:
    """Some shops record refunds as negative amounts."""
    rows = [
        {**line("1", "a", "2024-03-01"), "amount": -7.5, "reason": "non_positive_price"},
        {**line("2", "a", "2024-03-01"), "amount": 0.0, "reason": "non_positive_price"},
        {**line("3", "a", "2024-03-01"), "amount": -9.0, "reason": "duplicate"},
    ]
    orders, returns = (table.execute() for table in orders_and_returns(rows_table(connection, rows)))
    assert orders.empty
    assert returns[["order_id", "amount"]].to_numpy().tolist() == [["1", 7.5]]


def test_product_days_by_hand(connection: Backend) -> None:
    rows = [
        line("1", "a", "2024-03-01 09:00", 1.5, product_id="A1", product="Cup"),
        line("1", "a", "2024-03-01 09:00", 0.5, product_id="A1", product="Cup"),
        line("2", "b", "2024-03-01 10:00", 1.0, product_id="A1", product="Cup, new"),
        line("3", "a", "2024-03-02 10:00", 1.0, product_id="A1"),
        line("3", "a", "2024-03-02 10:00", 4.0, product="Mug"),  # no code: its name stands for it
        line("4", "a", "2024-03-02 10:00", 4.0),  # neither
        {**line("5", "a", "2024-03-02 10:00", 9.0, product_id="A1"), "reason": "duplicate"},
        {**line("C6", "a", "2024-03-02 11:00", -2.5, product_id="A1"), "reason": "cancelled"},
        {**line("C7", "a", "2024-03-03 11:00", -1.0, product_id="A1"), "reason": "cancelled"},  # nothing sold that day
    ]
    found = product_days(rows_table(connection, rows)).execute().sort_values(["day", "product_id"])
    columns = ["product_id", "product", "revenue", "returned", "units", "orders"]
    assert found[columns].to_numpy().tolist() == [
        ["A1", "Cup, new", 6.0, 0.0, 3.0, 2],
        ["A1", "A1", 2.0, 5.0, 1.0, 1],
        ["Mug", "Mug", 8.0, 0.0, 4.0, 1],
        ["A1", "A1", 0.0, 2.0, 0.0, 0],
    ]
    assert not np.signbit(found["returned"]).any()  # a page would show −0


@settings(max_examples=12)
@given(rows=strategies.logs())
def test_each_customer_order_and_day_is_one_row(connection: Backend, rows: list[Row]) -> None:
    tables = orders_and_returns(clean(rows_table(connection, rows)))
    for reduced in (table.execute() for table in tables):
        reduced["day"] = reduced["ordered_at"].dt.date
        assert not reduced.duplicated(["customer_id", "order_id", "day"]).any()
        assert (reduced.groupby(["customer_id", "order_id"])["new_order"].sum() == 1).all()
        assert (reduced["amount"] > 0).all()
        assert (reduced["lines"] > 0).all()
