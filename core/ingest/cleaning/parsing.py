"""Parsing of raw tables to canonical rows: ids as text, times as wall time, money as numbers."""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, get_args

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from core.engine import parquet
from core.errors import InputError
from core.ingest.cleaning.continued_lines import FILLED
from core.ingest.cleaning.export_shape import shape_of, shaped
from core.ingest.cleaning.order_totals import LINES
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.reading.header import ROW_COUNTER
from core.ingest.reading.raw_table import RawTable
from core.ingest.recognising.column_mapping import LABELS, ColumnMapping, misfit, propose
from core.ingest.recognising.currencies import code_of, signs_beside
from core.ingest.recognising.dates import SAMPLE_SHARE, detect, looks_like_dates, timestamp
from core.ingest.recognising.decimal_marks import (
    DecimalMark,
    decimal_mark_of,
    decimal_marks,
    doubtful_number,
    number,
    to_numbers,
)
from core.ingest.recognising.epochs import with_epoch
from core.ingest.recognising.ids import identifier, label, shortened, tidy_identifiers
from core.ingest.recognising.serial_dates import SerialKind
from core.ingest.recognising.statuses import called_off
from core.ingest.sources.read_options import DateOrder
from core.schema import ROWS

_SAMPLE_ROWS: Final = 5_000
_AHEAD: Final = timedelta(days=366)  # shops take orders up to a year ahead; later dates are typos
_READ: Final = "clientele: {} as read"
_IDS: Final = ("order", "customer", "product")
_LABELS: Final = {
    "description": "product",
    "country": "country",
    "currency": "currency",
    "email": "email",
    "consent": "consent",
}


def raw_table(connection: Backend, raw: RawTable) -> ir.Table:
    """Return the raw table as an expression, with each row's position from 0 as `file_row_number`.

    Binary columns are cast to text, which some programs store that way.
    """
    table = parquet(connection, raw.path, file_row_number=not raw.has_places)
    return table.mutate(**{name: table[name].cast("string") for name in raw.columns if table[name].type().is_binary()})


def sample_of(connection: Backend, raw: RawTable, rows: int = _SAMPLE_ROWS) -> pd.DataFrame:
    """Return the first rows of a raw table, unparsed."""
    found: pd.DataFrame = raw_table(connection, raw).select(*raw.columns).limit(rows).execute()
    return found


def propose_mapping(connection: Backend, raw: RawTable) -> ColumnMapping:
    """Propose a column for each role; see `core.ingest.recognising.column_mapping.propose`."""
    return propose(raw.columns, sample_of(connection, raw))


def plan(  # noqa: PLR0913  one parameter per choice of the user
    connection: Backend,
    raw: RawTable,
    mapping: ColumnMapping,
    *,
    dates: DateOrder | None,
    timezone: str,
    decimal: DecimalMark | None = None,
    now: datetime | None = None,
    currency: str | None = None,
    order_totals: bool | None = None,
) -> ReadPlan:
    """Plan how to parse the mapped columns.

    Parameters
    ----------
    connection : Backend
        Connection that may read the table.
    raw, mapping : RawTable, ColumnMapping
        The table and the roles of its columns.
    dates, decimal : str, optional
        The user's choice of date order and decimal mark; detected by default.
    timezone : str
        The shop's time zone.
    now : datetime, optional
        Current wall time; dates more than a year later are unreadable.
    currency : str, optional
        Code of the only currency that counts.
    order_totals : bool, optional
        The user's choice: whether each amount is the whole order's.

    Raises
    ------
    InputError
        If a column is missing or doesn't fit its role, with the first offending row.
    """
    table = raw_table(connection, raw)
    sample = sample_of(connection, raw)
    if mapping.missing() and (wrong := misfit(mapping, raw.columns, sample)):
        role, column = wrong
        said = _not_a(raw, table, sample, role, column, _unread(sample[column], role))
        message = f"{said[:-1]}, or correct this one in the file (command line: --map {role}=column)."
        raise InputError(message)
    mapping.check(raw.name, raw.columns)
    found, epoch_note = detect(table[mapping.date], dates), ""
    if dates not in get_args(SerialKind) and (raw.sheet is None or raw.counts_from is not None):
        found, epoch_note = with_epoch(found, table[mapping.date], now, raw.counts_from)
    kind = table[mapping.date].type()
    if (kind.is_string() or kind.is_numeric()) and not found.formats and not found.serial:
        raise InputError(_not_a(raw, table, sample, "date", mapping.date or "", sample[mapping.date].notna()))
    roles = mapping.roles()
    numeric = {role: column for role, column in roles.items() if _KIND.get(role) == "number"}
    samples = {role: sample[column] for role, column in numeric.items()}
    decimals = dict.fromkeys(samples, decimal) if decimal else decimal_marks(samples)
    for role, column in numeric.items():
        if role != "quantity" and mapping.currency is None:
            _refuse_signs(raw, table, sample, column)
        unread = to_numbers(sample[column], decimals[role]).isna() & sample[column].notna()
        if unread.mean() > 1 - SAMPLE_SHARE:
            raise InputError(_not_a(raw, table, sample, role, column, unread))
    doubt = None if decimal else doubtful_number(samples)
    shape = shape_of(table, raw.columns, mapping, order_totals=order_totals)
    return ReadPlan(
        mapping=mapping,
        dates=found,
        decimals=decimals,
        timezone=timezone,
        tidy=tidy_identifiers(table, [roles[role] for role in _IDS if role in roles]),
        until=(now + _AHEAD).date() if now else None,
        doubtful=(numeric[doubt[0]], str(samples[doubt[0]].iloc[doubt[1]])) if doubt else None,
        continued=shape.continued,
        order_totals=shape.order_totals,
        guest=shape.guest,
        currencies=shape.currencies,
        currency=currency,
        notes=(*shape.notes, epoch_note) if epoch_note else shape.notes,
    )


def parse(table: ir.Table, raw: RawTable, how: ReadPlan, file_no: int, only: ir.Table | None = None) -> ir.Table:
    """Parse a raw table to canonical rows with the columns of `ROWS`; `reason` is null until cleaning.

    `problem` describes a value that couldn't be read. Evaluation is lazy. With `only`, a table with `file_no` and
    `row`, all other rows are dropped before parsing.
    """
    roles = how.mapping.roles()
    table = shaped(table, raw.columns, how.mapping, continued=how.continued, order_totals=how.order_totals)
    if only is not None:
        wanted = only.filter(only.file_no == file_no).select(file_row_number=only.row - 2)
        table = table.semi_join(wanted, "file_row_number")
    table = _read(table, how, file_no)
    numbers = {role: table[_READ.format(role)] for role in how.decimals}
    quantity = numbers.get("quantity", ibis.null("float64"))
    price = numbers.get("unit_price", ibis.null("float64"))
    written = table[_READ.format("date")]
    late = (written >= ibis.literal(how.until)) if how.until else ibis.literal(False)
    when = ibis.ifelse(late, ibis.null("timestamp(6)"), written) if how.until else written
    texts = {
        role: label(table[column]) if role in _LABELS else _id_text(table, column, how)
        for role, column in roles.items()
        if role in _IDS or role in _LABELS
    }
    texts["customer"] = texts["customer"].nullif(how.guest) if how.guest else texts["customer"]
    in_values = {column for role, column in roles.items() if role != "cancelled"}
    rest = sorted(column for column in raw.columns if column not in in_values)
    values: dict[str, ir.Value] = {
        "file_no": ibis.literal(file_no, "int32"),
        "row": table.file_row_number + 2,  # the header is row 1
        "order_id": ibis.coalesce(
            texts.get("order", ibis.null("string")), texts["customer"] + " " + when.cast("string")
        ),
        "customer_id": texts["customer"],
        "ordered_at": when,
        "product_id": texts.get("product", ibis.null("string")),
        "quantity": quantity,
        "unit_price": price,
        "amount": _amount(table, numbers) if "amount" in roles else number(quantity * price, "."),  # may overflow
        "extra": _extra(table, [*rest, FILLED] if FILLED in table.columns else rest),
        "problem": ibis.coalesce(
            _lost(table, how, late), _problem(table, roles, {"date": when, **numbers}, how.currency)
        ),
        "cancelled": called_off(table[roles["cancelled"]], roles["cancelled"])
        if "cancelled" in roles
        else ibis.null("boolean"),
        "reason": ibis.null("string"),
    }
    values |= {name: texts.get(role, ibis.null("string")) for role, name in _LABELS.items()}
    values |= {"currency": code_of(table[roles["currency"]])} if "currency" in roles else {}
    return table.select(**{name: values[name].cast(kind.lstrip("!")) for name, kind in ROWS.items()})


def _read(table: ir.Table, how: ReadPlan, file_no: int) -> ir.Table:
    """Add columns with the parsed numbers and dates.

    The alias stops Ibis from repeating these long expressions wherever the columns are used. Otherwise the SQL would
    be five times as long, and small files spend most of their time on the SQL.
    """
    roles = how.mapping.roles()
    read: dict[str, ir.Value] = {role: number(table[roles[role]], mark) for role, mark in how.decimals.items()}
    read["date"] = timestamp(table[roles["date"]], how.dates, how.timezone)
    return table.mutate(**{_READ.format(role): value for role, value in read.items()}).alias(f"read_{file_no}")


def _id_text(table: ir.Table, column: str, how: ReadPlan) -> ir.StringValue:
    return table[column] if column in how.tidy else identifier(table[column])


def _amount(table: ir.Table, numbers: Mapping[str, ir.FloatingValue]) -> ir.FloatingValue:
    """Return the amount, divided by the order's lines if it is the whole order's."""
    return numbers["amount"] / table[LINES] if LINES in table.columns else numbers["amount"]


def _extra(table: ir.Table, columns: Sequence[str]) -> ir.StringValue:
    """Join the columns without a role to one text, so that rows differing only there aren't duplicates."""
    parts = [(table[column].cast("string").strip()).nullif("") for column in columns]
    named = [ibis.literal(f"{name}=") + part for name, part in zip(columns, parts, strict=True)]
    return ibis.literal("\n").join(named).nullif("") if named else ibis.null("string")


def _lost(table: ir.Table, how: ReadPlan, late: ir.BooleanValue) -> ir.StringValue:
    """Describe dates too far in the future and ids that lost digits, for the user; null if there are none."""
    roles = how.mapping.roles()
    cases = [(late, roles["date"], " is in the future")] if how.until else []
    cases += [
        (shortened(table[roles[role]]), roles[role], " has lost digits: export the column as text")
        for role in ("customer", "order")
        if role in roles and roles[role] not in how.tidy and not table[roles[role]].type().is_integer()
    ]
    said = [(is_so, ibis.literal(f"{column}: “") + label(table[column]) + f"”{what}") for is_so, column, what in cases]
    return ibis.cases(*said) if said else ibis.null("string")


def _problem(
    table: ir.Table, roles: dict[str, str], parsed: dict[str, ir.Value], currency: str | None
) -> ir.StringValue:
    """Describe the first value that couldn't be read, for the user; null if all could.

    If the file has an amount, quantity and price may be blank.
    """
    optional = {"quantity", "unit_price"} if "amount" in roles else set()
    cases = []
    if currency and "currency" in roles:
        found = table[roles["currency"]]
        other = ibis.literal(f"{roles['currency']}: “") + label(found) + f"” is not {currency}"
        cases.append((code_of(found) != currency, other))
    for role, value in parsed.items():
        text = label(table[roles[role]])
        failed = value.isnull() & text.notnull() if role in optional else value.isnull()
        shown = ibis.coalesce(ibis.literal("“") + text + "”", ibis.literal("an empty cell"))
        cases.append((failed, ibis.literal(f"{roles[role]}: ") + shown + f" is not a {_KIND[role]}"))
    return ibis.cases(*cases)


_KIND: Final = {"date": "date", "quantity": "number", "unit_price": "number", "amount": "number"}


def _refuse_signs(raw: RawTable, table: ir.Table, sample: pd.DataFrame, column: str) -> None:
    """Reject amounts whose currency signs differ, if there is no currency column."""
    signs = signs_beside(sample[column])
    if len(signs) > 1:
        listed = " and ".join(f"{sign} in row {_row(table, place):,}" for sign, place in list(signs.items())[:2])
        message = (
            f"{raw.name}, column “{column}”: amounts are in several currencies, {listed}. Put the currency in a "
            "separate column, or delete the rows in all but one."
        )
        raise InputError(message)


def _row(table: ir.Table, position: int) -> int:
    """Return the row in the file of a position in the sample."""
    return int(table.select(ROW_COUNTER).limit(1, offset=position).execute()[ROW_COUNTER].iloc[0]) + 2


def _unread(values: pd.Series, role: str) -> pd.Series:
    """Return a mask of the values that don't fit a role, or of all filled ones if each fits."""
    if _KIND[role] == "date":
        read = values.map(lambda value: looks_like_dates(pd.Series([value])))
    else:
        read = to_numbers(values, decimal_mark_of(values)).notna()
    found = values.notna() & ~read.astype(bool)
    return found if found.any() else values.notna()


def _not_a(raw: RawTable, table: ir.Table, sample: pd.DataFrame, role: str, column: str, unread: pd.Series) -> str:
    """Return an error message about the first value that doesn't fit its role."""
    position = int(unread.to_numpy().argmax())
    value = re.sub(r"\s+", " ", str(sample[column].iloc[position]))[:60]
    return (
        f"{raw.name}, row {_row(table, position):,}, column “{column}”: “{value}” is not a {_KIND[role]}. "
        f"Choose another column for the {LABELS[role]}."
    )
