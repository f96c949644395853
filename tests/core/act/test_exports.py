"""CSV that is safe in spreadsheets, and atomic file writes."""

import hashlib
import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.act.exports import download_name, to_csv, write_whole


def cells(*values: object) -> list[str]:
    """Return the cells of a column as written."""
    lines = to_csv(pd.DataFrame({"a": list(values)})).splitlines()
    return lines[1:]


def read(text: str) -> pd.DataFrame:
    """Read every cell as text."""
    return pd.read_csv(io.StringIO(text), dtype="str", keep_default_na=False, na_values=[""])


def test_table_by_hand() -> None:
    table = pd.DataFrame(
        {
            "customer_id": ["17", "00018", None],
            "recency": [9, 2, 1],
            "monetary": [9.0, 20.25, -2.5],
            "last_order": [datetime.fromisoformat("2024-03-01 09:00:00"), pd.NaT, pd.NaT],
        }
    )
    assert to_csv(table) == (
        "customer_id,recency,monetary,last_order\n17,9,9.0,2024-03-01T09:00:00\n00018,2,20.25,\n,1,-2.5,\n"
    )


@pytest.mark.parametrize("text", ["=1+1", "+cmd", "-2+3", "@SUM(A1)", "\tx", "=", "+", "-", "--5", "+1-2", "-1e", "@"])
def test_formulas_are_defused(text: str) -> None:
    assert read(to_csv(pd.DataFrame({"a": [text]})))["a"].tolist() == [f"'{text}"]


def test_formula_behind_a_carriage_return_is_defused() -> None:
    text = to_csv(pd.DataFrame({"a": ["\r=1+1"], "b": ["x"]}))
    assert list(read(text).iloc[0]) == ["'\n'=1+1", "x"]


@pytest.mark.parametrize("text", ["-5", "+5", "-2.50", "+.5", "-1e-5", "5", "a=b", "Ann-Lee", "'=1", "ann@example.org"])
def test_numbers_and_plain_texts_are_untouched(text: str) -> None:
    assert cells(text) == [text]


def test_columns_of_numbers_are_untouched() -> None:
    assert cells(-5.5, 1e22, 0.1) == ["-5.5", "1e+22", "0.1"]
    assert cells(-5, 9007199254740993) == ["-5", "9007199254740993"]


@pytest.mark.parametrize(
    "column",
    [
        pd.Series(["=1", None], dtype="object"),
        pd.Series(["=1", 3], dtype="object"),
        pd.Series(["=1", "b"], dtype="category"),
        pd.Series(["=1", None], dtype="string"),
    ],
    ids=["with missing ones", "of mixed types", "categories", "nullable texts"],
)
def test_formulas_are_defused_in_columns_of_every_type(column: pd.Series) -> None:
    assert to_csv(pd.DataFrame({"a": column})).splitlines()[1] == "'=1"


def test_formulas_in_headers_are_defused() -> None:
    """Column names may come from a file."""
    assert to_csv(pd.DataFrame({"=1+1": ["x"]})).splitlines()[0] == "'=1+1"


@given(texts=st.lists(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\0"), min_size=1), min_size=1))
@example(texts=['say "hi"', "a,b", "a\nb", "a\r\nb", "a\rb", " a ", "é€", "'", ";"])
def test_texts_come_back_exactly(texts: list[str]) -> None:
    """Except for the apostrophe before formulas, and line endings."""
    table = pd.DataFrame({"id": [str(i) for i in range(len(texts))], "text": texts})
    found = read(to_csv(table))["text"].fillna("").tolist()
    expected = [text.replace("\r\n", "\n").replace("\r", "\n") for text in texts]
    assert [text.removeprefix("'") for text in found] == [text.removeprefix("'") for text in expected]


@given(texts=st.lists(st.text(alphabet="=+-@\t\r\n1.e' a", min_size=1), min_size=1))
def test_no_cell_begins_like_a_formula_unless_it_is_a_number(texts: list[str]) -> None:
    found = read(to_csv(pd.DataFrame({"id": "x", "text": texts})))["text"].fillna("")
    for text in found:
        if text.startswith(("=", "+", "-", "@", "\t", "\r")):
            assert np.isfinite(float(text))


def test_table_itself_is_not_changed() -> None:
    table = pd.DataFrame({"a": ["=1"]})
    to_csv(table)
    assert table["a"].tolist() == ["=1"]


def test_download_name_is_plain_with_a_hash_of_the_content() -> None:
    name = download_name("Churning Customers, at risk!", "a,b\n")
    assert name == f"churning-customers-at-risk-{hashlib.sha256(b'a,b' + bytes([10])).hexdigest()[:10]}.csv"
    assert name != download_name("Churning Customers, at risk!", "a,c\n")


@given(stem=st.text(), content=st.text(alphabet=st.characters(codec="utf-8")))
def test_download_name_is_safe_for_any_system(stem: str, content: str) -> None:
    name = download_name(stem, content)
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")
    assert name.endswith(".csv")
    assert not name.startswith((".", "-"))


def test_files_are_written_and_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "out"
    write_whole({"a.json": "1", "b.csv": "é\n"}, folder)
    write_whole({"a.json": "2"}, folder)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == {"a.json": b"2", "b.csv": b"\xc3\xa9\n"}


def test_file_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    write_whole({"a.json": "old"}, tmp_path)
    with pytest.raises(UnicodeEncodeError):
        write_whole({"a.json": "new \udc80"}, tmp_path)
    assert (tmp_path / "a.json").read_text() == "old"
