"""Every row counts or has exactly one reason not to."""

import random
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.ingest.cleaning.exclusion_reasons import clean, is_cancelled
from core.ingest.cleaning.orders import orders_and_returns
from core.schema import VALUES, Reason
from tests import strategies
from tests.logs import SMALL_REPORT, Ingest, Ingested, rows_table, write_csv, write_small_log
from tests.strategies import Row

GOOD: Row = {
    "order_id": "1001",
    "customer_id": "17",
    "ordered_at": pd.Timestamp("2024-03-01 09:00").to_pydatetime(),
    "quantity": 2.0,
    "unit_price": 2.5,
    "amount": 5.0,
}
BAD: Row = {
    "customer_id": None,
    "order_id": "C1001",
    "quantity": -2.0,
    "unit_price": 0.0,
    "amount": 0.0,
    "problem": "Date: “x” is not a date",
}

few_or_many = pytest.mark.parametrize("examples", [pytest.param(6), pytest.param(40, marks=pytest.mark.long)])
"""How many logs are made up; each takes a tenth of a second."""


def reasons(connection: Backend, rows: list[Row]) -> list[str | None]:
    """Clean rows and return their reasons in row order."""
    found = clean(rows_table(connection, rows)).order_by("file_no", "row").execute()
    return [reason if isinstance(reason, str) else None for reason in found["reason"]]


def reasons_by_hand(rows: list[Row]) -> list[str | None]:
    """Return the same reasons, computed row by row in plain Python."""
    seen: set[tuple[object, ...]] = set()
    found = []
    for row in rows:
        key = tuple(row.get(name) for name in (*VALUES, "problem"))
        found.append("duplicate" if key in seen else reason_by_hand(row))
        seen.add(key)
    return found


def reason_by_hand(row: Row) -> str | None:
    """Return why a row doesn't count, apart from duplicates."""
    order = row.get("order_id") or ""
    quantity, price, amount = row.get("quantity"), row.get("unit_price"), row.get("amount")
    if row.get("customer_id") is None:
        return "missing_customer"
    if order[:1] in ("C", "c") and order[1:].isdigit():
        return "cancelled"
    if quantity is not None and quantity <= 0:
        return "non_positive_quantity"
    if (price is not None and price <= 0) or (amount is not None and amount <= 0):
        return "non_positive_price"
    if row.get("ordered_at") is None or amount is None or row.get("problem") is not None:
        return "unreadable"
    return None


def test_small_log_has_one_row_for_every_reason(small: Ingested) -> None:
    assert small.reasons() == [
        None,
        None,
        "duplicate",
        "missing_customer",
        "cancelled",
        "non_positive_quantity",
        "non_positive_price",
        "unreadable",
        None,
        None,
        None,
        None,
    ]
    assert small.report.to_json() == SMALL_REPORT


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        ({}, None),
        ({"customer_id": None, "order_id": "C1", "quantity": -1.0}, "missing_customer"),
        ({"order_id": "C1", "quantity": -1.0, "unit_price": 0.0}, "cancelled"),
        ({"quantity": 0.0, "unit_price": 0.0, "ordered_at": None}, "non_positive_quantity"),
        ({"unit_price": 0.0, "ordered_at": None}, "non_positive_price"),
        ({"amount": -0.01}, "non_positive_price"),
        ({"ordered_at": None}, "unreadable"),
        ({"amount": None}, "unreadable"),
        ({"problem": "Price: “x” is not a number"}, "unreadable"),
        ({"quantity": None, "unit_price": None}, None),  # a file may give the amount alone
        ({"order_id": None}, None),  # and no order numbers
    ],
)
def test_first_reason_in_the_order_of_the_list_wins(connection: Backend, faults: Row, expected: str | None) -> None:
    assert reasons(connection, [{**GOOD, **faults}]) == [expected]


def test_reasons_are_tried_in_the_order_of_the_schema(connection: Backend) -> None:
    """Faults of a row are fixed one by one; each time, the next reason applies."""
    row, found = {**GOOD, **BAD}, []
    for name in ("customer_id", "order_id", "quantity", "unit_price", "problem"):
        found.append(reasons(connection, [row])[0])
        row = {**row, name: GOOD.get(name)}
        row["amount"] = row["quantity"] * row["unit_price"]
    expected = [reason.value for reason in Reason][1:]
    assert (found, reasons(connection, [row])) == (expected, [None])


def test_duplicate_comes_before_every_other_reason(connection: Backend) -> None:
    row = {**GOOD, **BAD}
    assert reasons(connection, [row, row, row]) == ["missing_customer", "duplicate", "duplicate"]


@pytest.mark.parametrize("name", [name for name in VALUES if name != "amount"])
def test_rows_that_differ_in_one_column_are_no_duplicates(connection: Backend, name: str) -> None:
    other = {"ordered_at": pd.Timestamp("2024-03-01 09:01").to_pydatetime(), "quantity": 3.0, "unit_price": 3.5}
    rows = [GOOD, {**GOOD, name: other.get(name, "other")}]
    assert reasons(connection, rows) == [None, None]


def test_cells_that_cannot_be_read_are_compared_as_they_stand(connection: Backend) -> None:
    """Both quantities are missing after parsing, but their cells differed."""
    two, three = ({**GOOD, "quantity": None, "amount": None, "problem": f"Quantity: “{n}”"} for n in ("two", "three"))
    assert reasons(connection, [two, three, two]) == ["unreadable", "unreadable", "duplicate"]


def test_missing_values_are_equal_to_each_other(connection: Backend) -> None:
    """Guests' rows may be repeated too, and rows without an order number or a date can still be compared."""
    bare = {"customer_id": None, "order_id": None, "ordered_at": None}
    assert reasons(connection, [bare, bare]) == ["missing_customer", "duplicate"]


@pytest.mark.parametrize(
    ("order", "cancelled"),
    [
        ("C536379", True),
        ("c536379", True),
        ("C1", True),
        ("C", False),
        ("536379", False),
        ("536379C", False),
        ("CA-2014-115812", False),
        ("C-1", False),
        ("C12A", False),
        ("#C12", False),
        (None, False),
    ],
)
def test_cancelled_orders_are_c_and_digits(connection: Backend, order: str | None, *, cancelled: bool) -> None:
    table = rows_table(connection, [{"order_id": order}])
    assert table.select(found=is_cancelled(table.order_id)).execute()["found"].tolist() == [cancelled]


@few_or_many
def test_reasons_are_those_worked_out_row_by_row(connection: Backend, examples: int) -> None:
    @settings(max_examples=examples)
    @given(rows=strategies.logs())
    def check(rows: list[Row]) -> None:
        assert reasons(connection, rows) == reasons_by_hand(rows)

    check()


@few_or_many
def test_counts_do_not_depend_on_the_order_of_rows(connection: Backend, examples: int) -> None:
    @settings(max_examples=examples)
    @given(rows=strategies.logs(), seed=st.integers(0, 99))
    def check(rows: list[Row], seed: int) -> None:
        shuffled = random.Random(seed).sample(rows, len(rows))  # noqa: S311  no secret
        assert Counter(reasons(connection, rows)) == Counter(reasons(connection, shuffled))

    check()


@few_or_many
def test_money_is_conserved(connection: Backend, examples: int) -> None:
    """Rows that count make up the orders; what was cancelled or is below zero, and can be read, the returns."""

    @settings(max_examples=examples)
    @given(rows=strategies.logs())
    def check(rows: list[Row]) -> None:
        table = clean(rows_table(connection, rows))
        cleaned = table.execute()
        orders, returns = (reduced.execute() for reduced in orders_and_returns(table))
        kept = cleaned["reason"].isna()
        may_go_back = cleaned["reason"].isin(["cancelled", "non_positive_quantity", "non_positive_price"])
        back = may_go_back & cleaned["ordered_at"].notna()
        lost = cleaned.loc[back & (cleaned["amount"] < 0), "amount"]
        assert orders["amount"].sum() == cleaned.loc[kept, "amount"].sum()
        assert returns["amount"].sum() == -lost.sum()
        assert orders["lines"].sum() == kept.sum()
        other = cleaned.loc[~kept, "amount"].sum() - lost.sum()
        assert orders["amount"].sum() - returns["amount"].sum() + other == cleaned["amount"].sum()

    check()


@few_or_many
def test_the_same_log_again_adds_only_duplicates(connection: Backend, examples: int) -> None:
    @settings(max_examples=examples)
    @given(rows=strategies.logs())
    def check(rows: list[Row]) -> None:
        again = [{**row, "file_no": 1} for row in rows]
        once, twice = reasons(connection, rows), reasons(connection, [*rows, *again])
        assert twice == once + ["duplicate"] * len(rows)

    check()


def test_cleaning_again_changes_nothing(connection: Backend) -> None:
    """An append cleans rows that have been cleaned before."""
    rows = [GOOD, GOOD, {**GOOD, **BAD}]
    once = clean(rows_table(connection, rows))
    assert clean(once).order_by("row").execute()["reason"].tolist()[1:] == ["duplicate", "missing_customer"]


def test_duplicates_across_files_with_other_headers_and_formats(ingest: Ingest, tmp_path: Path) -> None:
    """The same order lines from two exports are equal after parsing."""
    first = write_small_log(tmp_path / "first.csv")
    header = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
    row = ("1007", "A1", "Cup", "4", "03/07/2024 15:00", "2.5", "18", "France")
    far = ("1011", "A1", "Cup", "1", "03/13/2024 15:00", "2.5", "18", "France")
    second = write_csv(tmp_path / "second.csv", [row, far], header)
    assert ingest(first, second, dates="mdy").reasons()[-2:] == ["duplicate", None]
