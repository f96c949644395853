"""Facts about when and how often a customer buys, against her own habit and against the middle customer.

Each function looks at one customer and gives a fact, or None where there is nothing to tell. A habit takes two gaps
between orders: of one gap it is said that it is the only one, and whoever ordered once is compared with others alone.
Features count days with an order, so that sentences do.
"""

from collections.abc import Callable
from math import floor
from typing import Final

from core.customers.features import SEASON, YEAR
from core.models.explain.wording import Fact, Look, ago, amount, chance, days, plain, times

Teller = Callable[[Look], Fact | None]

_HABIT: Final = 3  # days with an order from which there is a habit: two gaps
_LATE: Final = 1.5  # times the usual gap from which a wait is a bad sign
_ABOUT: Final = 1.05  # times the usual gap up to which a wait is as long as usual
_LONGER: Final = 1.2  # up to which it is a little longer
_WELL: Final = 0.5  # below which it is well within


def against(
    look: Look,
    said: str,
    pair: tuple[float, float | None],
    written: Callable[[float], str],
    good: int,
    topics: tuple[str, ...],
    *,
    of_all: bool,
) -> Fact | None:
    """A number beside the middle customer's; None where that is not known.

    Parameters
    ----------
    look : Look
        The customer.
    said : str
        The clause so far.
    pair : tuple of float and float or None
        Hers, and the middle customer's.
    written : callable
        Writes such a number, with its unit.
    good : int
        1 where more is a good sign, -1 where less is, 0 where neither is.
    topics : tuple of str
        What it tells of.
    of_all : bool
        Whether all customers are meant, and not her segment.
    """
    own, other = pair
    if other is None:
        return None
    shown = written(other)
    whom = look.whom(of_all=of_all)
    if shown == written(own):
        return Fact(f"{said}, as for {whom}", 0, frozenset(topics))
    return Fact(f"{said}, against {shown} for {whom}", good * _sign(own - other), frozenset(topics))


def _fact(clause: str, leaning: int, *topics: str) -> Fact:
    return Fact(clause, leaning, frozenset(topics))


def _sign(value: float) -> int:
    return (value > 0) - (value < 0)


# the last order


def last_order_and_gap(look: Look) -> Fact | None:
    """Days since the last order against the customer's own gap."""
    since, gap, purchases = look.recency, look.number("gap_median"), look.purchases
    if since is None or gap is None or purchases is None or gap <= 0:
        return None
    habit = purchases >= _HABIT
    own = f"the usual gap of {days(gap)}" if habit else f"the only gap so far, {days(gap)}"
    said, ratio, topics = f"the last order was {ago(since)}", since / gap, ("last", "gap")
    if ratio > _LONGER:
        return _fact(f"{said}, {times(ratio)} {own}", -1 if ratio >= _LATE else 0, *topics)
    if ratio > _ABOUT:
        return _fact(f"{said}, a little more than {own}", 0, *topics)
    within = "well within" if ratio < _WELL else "within" if ratio < 1 / _ABOUT else "about"
    if not habit:
        return _fact(f"{said}, {within} {own}", 1, *topics)
    return _due(look, f"{said}, {within} {own}", gap - since)


def _due(look: Look, said: str, left: float) -> Fact:
    """When the next order is due by the usual gap; one that is due after the horizon is no good sign for it."""
    left = float(floor(left + 0.5))
    leaning = -1 if left >= look.context.horizon else 1
    return _fact(f"{said}; the next is due in {days(left)}" if left > 1 else said, leaning, "last", "gap")


def longest_gap(look: Look) -> Fact | None:
    """Whether the customer has ever waited so long."""
    since, longest, usual = look.recency, look.number("gap_longest"), look.number("gap_median")
    if since is None or longest is None or usual is None or (look.purchases or 0) < _HABIT:
        return None
    if since > longest:
        said = f"the wait since the last order is longer than any gap before, of which the longest was {days(longest)}"
        return _fact(said, -1, "longest")
    if since <= usual:
        return None
    return _fact(f"a gap of {days(longest)} was followed by an order before, longer than the wait now", 1, "longest")


def last_order(*, of_all: bool) -> Teller:
    """Days since the last order against the middle customer's."""

    def tell(look: Look) -> Fact | None:
        since = look.recency
        if since is None:
            return None
        other = look.middle("recency", of_all=of_all)
        other = look.middle("now_recency", of_all=of_all) if other is None else other
        said = f"the {'only' if look.once else 'last'} order was {ago(since)}"
        topics = ("last", "first") if look.once else ("last",)
        return against(look, said, (since, other), days, -1, topics, of_all=of_all)

    return tell


def last_order_alone(look: Look) -> Fact | None:
    """Days since the last order, with nobody to compare with."""
    return None if look.recency is None else _fact(f"the last order was {ago(look.recency)}", 0, "last")


# how many


def _order_days(count: float) -> str:
    if count == 0:
        return "was no order"
    return "was 1 day with an order" if count == 1 else f"were {plain(count)} days with an order"


def _days_or_none(count: float) -> str:
    return "none" if count == 0 else days(count)


def lately(window: int) -> Teller:
    """Days with an order in a window against the window before it."""

    def tell(look: Look) -> Fact | None:
        now, both, tenure = look.number(f"orders_{window}"), look.number(f"orders_{2 * window}"), look.number("tenure")
        if now is None or both is None or tenure is None or tenure <= window or not (now or both):
            return None
        before = both - now
        said = f"there {_order_days(now)} in the last {window} days"
        if now == before:
            return _fact(f"{said}, as in the {window} before", 0, "lately")
        return _fact(f"{said}, after {_days_or_none(before)} in the {window} before", _sign(now - before), "lately")

    return tell


def in_window(window: int, *, of_all: bool) -> Teller:
    """Days with an order in a window against the middle customer's."""
    name = f"orders_{window}"

    def tell(look: Look) -> Fact | None:
        count = look.number(name)
        if count is None:
            return None
        said = f"there {_order_days(count)} in the last {window} days"
        # none in a window is known from the last order already, which is longer ago
        topics = (name,) if count else (name, "last")
        pair = count, look.middle(name, of_all=of_all)
        found = against(look, said, pair, _days_or_none, 1, topics, of_all=of_all)
        return found._replace(leaning=-1) if found and not count else found

    return tell


def orders_in_all(*, of_all: bool) -> Teller:
    """Orders so far against the middle customer's."""

    def tell(look: Look) -> Fact | None:
        name, count, said = _so_far(look)
        if count is None:
            return None
        found = against(look, said, (count, look.middle(name, of_all=of_all)), plain, 1, ("count",), of_all=of_all)
        return found._replace(leaning=-1) if count == 1 and found else found

    return tell


def orders_alone(look: Look) -> Fact | None:
    """Orders so far, with nobody to compare with."""
    _, count, said = _so_far(look)
    return None if count is None else _fact(said, 0, "count")


def _so_far(look: Look) -> tuple[str, float | None, str]:
    """Column, number and clause: of orders, or of days with one where orders are not known."""
    if look.orders is not None:
        said = "has been only 1 order" if look.orders == 1 else f"have been {plain(look.orders)} orders"
        return "now_frequency", look.orders, f"there {said} so far"
    count = look.purchases or 0.0
    said = "has been only 1 day with an order" if count == 1 else f"have been {plain(count)} days with an order"
    return "frequency", look.purchases, f"there {said} so far"


# gaps


def gap(name: str, *, of_all: bool) -> Teller:
    """A gap between orders against the middle customer's: the usual one, the longest, or the last."""
    kind = {"gap_median": "usual", "gap_longest": "longest", "gap_last": "last"}[name]

    def tell(look: Look) -> Fact | None:
        own = look.number(name)
        if own is None:
            return None
        habit = (look.purchases or 0) >= _HABIT
        if not habit and name != "gap_median":
            return None
        said = f"the {kind} gap between orders is {days(own)}" if habit else f"the only gap so far was {days(own)}"
        topic = "gap" if name == "gap_median" else "longest" if name == "gap_longest" else "last gap"
        return against(look, said, (own, look.middle(name, of_all=of_all)), days, -1, (topic,), of_all=of_all)

    return tell


def last_gap(look: Look) -> Fact | None:
    """The last gap against the usual one; with two gaps the usual one lies between them."""
    last, usual = look.number("gap_last"), look.number("gap_median")
    if last is None or usual is None or (look.purchases or 0) <= _HABIT or last == usual:
        return None
    said = f"the last two orders came {days(last)} apart, against a usual gap of {days(usual)}"
    return _fact(said, _sign(usual - last), "last gap", "gap")


def no_gap(look: Look) -> Fact | None:
    """That there is no gap yet."""
    return _fact("there is no second order yet, so no gap to go by", -1, "count") if look.purchases == 1 else None


def gap_alone(look: Look) -> Fact | None:
    """The usual gap, with nobody to compare with."""
    own, habit = look.number("gap_median"), (look.purchases or 0) >= _HABIT
    if own is None:
        return None
    return _fact(f"the {'usual gap between orders is' if habit else 'only gap so far was'} {days(own)}", 0, "gap")


# own rhythm


def rhythm(read: Callable[[Look], tuple[str, tuple[str, ...]] | None], *, of_all: bool) -> Teller:
    """The chance that own pace alone gives, with what it is read from."""

    def tell(look: Look) -> Fact | None:
        own, reading = look.number("btyd_buy"), read(look)
        if own is None or reading is None:
            return None
        ahead = f"an order within {days(look.context.horizon)}"
        said = f"the customer's own pace {reading[0]} gives a chance of {chance(own)} of {ahead}"
        other = look.middle("btyd_buy", of_all=of_all)
        return against(look, said, (own, other), chance, 1, ("rhythm", *reading[1]), of_all=of_all)

    return tell


def by_count(look: Look) -> tuple[str, tuple[str, ...]] | None:
    """How many days with an order there were, in how many."""
    tenure = look.number("tenure")
    if look.purchases is None or tenure is None:
        return None
    if look.purchases == 1:
        return _single(look, tenure)
    return f"(orders on {plain(look.purchases)} days in {days(tenure)})", ("count", "first")


def by_silence(look: Look) -> tuple[str, tuple[str, ...]] | None:
    """For how long nothing came, after what."""
    active, since, purchases = look.number("active_span"), look.recency, look.purchases
    if active is None or since is None or purchases is None:
        return None
    if purchases == 1:
        return _single(look, since)
    said = f"(orders on {plain(purchases)} days within {days(active + 1)}, then no more for {days(since)})"
    return said, ("last", "count")


def _single(look: Look, since: float) -> tuple[str, tuple[str, ...]]:
    said = "a single order," if look.once else "orders on a single day,"
    return f"({said} {ago(since)})", ("last", "first", "count")


def by_age(look: Look) -> tuple[str, tuple[str, ...]] | None:
    """For how long somebody has been a customer."""
    tenure = look.number("tenure")
    return None if tenure is None else (f"(first order {ago(tenure)})", ("first",))


def by_pace(_: Look) -> tuple[str, tuple[str, ...]] | None:
    """What it is read from is told elsewhere."""
    return "of buying", ()


def alive(*, of_all: bool) -> Teller:
    """The chance of being still a customer."""

    def tell(look: Look) -> Fact | None:
        own = look.number("btyd_alive")
        # whoever bought once cannot have stopped, for the model: nothing to tell
        if own is None or (look.purchases or 0) <= 1:
            return None
        said = f"by the customer's own pace the chance of being still active is {chance(own)}"
        other = look.middle("btyd_alive", of_all=of_all)
        return against(look, said, (own, other), chance, 1, ("alive",), of_all=of_all)

    return tell


# seasons and years


def season(look: Look) -> Fact | None:
    """What was bought in the season that comes now, a year earlier."""
    count, spend, tenure = (look.number(name) for name in ("season_orders", "season_spend", "tenure"))
    if count is None or tenure is None:
        return None
    same = f"in the {SEASON} days from this date on"
    if tenure < YEAR - SEASON + 1:
        return _fact(f"a year ago, {same}, there was no first order yet", 0, "season")
    worth = f", worth {amount(look.context.money, spend)}," if spend and count else ""
    return _fact(f"a year ago there {_order_days(count)}{worth} {same}", 1 if count else -1, "season")


def season_before(look: Look) -> Fact | None:
    """What was bought before that season."""
    count, tenure = look.number("season_before"), look.number("tenure")
    if not count or tenure is None or tenure <= YEAR:
        return None
    said = f"a year ago there {_order_days(count)} in the {SEASON} days up to this date"
    return _fact(said, 1, "season before")


def first_order(*, of_all: bool) -> Teller:
    """Days since the first order; whether many are good is not for a sentence to say."""

    def tell(look: Look) -> Fact | None:
        tenure = look.number("tenure")
        if tenure is None:
            return None
        said = f"the {'only' if look.once else 'first'} order was {ago(tenure)}"
        topics = ("first", "last") if look.once else ("first",)
        return against(look, said, (tenure, look.middle("tenure", of_all=of_all)), days, 0, topics, of_all=of_all)

    return tell


def span(*, of_all: bool) -> Teller:
    """Days from the first to the last order."""

    def tell(look: Look) -> Fact | None:
        own = look.number("active_span")
        if own is None or look.purchases == 1:
            return None
        said = f"the first and the last order lie {days(own)} apart"
        return against(look, said, (own, look.middle("active_span", of_all=of_all)), days, 0, ("span",), of_all=of_all)

    return tell


def only_span(look: Look) -> Fact | None:
    """That everything was ordered on one day."""
    return _fact("all that was ever ordered came on a single day", 0, "span") if look.purchases == 1 else None
