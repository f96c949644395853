"""Defused formulas, read back as spreadsheets read them."""

import csv
import io
import sys
import unicodedata

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.act.exports import to_csv
from core.act.formulas import defused

DELIMITERS = (",", ";", "\t", "|")
HIDDEN = " \u00a0\u3000\u200b\u2060\ufeff\u00ad\u200e\u0000\u0300\ufe0f\u115f\u2800"
"""A few of the characters that cannot be seen: spaces, joiners, marks of direction, combining marks, fillers."""


def visible(text: str) -> str:
    """Return the visible start of a cell, in plain letters."""
    plain = unicodedata.normalize("NFKC", text.lstrip(HIDDEN + '"'))
    return plain.replace("−", "-").lstrip(HIDDEN)


def is_formula(cell: str) -> bool:
    """Return whether a spreadsheet could run it."""
    seen = visible(cell)
    if not seen.startswith(("=", "+", "-", "@")):
        return False
    try:
        float(seen.strip(HIDDEN + '\r\n"'))
    except ValueError:
        return True
    return False


def cells(text: str) -> list[str]:
    """Return every cell that any program could read from a file, with any delimiter, with and without quotes."""
    return [
        cell
        for delimiter in DELIMITERS
        for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE)
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, quoting=quoting)
        for cell in row
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ('=DDE("cmd";"/C calc";"x")', "'=DDE(\"cmd\";\"/C calc\";\"x\")"),
        ("a;=1", "a;'=1"),
        ("a\t=1", "a\t'=1"),
        ("a|=1", "a|'=1"),
        ("a,=1", "a,'=1"),
        ("a\n=1", "a\n'=1"),
        ("a\r\n=1", "a\r\n'=1"),
        ("a\r=1", "a\r'=1"),
        ("a\u2028=1", "a\u2028'=1"),
        ('a;"=1', 'a;"\'=1'),
        ('"=1"', '"\'=1"'),
        ("a; =1", "a;' =1"),
        ("a;\u00a0\u200b=1;@b", "a;'\u00a0\u200b=1;'@b"),
        ("＝1+1", "'＝1+1"),
        ("＋1＋x", "'＋1＋x"),
        ("－x", "'－x"),
        ("＠x", "'＠x"),
        ("﹦1", "'﹦1"),
        ("⁼1", "'⁼1"),
        ("−x", "'−x"),
        (";-1", ";-1"),
        (";-1 -x", ";'-1 -x"),
        ("a;-1,cmd|x", "a;'-1,cmd|x"),
        ("-1\nx", "'-1\nx"),
        ("-٣", "'-٣"),
        ("\tx", "'\tx"),
        ("\rx", "'\rx"),
    ],
)  # fmt: skip
def test_a_cell_that_could_run_gets_an_apostrophe_where_it_could_begin(text: str, expected: str) -> None:
    assert defused(text) == expected


@pytest.mark.parametrize("hidden", [*HIDDEN, " \u00a0 \ufeff", "\u2003\u200d", "\U000e0001"])
def test_what_cannot_be_seen_hides_no_formula(hidden: str) -> None:
    assert defused(f"{hidden}=1") == f"'{hidden}=1"
    assert defused(f"a;{hidden}=1") == f"a;'{hidden}=1"


@pytest.mark.parametrize(
    "text",
    [
        "a; b", "RED, WHITE | BLUE", "T-shirt - red", '5" x 3"', "x=1", "a + b", "anna@example.com", "'=1", "",
        "2011-09-30", "-5", "+3.2", "1e5", "-1.5E-3", "-.5", " -5 ", "+1", "－５", "−5", "a;-5;b", "line\nline",
        "Größe 12; ½", "日本語", "–", "x;– y", "~=", "!=",
    ],
)  # fmt: skip
def test_ordinary_texts_and_numbers_stay_as_they_are(text: str) -> None:
    assert defused(text) == text


def test_every_form_of_a_sign_in_unicode_is_known() -> None:
    signs = [
        sign
        for sign in map(chr, range(sys.maxunicode + 1))
        if unicodedata.normalize("NFKC", sign).replace("−", "-").lstrip().startswith(("=", "+", "-", "@"))
    ]
    assert len(signs) > 15
    assert [sign for sign in signs if defused(f"{sign}x") != f"'{sign}x"] == []


DANGEROUS = st.text(alphabet=st.sampled_from([*"=+-@＝－;,|\t\r\n\"' a1.e", *HIDDEN[:6]]), max_size=12)


@given(text=DANGEROUS)
@example(text='a,"=1')
@example(text="\n;=")
def test_no_program_finds_a_formula_in_a_file(text: str) -> None:
    written = to_csv(pd.DataFrame({"only": [text]}))
    assert [cell for cell in cells(written) if is_formula(cell)] == []


@given(text=DANGEROUS)
def test_no_program_finds_a_formula_in_the_name_of_a_column(text: str) -> None:
    assert [cell for cell in cells(to_csv(pd.DataFrame({text: ["x"]}))) if is_formula(cell)] == []


@given(text=st.text(max_size=20) | DANGEROUS)
def test_only_apostrophes_are_put_in_and_only_once(text: str) -> None:
    safe = defused(text)
    assert safe.replace("'", "") == text.replace("'", "")
    assert defused(safe) == safe


@given(number=st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_written_as_texts_stay_numbers(number: float) -> None:
    assert defused(str(number)) == str(number)
    assert defused(f"+{abs(number)}") == f"+{abs(number)}"


def test_a_long_text_takes_no_time() -> None:
    """The time grows linearly with the length."""
    text = ";= \u200b" * 50_000 + " " * 200_000 + "=" * 200_000
    assert len(defused(text)) == len(text) + 50_000
