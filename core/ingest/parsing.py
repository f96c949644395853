"""A raw table's columns as canonical rows: ids as text, times as wall time, money as numbers."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Self

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from core.engine import parquet
from core.errors import InputError
from core.ingest.continued import FILLED
from core.ingest.currencies import CurrencyRows, code_of
from core.ingest.dates import SAMPLE_SHARE, DateFormat, DateOrder, detect, timestamp
from core.ingest.mapping import LABELS, ColumnMapping, propose
from core.ingest.numbers import DecimalMark, decimal_marks, number, to_numbers
from core.ingest.reading import RawTable
from core.ingest.shapes import shape_of, shaped
from core.ingest.statuses import called_off
from core.ingest.texts import identifier, label, tidy_identifiers
from core.ingest.totals import LINES
from core.schema import ROWS

_SAMPLE_ROWS: Final = 5_000
_IDS: Final = ("order", "customer", "product")
_LABELS: Final = {
    "description": "product",
    "country": "country",
    "currency": "currency",
    "email": "email",
    "consent": "consent",
}


@dataclass(frozen=True, kw_only=True)
class ReadPlan:
    """All that turns one raw table into canonical rows.

    Parameters
    ----------
    mapping : ColumnMapping
        Role → column.
    dates : DateFormat
        How the date column is read.
    decimals : dict of str to {".", ","}
        Decimal mark of each number column.
    timezone : str
        The shop's time zone, an IANA name.
    tidy : frozenset of str
        Text columns that can be taken as they stand; see `core.ingest.texts.tidy_identifiers`.
    continued : bool
        Whether lines take what they leave blank from their order's first line; see `core.ingest.continued`.
    order_totals : bool
        Whether the amount is the whole order's and is divided over its lines; see `core.ingest.totals`.
    guest : str, optional
        Id that stands for no one.
    currencies : tuple of CurrencyRows
        Currencies of the file, the commonest first; none where it has no column for them.
    currency : str, optional
        The one that counts; rows in others cannot be read.
    notes : tuple of str
        Sentences for the user about what is done with the file.
    """

    mapping: ColumnMapping
    dates: DateFormat = field(default_factory=DateFormat)
    decimals: dict[str, DecimalMark] = field(default_factory=dict)
    timezone: str = "UTC"
    tidy: frozenset[str] = frozenset()
    continued: bool = False
    order_totals: bool = False
    guest: str | None = None
    currencies: tuple[CurrencyRows, ...] = ()
    currency: str | None = None
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain values, fit for JSON."""
        return {**asdict(self), "tidy": sorted(self.tidy)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Self:
        """Make it again of what `to_json` gave, also after a way through JSON, which knows no tuples."""
        made: dict[str, Any] = {
            "mapping": ColumnMapping(**values["mapping"]),
            "dates": DateFormat(**_with_tuples(values["dates"])),
            "tidy": frozenset(values["tidy"]),
            "currencies": tuple(CurrencyRows(*entry) for entry in values.get("currencies", ())),
        }
        return cls(**{**_with_tuples(values), **made})


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}


def raw_table(connection: Backend, raw: RawTable) -> ir.Table:
    """The raw table as an expression, with the position of each row as `file_row_number`, from 0.

    Some programs write texts as bare bytes; they become texts.
    """
    table = parquet(connection, raw.path, file_row_number=True)
    return table.mutate(**{name: table[name].cast("string") for name in raw.columns if table[name].type().is_binary()})


def sample_of(connection: Backend, raw: RawTable, rows: int = _SAMPLE_ROWS) -> pd.DataFrame:
    """The first rows of a raw table as they stand in the source."""
    found: pd.DataFrame = raw_table(connection, raw).select(*raw.columns).limit(rows).execute()
    return found


def propose_mapping(connection: Backend, raw: RawTable) -> ColumnMapping:
    """Propose which column plays which role; see `core.ingest.mapping.propose`."""
    return propose(raw.columns, sample_of(connection, raw))


def plan(
    connection: Backend,
    raw: RawTable,
    mapping: ColumnMapping,
    *,
    dates: DateOrder | None,
    timezone: str,
    currency: str | None = None,
    order_totals: bool | None = None,
) -> ReadPlan:
    """Find out how the mapped columns are to be read; `currency` and `order_totals` are what the user says of them.

    Raises
    ------
    InputError
        Where a column is missing or holds something else than its role needs, with the first such row.
    """
    mapping.check(raw.name, raw.columns)
    table = raw_table(connection, raw)
    sample = sample_of(connection, raw)
    found = detect(table[mapping.date], dates)
    kind = table[mapping.date].type()
    if (kind.is_string() and not found.formats) or kind.is_numeric():
        raise InputError(_not_a(raw, sample, "date", mapping.date or "", sample[mapping.date].notna()))
    roles = mapping.roles()
    numeric = {role: column for role, column in roles.items() if _KIND.get(role) == "number"}
    decimals = decimal_marks({role: sample[column] for role, column in numeric.items()})
    for role, column in numeric.items():
        unread = to_numbers(sample[column], decimals[role]).isna() & sample[column].notna()
        if unread.mean() > 1 - SAMPLE_SHARE:
            raise InputError(_not_a(raw, sample, role, column, unread))
    tidy = tidy_identifiers(table, [roles[role] for role in _IDS if role in roles])
    shape = shape_of(table, raw.columns, mapping, order_totals=order_totals)
    return ReadPlan(
        mapping=mapping,
        dates=found,
        decimals=decimals,
        timezone=timezone,
        tidy=tidy,
        continued=shape.continued,
        order_totals=shape.order_totals,
        guest=shape.guest,
        currencies=shape.currencies,
        currency=currency,
        notes=shape.notes,
    )


def parse(table: ir.Table, raw: RawTable, how: ReadPlan, file_no: int) -> ir.Table:
    """Canonical rows of a raw table, all of them, with `reason` still null; columns of `ROWS`.

    `problem` says which value of a row could not be read. Nothing is computed until the result is used.
    """
    roles = how.mapping.roles()
    table = shaped(table, raw.columns, how.mapping, continued=how.continued, order_totals=how.order_totals)
    numbers = {role: number(table[roles[role]], how.decimals[role]) for role in how.decimals}
    quantity = numbers.get("quantity", ibis.null("float64"))
    price = numbers.get("unit_price", ibis.null("float64"))
    when = timestamp(table[roles["date"]], how.dates, how.timezone)
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
        "problem": _problem(table, roles, {"date": when, **numbers}, how.currency),
        "cancelled": called_off(table[roles["cancelled"]], roles["cancelled"])
        if "cancelled" in roles
        else ibis.null("boolean"),
        "reason": ibis.null("string"),
    }
    values |= {name: texts.get(role, ibis.null("string")) for role, name in _LABELS.items()}
    values |= {"currency": code_of(table[roles["currency"]])} if "currency" in roles else {}
    return table.select(**{name: values[name].cast(kind.lstrip("!")) for name, kind in ROWS.items()})


def _id_text(table: ir.Table, column: str, how: ReadPlan) -> ir.StringValue:
    return table[column] if column in how.tidy else identifier(table[column])


def _amount(table: ir.Table, numbers: Mapping[str, ir.FloatingValue]) -> ir.FloatingValue:
    """What the file gives, or a line's share of it where it is the whole order's."""
    return numbers["amount"] / table[LINES] if LINES in table.columns else numbers["amount"]


def _extra(table: ir.Table, columns: Sequence[str]) -> ir.StringValue:
    """The columns without a role as one text, so that no difference between two rows is lost."""
    parts = [(table[column].cast("string").strip()).nullif("") for column in columns]
    named = [ibis.literal(f"{name}=") + part for name, part in zip(columns, parts, strict=True)]
    return ibis.literal("\n").join(named).nullif("") if named else ibis.null("string")


def _problem(
    table: ir.Table, roles: dict[str, str], parsed: dict[str, ir.Value], currency: str | None
) -> ir.StringValue:
    """What could not be read, as a phrase for the user; null where all could.

    Where the file gives the amount, quantity and price may be blank.
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


def _not_a(raw: RawTable, sample: pd.DataFrame, role: str, column: str, unread: pd.Series) -> str:
    """Name the first value that is not what its role needs."""
    position = int(unread.to_numpy().argmax())
    value = re.sub(r"\s+", " ", str(sample[column].iloc[position]))[:60]
    return (
        f"{raw.name}, row {position + 2}, column “{column}”: “{value}” is not a {_KIND[role]}; "
        f"choose another column for the {LABELS[role]}."
    )
