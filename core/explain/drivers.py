"""What drives a prediction, in the words of a marketer: inputs that say nearly the same thing are one driver.

Models look at seventy numbers, many of which are one fact told several times: days since the last order, the same
over the usual gap, over the mean gap, over the longest one. A model shares its credit among such inputs as chance has
it, and still knows the fact when one of them is shuffled. So credit is added up by driver: what a driver brings is
stable, and it can be said in a sentence.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from core.models.data.inputs import COUNTRY

RHYTHM: Final = "rhythm"
"""Own buying rhythm: what repeat buying alone says, as a member of a blend and as an input of its other members."""


@dataclass(frozen=True, kw_only=True)
class Driver:
    """One fact about a customer, as several inputs tell it.

    Parameters
    ----------
    name : str
        Its key.
    label : str
        As shown.
    about : str
        What it is, in a sentence.
    inputs : tuple of str
        Columns of a panel that tell it.
    actionable : bool
        Whether the shop can do something about it.
    advice : str
        What can be done; of what cannot be changed, why not.
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
    _d(RHYTHM, "Own buying rhythm", "What the customer's own pace of buying alone lets one expect.",
       ("btyd_buy", "btyd_alive", "btyd_purchases"),
       "Remind them when the next order is due by their own pace, not by the calendar.", actionable=True),
    _d("recency", "Time since the last order", "Days since the last order, alone and against the customer's usual gap.",
       ("recency", "now_recency", "idle_share", "overdue_mean", "overdue", "overdue_longest"),
       "Prompt an order soon: each day without one counts.", actionable=True),
    _d("lately", "Orders lately", "Orders in the last 30 to 90 days, and whether they become more or fewer.",
       ("orders_30", "orders_60", "orders_90", "trend_30", "trend_90"),
       "Give a reason for another order within weeks.", actionable=True),
    _d("orders", "Orders in all", "How often the customer has ordered, in all and over the last half year and year.",
       ("frequency", "now_frequency", "rate", "orders_180", "orders_365"),
       "Win the next order: the habit grows with each.", actionable=True),
    _d("pace", "Usual gap between orders", "How long the customer usually waits between two orders, and how regularly.",
       ("gap_mean", "gap_median", "gap_sd", "gap_longest", "gap_last"),
       "Offer what shortens the gap, such as a subscription or a refill reminder.", actionable=True),
    _d("spent", "Money spent", "What the customer has spent, in all and lately.",
       ("monetary", "now_monetary", "spend_30", "spend_60", "spend_90", "spend_180", "spend_365", "spend_trend_90",
        "btyd_spend"),
       "Give those who spend most a reason to stay, such as a first look at what is new.", actionable=True),
    _d("order_size", "Size of orders", "What a purchase usually comes to, and what the last one came to.",
       ("order_value", "order_value_sd", "order_value_largest", "order_value_last", "order_value_first",
        "last_against_mean", "btyd_order_value"),
       "Suggest what goes with what is in the basket.", actionable=True),
    _d("basket", "What is in the basket", "Products and units per order, and what a unit costs.",
       ("lines_mean", "lines_last", "units_mean", "price_level"),
       "Suggest products that go with those bought.", actionable=True),
    _d("returns", "Orders sent back", "What was cancelled or refunded.",
       ("returned", "returned_180", "returns", "returned_share"),
       "Find out why things went back, and put it right.", actionable=True),
    _d("season", "The same season last year", "What the customer bought at this time last year.",
       ("season_orders", "season_spend", "season_before"),
       "What was bought last year cannot be changed; time a message to it.", actionable=False),
    _d("age", "Time as a customer", "Days since the first order, and between the first and the last.",
       ("tenure", "active_span"), "When somebody became a customer cannot be changed.", actionable=False),
    _d("standing", "Segment today", "The segment the customer is in, and the one without another order.",
       (), "Follows from recency, orders and money; change those.", actionable=False),
    _d("habit", "When orders are placed", "Hour of the day, and weekdays or weekends.",
       ("hour", "weekend_share"), "Write at the hours at which the customer orders; the habit itself stays.",
       actionable=False),
    _d("country", "Country", "Where the customer is.", (COUNTRY,), "Where somebody lives cannot be changed.",
       actionable=False),
    _d("calendar", "Time of year", "The date itself, the same for all customers.", ("season_sine", "season_cosine"),
       "The time of year cannot be changed; it holds for all customers.", actionable=False),
)  # fmt: skip
DRIVERS: Final[dict[str, Driver]] = {driver.name: driver for driver in _ALL}
"""All drivers by name, in the order in which they are listed."""

_OF: Final = {column: driver.name for driver in _ALL for column in driver.inputs}
_STANDING: Final = ("in_segment_", "idle_segment_")
_PLAYED: Final = "played_"  # where own rhythm leads to


def driver_of(column: str) -> str:
    """Name of the driver that a column belongs to; that of a driver is its own."""
    if column.startswith(_STANDING):
        return "standing"
    if column.startswith(_PLAYED):
        return RHYTHM
    return _OF[column] if column in _OF else DRIVERS[column].name


def drivers_in(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Columns by driver, the drivers in their order; those without a column are left out."""
    found: dict[str, list[str]] = {name: [] for name in DRIVERS}
    for column in columns:
        found[driver_of(column)].append(column)
    return {name: tuple(inside) for name, inside in found.items() if inside}


def by_driver(values: pd.DataFrame) -> pd.DataFrame:
    """Sums of columns of the same driver, in the order of `DRIVERS`."""
    groups = drivers_in([str(name) for name in values])
    return pd.DataFrame({name: values[list(inside)].sum(axis=1) for name, inside in groups.items()}, index=values.index)
