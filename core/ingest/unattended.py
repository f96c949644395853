"""Planning of an import without a user to answer questions, as on the command line."""

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


def planned_file(  # noqa: PLR0913  one parameter per choice of the user
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
    """Plan how to parse a table, without asking questions.

    Parameters
    ----------
    connection : Backend
        Connection that may read the table.
    raw : RawTable
        The table.
    overrides : mapping of str to str
        Role → column, overriding the proposal.
    dates, timezone, decimal, now, currency
        See `core.ingest.cleaning.parsing.plan`.

    Raises
    ------
    InputError
        If it can't be read, or is ambiguous.
    """
    mapping = with_overrides(propose_mapping(connection, raw), overrides)
    how = plan(connection, raw, mapping, dates=dates, timezone=timezone, decimal=decimal, now=now, currency=currency)
    if how.dates.ambiguous:
        if how.dates.serial:
            said = readings(how.dates.example, how.dates.order)
            message = (
                f"{raw.name}, column “{mapping.date}”: day numbers such as “{how.dates.example}” could count from 1900 "
                f"({said['excel']}) or, as on old Macs, from 1904 ({said['excel1904']}). Choose with --dates excel "
                "or --dates excel1904."
            )
            raise InputError(message)
        message = (
            f"{raw.name}, column “{mapping.date}”: dates such as “{how.dates.example}” could be day first or "
            "month first. Choose with --dates dmy or --dates mdy."
        )
        raise InputError(message)
    if how.doubtful:
        column, value = how.doubtful
        message = (
            f"{raw.name}, column “{column}”: numbers such as “{value}” could have a thousands separator or decimals. "
            "Choose the decimal mark with --decimal . or --decimal ,"
        )
        raise InputError(message)
    return PlannedFile(raw=raw, plan=how)
