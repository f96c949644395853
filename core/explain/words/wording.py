"""Numbers and names inside a sentence, each with its unit, and what a sentence may look at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from math import floor, isfinite
from typing import Final, NamedTuple

from core.numbers import Money, share, short

Row = Mapping[str, float | str | None]
"""A customer, or the middle one of many: columns of a panel with their values, missing ones as NaN or None."""

Middle = tuple[float | None, float | None]
"""A number of the middle customer of a segment, and of all."""

ALL: Final = "the middle one of all customers"

_HALF_HOUR: Final = 0.5  # what hours counted without minutes leave out, in the mean
_LONGEST_NAME: Final = 50  # characters
_MANY_TIMES: Final = 10  # beyond which a ratio says no more
_THOUSAND: Final = 999.5  # from which an amount is written with a letter, and a count without halves
_TEN: Final = 9.95  # from which amounts are whole
_HUNDRED: Final = 99.995  # from which prices are, and numbers that are no halves
_NEARLY_NOTHING, _NEARLY_ALL = 0.001, 0.99  # chances that are written as bounds
_NEARLY_WHOLE: Final = 0.995  # a share that is not all of it, and would be written so


@dataclass(frozen=True, kw_only=True)
class Context:
    """What holds for all customers of one explanation.

    Parameters
    ----------
    horizon : int
        Days ahead.
    money : Money
        The shop's currency.
    outcome : str
        "will_buy", "spend" or "next_segment".
    names : tuple of str
        Segments, the best first; empty where their order is not known.
    everyone : mapping
        Medians of all customers, by column: from them a model starts, so that a fact may speak for a customer although
        she is behind her segment. May be empty; then segments alone are compared with.
    base : float or None
        What is expected of the average customer: spend, or the chance to buy.
    mean : float or None
        Mean chance to buy. Log-odds start below it, for most customers are unlikely to buy: whoever lies between the
        two is not told to be above the average.
    """

    horizon: int
    money: Money = field(default_factory=Money)
    outcome: str = "will_buy"
    names: tuple[str, ...] = ()
    everyone: Row = field(default_factory=dict, hash=False)
    base: float | None = None
    mean: float | None = None


class Fact(NamedTuple):
    """A clause, whether it is a good sign (1), a bad one (-1) or neither (0), what it tells of, and if it is usual."""

    clause: str
    leaning: int
    topics: frozenset[str]
    usual: bool = False


class Look:
    """One customer as facts look at her: numbers that exist, and those of whom she is compared with.

    Parameters
    ----------
    row : mapping
        The customer.
    typical : mapping
        Medians of her segment.
    context : Context
        See there.

    Attributes
    ----------
    purchases, orders : float or None
        Days with an order, and orders; the former are the latter where they are not known.
    recency : float or None
        Days since the last order, the column `since`.
    direction : int
        Whether a good sign is looked for (1), a bad one (-1) or either (0).
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
        """A number of hers; None where she has none."""
        return number(self.row, name)

    def middle(self, name: str) -> Middle:
        """The same of the middle customer of her segment, and of all."""
        return number(self.typical, name), number(self.context.everyone, name)

    @property
    def once(self) -> bool:
        """Whether all there is is one order."""
        return self.purchases == 1 and self.orders in (None, 1)

    @property
    def an_order(self) -> str:
        """What amounts are counted by: orders, or days where two orders came on one."""
        return "an order" if self.orders in (None, self.purchases) else "a day with orders"


def number(row: Row, name: str) -> float | None:
    """A finite number of a row; None where it has none."""
    value = row.get(name)
    if value.__class__ is float:  # nearly always; of what is not finite, the difference to itself is not zero
        return value if value - value == 0 else None
    return float(value) if isinstance(value, (float, int)) and isfinite(value) else None


@lru_cache(maxsize=1024)
def middle_of(segment: float | str | None) -> str:
    """The middle customer of a segment."""
    return f"the middle customer of {clean(segment)}" if isinstance(segment, str) else "the segment's middle customer"


@lru_cache(maxsize=4096)
def clean(text: str) -> str:
    """A name on one line without control characters, cut where it is long; it is not escaped."""
    plain = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return plain if len(plain) <= _LONGEST_NAME else f"{plain[: _LONGEST_NAME - 1].rstrip()}…"


def plain(value: float) -> str:
    """A number as short as it is true: `41`, `112.5` (medians are halves), `1,204`."""
    whole = value % 1 == 0 or abs(value) >= _THOUSAND or (abs(value) >= _HUNDRED and value % 0.5 != 0)
    return f"{value:,.0f}" if whole else _without_zero(f"{value:.1f}")


def days(value: float) -> str:
    """Days: `1 day`, `41.5 days`."""
    written = plain(value)
    return "1 day" if written == "1" else f"{written} days"


def ago(value: float) -> str:
    """Days before the date of the prediction."""
    if value < 1:
        return "today"
    return "yesterday" if value == 1 else f"{days(value)} ago"


def clock(hours: float) -> str:
    """The full hour around which orders are placed, from the mean of the hours that had begun: `14:00` of 13.2."""
    return f"{floor(hours + _HALF_HOUR + 0.5) % 24}:00"


def times(ratio: float) -> str:
    """How many times as much."""
    if ratio > _MANY_TIMES:
        return f"more than {_MANY_TIMES} times"
    written = _without_zero(f"{ratio:.1f}")
    return "twice" if written == "2" else f"{written} times"


def amount(money: Money, value: float, *, exact: bool = False) -> str:
    """An amount of money with at most three figures: `£45`, `£1.23k`; `exact` below a hundred: `£2.10`."""
    size = abs(value)
    sign = "−" if value < 0 else ""
    if size >= _THOUSAND:
        return f"{sign}{_symbol(money)}{short(size)}"
    whole = size >= (_HUNDRED if exact else _TEN) or (size % 1 == 0 and not exact)
    return f"{sign}{_symbol(money)}{size:.{0 if whole else 2}f}"


def sum_of(money: Money, value: float) -> str:
    """An amount where a sentence begins with it: without a currency it is said that it is one."""
    return amount(money, value) if money.currency else f"an amount of {amount(money, value)}"


def chance(probability: float) -> str:
    """A probability as a percentage that is neither nothing nor certainty."""
    if probability < _NEARLY_NOTHING:
        return "under 0.1%"
    return "over 99%" if probability > _NEARLY_ALL else share(probability)


def part(value: float) -> str:
    """A share as a percentage; what is small is not said to be nothing, nor what is large to be all."""
    if 0 < value < _NEARLY_NOTHING:
        return "under 0.1%"
    return "over 99%" if _NEARLY_WHOLE <= value < 1 else share(value)


@lru_cache(maxsize=64)
def _symbol(money: Money) -> str:
    return money.symbol


def _without_zero(written: str) -> str:
    return written.removesuffix(".0")
