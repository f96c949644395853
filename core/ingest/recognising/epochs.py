"""Detection of the epoch of serial dates in a file: 1900, or 1904 as on old Macs."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from core.ingest.recognising.dates import DateFormat
from core.ingest.recognising.serial_dates import OLD_MAC_DAYS, SerialKind, serial_time

_FEW: Final = 0.01  # share of dates ignored at each end, so that typos don't decide
_OLD_MAC: Final = 1904
_EARLIEST: Final = 1990  # no shop's order log starts earlier


def with_epoch(
    found: DateFormat, column: ir.Value, now: datetime | None, stated: int | None = None
) -> tuple[DateFormat, str]:
    """Determine whether a file's serial dates count from 1900 or 1904.

    Parameters
    ----------
    found : DateFormat
        From `detect`, without the user's choices.
    column : expression
        The date column.
    now : datetime, optional
        Current wall time; see `_epoch_of`.
    stated : int, optional
        1900 or 1904 if the file states it, as workbooks do.

    Returns
    -------
    DateFormat
        Ambiguous, with an example, if the user must decide.
    str
        A sentence for the user if 1904 was used or the dates decided; else empty.
    """
    if found.order != "excel":
        return found, ""
    if stated == _OLD_MAC:
        return replace(found, order="excel1904"), "Serial dates count from 1904, as set in the workbook."
    if stated is not None:
        return found, ""
    kind, why = _epoch_of(column, now)
    if kind is not None:
        return replace(found, order=kind), why
    placed = column.name("value").as_table().mutate(place=ibis.row_number()).filter(ibis._.value.notnull())
    first = placed.order_by("place").limit(1).execute().iloc[0]
    return replace(found, ambiguous=True, example=str(first["value"]), example_place=int(first["place"])), ""


def _epoch_of(column: ir.Value, now: datetime | None) -> tuple[SerialKind | None, str]:
    """Return the only plausible epoch, and why the other is ruled out; None if both are plausible.

    An epoch is ruled out if at least 1% of the orders would be after `now`, or before 1990.
    """
    times = serial_time(column, "excel").epoch_seconds().name("at").as_table()
    low, high = times.agg(low=times["at"].quantile(_FEW), high=times["at"].quantile(1 - _FEW)).execute().iloc[0]
    if pd.isna(low):
        return None, ""
    first, last = (datetime(1970, 1, 1) + timedelta(seconds=float(value)) for value in (low, high))  # noqa: DTZ001
    later = timedelta(days=OLD_MAC_DAYS)
    if now is not None and last + later > now >= last:
        why = f"from 1904, the latest orders would be in {last + later:%B %Y}"
        return "excel", f"Serial dates count from 1900: {why}."
    if first.year < _EARLIEST <= (first + later).year and (now is None or last + later <= now):
        why = f"from 1900, the first orders would be in {first:%B %Y}"
        return "excel1904", f"Serial dates count from 1904: {why}."
    return None, ""
