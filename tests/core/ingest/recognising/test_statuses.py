"""Orders that their status marks as cancelled."""

from datetime import datetime
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.cleaning.exclusion_reasons import clean
from core.ingest.cleaning.orders import went_back
from core.ingest.recognising.statuses import called_off
from tests.logs import HEADER, Ingest, plain_log, rows_table, write_csv

OFF = ("cancelled", "Canceled", "wc-cancelled", " refunded ", "Failed", "trash", "pending", "Pending payment", "voided")
ALSO_OFF = ("true", "Yes", "2024-01-08 09:00:00 -0500", "08.01.2024", "1/8/24", "Storniert", "annulée", "cancelado")
ON = (
    "completed",
    "wc-processing",
    "on-hold",
    "Shipped",
    "Unshipped",
    "paid",
    "no",
    "false",
    "0",
    "",
    None,
    "partially_refunded",
)


def say(connection: Backend, values: list[Any], header: str = "Status") -> list[bool]:
    """Return the meaning of a column's values."""
    table = connection.create_table("statuses", ibis.memtable(pd.DataFrame({"s": values})), temp=True, overwrite=True)
    found: list[bool] = table.select(off=called_off(table.s, header)).execute()["off"].tolist()
    return found


def test_statuses(connection: Backend) -> None:
    assert say(connection, list(OFF)) == [True] * len(OFF)
    assert say(connection, list(ALSO_OFF)) == [True] * len(ALSO_OFF)
    assert say(connection, list(ON)) == [False] * len(ON)


def test_columns_that_are_there_for_nothing_else(connection: Backend) -> None:
    """Any value except a no marks a cancellation; in other columns, 1 may be a status number."""
    values = ["1", "0", "x", "no", "", None, "by the customer"]
    assert say(connection, values, "is_cancelled") == [True, False, True, False, False, False, True]
    assert say(connection, values, "current_state") == [False] * 7
    assert say(connection, [1, 0], "Cancelled") == [True, False]


def test_typed_columns(connection: Backend) -> None:
    assert say(connection, [True, False]) == [True, False]
    assert say(connection, [datetime.fromisoformat("2024-01-08"), None]) == [True, False]
    assert say(connection, [0, 1]) == [False, False]


def test_reason_comes_after_the_missing_customer(connection: Backend) -> None:
    good = {"order_id": "1", "customer_id": "a", "ordered_at": datetime.fromisoformat("2024-01-08"), "amount": 5.0}
    rows = [
        {**good, "cancelled": True},
        {**good, "order_id": "2", "cancelled": True, "customer_id": None},
        {**good, "order_id": "3", "cancelled": True, "amount": -5.0},
        {**good, "order_id": "4", "cancelled": False},
        {**good, "order_id": "5"},
    ]
    cleaned = clean(rows_table(connection, rows)).order_by("row")
    reasons = cleaned.select("reason", back=went_back(cleaned)).execute()
    assert reasons["reason"].fillna("").tolist() == ["cancelled", "missing_customer", "cancelled", "", ""]
    assert reasons["back"].tolist() == [False, False, True, False, False]  # only what is below zero went back


def test_rows_that_differ_in_their_status_are_not_equal(ingest: Ingest, tmp_path: Path) -> None:
    """Duplicates are equal in every source column, including the status."""
    rows = [(*row, status) for row in plain_log(2) for status in ("completed", "cancelled", "cancelled")]
    version = ingest(write_csv(tmp_path / "log.csv", rows, (*HEADER, "Status")))
    assert version.reasons() == [None, "cancelled", "duplicate"] * 2


def test_file_of_cancelled_orders_says_what_to_do(ingest: Ingest, tmp_path: Path) -> None:
    rows = [(*row, "refunded") for row in plain_log(3)]
    with pytest.raises(InputError, match=r"3 cancelled \(first in row 2\)\. The order status says so\. Choose another"):
        ingest(write_csv(tmp_path / "log.csv", rows, (*HEADER, "Status")))
