"""Detection of date formats, including when day first and month first are both possible."""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import product
from typing import Any, Final, Literal, get_args
from zoneinfo import available_timezones

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd

from core.errors import InputError
from core.ingest.recognising.date_spellings import spelling_of, usual_date, usual_dates
from core.ingest.recognising.decimal_marks import LOOKS_SHARE
from core.ingest.recognising.serial_dates import SerialKind, both_epochs, serial_kind_of, serial_time
from core.ingest.recognising.short_years import SHORT_YEARS, begins_with_year
from core.ingest.sources.read_options import DateOrder

_Written = Literal["ymd", "dmy", "mdy"]

_DAYS: Final[dict[_Written, tuple[str, ...]]] = {
    "ymd": (
        "%Y-%m-%d",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%Y%m%d",
        "%d %b %Y",
        "%d-%b-%y",  # before %Y, see below
        "%d-%b-%Y",
        "%d %B %Y",
        "%b %d, %Y",
        "%B %d, %Y",
    ),
    # %y before %Y, which would read two digits as a year of the first century; %y never matches half of four digits.
    "dmy": ("%d/%m/%y", "%d-%m-%y", "%d.%m.%y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"),
    "mdy": ("%m/%d/%y", "%m-%d-%y", "%m.%d.%y", "%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y"),
}
_SHAPES: Final = {"%b": "a", "%B": "a", "%p": "a", "%z": "z"}
_CLOCKS: Final = ("", "%H:%M", "%H:%M:%S", "%H:%M:%S.%f", "%I:%M %p", "%I:%M:%S %p")
_OFFSETS: Final = ("%z", " %z", "Z")
EARLIEST_YEAR: Final = 1900  # earlier dates are misread two-digit years or placeholders
LATEST_YEAR: Final = 9998  # 9999-12-31 is a placeholder
_SAMPLE_ROWS: Final = 200_000  # enough to cover more than one day
_SAMPLE_TEXTS: Final = 2_000
_CLOSE: Final = 0.95  # an order is ruled out if it reads less than this share of the days that the other reads
_LOOKED_AT: Final = 200  # texts normalised to check whether they are dates
_DATE: Final = (
    r"^(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[ -][A-Za-z]{3,9}[ -](\d{2}|\d{4})\b"
    r"|[A-Za-z]{3,9} \d{1,2}, \d{4}|(19|20)\d{2}[01]\d[0-3]\d$)"
)
SAMPLE_SHARE: Final = 0.5  # if less than half is readable, the column holds something else


@ibis.udf.scalar.builtin(name="try_strptime")  # type: ignore[untyped-decorator]
def _try_strptime(text: str, formats: list[str]) -> dt.Timestamp(scale=6):  # type: ignore[valid-type]
    """DuckDB: parse with the first format that fits the whole text."""


@ibis.udf.scalar.builtin(name="try_strptime")  # type: ignore[untyped-decorator]
def _try_instant(text: str, formats: list[str]) -> dt.Timestamp(timezone="UTC"):  # type: ignore[valid-type]
    """DuckDB: the same for formats with `%z`, which return instants."""


@ibis.udf.scalar.builtin(name="timezone")  # type: ignore[untyped-decorator]
def _in_zone(zone: str, instant: dt.Timestamp(timezone="UTC")) -> dt.Timestamp(scale=6):  # type: ignore[valid-type]
    """DuckDB: convert an instant to wall time in a zone."""


@dataclass(frozen=True, kw_only=True)
class DateFormat:
    """Format of a date column.

    Parameters
    ----------
    order : str, optional
        See `DateOrder`; None if the column has a date or timestamp type.
    formats : tuple of str
        strptime formats of wall times, most frequent first.
    offset_formats : tuple of str
        strptime formats of times with a UTC offset.
    ambiguous : bool
        Whether the user must decide: day first and month first both fit, or day numbers could count from 1900 or 1904.
    example : str
        A value to show with the question, preferably one that the two readings interpret differently.
    example_place : int
        Position of the example, from 0.
    spelling : tuple of str
        Normalisation rules to apply first; see `core.ingest.recognising.date_spellings`.
    """

    order: DateOrder | None = None
    formats: tuple[str, ...] = ()
    offset_formats: tuple[str, ...] = ()
    ambiguous: bool = False
    example: str = ""
    example_place: int = 0
    spelling: tuple[str, ...] = ()

    @property
    def serial(self) -> SerialKind | None:
        """The kind of serial numbers; None for written dates."""
        return self.order if self.order in get_args(SerialKind) else None  # type: ignore[return-value]


def looks_like_dates(values: pd.Series) -> bool:
    """Return whether the values are dates, or texts of which at least 90% start like a date."""
    if pd.api.types.is_datetime64_any_dtype(values):
        return True
    if pd.api.types.is_numeric_dtype(values):
        return False
    texts = values.dropna().astype("str").str.strip()
    texts = texts[texts != ""]
    if len(texts) and texts.str.match(_DATE).mean() < LOOKS_SHARE:
        texts = texts.head(_LOOKED_AT)
        texts = usual_dates(texts) if texts.str.contains(r"\d").mean() >= LOOKS_SHARE else texts
    return len(texts) > 0 and bool(texts.str.match(_DATE).mean() >= LOOKS_SHARE)


def formats_of(order: _Written) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the formats to try for an order of day, month and year: for wall times, and for times with an offset."""
    wall, offset = [], []
    for day, clock in product(_DAYS[order], _CLOCKS):
        joins = ("",) if not clock else (" ", "T", ", ") if day == "%Y-%m-%d" else (" ", ", ")
        wall += [f"{day}{join}{clock}" for join in joins]
        if clock:
            offset += [f"{day}{join}{clock}{mark}" for join in joins[:2] for mark in _OFFSETS]
    return tuple(wall), tuple(offset)


def detect(column: ir.Value, wanted: DateOrder | None) -> DateFormat:
    """Detect the format of a date column.

    Formats are tried on a sample. If day first and month first fit it about equally well, every day in the column is
    checked.

    Parameters
    ----------
    column : expression
        Text, number, date or timestamp column of a table.
    wanted : str, optional
        The user's choice; see `DateOrder`.

    Returns
    -------
    DateFormat
        Without formats if none fits half of the sample.
    """
    if wanted in get_args(SerialKind):
        return DateFormat(order=wanted)
    if not column.type().is_string():
        return _detect_numbers(column) if column.type().is_numeric() else DateFormat()
    texts = column.strip().name("text").as_table().filter(ibis._.text.length() > 0)
    sample = texts.limit(_SAMPLE_ROWS).distinct().limit(_SAMPLE_TEXTS)
    # Dates starting with the year are unambiguous, whatever the user chose for the others.
    said = [order for order in get_args(_Written) if order == wanted]
    orders: tuple[_Written, ...] = tuple(dict.fromkeys((*said, "ymd"))) if said else ("ymd", "dmy", "mdy")
    hits = _hits(sample, orders)
    best = max(hits, key=lambda order: hits[order][0])
    spelling: tuple[str, ...] = ()
    if hits[best][0] < 1 and (rules := spelling_of(sample.execute().text)):
        again = _hits(sample.select(text=usual_date(sample.text, rules)), orders)
        if max(again.values())[0] > hits[best][0]:
            hits, spelling, column = again, rules, usual_date(column, rules)
            best = max(hits, key=lambda order: hits[order][0])
            texts = column.strip().name("text").as_table().filter(ibis._.text.length() > 0)
    if not wanted and best != "ymd" and hits[best][0] >= SAMPLE_SHARE and begins_with_year(texts):
        return DateFormat(order="ymd", formats=SHORT_YEARS, spelling=spelling, **_example(column, wanted=False))
    if hits[best][0] < SAMPLE_SHARE:
        return DateFormat(order=serial_kind_of(sample.execute().text))
    ambiguous = False
    if not wanted and best != "ymd" and min(hits["dmy"][0], hits["mdy"][0]) >= _CLOSE * hits[best][0]:
        best, ambiguous = _by_every_day(texts)
    return DateFormat(
        order=best,
        formats=hits[best][1],
        offset_formats=hits[best][2],
        ambiguous=ambiguous,
        spelling=spelling,
        **_example(column, wanted=ambiguous),
    )


def readings(example: str, order: DateOrder | None = None) -> dict[DateOrder, str]:
    """Return both readings of an ambiguous date: `3 April 2024` day first, `4 March 2024` month first.

    If `order` is a serial kind, the example is a day number, read as counted from 1900 and from 1904.
    """
    if order in get_args(SerialKind):
        return {kind: f"{day.day} {day:%B %Y}" for kind, day in both_epochs(example).items()}
    day = example.strip().split(" ")[0].rstrip(",")
    found: dict[DateOrder, str] = {}
    orders: tuple[_Written, ...] = ("dmy", "mdy")
    for written in orders:
        for form in _DAYS[written]:
            with suppress(ValueError):
                read = datetime.strptime(day, form)  # noqa: DTZ007  a day
                found[written] = f"{read.day} {read:%B %Y}"
                break
    return found


@cache  # lists about 600 files
def time_zones() -> tuple[str, ...]:
    """Return the sorted names of IANA time zones."""
    return tuple(sorted(available_timezones() - {"localtime", "Factory"}))


def check_zone(name: str) -> None:
    """Check that a time zone exists.

    Raises
    ------
    InputError
    """
    if name not in time_zones():
        message = f"The time zone must be an IANA name such as Europe/London, got “{name}”."
        raise InputError(message)


def timestamp(column: ir.Value, found: DateFormat, zone: str) -> ir.TimestampValue:
    """Return a column as wall time in the shop's time zone; null if it is not a date between 1900 and 9998.

    Parameters
    ----------
    column : expression
        Text, number, date or timestamp column.
    found : DateFormat
        From `detect`.
    zone : str
        IANA name of the shop's time zone. Times with an offset are converted to it.
    """
    if found.serial is not None:
        value = serial_time(column, found.serial)
        value = _in_zone(zone, value) if value.type().timezone is not None else value
    elif column.type().is_numeric():
        return timestamp(column.cast("int64").cast("string"), found, zone)
    elif column.type().is_string():
        text = usual_date(column, found.spelling).strip()
        wall = _try_strptime(text, ibis.array(list(found.formats))) if found.formats else None
        moved = _zoned(text, found.offset_formats, zone) if found.offset_formats else None
        parts = [part for part in (wall, moved) if part is not None]
        value = ibis.coalesce(*parts) if parts else ibis.null("timestamp(6)")
    elif column.type().is_timestamp() and column.type().timezone is not None:
        value = _in_zone(zone, column.cast(dt.Timestamp(timezone="UTC")))
    elif column.type().is_timestamp() or column.type().is_date():
        value = column.cast("timestamp(6)")
    else:
        value = ibis.null("timestamp(6)")
    return ibis.ifelse(value.year().between(EARLIEST_YEAR, LATEST_YEAR), value, ibis.null("timestamp(6)"))


def _zoned(text: ir.StringValue, formats: tuple[str, ...], zone: str) -> ir.TimestampValue:
    return _in_zone(zone, _try_instant(text, ibis.array(list(formats))))


def _hits(
    sample: ir.Table, orders: tuple[_Written, ...]
) -> dict[_Written, tuple[float, tuple[str, ...], tuple[str, ...]]]:
    """Return, for each order tried, the share of the sample it reads and its formats, most frequent first."""
    found: dict[_Written, tuple[float, tuple[str, ...], tuple[str, ...]]] = {}
    shapes = {_shape(text) for text in sample.execute().text}
    for order in orders:
        wall, offset = formats_of(order)
        likely = [form for form in (*wall, *offset) if _shape(form) in shapes]
        if not likely:
            found[order] = (0.0, wall, ())
            continue
        single = {f"f{i}": _reads(sample.text, [form]).sum() for i, form in enumerate(likely)}
        counts = sample.agg(**single, read=_reads(sample.text, likely).mean()).execute().iloc[0].fillna(0)
        hits = {**dict.fromkeys((*wall, *offset), 0), **dict(zip(likely, counts, strict=False))}
        ranked = sorted(hits, key=lambda form: (not (hits[form] and "%y" in form), -hits[form]))
        with_offset = tuple(form for form in ranked if form in offset) if any(hits[f] for f in offset) else ()
        found[order] = (float(counts["read"]), tuple(form for form in ranked if form in wall), with_offset)
        if order == "ymd" and counts["read"] == 1:
            break  # no order can do better
    return found


def _detect_numbers(column: ir.Value) -> DateFormat:
    """Detect how numbers encode dates: as day or second counts, or as `20240313`."""
    sample = column.name("value").as_table().filter(ibis._.value.notnull()).limit(_SAMPLE_ROWS).execute().value
    days = sample.astype("str").str.removesuffix(".0").str.fullmatch(r"(19|20)\d\d[01]\d[0-3]\d")
    if len(sample) and days.mean() >= LOOKS_SHARE:
        return DateFormat(order="ymd", formats=("%Y%m%d",))
    return DateFormat(order=serial_kind_of(sample))


def _example(column: ir.Value, *, wanted: bool) -> dict[str, Any]:
    """Return an example; if a question is `wanted`, one whose two readings differ, with its position."""
    texts = column.strip().name("text").as_table()
    if wanted:
        first = texts.limit(_SAMPLE_ROWS).mutate(place=ibis.row_number())
        day = first.text.split(" ")[0].replace(",", "")
        one, other = (_try_strptime(day, ibis.array(list(_DAYS[order]))) for order in ("dmy", "mdy"))
        found = first.filter(one != other).order_by("place").limit(1).execute()
        if len(found):
            return {"example": str(found.text.iloc[0]), "example_place": int(found.place.iloc[0])}
    return {"example": str(texts.filter(texts.text.length() > 0).limit(1).execute().text.iloc[0])}


@cache
def _shape(text: str) -> str:
    """Reduce a date or format to its shape, one sign per number or word, so that only matching formats are tried."""
    bare = re.sub(r"%[A-Za-z]", lambda found: _SHAPES.get(found[0], "9"), text).strip()
    if ":" in bare:
        bare = re.sub(r"([+-]\d\d(:?\d\d)?|(?<=\d)Z)$", "z", bare)
    worded = re.sub(r"[^\W\d_]+", lambda word: word[0] if word[0] in ("T", "z") else "a", re.sub(r"\d+", "9", bare))
    return re.sub(r"\s+", " ", worded)


def _by_every_day(texts: ir.Table) -> tuple[_Written, bool]:
    """Choose between day first and month first by every day in the column; True if both fit about equally well."""
    days = texts.select(text=texts.text.split(" ")[0].replace(",", "")).distinct()
    counts = days.agg(
        dmy=_reads(days.text, list(_DAYS["dmy"])).sum(), mdy=_reads(days.text, list(_DAYS["mdy"])).sum()
    ).execute()
    dmy, mdy = int(counts.dmy.iloc[0]), int(counts.mdy.iloc[0])
    close = min(dmy, mdy) >= _CLOSE * max(dmy, mdy)  # a few typos must not decide
    return ("dmy" if dmy > mdy else "mdy"), close


def _reads(text: ir.StringValue, formats: list[str]) -> ir.IntegerValue:
    return (_try_strptime(text, ibis.array(formats)).year() >= EARLIEST_YEAR).fill_null(False).cast("int64")
