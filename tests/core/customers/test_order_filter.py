"""Orders that match a filter."""

from datetime import date

import ibis
import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.customers.order_filter import OrderFilter, filtered
from core.errors import InputError


@pytest.fixture
def orders(connection: Backend) -> ibis.Table:
    frame = pd.DataFrame(
        {
            "customer_id": ["a", "b", "a", "c"],
            "ordered_at": pd.to_datetime(
                ["2024-01-01", "2024-01-31 23:59", "2024-02-01", "2024-03-05 12:00"], format="mixed"
            ),
            "amount": [1.0, 2.0, 4.0, 8.0],
        }
    )
    return connection.create_table("given", frame, temp=True)


def left(table: ibis.Table) -> float:
    return float(table.amount.sum().execute())


def test_nothing_chosen_leaves_all(orders: ibis.Table) -> None:
    assert left(filtered(orders, OrderFilter())) == 15.0


def test_the_first_day_is_in_and_the_end_is_not(orders: ibis.Table) -> None:
    assert left(filtered(orders, OrderFilter(start=date(2024, 1, 31), end=date(2024, 2, 1)))) == 2.0
    assert left(filtered(orders, OrderFilter(start=date(2024, 2, 1)))) == 12.0


def test_members_leave_their_orders_only(connection: Backend, orders: ibis.Table) -> None:
    members = connection.create_table("members", pd.DataFrame({"customer_id": ["a", "nobody"]}), temp=True)
    assert left(filtered(orders, OrderFilter(country="x", end=date(2024, 2, 1)), members)) == 1.0


def test_an_empty_range_is_refused() -> None:
    with pytest.raises(InputError, match="must be before"):
        OrderFilter(start=date(2024, 2, 1), end=date(2024, 2, 1))
