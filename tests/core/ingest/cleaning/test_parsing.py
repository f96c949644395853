"""Parsing of a file's columns into canonical values."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.cleaning.parsing import parse, plan, propose_mapping, raw_table
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.reading.any_format import read_raw
from core.ingest.reading.raw_table import RawTable
from core.ingest.recognising.column_mapping import ColumnMapping
from core.ingest.recognising.currencies import CurrencyRows
from core.ingest.recognising.dates import DateFormat
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.schema import ROWS
from tests.logs import HEADER, plain_log, write_csv

GOOD = plain_log()
DATES = DateFormat(order="ymd", formats=("%Y-%m-%d %H:%M",))
MAPPING = ColumnMapping(
    customer="Customer ID",
    date="InvoiceDate",
    order="Invoice",
    quantity="Quantity",
    unit_price="Price",
    product="StockCode",
    description="Description",
    country="Country",
)

Parsed = Callable[..., pd.DataFrame]
Read = Callable[[Path], RawTable]


@pytest.fixture
def read(connection: Backend, tmp_path: Path) -> Read:
    """Return a function that reads a file as raw text."""
    return lambda path: read_raw(connection.con, SourceFile(name=path.name, path=path), tmp_path, ReadOptions())[0]


@pytest.fixture
def parsed(connection: Backend, tmp_path: Path, read: Read) -> Parsed:
    """Return a function that writes rows to a file, reads it, and parses it with a mapping."""

    def run(
        rows: Sequence[Sequence[object]], header: Sequence[str] = HEADER, mapping: ColumnMapping = MAPPING
    ) -> pd.DataFrame:
        return frame(read(write_csv(tmp_path / "log.csv", rows, header)), mapping)

    def frame(raw: RawTable, mapping: ColumnMapping) -> pd.DataFrame:
        numbers = [role for role in ("quantity", "unit_price", "amount") if role in mapping.roles()]
        how = ReadPlan(mapping=mapping, dates=DATES, decimals=dict.fromkeys(numbers, "."))
        found: pd.DataFrame = parse(raw_table(connection, raw), raw, how, 3).order_by("row").execute()
        return found

    return run


def with_cells(column: str, cells: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the plain log with some cells of a column replaced, from the first row on."""
    place = HEADER.index(column)
    changed = [(*row[:place], cell, *row[place + 1 :]) for row, cell in zip(GOOD, cells, strict=False)]
    return [*changed, *GOOD[len(cells) :]]


def texts(values: pd.Series) -> list[str | None]:
    """Return values as text, with None for missing ones."""
    return [value if isinstance(value, str) else None for value in values]


def test_first_row_by_hand(parsed: Parsed) -> None:
    rows = parsed(GOOD)
    assert list(rows) == list(ROWS)
    first = rows.iloc[0].dropna().to_dict()
    assert first == {
        "file_no": 3,
        "row": 2,
        "order_id": "1001",
        "customer_id": "100",
        "ordered_at": pd.Timestamp("2024-01-05 10:00"),
        "product_id": "A1",
        "product": "Cup",
        "quantity": 1.0,
        "unit_price": 2.5,
        "amount": 2.5,
        "country": "UK",
    }
    assert rows["row"].tolist() == list(range(2, 14))


def test_ids_are_texts_and_whole_decimals_are_whole_numbers(parsed: Parsed) -> None:
    """Leading zeros survive, and so do digits beyond the precision of decimals."""
    cells = ["17850.0", "17850", " 17850 ", "0017850", "9007199254740993", "17850.5", "1e5", "A-1.0", ".0"]
    expected = ["17850", "17850", "17850", "0017850", "9007199254740993", "17850.5", "1e5", "A-1.0", ".0"]
    for column, name in (("Customer ID", "customer_id"), ("Invoice", "order_id"), ("StockCode", "product_id")):
        assert texts(parsed(with_cells(column, cells))[name])[: len(cells)] == expected


def test_typed_ids_are_the_same_texts(connection: Backend, read: Read, tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([9007199254740993, None, 7, 8, 9], dtype="Int64"),
            "decimal": [17850.0, None, 2.5, float("inf"), 1e300],
            "when": pd.to_datetime(["2024-03-13"] * 5),
            "amount": 1.5,
        }
    )
    frame.to_parquet(tmp_path / "log.parquet", index=False)
    raw = read(tmp_path / "log.parquet")
    mapping = ColumnMapping(customer="whole", order="decimal", date="when", amount="amount")
    how = ReadPlan(mapping=mapping, decimals={"amount": "."})
    rows = parse(raw_table(connection, raw), raw, how, 0).order_by("row").execute()
    assert texts(rows["customer_id"]) == ["9007199254740993", None, "7", "8", "9"]
    assert texts(rows["order_id"]) == ["17850", None, "2.5", "inf", "1e+300"]


def test_words_for_nothing_are_no_ids(parsed: Parsed) -> None:
    cells = ["", " ", "nan", "NaN", "NULL", "None", "n/a", "#N/A", "<NA>"]
    rows = parsed(with_cells("Customer ID", [*cells, "NA"]))
    assert texts(rows["customer_id"])[: len(cells) + 1] == [*[None] * len(cells), "NA"]


def test_country_na_is_namibia(parsed: Parsed) -> None:
    assert texts(parsed(with_cells("Country", ["NA", " NA", "", "None"]))["country"])[:4] == ["NA", "NA", None, "None"]


def test_columns_without_a_role_are_kept_apart(parsed: Parsed) -> None:
    """Blanks around a value don't matter; its column does."""
    notes = [("gift", "1"), ("gift ", "1"), ("gift", ""), ("", "gift"), ("", ""), ("1", ""), ("", "1")]
    rows = parsed([(*GOOD[0], *note) for note in notes], (*HEADER, "Note", "Till"))
    extra = texts(rows["extra"])
    assert extra[0] == extra[1]
    assert extra[4] is None
    assert len({*extra}) == len(notes) - 1


def test_amount_is_quantity_times_price(parsed: Parsed) -> None:
    assert parsed(GOOD)["amount"].tolist() == [2.5 * number for number in range(1, 13)]


def test_amount_of_the_file_goes_first(parsed: Parsed) -> None:
    mapping = ColumnMapping(
        customer="Customer ID", date="InvoiceDate", amount="Line", quantity="Quantity", unit_price="Price"
    )
    rows = parsed([(*row, "7.25") for row in with_cells("Quantity", ["", "two"])], (*HEADER, "Line"), mapping)
    assert set(rows["amount"]) == {7.25}
    assert texts(rows["problem"])[:3] == [None, "Quantity: “two” is not a number", None]


def test_amount_alone_is_enough(parsed: Parsed) -> None:
    mapping = ColumnMapping(customer="client", date="date", amount="amount")
    rows = parsed([("a", "2024-03-13 08:26", "2.50")], ("client", "date", "amount"), mapping)
    found = rows.iloc[0].dropna().drop(["file_no", "row", "ordered_at", "order_id"])
    assert found.to_dict() == {"customer_id": "a", "amount": 2.5}


def test_without_order_numbers_customer_and_time_tell_orders_apart(parsed: Parsed) -> None:
    """It makes no difference whether the file has no order numbers or only some cells are blank."""
    moments = ["2024-03-13 08:26", "2024-03-13 08:26", "2024-03-13 08:27", "2024-03-14 08:26"]
    rows = [(customer, moment, "2.50", "") for customer in ("a", "b") for moment in moments]
    header = ("client", "date", "amount", "order")
    for order in (None, "order"):
        mapping = ColumnMapping(customer="client", date="date", amount="amount", order=order)
        ids = texts(parsed(rows, header, mapping)["order_id"])
        assert None not in ids
        assert ids[0] == ids[1]
        assert len({*ids}) == 6


UNREADABLE = {
    ("Quantity", "two"): "Quantity: “two” is not a number",
    ("Quantity", ""): "Quantity: an empty cell is not a number",
    ("Price", "2,5"): "Price: “2,5” is not a number",
    ("Price", "inf"): "Price: “inf” is not a number",
    ("InvoiceDate", "soon"): "InvoiceDate: “soon” is not a date",
    ("InvoiceDate", ""): "InvoiceDate: an empty cell is not a date",
    ("InvoiceDate", "9999-12-31 00:00"): "InvoiceDate: “9999-12-31 00:00” is not a date",
}


def test_unreadable_cells_are_named(parsed: Parsed) -> None:
    rows = [list(row) for row in GOOD]
    for row, (column, cell) in zip(rows, UNREADABLE, strict=False):
        row[HEADER.index(column)] = cell
    problems = texts(parsed(rows)["problem"])
    assert problems == [*UNREADABLE.values(), *[None] * (len(GOOD) - len(UNREADABLE))]


def test_product_of_two_readable_numbers_may_be_none(parsed: Parsed) -> None:
    rows = with_cells("Quantity", ["1e200"])
    rows[0] = (*rows[0][:5], "1e200", *rows[0][6:])
    assert parsed(rows)["amount"].isna().tolist() == [True, *[False] * 11]


def planned(connection: Backend, read: Read, path: Path, **roles: str) -> ReadPlan:
    """Plan how to read a file; `roles` override the usual ones."""
    raw = read(path)
    mapping = ColumnMapping(**{**propose_mapping(connection, raw).roles(), **roles})
    return plan(connection, raw, mapping, dates=None, timezone="Europe/London")


def test_plan_of_a_plain_file(connection: Backend, read: Read, tmp_path: Path) -> None:
    found = planned(connection, read, write_csv(tmp_path / "log.csv", GOOD))
    assert found.mapping == MAPPING
    assert (found.dates.order, found.dates.formats[0], found.timezone) == ("ymd", "%Y-%m-%d %H:%M", "Europe/London")
    assert found.decimals == {"quantity": ".", "unit_price": "."}


def test_decimal_mark_of_one_column_tells_that_of_the_others(connection: Backend, read: Read, tmp_path: Path) -> None:
    """Beside prices such as 2,50 a quantity of 1.000 is a thousand; beside 2.50 it is one."""
    rows = with_cells("Quantity", ["1.000"])
    comma = [(*row[:5], "2,50", *row[6:]) for row in rows]
    found = planned(connection, read, write_csv(tmp_path / "comma.csv", comma, delimiter=";"))
    assert found.decimals == {"quantity": ",", "unit_price": ","}
    found = planned(connection, read, write_csv(tmp_path / "point.csv", rows, delimiter=";"))
    assert found.decimals == {"quantity": ".", "unit_price": "."}


@pytest.mark.parametrize(
    ("roles", "message"),
    [
        ({"date": "Country"}, "column “Country”: “UK” is not a date. Choose another column for the order date."),
        (
            {"unit_price": "Description"},
            "column “Description”: “Cup” is not a number. Choose another column for the unit price.",
        ),
    ],
)
def test_columns_that_cannot_play_their_role_are_refused(
    connection: Backend, read: Read, tmp_path: Path, roles: dict[str, str], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        planned(connection, read, write_csv(tmp_path / "log.csv", GOOD), **roles)
    assert str(caught.value) == f"log.csv, row 2, {message}"


def test_first_row_that_does_not_fit_is_named(connection: Backend, read: Read, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "log.csv", with_cells("Price", ["1", "", "three", *["x"] * 9]))
    with pytest.raises(InputError, match=r"^log\.csv, row 4, column “Price”: “three” is not a number\. Choose another"):
        planned(connection, read, path, unit_price="Price")


def test_numbers_are_no_dates(connection: Backend, read: Read, tmp_path: Path) -> None:
    """They are dates only in the range in which spreadsheets count days or computers count seconds."""
    frame = pd.DataFrame({"client": ["a", "b"], "date": [536365, 536366], "amount": [1.5, 2.5]})
    frame.to_parquet(tmp_path / "log.parquet", index=False)
    with pytest.raises(
        InputError, match=r"^log\.parquet, row 2, column “date”: “536365” is not a date\. Choose another"
    ):
        plan(
            connection,
            read(tmp_path / "log.parquet"),
            ColumnMapping(customer="client", date="date", amount="amount"),
            dates=None,
            timezone="UTC",
        )


def test_file_of_ragged_rows_alone_is_refused(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("client,date,amount\na,b\nc\n")
    with pytest.raises(InputError, match=r"^log\.csv, row 2: no row has the 3 columns of row 1\. Choose the file"):
        read(path)


def test_plan_comes_back_from_json() -> None:
    """Jobs pass plans between processes."""
    how = ReadPlan(
        mapping=ColumnMapping(customer="Client", date="When", amount="Total", cancelled="Status"),
        dates=DateFormat(
            order="dmy", formats=("%d/%m/%Y",), offset_formats=("%d/%m/%Y %z",), ambiguous=True, example="1/2/24"
        ),
        decimals={"amount": ","},
        timezone="Europe/Paris",
        tidy=frozenset({"Client", "Order"}),
        continued=True,
        order_totals=True,
        guest="0",
        currencies=(CurrencyRows("EUR", 120, 2), CurrencyRows("USD", 14, 17)),
        currency="EUR",
        notes=("One.", "Two."),
    )
    assert ReadPlan.from_json(how.to_json()) == how
    back = ReadPlan.from_json(json.loads(json.dumps(how.to_json())))
    assert back == how
    assert [type(entry) for entry in back.currencies] == [CurrencyRows] * 2
    assert ReadPlan.from_json(json.loads(json.dumps(ReadPlan(mapping=ColumnMapping()).to_json()))).notes == ()


def test_plan_of_an_earlier_clientele_can_be_read() -> None:
    """Missing settings get their defaults."""
    values = ReadPlan(mapping=ColumnMapping(customer="c")).to_json()
    for name in ("continued", "order_totals", "guest", "currencies", "currency", "notes"):
        del values[name]
    assert ReadPlan.from_json(values) == ReadPlan(mapping=ColumnMapping(customer="c"))
