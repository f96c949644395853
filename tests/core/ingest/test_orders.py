"""Lines become orders once."""

from datetime import datetime
from pathlib import Path

import pandas as pd
from hypothesis import given, settings
from ibis.backends.duckdb import Backend

from core.ingest.cleaning import clean
from core.ingest.orders import orders_of, returns_of
from core.ingest.products import product_days
from core.schema import ORDERS
from tests import strategies
from tests.logs import Ingest, rows_table
from tests.strategies import Row


def line(order: str | None, customer: str, when: str, quantity: float = 1.0, price: float = 2.0, **more: object) -> Row:
    """Give a line that counts."""
    return {
        "order_id": order,
        "customer_id": customer,
        "ordered_at": datetime.fromisoformat(when),
        "quantity": quantity,
        "unit_price": price,
        "amount": quantity * price,
        **more,
    }


def test_orders_of_the_small_log(ingest: Ingest, small_log: Path) -> None:
    orders = ingest(small_log).frame("orders")
    assert list(orders) == list(ORDERS)
    assert list(orders.drop(columns="ordered_at").itertuples(index=False, name=None)) == [
        ("1001", "17", 9.0, 3.0, 2, "UK"),
        ("1007", "18", 10.0, 4.0, 1, "France"),
        ("1008", "18", 10.0, 1.0, 1, "Spain"),
        ("1009", "19", 20.0, 10.0, 1, "UK"),
        ("1010", "20", 2.5, 1.0, 1, "UK"),
    ]


def test_returns_of_the_small_log(ingest: Ingest, small_log: Path) -> None:
    """Cancelled lines and lines with a quantity below zero went back; amounts are above zero."""
    returns = ingest(small_log).frame("returns")
    assert list(returns[["order_id", "customer_id", "amount", "units"]].itertuples(index=False, name=None)) == [
        ("1004", "18", 12.0, 3.0),
        ("C1003", "17", 2.5, 1.0),
    ]


def test_order_is_dated_by_its_last_line(connection: Backend) -> None:
    rows = [line("1", "a", "2024-03-01 09:00"), line("1", "a", "2024-03-01 09:04"), line("1", "a", "2024-03-01 09:01")]
    orders = orders_of(rows_table(connection, rows)).execute()
    assert orders["ordered_at"].tolist() == [pd.Timestamp("2024-03-01 09:04")]


def test_one_number_used_by_two_customers_is_two_orders(connection: Backend) -> None:
    rows = [line("1", "a", "2024-03-01"), line("1", "b", "2024-03-01")]
    assert len(orders_of(rows_table(connection, rows)).execute()) == 2


def test_without_order_numbers_lines_of_one_moment_are_one_order(connection: Backend) -> None:
    rows = [
        line(None, "a", "2024-03-01 09:00", 1.0),
        line(None, "a", "2024-03-01 09:00", 2.0),
        line(None, "a", "2024-03-01 09:01"),
        line(None, "b", "2024-03-01 09:00"),
    ]
    orders = orders_of(rows_table(connection, rows)).execute()
    assert sorted(orders["lines"]) == [1, 1, 2]
    assert orders["order_id"].is_unique


def test_lines_without_quantity_are_orders_of_no_units(connection: Backend) -> None:
    row = {**line("1", "a", "2024-03-01"), "quantity": None, "unit_price": None, "amount": 7.5}
    assert orders_of(rows_table(connection, [row])).execute()[["amount", "units"]].to_numpy().tolist() == [[7.5, 0.0]]


def test_cancellation_that_cannot_be_read_is_not_a_return(connection: Backend) -> None:
    row = {**line("C1", "a", "2024-03-01", -1.0), "ordered_at": None, "reason": "cancelled"}
    assert returns_of(rows_table(connection, [row])).execute().empty


def test_product_days_by_hand(connection: Backend) -> None:
    rows = [
        line("1", "a", "2024-03-01 09:00", 2.0, product_id="A1", product="Cup"),
        line("2", "b", "2024-03-01 10:00", 1.0, product_id="A1", product="Cup, new"),
        line("3", "a", "2024-03-02 10:00", 1.0, product_id="A1"),
        line("3", "a", "2024-03-02 10:00", 4.0, product="Mug"),  # no code: its name stands for it
        line("4", "a", "2024-03-02 10:00", 4.0),  # neither
        {**line("5", "a", "2024-03-02 10:00", 9.0, product_id="A1"), "reason": "cancelled"},
    ]
    found = product_days(rows_table(connection, rows)).execute().sort_values(["day", "product_id"])
    columns = ["product_id", "product", "revenue", "units", "orders"]
    assert found[columns].to_numpy().tolist() == [
        ["A1", "Cup, new", 6.0, 3.0, 2],
        ["A1", "A1", 2.0, 1.0, 1],
        ["Mug", "Mug", 8.0, 4.0, 1],
    ]


@settings(max_examples=12)
@given(rows=strategies.logs())
def test_each_customer_and_order_is_one_row(connection: Backend, rows: list[Row]) -> None:
    table = clean(rows_table(connection, rows))
    for reduced in (orders_of(table).execute(), returns_of(table).execute()):
        assert not reduced.duplicated(["customer_id", "order_id"]).any()
        assert (reduced["amount"] > 0).all()
        assert (reduced["lines"] > 0).all()
