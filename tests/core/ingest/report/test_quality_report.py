"""Quality reports: rows kept and rows removed."""

from datetime import datetime

import pytest
from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.cleaning.orders import orders_and_returns
from core.ingest.report.quality_report import REASON_TEXT, examples_of, report_of
from core.schema import Reason
from tests.logs import SMALL_REPORT, Ingested, rows_table
from tests.strategies import Row

LINE: Row = {
    "order_id": "1",
    "customer_id": "a",
    "ordered_at": datetime.fromisoformat("2024-03-01 09:00"),
    "quantity": 1.0,
    "unit_price": 2.0,
    "amount": 2.0,
}


def test_report_of_the_small_log_with_examples(small: Ingested) -> None:
    details = small.details()
    assert {name: details[name] for name in SMALL_REPORT} == SMALL_REPORT
    assert details["files"] == ["small.csv"]
    assert {reason: [row["row"] for row in rows] for reason, rows in details["examples"].items()} == {
        "duplicate": [4],
        "missing_customer": [5],
        "cancelled": [6],
        "non_positive_quantity": [7],
        "non_positive_price": [8],
        "unreadable": [9],
    }
    assert details["examples"]["unreadable"][0] == {
        "file_no": 0,
        "row": 9,
        "order_id": "1006",
        "customer_id": "18",
        "ordered_at": "2024-03-06 14:00:00",
        "product": "Mug",
        "quantity": None,
        "unit_price": 4.0,
        "amount": None,
        "problem": "Quantity: “two” is not a number",
    }


def test_every_reason_is_there_in_order_and_has_words(small: Ingested) -> None:
    assert list(small.report.removed) == [reason.value for reason in Reason] == list(REASON_TEXT)


def test_at_most_five_examples_of_a_reason(connection: Backend) -> None:
    found = examples_of(rows_table(connection, [{**LINE, "reason": "cancelled"}] * 9), ["cancelled", "duplicate"])
    assert [row["row"] for row in found["cancelled"]] == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        (
            {"order_id": "C1", "reason": "cancelled"},
            (
                "12 cancelled (first in row 2). Order numbers of C and digits mean cancelled. Choose another column "
                "for the order number."
            ),
        ),
        (
            {"customer_id": None, "reason": "missing_customer"},
            "12 missing customer (first in row 2). Choose the column with the customer.",
        ),
        (
            {"quantity": 0.0, "reason": "non_positive_quantity"},
            "12 non positive quantity (first in row 2). Check the columns for quantity, price and amount.",
        ),
    ],
)
def test_log_of_which_nothing_counts_is_refused_with_the_reason(
    connection: Backend, fault: dict[str, object], message: str
) -> None:
    rows = rows_table(connection, [{**LINE, **fault}] * 12)
    with pytest.raises(InputError) as caught:
        report_of(rows, *orders_and_returns(rows), rejected=0, files="log.csv")
    assert str(caught.value) == f"log.csv: none of the 12 rows count: {message}"


def test_rows_that_could_not_be_split_count_as_unreadable(connection: Backend) -> None:
    rows = rows_table(connection, [LINE, {**LINE, "reason": "unreadable"}])
    report = report_of(rows, *orders_and_returns(rows), rejected=3, files="log.csv")
    assert (report.rows_read, report.rows_kept, report.removed["unreadable"]) == (5, 1, 4)
