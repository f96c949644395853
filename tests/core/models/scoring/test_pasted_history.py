"""Order histories pasted or uploaded."""

from collections.abc import Callable
from datetime import time
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.models.scoring.pasted_history import Given, HowGiven, read_history
from core.schema import HISTORY

Read = Callable[..., Given]


@pytest.fixture
def read(connection: Backend, tmp_path: Path) -> Read:
    """Read a text as the form does; `header` is 0 if its first line is an order."""

    def run(text: str, *, header: int | None = None, **said: Any) -> Given:
        path = tmp_path / "original"
        path.write_text(text, encoding="utf-8")
        source = SourceFile(name="The pasted text", path=path)
        [raw] = read_raw(connection.con, source, tmp_path, ReadOptions(header_row=header))
        return read_history(connection, raw, HowGiven(**said), tmp_path)

    return run


def rows(found: Given, *names: str) -> list[list[Any]]:
    """Return columns as plain values, with None for missing ones."""
    table = found.history[list(names)].astype(object)
    return table.where(table.notna(), None).to_numpy().tolist()


def test_a_simple_table_by_hand(read: Read) -> None:
    """All columns and German number format, with one order cancelled, one returned and one without a time."""
    found = read(
        "date;time;amount;units;lines;country;cancelled\n"
        "05.01.2024;10:30;1.020,50;3;2;France;no\n"
        "25.02.2024;11:30;30,50;3;2;France;yes\n"
        "27.02.2024;;30,50;6;5;France;no\n"
        "28.02.2024;09:00;-10,25;1;1;France;no\n",
        clock=time(14, 5),
    )
    assert list(found.history) == list(HISTORY)
    assert rows(found, "amount", "units", "lines", "went_back") == [
        [1020.5, 3.0, 2.0, False], [30.5, 6.0, 5.0, False], [10.25, 1.0, 1.0, True],
    ]  # fmt: skip
    times = [f"{at:%d %H:%M}" for at in found.history["ordered_at"]]
    assert times == ["05 10:30", "27 14:05", "28 09:00"]
    assert set(found.history["country"]) == {"France"}
    assert found.left_out == ("Cancelled: row 3.",)
    assert found.unknown == ()


def test_what_is_not_told_stays_unknown(read: Read) -> None:
    found = read("date,amount\n2024-01-05,20\n2024-02-07,35.5\n", clock=time(13, 20))
    assert rows(found, "amount", "units", "lines", "country") == [[20.0, None, None, None], [35.5, None, None, None]]
    assert [f"{at:%H:%M}" for at in found.history["ordered_at"]] == ["13:20", "13:20"]
    assert found.unknown == ("units", "lines", "time of day")


@pytest.mark.parametrize("orders", [3, 1])
def test_without_names_the_columns_count_by_their_order(read: Read, orders: int) -> None:
    lines = ["2024-01-05 10:00,20,3,2,France", "2024-02-07 11:00,35,4,1,France", "2024-03-13 12:00,12,1,1,Österreich"]
    found = read("\n".join(lines[:orders]) + "\n", header=0)
    assert rows(found, "amount", "units", "lines", "country")[0] == [20.0, 3.0, 2.0, "France"]
    assert len(found.history) == orders


def test_order_lines_are_added_up_as_at_an_import(read: Read) -> None:
    """A repeated line counts once, C2 is a return, and no customer column is needed."""
    found = read(
        "InvoiceNo,StockCode,Quantity,InvoiceDate,UnitPrice,Country\n"
        "1,A,2,2011-01-02 10:00,2.5,UK\n"
        "1,A,2,2011-01-02 10:00,2.5,UK\n"
        "1,B,3,2011-01-02 10:00,1.5,UK\n"
        "C2,A,-1,2011-02-02 10:00,2.5,UK\n"
    )
    assert rows(found, "order_id", "amount", "units", "lines", "went_back") == [
        ["1", 9.5, 5.0, 2, False], ["C2", 2.5, 1.0, 1, True],
    ]  # fmt: skip
    assert found.left_out == ("Duplicate of an earlier row: row 3.",)


def test_slips_are_named_by_row_and_column(read: Read) -> None:
    """Includes text that a spreadsheet would run as a formula."""
    found = read(
        "date,amount\n2024-01-05,20\nyesterday,35.5\n2024-02-08,0\n2024-02-09,=1+1\n,3\n2024-02-11,\n2024-02-12,4\n"
    )
    assert found.history["amount"].tolist() == [20.0, 4.0]
    assert found.left_out == (
        "Row 3, date: “yesterday” is not a date.",
        "Row 5, amount: “=1+1” is not a number.",
        "Row 6, date: an empty cell is not a date.",
        "Row 7, amount: an empty cell is not a number.",
        "Amount zero or negative: row 4.",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("customer,date,amount\na,2024-03-04,20\nb,2024-05-06,35\n", "orders of 2 customers: “a”, “b”. Only one can"),
        ("date,amount\n03/04/2024,20\n05/06/2024,35.5\n", "“03/04/2024” can be read day first or month first"),
        ("date,amount\n2024-03-04,1.234\n2024-03-05,2.345\n", "“1.234” can be read as thousands or as decimals"),
        ("ключ,сумма\nа,б\n", "no column was found for the order date and the amount.*among ключ, сумма"),
        ("date,amount\nfoo,bar\n", "row 2, column “date”: “foo” is not a date"),
        ("date,amount\n2024-01-05,-3\n", "has no valid orders"),
        ("=HYPERLINK(1)\n@SUM(A1)\n", "no column was found for the order date"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(read: Read, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(text)


def test_what_can_be_read_in_two_ways_is_read_as_said(read: Read) -> None:
    found = read("date,amount\n03/04/2024,1.234\n05/06/2024,2.345\n", dates="dmy", decimal=",")
    assert [f"{at:%d %b}" for at in found.history["ordered_at"]] == ["03 Apr", "05 Jun"]
    assert found.history["amount"].tolist() == [1234.0, 2345.0]


def test_ten_thousand_orders_are_read(read: Read) -> None:
    moments = pd.date_range("2015-01-01 08:00", periods=10_000, freq="7h")
    found = read("date,amount\n" + "".join(f"{at},{1 + n % 90}.5\n" for n, at in enumerate(moments)))
    assert len(found.history) == 10_000
    assert found.history["amount"].sum() == pytest.approx(sum(1.5 + n % 90 for n in range(10_000)))
