"""Instructions for parsing one raw table, as a value that can be stored and sent to a child process."""

from dataclasses import dataclass, field
from datetime import date

from core.ingest.recognising.column_mapping import ColumnMapping
from core.ingest.recognising.currencies import CurrencyRows
from core.ingest.recognising.dates import DateFormat
from core.ingest.recognising.decimal_marks import DecimalMark
from core.plain import Plain


@dataclass(frozen=True, kw_only=True)
class ReadPlan(Plain):
    """Instructions for parsing one raw table to canonical rows.

    Parameters
    ----------
    mapping : ColumnMapping
        Role → column.
    dates : DateFormat
        Format of the date column.
    decimals : dict of str to {".", ","}
        Role → decimal mark, for roles with numbers.
    timezone : str
        The shop's time zone, an IANA name.
    tidy : frozenset of str
        Text columns that need no normalisation; see `core.ingest.recognising.ids.tidy_identifiers`.
    until : date, optional
        Dates from this day on are too far in the future to be order dates.
    doubtful : tuple of (str, str), optional
        Column and value of a number that can be read two ways, so that the user must choose the decimal mark.
    continued : bool
        Whether blanks are filled from an order's first line; see `core.ingest.cleaning.continued_lines`.
    order_totals : bool
        Whether the amount is the whole order's and is divided by its lines; see `core.ingest.cleaning.order_totals`.
    guest : str, optional
        Customer id that all guests share.
    currencies : tuple of CurrencyRows
        Currencies of the file, most frequent first; empty without a currency column.
    currency : str, optional
        The only currency that counts; rows in others are unreadable.
    notes : tuple of str
        Sentences that tell the user how the file is interpreted.
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
