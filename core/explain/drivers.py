"""Drivers of predictions in a marketer's words: groups of inputs that measure nearly the same thing.

Models use seventy numbers, and many of them repeat one fact: days since the last order, the same over the usual gap,
over the mean gap, over the longest one. How a model splits credit among such inputs is arbitrary, and it still knows
the fact when one of them is shuffled. So credit is added up by driver: the sum is stable and fits into a sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from core.models.data.inputs import COUNTRY

RHYTHM: Final = "rhythm"
"""Own buying rhythm: the repeat-buying model's prediction, as a member of a blend and an input of its others."""

RECENT: Final = "lately"
"""Recent orders; stored outlooks hold this key."""


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One fact about a customer, measured by several inputs.

    Parameters
    ----------
    name : str
        Key.
    label : str
        Name shown in the app.
    about : str
        Definition, in a sentence.
    inputs : tuple of str
        Columns of a panel that measure it.
    actionable : bool
        True if the shop can influence it.
    advice : str
        What to do about it, or why nothing can be done.
    """

    name: str
    label: str
    about: str
    inputs: tuple[str, ...]
    actionable: bool
    advice: str


def _d(name: str, label: str, about: str, inputs: Sequence[str], advice: str, *, actionable: bool) -> Driver:
    return Driver(name=name, label=label, about=about, inputs=tuple(inputs), actionable=actionable, advice=advice)


_ALL: Final = (
    _d(RHYTHM, "Own buying rhythm", "Forecast from the timing of the customer's own orders alone.",
       ("btyd_buy", "btyd_alive", "btyd_purchases"),
       "Send reminders when their next order is due by their own rhythm, not on fixed dates.", actionable=True),
    _d("recency", "Time since the last order", "Days since the last order, on their own and relative to the usual gap.",
       ("recency", "now_recency", "idle_share", "overdue_mean", "overdue", "overdue_longest"),
       "Prompt an order soon. Every day without one lowers the odds.", actionable=True),
    _d(RECENT, "Recent orders", "Orders in the last 30 to 90 days, and their trend.",
       ("orders_30", "orders_60", "orders_90", "trend_30", "trend_90"),
       "Offer a reason to order again within weeks.", actionable=True),
    _d("orders", "Total orders", "Number of orders: in total, in the last half year and in the last year.",
       ("frequency", "now_frequency", "rate", "orders_180", "orders_365"),
       "Win the next order. Each one strengthens the habit.", actionable=True),
    _d("pace", "Usual gap between orders", "Days between two orders, and how much they vary.",
       ("gap_mean", "gap_median", "gap_sd", "gap_longest", "gap_last"),
       "Shorten the gap, for example with a subscription or a refill reminder.", actionable=True),
    _d("spent", "Spend", "Money spent, in total and recently.",
       ("monetary", "now_monetary", "spend_30", "spend_60", "spend_90", "spend_180", "spend_365", "spend_trend_90",
        "btyd_spend"),
       "Give big spenders a reason to stay, such as early access to new products.", actionable=True),
    _d("order_size", "Order value", "Amount of the average, largest, first and last order.",
       ("order_value", "order_value_sd", "order_value_largest", "order_value_last", "order_value_first",
        "last_against_mean", "btyd_order_value"),
       "Suggest add-ons that match the basket.", actionable=True),
    _d("basket", "Basket contents", "Products and units per order, and the price per unit.",
       ("lines_mean", "lines_last", "units_mean", "price_level"),
       "Suggest products that go with past purchases.", actionable=True),
    _d("returns", "Returns", "Orders and items cancelled or refunded.",
       ("returned", "returned_180", "returns", "returned_share"),
       "Find out why items are returned, and fix the cause.", actionable=True),
    _d("season", "The same season last year", "Orders and spend at this time last year.",
       ("season_orders", "season_spend", "season_before"),
       "Last year can't be changed, but messages can be timed to it.", actionable=False),
    _d("age", "Time as a customer", "Days since the first order, and between the first and the last.",
       ("tenure", "active_span"), "The date of the first order can't be changed.", actionable=False),
    _d("standing", "Segment today", "The current segment, and the one expected without another order.",
       (), "Follows from recency, orders and spend. Work on those.", actionable=False),
    _d("habit", "Order times", "Hour of the day, and share of orders at weekends.",
       ("hour", "weekend_share"), "Send messages at the hours when they order. The habit itself won't change.",
       actionable=False),
    _d("country", "Country", "Country of the customer.", (COUNTRY,), "Where customers live can't be changed.",
       actionable=False),
    _d("calendar", "Time of year", "Date of the prediction, the same for everyone.", ("season_sine", "season_cosine"),
       "The time of year can't be changed. It is the same for all customers.", actionable=False),
)  # fmt: skip
DRIVERS: Final[dict[str, Driver]] = {driver.name: driver for driver in _ALL}
"""All drivers by name, in display order."""

_OF: Final = {column: driver.name for driver in _ALL for column in driver.inputs}
_STANDING: Final = ("in_segment_", "idle_segment_")
_PLAYED: Final = "played_"  # segments that own rhythm leads to


def driver_of(column: str) -> str:
    """Return the driver of a column. A driver's name is returned unchanged."""
    if column.startswith(_STANDING):
        return "standing"
    if column.startswith(_PLAYED):
        return RHYTHM
    return _OF[column] if column in _OF else DRIVERS[column].name


def drivers_in(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return columns by driver, in the order of `DRIVERS`. Drivers without a column are excluded."""
    found: dict[str, list[str]] = {name: [] for name in DRIVERS}
    for column in columns:
        found[driver_of(column)].append(column)
    return {name: tuple(inside) for name, inside in found.items() if inside}


def by_driver(values: pd.DataFrame) -> pd.DataFrame:
    """Sum the columns of each driver, in the order of `DRIVERS`."""
    groups = drivers_in([str(name) for name in values])
    return pd.DataFrame({name: values[list(inside)].sum(axis=1) for name, inside in groups.items()}, index=values.index)
