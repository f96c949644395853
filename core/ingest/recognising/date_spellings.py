"""Unusual spellings of dates: months and weekdays in words, clocks, zones, other scripts' digits.

`core.ingest.recognising.dates` reads texts as they stand where it can, and otherwise what `usual_date` makes of them.
What stands here is the same in Python's and in DuckDB's regular expressions, on texts without accents.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from itertools import product
from typing import Final, Literal
from unicodedata import combining

import ibis
import ibis.expr.types as ir
import pandas as pd
from babel.dates import get_month_names

from core.ingest.recognising.number_formats import BLANK, FROM, TO

_LANGUAGES: Final = ("en", "de", "fr", "es", "it", "nl", "pt", "sv", "da", "nb", "fi", "pl", "cs", "tr", "hu", "ro")
_WIDTHS: Final[tuple[Literal["wide", "abbreviated"], ...]] = ("wide", "abbreviated")
_CONTEXTS: Final[tuple[Literal["format", "stand-alone"], ...]] = ("format", "stand-alone")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ALSO: Final = {"mrz": 3, "sept": 9, "mrt": 3}  # as programs shorten them
_ZONES: Final = {
    "UTC": "Z", "GMT": "Z", "WET": "Z", "BST": "+01:00", "WEST": "+01:00", "CET": "+01:00", "MEZ": "+01:00",
    "CEST": "+02:00", "MESZ": "+02:00", "EET": "+02:00", "EEST": "+03:00", "MSK": "+03:00", "EST": "-05:00",
    "EDT": "-04:00", "CST": "-06:00", "CDT": "-05:00", "MST": "-07:00", "MDT": "-06:00", "PST": "-08:00",
    "PDT": "-07:00",
}  # fmt: skip
"""Abbreviations as RFC 822 and Europe use them."""

_DAY: Final = r"\d{1,2}(?:st|nd|rd|th|er|o)?[. -]{0,2}(?:de )?[a-z]{3}"
_RULES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "blanks": ((f"{BLANK}+", " "),),
    "marks": (('^ ?="([^"]*)" ?$', r"\1"), ("^'", "")),  # what keeps a spreadsheet from reading a date
    "signs": ((r"(\d{4}) ?[年년] ?(\d{1,2}) ?[月월] ?(\d{1,2}) ?[日일]", r"\1-\2-\3"),),
    "accents": (),
    "dots": ((r"^(\d{4})\. ?(\d{1,2})\. ?(\d{1,2})\.?($| )", r"\1-\2-\3\4"),),  # 2024. 01. 05.
    "compact": ((r"^(\d{4})(\d\d)(\d\d)[T ]?(\d\d)(\d\d)(\d\d)(Z?)$", r"\1-\2-\3 \4:\5:\6\7"),),
    "notes": ((r" ?\[[A-Za-z_+/-]+\]$| ?\([^()]*\)$", ""),),  # +01:00[Europe/Berlin], (Central European Time)
    "fractions": ((r"(:\d\d)[.,](\d{6})\d+", r"\1.\2"), (r"(:\d\d),(\d{1,6})", r"\1.\2")),  # nanoseconds
    "clocks": (
        (r"(?i)(:\d\d) ?uhr$", r"\1"),
        (r"(?i)(\d),? (?:a|at|um|om|kl|alle|a las|klo|o|-)[.]? (\d{1,2}[:h.]\d)", r"\1 \2"),
        (r"(?i) (\d{1,2}) ?h ?(\d\d)", r" \1:\2"),
        (r"(?i) (\d{1,2})\.(\d\d)\.(\d\d)\.\d+ ([ap]m)", r" \1:\2:\3 \4"),  # Oracle's
        (r"(?i)(:\d\d) ?([ap])\.? ?m\.?($| )", r"\1 \2m\3"),
    ),
    "weekdays": (
        (r"(?i)^[a-z]+[.,]{0,2} (?:den )?(\d{1,4}[./-]\d)", r"\1"),
        (rf"(?i)^[a-z]+[.,]{{0,2}} (?:den )?({_DAY})", r"\1"),
        (r"(?i)^[a-z]+[.,]{0,2} ([a-z]+\.? \d)", r"\1"),
    ),
    "months": (),
    "words": (
        (r"(?i)(\d)(?:st|nd|rd|th|er|o)?\.? ?(?:de )?([a-z]{3})\.?,? (?:de )?(\d{4})", r"\1 \2 \3"),
        (r"^([A-Z][a-z]{2}) (\d{1,2}) (\d\d?:\d\d:\d\d)( [A-Z]{3,4}| [+-]\d{4})? (\d{4})$", r"\1 \2, \5 \3\4"),
        (r"^([A-Z][a-z]{2}) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4}),?", r"\1 \2, \3"),
        (r"^(\d{1,2}) ([A-Z][a-z]{2}) (\d\d)($| )", r"\1-\2-\3\4"),
    ),
    "zones": ((r" (?:GMT|UTC)([+-]\d)", r" \1"),),
    "offsets": ((r"(:\d\d(?:\.\d+)?) (Z|[+-]\d\d:?\d\d)$", r"\1\2"),),
}
"""Name → rules, in the order in which they are applied; those of accents, months and zones are made from lists."""

_NUMBER: Final = r"^[-+]?[0-9]{1,13}([.,][0-9]*)?$"
"""What no rule changes, and day numbers are."""


def spelling_of(texts: pd.Series) -> tuple[str, ...]:
    """Name the rules that change some of a sample of dates; see `usual_dates`."""
    found: list[str] = []
    if texts.str.match(_NUMBER).all():
        return ()
    for name in _RULES:
        changed = _changed(texts, name)
        if not changed.equals(texts):
            found.append(name)
        texts = changed
    return tuple(found)


def usual_dates(texts: pd.Series, names: Sequence[str] = tuple(_RULES)) -> pd.Series:
    """Rewrite dates into readable formats: `Freitag, 5. März 2024 um 10:00 Uhr` as `5 Mar 2024 10:00`.

    Parameters
    ----------
    texts : Series of str
        As in the source.
    names : sequence of str
        From `spelling_of`.
    """
    if texts.str.match(_NUMBER).all():
        return texts
    for name in names:
        texts = _changed(texts, name)
    return texts


def usual_date(column: ir.StringValue, names: Sequence[str]) -> ir.StringValue:
    """Expression of a column of dates as `usual_dates` gives them."""
    for name in names:
        if name == "blanks":
            column = column.translate(FROM, TO)
        if name == "accents":
            column = _strip_accents(column)
        for pattern, instead in _rules(name):
            column = column.re_replace(pattern, instead)
    return column


@ibis.udf.scalar.builtin(name="strip_accents")  # type: ignore[untyped-decorator]
def _strip_accents(text: str) -> str:  # type: ignore[empty-body]
    """DuckDB: letters without accents."""


def _changed(texts: pd.Series, name: str) -> pd.Series:
    if name == "blanks":
        texts = texts.str.translate(str.maketrans(FROM, TO))
    if name == "accents":
        return texts.map(lambda text: "".join(c for c in unicodedata.normalize("NFD", text) if not combining(c)))
    for pattern, instead in _rules(name):
        texts = texts.str.replace(pattern, instead, regex=True)
    return texts


@cache
def _rules(name: str) -> tuple[tuple[str, str], ...]:
    if name == "months":
        words = {short: "|".join(sorted(of, key=len, reverse=True)) for short, of in _month_words().items()}
        return tuple((f"(?i)(^|[^a-z])(?:{of})[.]?([^a-z]|$)", rf"\1{short}\2") for short, of in words.items())
    if name == "zones":
        clock = r"(:\d\d(?:\.\d+)?(?: [AaPp][Mm])?)"
        return (*_RULES[name], *((f"{clock} ?{zone}$", rf"\1{offset}") for zone, offset in _ZONES.items()))
    return _RULES[name]


def _month_words() -> dict[str, set[str]]:
    """Words for each month; those that mean different months in different languages are left out."""
    months: dict[str, set[int]] = defaultdict(set, {word: {month} for word, month in _ALSO.items()})
    for language, width, context in product(_LANGUAGES, _WIDTHS, _CONTEXTS):
        for month, word in get_month_names(width, context, language).items():
            bare = "".join(c for c in unicodedata.normalize("NFD", word.casefold()) if not combining(c)).rstrip(".")
            if bare.isalpha():
                months[bare].add(month)
    return {
        short: {word for word, found in months.items() if found == {number}}
        for number, short in enumerate(_MONTHS, start=1)
    }
