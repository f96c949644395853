"""A driver's value for one customer, in a few words: “97 days”, “3 orders in 90 days”, “£205 on average”."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd

from core.explain import input_names
from core.explain.drivers import RECENT, RHYTHM
from core.explain.words.wording import chance, clock, days, plain
from core.models.data.inputs import COUNTRY
from core.numbers import Money, count, day, many, share

UNKNOWN: Final = "unknown"

Row = Mapping[str, Any]
"""A prepared row of a panel, see `core.explain.attribution.prepared_rows.prepared`."""

_PLAYED: Final = "played_"
_OF_SEGMENTS: Final = {
    "in_segment_": "Currently in {}",
    "idle_segment_": "In {} without another order",
    _PLAYED: "Expected in {} from own rhythm",
}
_NOUNS: Final = {"orders": "order", "lines": "product", "units": "unit"}
_HALF: Final = 0.5
_TWICE: Final = 2  # days with an order, with only one gap between them


def value_of(driver: str, row: Row, money: Money) -> str:
    """Return a driver's value for a customer.

    Parameters
    ----------
    driver : str
        One of `core.explain.drivers.DRIVERS`.
    row : mapping
        Columns of a panel, with own rhythm's predictions if known.
    money : Money
        The shop's currency.
    """
    return _SAID[driver](row, money)


def input_label(column: str, segments: tuple[str, ...]) -> str:
    """Return the label of a single input.

    Parameters
    ----------
    column : str
        Column of a prepared row.
    segments : tuple of str
        Segments in order; some inputs are about one of them.
    """
    for start, said in _OF_SEGMENTS.items():
        if column.startswith(start):
            return said.format(segments[int(column.removeprefix(start))])
    label = "own rhythm as part of the blend" if column == RHYTHM else input_names.input_label(column)
    return f"{label[:1].upper()}{label[1:]}"


def input_value(column: str, row: Row, money: Money) -> str:
    """Return the value of a single input for a customer, with its unit."""
    value = row.get("btyd_buy" if column == RHYTHM else column)
    if value is None or pd.isna(value):
        return UNKNOWN
    if column == RHYTHM:
        return chance(float(value))
    if column == COUNTRY:
        return str(value)
    if column.startswith(_PLAYED):
        return share(float(value))
    if column.startswith(tuple(_OF_SEGMENTS)):
        return "yes" if float(value) > _HALF else "no"
    return _with_unit(float(value), column, money)


def _with_unit(value: float, column: str, money: Money) -> str:
    unit = input_names.input_unit(column)
    if unit == "money":
        return money.short(value)
    if unit == "share":
        return chance(value) if column.startswith("btyd_") else share(value)
    if unit == "ratio":
        return f"{value:.2f}"
    if unit == "hours":
        return clock(value)
    if unit in ("days", "purchase days"):
        return days(value) if unit == "days" else f"{days(value)} with an order"
    return _counted(value, _NOUNS[unit])


def _counted(value: float, noun: str) -> str:
    written = plain(value)
    return f"{written} {noun}{'' if written == '1' else 's'}"


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)


def _one(name: str, write: Callable[[float, Money], str], unknown: str = UNKNOWN) -> Callable[[Row, Money], str]:
    def said(row: Row, money: Money) -> str:
        value = _number(row, name)
        return unknown if value is None else write(value, money)

    return said


def _rhythm(row: Row, _money: Money) -> str:
    own = _number(row, "btyd_buy")
    return UNKNOWN if own is None else f"{chance(own)} alone"


def _recency(row: Row, _money: Money) -> str:
    since = _number(row, "recency")
    since = _number(row, "now_recency") if since is None else since
    return UNKNOWN if since is None else many(round(since), "day")


def _orders(row: Row, _money: Money) -> str:
    orders = _number(row, "now_frequency")
    return UNKNOWN if orders is None else many(orders, "order")


def _pace(row: Row, _money: Money) -> str:
    gap, orders = _number(row, "gap_median"), _number(row, "frequency")
    if gap is None:
        return "no second order yet" if orders == 1 else UNKNOWN
    return f"{days(gap)}, the only one so far" if orders == _TWICE else f"usually {days(gap)}"


def _spent(row: Row, money: Money) -> str:
    spent = _number(row, "now_monetary")
    return UNKNOWN if spent is None else money.short(spent)


def _returns(row: Row, money: Money) -> str:
    back = _number(row, "returned")
    return UNKNOWN if back is None else f"{money.short(back)} returned" if back else "nothing returned"


def _season(row: Row, _money: Money) -> str:
    then = _number(row, "season_orders")
    return "no orders then" if not then else f"orders on {many(then, 'day')} then"


def _habit(row: Row, _money: Money) -> str:
    hour, weekends = _number(row, "hour"), _number(row, "weekend_share")
    said = [f"around {clock(hour)}"] if hour else []  # 0: the log knows days only
    said += [] if weekends is None else [f"{share(weekends)} at weekends"]
    return ", ".join(said) or UNKNOWN


def _standing(row: Row, _money: Money) -> str:
    return str(row.get("segment_now") or UNKNOWN)


def _country(row: Row, _money: Money) -> str:
    value = row.get(COUNTRY)
    return UNKNOWN if value is None or pd.isna(value) else str(value)


def _calendar(row: Row, _money: Money) -> str:
    as_of = row.get("as_of")
    return UNKNOWN if as_of is None or pd.isna(as_of) else f"as of {day(pd.Timestamp(as_of))}"


_SAID: Final[dict[str, Callable[[Row, Money], str]]] = {
    "rhythm": _rhythm,
    "recency": _recency,
    RECENT: _one("orders_90", lambda value, _: f"{count(value) if value else 'none'} of the last 90 days"),
    "orders": _orders,
    "pace": _pace,
    "spent": _spent,
    "order_size": _one("order_value", lambda value, money: f"{money.short(value)} on average"),
    "basket": _one("lines_mean", lambda value, _: f"{_counted(value, 'product')} per order"),
    "returns": _returns,
    "season": _season,
    "age": _one("tenure", lambda value, _: many(value, "day")),
    "standing": _standing,
    "habit": _habit,
    "country": _country,
    "calendar": _calendar,
}
