"""Numbers stored as text, read alike in a sample and in the database."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.ingest.recognising.decimal_marks import (
    LARGEST,
    DecimalMark,
    decimal_mark_of,
    looks_like_numbers,
    number,
    to_numbers,
)

POINT: dict[str, float | None] = {
    "1": 1.0,
    "-1.5": -1.5,
    "+2": 2.0,
    ".5": 0.5,
    "5.": 5.0,
    "1,234": 1234.0,
    "1,234.50": 1234.5,
    "12,345,678": 12_345_678.0,
    "£2.55": 2.55,
    "-£3": -3.0,
    "£ -3": -3.0,
    "USD 5.00": 5.0,
    "5.00 EUR": 5.0,
    " 4 ": 4.0,
    "1 234": 1234.0,
    "1\u00a0234.5": 1234.5,
    "1\u2009234": 1234.0,
    "1e3": 1000.0,
    "2,55": None,  # two digits after the comma: no thousands mark
    "1,2345": None,
    "1.234,50": None,
    "1.2.3": None,
    "--5": None,
    "5-": -5.0,
    "\u22125": -5.0,
    "(1,234.50)": -1234.5,
    "($5.00)": -5.0,
    "()": None,
    "(-5)": None,  # twice less than nothing
    "5--": None,
    "1,23,456.50": 123_456.5,  # lakh
    "1'234.50": 1234.5,
    "1\u2019234\u2019567": 1_234_567.0,
    "1'23": None,
    "'2.50": 2.5,
    '="2.50"': 2.5,
    "2 pcs": 2.0,
    "x2": 2.0,
    "12.-": 12.0,
    "R$ 12.50": 12.5,
    "12.50 z\u0142": 12.5,
    "Rs. 1,250.00": 1250.0,
    "USD12.50": 12.5,
    "\uffe5\uff12\uff15\uff10": 250.0,
    "\u0662\u066b\u0665\u0660": 2.5,
    "12%": None,
    "1.5 M": None,  # a million, not one and a half
    "3k": None,
    "85123A": None,
    "": None,
    "-": None,
    "nan": None,
    "inf": None,
    "1e400": None,
    "1e16": None,  # cents would be lost
    "two": None,
    "0x10": None,
    "1_000": None,
    "2024-03-01": None,
}
COMMA: dict[str, float | None] = {
    "1": 1.0,
    "2,55": 2.55,
    ",5": 0.5,
    "1.234": 1234.0,
    "1.234,50": 1234.5,
    "12.345.678,9": 12_345_678.9,
    "€ 1.234,50": 1234.5,
    "1\u202f234,5": 1234.5,
    "-1,5": -1.5,
    "3,50 EUR": 3.5,
    "kr 12,-": 12.0,
    "12,50 kr.": 12.5,
    "1 250 Ft": 1250.0,
    "2.55": None,
    "1,234.50": None,
    "1,2,3": None,
    "": None,
}


def read(connection: Backend, texts: list[str], mark: DecimalMark) -> list[float | None]:
    """Read text in the database."""
    table = connection.create_table(
        "texts",
        pd.DataFrame({"i": range(len(texts)), "text": pd.Series(texts, dtype="str")}),
        temp=True,
        overwrite=True,
    )
    found = table.select("i", value=number(table.text, mark)).order_by("i").execute()["value"]
    return [None if math.isnan(value) else value for value in found]


@pytest.mark.parametrize(("mark", "expected"), [(".", POINT), (",", COMMA)])
def test_texts_by_decimal_mark(connection: Backend, mark: DecimalMark, expected: dict[str, float | None]) -> None:
    assert dict(zip(expected, read(connection, list(expected), mark), strict=True)) == expected


@pytest.mark.parametrize(("mark", "expected"), [(".", POINT), (",", COMMA)])
def test_sample_is_read_as_the_database_reads(mark: DecimalMark, expected: dict[str, float | None]) -> None:
    found = to_numbers(pd.Series(list(expected), dtype="str"), mark)
    assert {text: None if np.isnan(value) else value for text, value in zip(expected, found, strict=True)} == expected


@settings(max_examples=25)
@given(
    texts=st.lists(st.text(alphabet="0159.,+-eE £€USD\u00a0\u2009\u3000\t", max_size=9), min_size=40, max_size=80),
    mark=st.sampled_from([".", ","]),
)
@example(texts=["1e400", "9e99", "٣", "５", "1\x1f2", "2\u2028"], mark=".")
def test_any_text_is_read_alike_by_sample_and_database(
    connection: Backend, texts: list[str], mark: DecimalMark
) -> None:
    sample = to_numbers(pd.Series(texts, dtype="str"), mark)
    assert read(connection, texts, mark) == [None if np.isnan(value) else value for value in sample]


@given(value=st.floats(-LARGEST, LARGEST))
@settings(max_examples=10)
def test_written_numbers_come_back_exactly(connection: Backend, value: float) -> None:
    assert read(connection, [repr(value)], ".") == [value]


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1.50", "2.00"], "."),
        (["1,50", "2,00"], ","),
        (["1.234,50", "7"], ","),
        (["1,234.50", "7"], "."),
        (["1", "2"], "."),  # nothing to tell them apart
        (["x", None], "."),
        (["1,50", "2,25", "1.75"], ","),  # most of them
    ],
)
def test_decimal_mark_is_that_under_which_most_texts_are_numbers(texts: list[str | None], mark: str) -> None:
    assert decimal_mark_of(pd.Series(texts, dtype="str")) == mark


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", "2.5", "£3"], True),
        (["1"] * 9 + ["total"], True),
        (["1"] * 8 + ["total", "note"], False),
        (["", None, "4"], True),
        (["", None], False),
        (["UK", "France"], False),
    ],
)
def test_column_of_numbers_has_nine_in_ten(values: list[str | None], *, expected: bool) -> None:
    assert looks_like_numbers(pd.Series(values, dtype="str")) is expected


@pytest.mark.parametrize(
    "values", [pd.Series(pd.to_datetime(["2024-03-01"])), pd.Series([True, False]), pd.Series([], dtype="float64")]
)
def test_times_and_truths_are_no_numbers(values: pd.Series) -> None:
    assert not looks_like_numbers(values)


def test_numbers_of_typed_columns_must_be_finite(connection: Backend) -> None:
    frame = pd.DataFrame({"value": [1.5, np.inf, -np.inf, np.nan, 1e16]})
    table = connection.create_table("typed", frame, temp=True)
    found = table.select(value=number(table.value, ".")).execute()["value"]
    assert found.fillna(0.0).tolist() == [1.5, 0.0, 0.0, 0.0, 0.0]
    assert to_numbers(frame["value"]).fillna(0.0).tolist() == found.fillna(0.0).tolist()
