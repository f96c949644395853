"""Facts about when and how often a customer buys, against her own habit and against the middle customer.

Each function looks at one customer and gives a fact, or None where there is nothing to tell. A habit takes two gaps
between orders: of one gap it is said that it is the only one, and whoever ordered once is compared with others alone.
Features count days with an order, so that sentences do.
"""

from math import floor
from typing import Final

from core.explain.words.compared import Teller, against, fact_of, sign_of
from core.explain.words.wording import Fact, Look, ago, days, plain, times

_HABIT: Final = 3  # days with an order from which there is a habit: two gaps
_LATE: Final = 1.5  # times the usual gap from which a wait is a bad sign
_ABOUT: Final = 1.05  # times the usual gap up to which a wait is as long as usual
_LONGER: Final = 1.2  # up to which it is a little longer
_WELL: Final = 0.5  # below which it is well within


# the last order


def last_order_and_gap(look: Look) -> Fact | None:
    """Days since the last order against the customer's own gap."""
    since, gap, purchases = look.recency, look.number("gap_median"), look.purchases
    if since is None or gap is None or purchases is None or gap <= 0:
        return None
    habit = purchases >= _HABIT
    own = f"the usual gap of {days(gap)}" if habit else f"the only gap so far ({days(gap)})"
    said, ratio, topics = f"the last order was {ago(since)}", since / gap, ("last", "gap")
    if ratio > _LONGER:
        return fact_of(f"{said}, {times(ratio)} {own}", -1 if ratio >= _LATE else 0, *topics)
    if ratio > _ABOUT:
        return fact_of(f"{said}, a little more than {own}", 0, *topics)
    within = "well within" if ratio < _WELL else "within" if ratio < 1 / _ABOUT else "about"
    if not habit:
        return fact_of(f"{said}, {within} {own}", 1, *topics)
    return _due(look, f"{said}, {within} {own}", gap - since)


def _due(look: Look, said: str, left: float) -> Fact:
    """When the next order is due by the usual gap; one that is due after the horizon is no good sign for it."""
    left = float(floor(left + 0.5))
    leaning = -1 if left >= look.context.horizon else 1
    return fact_of(f"{said}; by that gap the next is due in {days(left)}" if left > 1 else said, leaning, "last", "gap")


def longest_gap(look: Look) -> Fact | None:
    """Whether the customer has ever waited so long."""
    since, longest, usual = look.recency, look.number("gap_longest"), look.number("gap_median")
    if since is None or longest is None or usual is None or (look.purchases or 0) < _HABIT:
        return None
    if since > longest:
        said = f"the wait since the last order is longer than any gap before, of which the longest was {days(longest)}"
        return fact_of(said, -1, "longest")
    if since <= usual:
        return None
    return fact_of(f"the customer has come back after a longer wait before ({days(longest)})", 1, "longest")


def last_order(look: Look) -> Fact | None:
    """Days since the last order against the middle customer's."""
    since = look.recency
    if since is None:
        return None
    said = f"the {'only' if look.once else 'last'} order was {ago(since)}"
    topics = ("last", "first") if look.once else ("last",)
    return against(look, said, (since, look.middle(look.since)), days, -1, topics)


def no_second(look: Look) -> Fact | None:
    """That the first order is still the only one."""
    if look.recency is None or not look.once:
        return None
    return fact_of(f"no second order has come since the first one {ago(look.recency)}", -1, "last", "first")


def last_order_alone(look: Look) -> Fact | None:
    """Days since the last order, with nobody to compare with."""
    return None if look.recency is None else fact_of(f"the last order was {ago(look.recency)}", 0, "last")


# how many


def _came(count: float, window: int) -> str:
    if count == 0:
        return f"no order came in the last {window} days"
    return f"{'an order' if count == 1 else 'orders'} came on {plain(count)} of the last {window} days"


def _or_none(count: float) -> str:
    return "none" if count == 0 else plain(count)


def _days_with(count: float) -> str:
    return f"{days(count)} with {'an order' if count == 1 else 'orders'}" if count else "none"


def lately(window: int) -> Teller:
    """Days with an order in a window against the window before it."""

    def tell(look: Look) -> Fact | None:
        now, both, tenure = look.number(f"orders_{window}"), look.number(f"orders_{2 * window}"), look.number("tenure")
        if now is None or both is None or tenure is None or tenure <= window or not (now or both):
            return None
        before, said = both - now, _came(now, window)
        if now == before:
            return fact_of(f"{said}, as of the {window} before", 0, "lately")
        after = _or_none(before) if now else f"orders on {plain(before)}"
        topics = ("lately",) if now else ("lately", "last")
        return fact_of(f"{said}, after {after} of the {window} before", sign_of(now - before), *topics)

    return tell


def in_window(window: int) -> Teller:
    """Days with an order in a window against the middle customer's."""
    name = f"orders_{window}"

    def tell(look: Look) -> Fact | None:
        count = look.number(name)
        if count is None:
            return None
        # none in a window is known from the last order already, which is longer ago
        topics, written = ((name,), _or_none) if count else ((name, "last"), _days_with)
        pair = count, look.middle(name)
        found = against(look, _came(count, window), pair, written, 1, topics)
        return found._replace(leaning=found.leaning or -1) if found and not count else found

    return tell


def orders_in_all(look: Look) -> Fact | None:
    """Orders so far against the middle customer's."""
    name, count, said = _so_far(look)
    if count is None:
        return None
    return against(look, said, (count, look.middle(name)), plain, 1, ("count",))


def orders_alone(look: Look) -> Fact | None:
    """Orders so far, with nobody to compare with."""
    _, count, said = _so_far(look)
    return None if count is None else fact_of(said, 0, "count")


def _so_far(look: Look) -> tuple[str, float | None, str]:
    """Column, number and clause: of orders, or of days with one where orders are not known."""
    if look.orders is not None:
        said = "has been only 1 order" if look.orders == 1 else f"have been {plain(look.orders)} orders"
        return "now_frequency", look.orders, f"there {said} so far"
    count = look.purchases or 0.0
    said = "has been only 1 day with an order" if count == 1 else f"have been {plain(count)} days with an order"
    return "frequency", look.purchases, f"there {said} so far"


# gaps


def gap(name: str) -> Teller:
    """A gap between orders against the middle customer's: the usual one, the longest, or the last."""
    kind = {"gap_median": "usual", "gap_longest": "longest", "gap_last": "last"}[name]

    def tell(look: Look) -> Fact | None:
        own = look.number(name)
        if own is None:
            return None
        habit = (look.purchases or 0) >= _HABIT
        if not habit and name != "gap_median":
            return None
        said = (
            f"the {kind} gap between orders is {days(own)}"
            if habit
            else f"the only gap between orders so far was {days(own)}"
        )
        topic = "gap" if name == "gap_median" else "longest" if name == "gap_longest" else "last gap"
        return against(look, said, (own, look.middle(name)), days, -1, (topic,))

    return tell


def last_gap(look: Look) -> Fact | None:
    """The last gap against the usual one; with two gaps the usual one lies between them."""
    last, usual = look.number("gap_last"), look.number("gap_median")
    if last is None or usual is None or (look.purchases or 0) <= _HABIT or last == usual:
        return None
    said = f"the last two orders came {days(last)} apart, against a usual gap of {days(usual)}"
    return fact_of(said, sign_of(usual - last), "last gap", "gap")


def no_gap(look: Look) -> Fact | None:
    """That there is no gap yet."""
    return fact_of("there is no second order yet, so no gap to go by", -1, "count") if look.purchases == 1 else None


def gap_alone(look: Look) -> Fact | None:
    """The usual gap, with nobody to compare with."""
    own, habit = look.number("gap_median"), (look.purchases or 0) >= _HABIT
    if own is None:
        return None
    return fact_of(
        f"the {'usual gap between orders is' if habit else 'only gap between orders so far was'} {days(own)}", 0, "gap"
    )
