"""Interpretation of a table with no one to ask, as on the command line."""

from collections.abc import Mapping
from datetime import datetime

from ibis.backends.duckdb import Backend

from core.errors import InputError
from core.ingest.cleaning.parsing import plan, propose_mapping
from core.ingest.pipeline import PlannedFile
from core.ingest.reading.raw_table import RawTable
from core.ingest.recognising.column_mapping import with_overrides
from core.ingest.recognising.dates import readings
from core.ingest.recognising.decimal_marks import DecimalMark
from core.ingest.sources.read_options import DateOrder


def planned_file(  # noqa: PLR0913  each is one thing that a user may say
    connection: Backend,
    raw: RawTable,
    overrides: Mapping[str, str],
    *,
    dates: DateOrder | None,
    timezone: str,
    decimal: DecimalMark | None = None,
    now: datetime | None = None,
    currency: str | None = None,
) -> PlannedFile:
    """Find out how a table is to be interpreted, asking nobody.

    Parameters
    ----------
    connection : Backend
        May read the table.
    raw : RawTable
        What was read.
    overrides : mapping of str to str
        Role → column, put over the proposal.
    dates, timezone, decimal, now, currency
        See `core.ingest.cleaning.parsing.plan`.

    Raises
    ------
    InputError
        Where it cannot be read, or can be read in two ways.
    """
    mapping = with_overrides(propose_mapping(connection, raw), overrides)
    how = plan(connection, raw, mapping, dates=dates, timezone=timezone, decimal=decimal, now=now, currency=currency)
    if how.dates.ambiguous:
        if how.dates.serial:
            said = readings(how.dates.example, how.dates.order)
            message = (
                f"{raw.name}, column “{mapping.date}”: day numbers such as “{how.dates.example}” can count from 1900 "
                f"({said['excel']}) or, as on old Macs, from 1904 ({said['excel1904']}); say which with --dates excel "
                "or --dates excel1904."
            )
            raise InputError(message)
        message = (
            f"{raw.name}, column “{mapping.date}”: dates such as “{how.dates.example}” can be read day first or "
            "month first; say which with --dates dmy or --dates mdy."
        )
        raise InputError(message)
    if how.doubtful:
        column, value = how.doubtful
        message = (
            f"{raw.name}, column “{column}”: numbers such as “{value}” can be read as thousands or as decimals; say "
            "which mark is the decimal one with --decimal . or --decimal ,"
        )
        raise InputError(message)
    return PlannedFile(raw=raw, plan=how)
