"""Recency, frequency and monetary value as the notebook computes them."""

from datetime import datetime

import pandas as pd
from ibis.backends.duckdb import Backend

from core.segments.choosing.notebook_preset import notebook_customers
from tests.logs import rows_table
from tests.strategies import Row


def line(customer: str, order: str | None, when: str, quantity: float | None, **more: object) -> Row:
    """Return a line with a unit price of 2."""
    return {
        "customer_id": customer,
        "order_id": order,
        "ordered_at": datetime.fromisoformat(when),
        "quantity": quantity,
        "unit_price": 2.0,
        "amount": 2.0 * (quantity or 0),
        "country": "UK",
        **more,
    }


LINES = [
    line("a", "1", "2024-03-01 12:00", 1.0),
    line("a", "1", "2024-03-01 12:00", 2.0),
    line("a", "2", "2024-03-05 11:00", 3.0),
    line("b", "3", "2024-03-10 12:00", 4.0),
    line("b", "4", "2024-03-09 12:00", 100.0),
    line("c", "5", "2024-03-20 12:00", 5.0, country="France"),
]


def found(connection: Backend, rows: list[Row]) -> list[list[object]]:
    """Return the customers as rows."""
    table = notebook_customers(rows_table(connection, rows))
    columns = ["group", "customer_id", "recency", "frequency", "monetary"]
    return [list(row) for row in table[columns].itertuples(index=False)]


def test_two_countries_by_hand(connection: Backend) -> None:
    """The UK has most customers. The quartiles of its quantities 1, 2, 3, 4, 100 are 2 and 4, so 100 is clipped to 7.

    Recency counts to the group's last order: from 03-05 11:00 to 03-10 12:00 is 5 whole days.
    """
    assert found(connection, LINES) == [
        ["UK", "a", 5, 2, 2.0 * 6],
        ["UK", "b", 0, 2, 2.0 * (4 + 7)],
        ["Rest", "c", 0, 1, 2.0 * 5],
    ]


def test_lines_that_do_not_count_do_not_count(connection: Backend) -> None:
    noise = [
        line("a", "C9", "2024-03-30 12:00", -500.0, reason="cancelled"),
        line("d", "9", "2024-03-30 12:00", 900.0, reason="duplicate", country="Spain"),
    ]
    assert found(connection, [*LINES, *noise]) == found(connection, LINES)


def test_customer_of_two_groups_is_in_both(connection: Backend) -> None:
    rows = [*LINES, line("d", "7", "2024-03-09 12:00", 3.0), line("a", "6", "2024-03-19 11:00", 5.0, country="France")]
    assert found(connection, rows)[3:] == [["Rest", "a", 1, 1, 10.0], ["Rest", "c", 0, 1, 10.0]]


def test_one_country_is_one_group(connection: Backend) -> None:
    assert {row[0] for row in found(connection, LINES[:5])} == {"UK"}


def test_file_without_countries_is_one_group_of_all(connection: Backend) -> None:
    assert {row[0] for row in found(connection, [{**row, "country": None} for row in LINES])} == {"All"}


def test_file_with_amounts_alone_has_nothing_to_clip(connection: Backend) -> None:
    rows = [{**row, "quantity": None, "unit_price": None} for row in LINES]
    assert [row[4] for row in found(connection, rows)] == [12.0, 208.0, 10.0]


def test_order_of_rows_does_not_matter(connection: Backend) -> None:
    assert found(connection, LINES[::-1]) == found(connection, LINES)


def test_index_counts_from_zero(connection: Backend) -> None:
    table = notebook_customers(rows_table(connection, LINES))
    assert table.index.equals(pd.RangeIndex(3))
