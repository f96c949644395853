"""Facts about when and how often a customer orders, compared with their own habit and with typical customers.

Each function looks at one customer and returns a fact, or None if the history holds none. A habit takes two gaps
between orders: a single gap is called the only one, and one-time customers are compared with others alone.
Features count days with an order, and so do sentences.
"""

from math import floor
from typing import Final

from core.explain.words.compared import Teller, against, fact_of, sign_of
from core.explain.words.wording import Fact, Look, ago, days, plain

_HABIT: Final = 3  # days with an order from which there is a habit: two gaps
_LATE: Final = 1.5  # times the usual gap from which a wait is a bad sign
_SILENT: Final = 2.0  # times the usual gap from which a habit is in the past
_ABOUT: Final = 1.05  # times the usual gap up to which a wait is as long as usual


# the last order


def last_order_and_gap(look: Look) -> Fact | None:
    """Compare the days since the last order with the customer's own gap."""
    since, gap, purchases = look.recency, look.number("gap_median"), look.purchases
    if since is None or gap is None or purchases is None or gap <= 0:
        return None
    habit = purchases >= _HABIT
    usual = f"usual gap: {days(gap)}" if habit else f"only gap so far: {days(gap)}"
    clause, ratio, topics = f"last order {ago(since)}", since / gap, ("last", "gap")
    if habit and ratio >= _SILENT:
        every = "day" if gap == 1 else days(gap)
        return fact_of(f"used to order every {every}, nothing for {days(since)}", -1, *topics)
    if ratio > _ABOUT:
        return fact_of(f"{clause} ({usual})", -1 if ratio >= _LATE else 0, *topics)
    left = float(floor(gap - since + 0.5))
    if habit and left >= look.context.horizon:  # an order due after the horizon is no good sign for it
        return fact_of(f"{clause}, next due in {days(left)} ({usual})", -1, *topics)
    return fact_of(f"{clause} ({usual})", 1, *topics)


def longest_gap(look: Look) -> Fact | None:
    """Compare the wait since the last order with the longest gap before it."""
    since, longest, usual = look.recency, look.number("gap_longest"), look.number("gap_median")
    if since is None or longest is None or usual is None or (look.purchases or 0) < _HABIT:
        return None
    if since > longest:
        return fact_of(f"no order for {days(since)} (longest gap before: {days(longest)})", -1, "longest")
    if since <= usual:
        return None
    return fact_of(f"has come back after a longer gap before ({days(longest)})", 1, "longest")


def last_order(look: Look) -> Fact | None:
    """Compare the days since the last order with the typical number."""
    since = look.recency
    if since is None:
        return None
    clause = f"{'only' if look.once else 'last'} order {ago(since)}"
    topics = ("last", "first") if look.once else ("last",)
    return against(look, clause, (since, look.middle(look.since)), days, -1, topics)


def no_second(look: Look) -> Fact | None:
    """State that the first order is still the only one."""
    if look.recency is None or not look.once:
        return None
    return fact_of(f"no second order yet (first order {ago(look.recency)})", -1, "last", "first")


def last_order_alone(look: Look) -> Fact | None:
    """State the days since the last order, without a comparison."""
    return None if look.recency is None else fact_of(f"last order {ago(look.recency)}", 0, "last")


# how many


def _ordered_on(count: float, window: int) -> str:
    return f"ordered on {plain(count)} of the last {window} days" if count else f"no orders in the last {window} days"


def recent(window: int) -> Teller:
    """Compare the days with an order in a window with those in the window before it."""

    def tell(look: Look) -> Fact | None:
        now, both, tenure = look.number(f"orders_{window}"), look.number(f"orders_{2 * window}"), look.number("tenure")
        if now is None or both is None or tenure is None or tenure <= window or not (now or both):
            return None
        before, topics = both - now, ("recent",) if now else ("recent", "last")
        if look.one_a_day:
            earlier = plain(before) if before else "none"
            clause = f"{_orders(now)} in the last {window} days ({earlier} in the {window} before)"
        else:
            earlier = f"on {plain(before)} of the {window} before" if before else f"none in the {window} before"
            clause = f"{_ordered_on(now, window)} ({earlier})"
        return fact_of(clause, sign_of(now - before), *topics)

    return tell


def _orders(count: float) -> str:
    written = plain(count) if count else "no"
    return "1 order" if written == "1" else f"{written} orders"


def in_window(window: int) -> Teller:
    """Compare the days with an order in a window with the typical number."""
    name = f"orders_{window}"

    def tell(look: Look) -> Fact | None:
        count = look.number(name)
        if count is None:
            return None
        # no order in a window follows from the last order, which is longer ago
        topics = (name,) if count else (name, "last")
        typical = (lambda value: plain(value) if value else "none") if count else _days_with
        found = against(look, _ordered_on(count, window), (count, look.middle(name)), typical, 1, topics)
        return found._replace(leaning=found.leaning or -1) if found and not count else found

    return tell


def _days_with(count: float) -> str:
    return f"{days(count)} with orders" if count else "none"


def total_orders(look: Look) -> Fact | None:
    """Compare the number of orders with the typical one."""
    name, count, clause = _so_far(look)
    if count is None:
        return None
    found = against(look, clause, (count, look.middle(name)), plain, 1, ("count",))
    return found._replace(clause=f"only {found.clause}") if found and found.leaning < 0 and look.orders else found


def total_orders_alone(look: Look) -> Fact | None:
    """State the number of orders, without a comparison."""
    _, count, clause = _so_far(look)
    return None if count is None else fact_of(clause, 0, "count")


def _so_far(look: Look) -> tuple[str, float | None, str]:
    """Return the column, the number and the clause: of orders, or of days with one if orders aren't known."""
    if look.orders is not None:
        return "now_frequency", look.orders, f"{_orders(look.orders)} so far"
    return "frequency", look.purchases, f"ordered on {days(look.purchases or 0.0)} so far"


# gaps


def gap(name: str) -> Teller:
    """Compare a customer's usual or longest gap between orders with the typical one."""

    def tell(look: Look) -> Fact | None:
        own = look.number(name)
        habit = (look.purchases or 0) >= _HABIT
        if own is None or (not habit and name != "gap_median"):
            return None
        clause = _usually(own, habit=habit) if name == "gap_median" else f"longest gap between orders was {days(own)}"
        topic = "gap" if name == "gap_median" else "longest"
        return against(look, clause, (own, look.middle(name)), days, -1, (topic,))

    return tell


def last_gap(look: Look) -> Fact | None:
    """Compare the last gap with the usual one; None for only two gaps, whose median is their midpoint."""
    last, usual = look.number("gap_last"), look.number("gap_median")
    if last is None or usual is None or (look.purchases or 0) <= _HABIT or last == usual:
        return None
    clause = f"last two orders {days(last)} apart (usual gap: {days(usual)})"
    return fact_of(clause, sign_of(usual - last), "last gap", "gap")


def no_gap(look: Look) -> Fact | None:
    """State that there is no gap yet."""
    return fact_of("no second order yet", -1, "count") if look.purchases == 1 else None


def gap_alone(look: Look) -> Fact | None:
    """State the usual gap, without a comparison."""
    own = look.number("gap_median")
    if own is None:
        return None
    return fact_of(_usually(own, habit=(look.purchases or 0) >= _HABIT), 0, "gap")


def _usually(gap_: float, *, habit: bool) -> str:
    return f"usual gap between orders is {days(gap_)}" if habit else f"only gap between orders was {days(gap_)}"
