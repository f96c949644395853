"""Dates stored as numbers: spreadsheet day counts, and Unix seconds or milliseconds."""

from datetime import datetime, timedelta
from typing import Final, Literal

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd

from core.ingest.recognising.decimal_marks import LOOKS_SHARE, number, to_numbers

SerialKind = Literal["excel", "excel1904", "unix", "unix_ms"]

_DAYS: Final = (25_000, 80_000)  # 1968 to 2119, counted from 1900; order numbers and prices rarely all fit
_SECONDS: Final = (600_000_000, 4_200_000_000)  # 1989 to 2103
_UNIX_DAY: Final = 25_569  # 1970-01-01 in Excel
OLD_MAC_DAYS: Final = 1_462  # between Excel's 1900 and 1904 epochs
_DAY_SECONDS: Final = 86_400


@ibis.udf.scalar.builtin(name="make_timestamp")  # type: ignore[untyped-decorator]
def _make_timestamp(micros: int) -> dt.Timestamp(scale=6):  # type: ignore[valid-type]
    """DuckDB: convert microseconds since 1970 to wall time."""


@ibis.udf.scalar.builtin(name="to_timestamp")  # type: ignore[untyped-decorator]
def _instant(seconds: float) -> dt.Timestamp(timezone="UTC"):  # type: ignore[valid-type]
    """DuckDB: convert seconds since 1970 to an instant."""


def serial_kind_of(values: pd.Series) -> SerialKind | None:
    """Detect which kind of serial dates a sample of numbers holds; None if it holds none.

    Day numbers are reported as `excel`. Workbooks from old Macs count from 1904 instead, which the numbers alone don't
    show; see `core.ingest.recognising.epochs`.
    """
    if pd.api.types.is_datetime64_any_dtype(values):
        return None
    filled = values.dropna()
    found = to_numbers(filled).dropna()
    if len(found) == 0 or len(found) < LOOKS_SHARE * len(filled):
        return None
    kinds: tuple[tuple[SerialKind, float, float], ...] = (
        ("excel", *_DAYS),
        ("unix", *_SECONDS),
        ("unix_ms", 1_000 * _SECONDS[0], 1_000 * _SECONDS[1]),
    )
    return next((kind for kind, low, high in kinds if found.between(low, high).mean() >= LOOKS_SHARE), None)


def both_epochs(text: str) -> dict[SerialKind, datetime]:
    """Return the date of a day number counted from 1900 and from 1904."""
    days = float(to_numbers(pd.Series([text])).iloc[0]) - _UNIX_DAY
    return {
        "excel": datetime(1970, 1, 1) + timedelta(days=days),  # noqa: DTZ001  wall time
        "excel1904": datetime(1970, 1, 1) + timedelta(days=days + OLD_MAC_DAYS),  # noqa: DTZ001
    }


def serial_time(column: ir.Value, kind: SerialKind) -> ir.TimestampValue:
    """Convert a column of serial dates: spreadsheet days to wall times, Unix times to instants.

    The fraction of a spreadsheet day is its time of day, rounded to the second.
    """
    value = number(column, ".")
    if kind in ("unix", "unix_ms"):
        seconds = value / 1_000 if kind == "unix_ms" else value
        low, high = _SECONDS
        return _instant(ibis.ifelse(seconds.between(low, high), seconds, ibis.null("float64")))
    days = value + OLD_MAC_DAYS if kind == "excel1904" else value
    known = ibis.ifelse(days.between(*_DAYS), days, ibis.null("float64"))
    return _make_timestamp(((known - _UNIX_DAY) * _DAY_SECONDS).round().cast("int64") * 1_000_000)
