"""All that turns one raw table into canonical rows, as a value that can be stored and passed on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from core.ingest.recognising.column_mapping import ColumnMapping
from core.ingest.recognising.currencies import CurrencyRows
from core.ingest.recognising.dates import DateFormat
from core.ingest.recognising.decimal_marks import DecimalMark
from core.plain import Plain


@dataclass(frozen=True, kw_only=True)
class ReadPlan(Plain):
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
        Text columns that can be taken as they stand; see `core.ingest.recognising.ids.tidy_identifiers`.
    until : date, optional
        Dates from this day on lie too far ahead to be orders.
    doubtful : tuple of (str, str), optional
        Column and value of a number that can be read two ways, so that a person must say the decimal mark.
    continued : bool
        Whether lines take what they leave blank from their order's first line; see
        `core.ingest.cleaning.continued_lines`.
    order_totals : bool
        Whether the amount is the whole order's and is divided over its lines; see `core.ingest.cleaning.order_totals`.
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
    until: date | None = None
    doubtful: tuple[str, str] | None = None
    continued: bool = False
    order_totals: bool = False
    guest: str | None = None
    currencies: tuple[CurrencyRows, ...] = ()
    currency: str | None = None
    notes: tuple[str, ...] = ()


def _with_tuples(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
