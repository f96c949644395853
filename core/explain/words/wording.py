"""Numbers and names in sentences, each with its unit, and the customers that sentences describe."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import floor, isfinite
from typing import Final, NamedTuple

from core.numbers import Money, share, short

Row = Mapping[str, float | str | None]
"""A customer, or the medians of many: columns of a panel with their values, missing ones as NaN or None."""

Typical = tuple[float | None, float | None]
"""Medians of a segment, and of all customers."""

_HALF_HOUR: Final = 0.5  # mean of the minutes that full hours ignore
_LONGEST_NAME: Final = 50  # characters
_THOUSAND: Final = 999.5  # from which an amount is written with a letter, and a count without halves
_TEN: Final = 9.95  # from which amounts are whole
_HUNDRED: Final = 99.995  # from which prices are whole, and numbers other than halves
_NEARLY_NOTHING, _NEARLY_ALL = 0.001, 0.99  # chances that are written as bounds
_NEARLY_WHOLE: Final = 0.995  # a share from here below 1 would be rounded to 100%


@dataclass(frozen=True, kw_only=True)
class Context:
    """Facts shared by all customers of one explanation.

    Parameters
    ----------
    horizon : int
        Days ahead.
    money : Money
        The shop's currency.
    outcome : str
        "will_buy", "spend" or "next_segment".
    names : tuple of str
        Segments, best first; empty if their order is unknown.
    everyone : mapping
        Medians of all customers, by column. Models start from them, so a number may raise a customer's prediction
        although it is below the segment's median. If empty, customers are compared with segments alone.
    base : float or None
        Prediction for the average customer: spend, or the chance to buy.
    mean : float or None
        Mean chance to buy. Log-odds start below it, since most customers are unlikely to buy. A customer between the
        two isn't called above average.
    """

    horizon: int
    money: Money = field(default_factory=Money)
    outcome: str = "will_buy"
    names: tuple[str, ...] = ()
    everyone: Row = field(default_factory=dict, hash=False)
    base: float | None = None
    mean: float | None = None


class Fact(NamedTuple):
    """A clause; a good sign (1), a bad one (-1) or neither (0); its topics; True if the number is the typical one."""

    clause: str
    leaning: int
    topics: frozenset[str]
    usual: bool = False


class Look:
    """A customer as facts see them: the known numbers, and those of typical customers.

    Parameters
    ----------
    row : mapping
        The customer.
    typical : mapping
        Medians of the customer's segment.
    context : Context
        Facts shared by all customers.

    Attributes
    ----------
    purchases, orders : float or None
        Days with an order, and orders; the number of orders stands in for unknown days.
    recency : float or None
        Days since the last order, the column `since`.
    direction : int
        Kind of fact that is wanted: a good sign (1), a bad one (-1) or either (0).
    """

    __slots__ = ("context", "direction", "orders", "purchases", "recency", "row", "since", "typical")

    def __init__(self, row: Row, typical: Row, context: Context) -> None:
        self.row, self.typical, self.context = row, typical, context
        days, self.orders = number(row, "frequency"), number(row, "now_frequency")
        self.purchases = days if days is not None else self.orders
        self.since = "now_recency" if number(row, "recency") is None else "recency"
        self.recency = number(row, self.since)
        self.direction = 0

    def number(self, name: str) -> float | None:
        """Return a number of the customer; None if it is missing."""
        return number(self.row, name)

    def middle(self, name: str) -> Typical:
        """Return the medians of the customer's segment and of all customers."""
        return number(self.typical, name), number(self.context.everyone, name)

    @property
    def once(self) -> bool:
        """True if the customer has placed exactly one order."""
        return self.purchases == 1 and self.orders in (None, 1)

    @property
    def one_a_day(self) -> bool:
        """True if no two orders share a day, so that days with an order count as orders."""
        return self.orders in (None, self.purchases)


def number(row: Row, name: str) -> float | None:
    """Return a finite number of a row; None if it is missing."""
    value = row.get(name)
    if value.__class__ is float:  # the usual case; value - value isn't 0 for inf and NaN
        return value if value - value == 0 else None
    return float(value) if isinstance(value, (float, int)) and isfinite(value) else None


@lru_cache(maxsize=1024)
def typical_of(segment: float | str | None) -> str:
    """Return the words for the typical customer of a segment."""
    return f"typical for {clean(segment)}" if isinstance(segment, str) else "typical for the segment"


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """Return a name on one line, without control characters, shortened if long. It isn't escaped."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 1].rstrip()}…"


def plain(value: float) -> str:
    """Return a number with no more digits than needed: `41`, `112.5` (medians can be halves), `1,204`."""
    whole = value % 1 == 0 or abs(value) >= _THOUSAND or (abs(value) >= _HUNDRED and value % 0.5 != 0)
    return f"{value:,.0f}" if whole else _without_zero(f"{value:.1f}")


def days(value: float) -> str:
    """Return a number of days: `1 day`, `41.5 days`."""
    written = plain(value)
    return "1 day" if written == "1" else f"{written} days"


def ago(value: float) -> str:
    """Return the time before the prediction's date: `today`, `yesterday`, `97 days ago`."""
    if value < 1:
        return "today"
    return "yesterday" if value == 1 else f"{days(value)} ago"


def clock(hours: float) -> str:
    """Return the full hour nearest to the mean of orders' hours, minutes ignored: `14:00` for 13.2."""
    return f"{floor(hours + _HALF_HOUR + 0.5) % 24}:00"


def amount(money: Money, value: float, *, exact: bool = False) -> str:
    """Return an amount of money with at most three figures: `£45`, `£1.23k`; `exact` below a hundred: `£2.10`."""
    size = abs(value)
    sign = "−" if value < 0 else ""
    if size >= _THOUSAND:
        return f"{sign}{_symbol(money)}{short(size)}"
    whole = size >= (_HUNDRED if exact else _TEN) or (size % 1 == 0 and not exact)
    return f"{sign}{_symbol(money)}{size:.{0 if whole else 2}f}"


def chance(probability: float) -> str:
    """Return a probability as a percentage, never 0% or 100%."""
    if probability < _NEARLY_NOTHING:
        return "under 0.1%"
    return "over 99%" if probability > _NEARLY_ALL else share(probability)


def part(value: float) -> str:
    """Return a share as a percentage, never rounded to 0% or 100%."""
    if 0 < value < _NEARLY_NOTHING:
        return "under 0.1%"
    return "over 99%" if _NEARLY_WHOLE <= value < 1 else share(value)


@lru_cache(maxsize=64)
def _symbol(money: Money) -> str:
    return money.symbol


def _without_zero(written: str) -> str:
    return written.removesuffix(".0")
