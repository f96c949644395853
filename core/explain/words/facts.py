"""The fact stated for each driver: true of the history, in agreement with the effect, and not yet stated."""

from collections.abc import Set as AbstractSet
from functools import lru_cache
from math import inf
from typing import Final

from core.explain.drivers import DRIVERS, RECENT
from core.explain.words import habits, purchases, rhythms
from core.explain.words.compared import Teller
from core.explain.words.wording import Context, Fact, Look, Row

About = tuple[tuple[str, ...], Teller]
"""Inputs of a driver that a fact is about, and the function that states it."""

TELLERS: Final[dict[str, tuple[About, ...]]] = {
    "rhythm": (
        (("frequency", "age", "btyd_buy", "btyd_purchases"), rhythms.rhythm(rhythms.by_count)),
        (("recency", "btyd_alive"), habits.last_order_and_gap),
        (("recency", "btyd_alive"), rhythms.rhythm(rhythms.by_silence)),
        ((), rhythms.rhythm(rhythms.by_last)),
        ((), rhythms.rhythm(rhythms.by_pace)),
        ((), rhythms.rhythm(rhythms.by_age)),
    ),
    "recency": (
        (("recency", "now_recency", "overdue", "overdue_mean"), habits.last_order_and_gap),
        (("recency", "now_recency"), habits.last_order),
        (("idle_share",), habits.no_second),
        (("overdue_longest",), habits.longest_gap),
    ),
    RECENT: (
        (("orders_90", "trend_90"), habits.recent(90)),
        (("orders_30", "trend_30", "orders_60"), habits.recent(30)),
        (("orders_90",), habits.in_window(90)),
        (("orders_60",), habits.in_window(60)),
    ),
    "orders": (
        (("frequency", "now_frequency", "rate"), habits.total_orders),
        (("orders_180",), habits.in_window(180)),
        (("orders_365",), habits.in_window(365)),
    ),
    "pace": (
        ((), habits.no_gap),
        (("gap_last",), habits.last_gap),
        (("gap_median", "gap_mean"), habits.gap("gap_median")),
        (("gap_longest", "gap_sd"), habits.gap("gap_longest")),
    ),
    "spent": (
        (("spend_30", "spend_60", "spend_90", "spend_180", "spend_365", "spend_trend_90"), purchases.spent_long_ago),
        (("spend_90", "spend_trend_90", "spend_60", "spend_30"), purchases.spent_recently),
        (("monetary", "now_monetary"), purchases.spent("monetary")),
        (("spend_365", "spend_180"), purchases.spent("spend_365")),
    ),
    "order_size": (
        (("order_value", "btyd_order_value"), purchases.order_amount("order_value")),
        (("order_value_last", "last_against_mean"), purchases.last_amount),
        (("order_value_largest",), purchases.order_amount("order_value_largest")),
    ),
    "basket": (
        (("lines_mean",), purchases.basket("lines_mean")),
        (("lines_last",), purchases.last_basket),
        (("units_mean",), purchases.basket("units_mean")),
        (("price_level",), purchases.basket("price_level")),
    ),
    "returns": ((("returned_180",), purchases.returned_recently), (("returned", "returned_share"), purchases.returned)),
    "season": ((("season_orders", "season_spend"), rhythms.season), (("season_before",), rhythms.season_before)),
    "age": (
        (("tenure",), rhythms.first_order),
        (("active_span",), rhythms.span),
        ((), rhythms.only_span),
    ),
    "standing": (((), purchases.standing),),
    "habit": ((("hour",), purchases.hour), (("weekend_share",), purchases.weekend)),
    "country": (((), purchases.country),),
    "calendar": (((), purchases.calendar),),
}
"""Facts about each driver: comparisons with the customer's own habit first, then with typical customers."""

ALONE: Final[dict[str, Teller]] = {
    "recency": habits.last_order_alone,
    "orders": habits.total_orders_alone,
    "pace": habits.gap_alone,
    "spent": purchases.spent_alone,
    "order_size": purchases.order_amount_alone,
    "basket": purchases.basket_alone,
}
"""Facts about drivers, used if there is nothing to compare with."""

_NEW: Final = 1.5  # penalty of a fact already stated: smaller than that of one that contradicts the effect
_ENOUGH: Final = 0  # the best possible rank


def fact(driver: str, raises: bool, customer: Row, typical: Row, context: Context) -> str:  # noqa: FBT001  a sign
    """Return a clause about a customer's driver, such as “last order 97 days ago (usual gap: 41 days)”.

    Parameters
    ----------
    driver : str
        One of `core.explain.drivers.DRIVERS`.
    raises : bool
        Whether it raises the output. Of several true facts, one that agrees with it is preferred.
    customer, typical : mapping
        Columns of a panel, of the customer and the medians of their segment.
    context : Context
        Facts shared by all customers.
    """
    return chosen(driver, 1 if raises else -1, Look(customer, typical, context)).clause


def chosen(
    driver: str, direction: int, look: Look, stated: AbstractSet[str] = frozenset(), part: str | None = None
) -> Fact:
    """Return the fact to state about a driver.

    Parameters
    ----------
    driver : str
        One of `DRIVERS`.
    direction : int
        1 for a good sign, -1 for a bad one, 0 for either.
    look : Look
        The customer.
    stated : set of str
        Topics that have been stated already.
    part : str, optional
        The input with the strongest pull; for own rhythm, one of "frequency", "recency" and "age". Facts
        about it come first.
    """
    best, rank = None, inf
    look.direction = direction
    for tell in _tellers(driver, part):
        found = tell(look)
        if found is None:
            continue
        fits = 1 - found.leaning * direction
        place = fits if stated.isdisjoint(found.topics) else fits + _NEW
        if place < rank:
            best, rank = found, place
        if place == _ENOUGH:
            break
    if best is None and driver in ALONE:
        best = ALONE[driver](look)
    return best or Fact(f"no data on “{DRIVERS[driver].label}”", 0, frozenset())


@lru_cache(maxsize=512)
def _tellers(driver: str, part: str | None) -> tuple[Teller, ...]:
    first = [tell for inputs, tell in TELLERS[driver] if part in inputs]
    return (*first, *(tell for inputs, tell in TELLERS[driver] if part not in inputs))
