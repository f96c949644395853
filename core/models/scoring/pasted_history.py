"""Reading of one customer's order history, pasted or uploaded, with the same rules as any order log."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final

import pandas as pd
from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.cleaning.exclusion_reasons import clean
from core.ingest.cleaning.orders import orders_and_returns
from core.ingest.cleaning.parsing import plan, raw_table
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.pipeline import PlannedFile, rows_of
from core.ingest.reading.raw_table import RawTable
from core.ingest.recognising.decimal_marks import DecimalMark, decimal_mark_of, to_numbers
from core.ingest.sources.read_options import DateOrder
from core.models.scoring.pasted_columns import GivenColumns, given_columns
from core.schema import HISTORY, Reason

MOST_ORDERS: Final = 20_000
"""Maximum orders of one customer. More would be a whole shop's."""

_LISTED: Final = 5  # excluded rows listed with their reason
_NAMED: Final = 3  # customers listed in an error


@dataclass(frozen=True, kw_only=True)
class HowGiven:
    """Options for reading a history.

    Parameters
    ----------
    dates, decimal : str, optional
        See `core.ingest.cleaning.parsing.plan`.
    timezone, currency : str
        The shop's.
    clock : time
        Time of day assumed for orders with only a date, typical of the shop.
    now : datetime
        Current time.
    """

    dates: DateOrder | None = None
    decimal: DecimalMark | None = None
    timezone: str = "UTC"
    currency: str = ""
    clock: time = time(12)
    now: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Given:
    """A history as read.

    Parameters
    ----------
    history : DataFrame
        `core.schema.HISTORY`, oldest first.
    left_out : tuple of str
        Excluded rows and why.
    unknown : tuple of str
        Missing information: “units”, “lines”, “time of day”.
    """

    history: pd.DataFrame
    left_out: tuple[str, ...]
    unknown: tuple[str, ...]


def read_history(connection: Backend, raw: RawTable, how: HowGiven, scratch: Path) -> Given:
    """Read a table of one customer's orders or order lines.

    Parameters
    ----------
    connection : Backend
        Connection that may read the table and write to `scratch`.
    raw : RawTable
        The table as read from the text or file.
    how : HowGiven
        Options.
    scratch : Path
        Folder for intermediate files.

    Raises
    ------
    InputError
        If it can't be read, has no valid orders, or has several customers.
    """
    columns = given_columns(connection, raw, scratch, how.clock)
    planned = _planned(connection, columns, how)
    rows = connection.create_table("given_rows", clean(rows_of(connection, [planned])), temp=True, overwrite=True)
    orders, returns = (table.execute() for table in orders_and_returns(rows))
    read: pd.DataFrame = rows.order_by("row").execute()
    found = pd.concat([orders.assign(went_back=False), returns.assign(went_back=True)], ignore_index=True)
    left_out = _left_out(read, raw)
    if orders.empty:
        message = f"{raw.name} has no valid orders. {' '.join(left_out)}"
        raise InputError(message)
    _refuse_several(found, raw)
    found, unknown = _known_only(found, read, columns, connection, how)
    return Given(history=found, left_out=tuple(left_out), unknown=unknown)


def _planned(connection: Backend, columns: GivenColumns, how: HowGiven) -> PlannedFile:
    made: ReadPlan = plan(
        connection, columns.raw, columns.mapping, dates=how.dates, timezone=how.timezone, decimal=how.decimal,
        now=how.now, currency=how.currency if how.currency and columns.mapping.currency else None,
    )  # fmt: skip
    if made.dates.ambiguous:
        two_ways = "counted from 1900 or from 1904" if made.dates.serial else "read day first or month first"
        message = (
            f"{columns.raw.name}, column “{columns.mapping.date}”: dates such as “{made.dates.example}” can be "
            f"{two_ways}; choose one under “Dates”."
        )
        raise InputError(message)
    if made.doubtful:
        column, value = made.doubtful
        message = (
            f"{columns.raw.name}, column “{column}”: numbers such as “{value}” can be read as thousands or as "
            "decimals; choose one under “Decimal mark”."
        )
        raise InputError(message)
    return PlannedFile(raw=columns.raw, plan=made)


def _refuse_several(found: pd.DataFrame, raw: RawTable) -> None:
    who = sorted(found["customer_id"].unique())
    if len(who) > 1:
        listed = ", ".join(f"“{name}”" for name in who[:_NAMED]) + (" …" if len(who) > _NAMED else "")
        message = (
            f"{raw.name} has orders of {len(who):,} customers: {listed}. Only one can be scored at a time: keep the "
            "rows of one, choose one under “A customer you know”, or upload all of them on the page “Upload”."
        )
        raise InputError(message)
    if len(found) > MOST_ORDERS:
        message = f"{raw.name} has {len(found):,} orders of one customer; the limit is {MOST_ORDERS:,}."
        raise InputError(message)


def _left_out(read: pd.DataFrame, raw: RawTable) -> list[str]:
    """Return why rows are excluded, one sentence per reason. Valid returns aren't listed."""
    lost = read[read["reason"].notna() & ~((read["amount"] < 0) & read["problem"].isna() & read["ordered_at"].notna())]
    found = [f"Row {line:,} {reason}." for line, reason, _text in raw.rejects[:_LISTED]]
    unread = lost[lost["reason"] == Reason.UNREADABLE]
    shown = [f"Row {row['row']:,}, {row['problem']}." for row in unread.head(_LISTED).to_dict("records")]
    more = [f"{len(unread) - _LISTED:,} more rows can't be read."] if len(unread) > _LISTED else []
    for reason, text in _REASONS.items():
        rows = lost.loc[lost["reason"] == reason, "row"]
        if len(rows):
            listed = ", ".join(f"{row:,}" for row in rows[:_LISTED]) + (" …" if len(rows) > _LISTED else "")
            more.append(f"{text}: row{'s' if len(rows) > 1 else ''} {listed}.")
    return [*found, *shown, *more]


_REASONS: Final = {
    Reason.DUPLICATE: "Duplicate of an earlier row",
    Reason.MISSING_CUSTOMER: "No customer id",
    Reason.CANCELLED: "Cancelled",
    Reason.NON_POSITIVE_QUANTITY: "Quantity zero or negative",
    Reason.NON_POSITIVE_PRICE: "Amount zero or negative",
}


def _known_only(
    found: pd.DataFrame, read: pd.DataFrame, columns: GivenColumns, connection: Backend, how: HowGiven
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Blank out values filled in for missing columns, and return the names of those columns."""
    unknown: list[str] = []
    found = found.assign(units=found["units"].abs())  # returns carry their sign in the amount or the units
    if columns.mapping.quantity is None:
        found, unknown = found.assign(units=float("nan")), [*unknown, "units"]
    if columns.lines is not None:
        found = found.assign(lines=_lines(found, read, columns, connection))
    elif columns.simple:
        found, unknown = found.assign(lines=float("nan")), [*unknown, "lines"]
    days = found["ordered_at"].dt.normalize()
    if (found["ordered_at"] == days).all():
        clock = timedelta(hours=how.clock.hour, minutes=how.clock.minute, seconds=how.clock.second)
        found, unknown = found.assign(ordered_at=days + clock), [*unknown, "time of day"]
    found = found.sort_values(["ordered_at", "went_back", "order_id"], ignore_index=True)
    return found[list(HISTORY)], tuple(unknown)


def _lines(found: pd.DataFrame, read: pd.DataFrame, columns: GivenColumns, connection: Backend) -> pd.Series:
    """Return the number of lines of each order, as stated in its rows."""
    table = raw_table(connection, columns.raw).select("file_row_number", stated=columns.lines).execute()
    numbers = to_numbers(table["stated"], decimal_mark_of(table["stated"])).set_axis(table["file_row_number"] + 2)
    counted = read[read["reason"].isna() | (read["amount"] < 0)]
    each = numbers.reindex(counted["row"]).set_axis(
        pd.MultiIndex.from_arrays([counted["order_id"], counted["ordered_at"].dt.normalize(), counted["amount"] < 0])
    )
    summed = each.groupby(level=[0, 1, 2]).sum(min_count=1)
    wanted = pd.MultiIndex.from_arrays([found["order_id"], found["ordered_at"].dt.normalize(), found["went_back"]])
    return pd.Series(summed.reindex(wanted).to_numpy(), index=found.index)
