"""From which year the day numbers of a file count, where the file does not say it: 1900, or 1904 as on old Macs."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from core.ingest.recognising.dates import DateFormat
from core.ingest.recognising.serial_dates import OLD_MAC_DAYS, SerialKind, serial_time

_FEW: Final = 0.01  # slips of a key, which must not decide for all
_OLD_MAC: Final = 1904
_EARLIEST: Final = 1990  # no shop's order log begins before


def with_epoch(
    found: DateFormat, column: ir.Value, now: datetime | None, stated: int | None = None
) -> tuple[DateFormat, str]:
    """Find out whether the day numbers of a file count from 1900 or from 1904.

    Parameters
    ----------
    found : DateFormat
        From `detect`, without the user's choices.
    column : expression
        The column.
    now : datetime, optional
        Wall time; see `_epoch_of`.
    stated : int, optional
        1900 or 1904 where the file says it, as workbooks do.

    Returns
    -------
    DateFormat
        Ambiguous, with an example, where a person must say.
    str
        Why there is no question, as a sentence; empty where there is one, or the column holds no day numbers.
    """
    if found.order != "excel":
        return found, ""
    if stated == _OLD_MAC:
        return replace(found, order="excel1904"), "Serial dates were counted from 1904, as the workbook says."
    if stated is not None:
        return found, ""
    kind, why = _epoch_of(column, now)
    if kind is not None:
        return replace(found, order=kind), why
    placed = column.name("value").as_table().mutate(place=ibis.row_number()).filter(ibis._.value.notnull())
    first = placed.order_by("place").limit(1).execute().iloc[0]
    return replace(found, ambiguous=True, example=str(first["value"]), example_place=int(first["place"])), ""


def _epoch_of(column: ir.Value, now: datetime | None) -> tuple[SerialKind | None, str]:
    """The only reading that can be that of orders, and what rules the other out; None where both are possible.

    A reading is ruled out where a hundredth of the orders would lie after `now`, or before shops kept such logs.
    """
    times = serial_time(column, "excel").epoch_seconds().name("at").as_table()
    low, high = times.agg(low=times["at"].quantile(_FEW), high=times["at"].quantile(1 - _FEW)).execute().iloc[0]
    if pd.isna(low):
        return None, ""
    first, last = (datetime(1970, 1, 1) + timedelta(seconds=float(value)) for value in (low, high))  # noqa: DTZ001
    later = timedelta(days=OLD_MAC_DAYS)
    if now is not None and last + later > now >= last:
        why = f"from 1904, the latest orders would fall in {last + later:%B %Y}"
        return "excel", f"Serial dates were counted from 1900: {why}."
    if first.year < _EARLIEST <= (first + later).year and (now is None or last + later <= now):
        why = f"from 1900, the first orders would fall in {first:%B %Y}"
        return "excel1904", f"Serial dates were counted from 1904: {why}."
    return None, ""
