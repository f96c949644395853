"""What a driver is with one customer, in a few words: “97 days”, “3 orders in 90 days”, “£205 on average”."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import pandas as pd

from core.customers.features import FEATURES, CustomerFeature
from core.models.explain.drivers import DRIVERS, RHYTHM
from core.models.explain.purchases import clock
from core.models.inputs import COUNTRY
from core.models.panel import CALENDAR
from core.models.repeat_buying import OUTPUTS
from core.numbers import Money, count, day, many, share

UNKNOWN: Final = "not known"

Row = Mapping[str, Any]
"""A prepared row of a panel, see `core.models.explain.explainer.prepared`."""

_KNOWN: Final[dict[str, CustomerFeature]] = {**FEATURES, **OUTPUTS, **CALENDAR}
_STANDING: Final = {
    "now_recency": ("days since the last order, to the hour", "days"),
    "now_frequency": ("orders", "orders"),
    "now_monetary": ("spend, as segments see it", "money"),
}
_SEGMENT_TODAY, _SEGMENT_IDLE, _PLAYED = "in_segment_", "idle_segment_", "played_"
_HALF: Final = 0.5
_TEN: Final = 10
_TWICE: Final = 2  # days with an order, of which there is but one gap
_NEARLY_ALL: Final = 0.99


def value_of(driver: str, row: Row, money: Money) -> str:
    """What a driver is with a customer.

    Parameters
    ----------
    driver : str
        One of `core.models.explain.drivers.DRIVERS`.
    row : mapping
        Columns of a panel, with what own rhythm says where that is known.
    money : Money
        The shop's currency.
    """
    return _SAID[driver](row, money)


def label_of(driver: str) -> str:
    """A driver's name as shown."""
    return DRIVERS[driver].label


def input_label(column: str, segments: tuple[str, ...]) -> str:
    """A single input, as shown.

    Parameters
    ----------
    column : str
        Of a prepared row.
    segments : tuple of str
        In their order; some inputs are about one of them.
    """
    if column == RHYTHM:
        label = "own rhythm as a member of the blend"
    elif column in _KNOWN:
        label = _KNOWN[column].label
    elif column in _STANDING:
        label = _STANDING[column][0]
    elif column == COUNTRY:
        label = "country"
    else:
        return _about_segment(column, segments)
    return f"{label[:1].upper()}{label[1:]}"


def input_value(column: str, row: Row, money: Money) -> str:
    """What a single input is with a customer, with its unit."""
    value = row.get("btyd_buy" if column == RHYTHM else column)
    if value is None or pd.isna(value):
        return UNKNOWN
    if column == RHYTHM:
        return _chance(float(value))
    if column == COUNTRY:
        return str(value)
    if column.startswith((_SEGMENT_TODAY, _SEGMENT_IDLE)):
        return "yes" if float(value) > _HALF else "no"
    if column.startswith(_PLAYED):
        return share(float(value))
    unit = _KNOWN[column].unit if column in _KNOWN else _STANDING[column][1]
    return _with_unit(float(value), unit, money, column)


def _with_unit(value: float, unit: str, money: Money, column: str) -> str:
    if unit == "money":
        return money.short(value)
    if unit == "share":
        return _chance(value) if column.startswith("btyd_") else share(value)
    if unit == "ratio":
        return f"{value:.2f}"
    if unit == "hours":
        return clock(value)
    noun = {"days": "day", "purchase days": "day with an order", "lines": "product", "units": "unit"}.get(unit, "order")
    if noun == "day with an order":
        return f"{plain(value)} {'day' if value == 1 else 'days'} with an order"
    return f"{plain(value)} {noun}{'' if value == 1 else 's'}"


def plain(value: float) -> str:
    """A number without needless decimals: one below ten."""
    if float(value).is_integer() or abs(value) >= _TEN:
        return count(value)
    return f"{value:.1f}".removesuffix(".0")


def _about_segment(column: str, segments: tuple[str, ...]) -> str:
    for start, said in (
        (_SEGMENT_TODAY, "In {} today"),
        (_SEGMENT_IDLE, "In {} without another order"),
        (_PLAYED, "Own rhythm leads to {}"),
    ):
        if column.startswith(start):
            return said.format(segments[int(column.removeprefix(start))])
    return column


def _number(row: Row, name: str) -> float | None:
    value = row.get(name)
    return None if value is None or pd.isna(value) else float(value)


def _one(name: str, write: Callable[[float, Money], str], unknown: str = UNKNOWN) -> Callable[[Row, Money], str]:
    def said(row: Row, money: Money) -> str:
        value = _number(row, name)
        return unknown if value is None else write(value, money)

    return said


def _rhythm(row: Row, _money: Money) -> str:
    chance = _number(row, "btyd_buy")
    return UNKNOWN if chance is None else f"{_chance(chance)} alone"


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
    said = f"{plain(gap)} day{'' if gap == 1 else 's'}"
    return f"{said}, the only one so far" if orders == _TWICE else f"usually {said}"


def _spent(row: Row, money: Money) -> str:
    spent = _number(row, "now_monetary")
    return UNKNOWN if spent is None else money.short(spent)


def _returns(row: Row, money: Money) -> str:
    back = _number(row, "returned")
    return UNKNOWN if back is None else f"{money.short(back)} sent back" if back else "nothing sent back"


def _season(row: Row, _money: Money) -> str:
    then = _number(row, "season_orders")
    return "no order then" if not then else f"orders on {many(then, 'day')} then"


def _chance(value: float) -> str:
    return f"over {share(_NEARLY_ALL)}" if value > _NEARLY_ALL else share(value)


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
    "lately": _one("orders_90", lambda value, _: f"{count(value) if value else 'none'} of the last 90 days"),
    "orders": _orders,
    "pace": _pace,
    "spent": _spent,
    "order_size": _one("order_value", lambda value, money: f"{money.short(value)} on average"),
    "basket": _one("lines_mean", lambda value, _: f"{plain(value)} product{'' if value == 1 else 's'} an order"),
    "returns": _returns,
    "season": _season,
    "age": _one("tenure", lambda value, _: many(value, "day")),
    "standing": _standing,
    "habit": _habit,
    "country": _country,
    "calendar": _calendar,
}
