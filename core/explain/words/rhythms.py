"""Facts about a customer's own rhythm as repeat-buying models see it, about seasons, and about time as a customer."""

from collections.abc import Callable
from typing import Final

from core.customers.features import SEASON, YEAR
from core.explain.words.compared import Teller, against, fact_of
from core.explain.words.wording import Fact, Look, ago, amount, chance, days, plain

Reading = tuple[str, tuple[str, ...]]
"""A clause about the history from which a rhythm is read, and its topics."""

_NEW: Final = 90  # days since the first order, up to which a customer is new
_SILENT: Final = 2.0  # times the mean gap from which a rhythm is broken off
_HABIT: Final = 3  # days with an order from which there is a usual gap

# own rhythm


def rhythm(read: Callable[[Look], Reading | None]) -> Teller:
    """Judge a clause about the rhythm by the chance that the rhythm implies, compared with the typical chance."""

    def tell(look: Look) -> Fact | None:
        own, reading = look.number("btyd_buy"), read(look)
        if own is None or reading is None:
            return None
        clause, topics = reading
        found = against(look, clause, (own, look.middle("btyd_buy")), chance, 1, ("rhythm", *topics))
        return found if found is None or not topics else found._replace(clause=clause)

    return tell


def by_count(look: Look) -> Reading | None:
    """Return the number of orders and the days they took."""
    tenure, purchases = look.number("tenure"), look.purchases
    if purchases is None or tenure is None:
        return None
    if purchases == 1:
        return _single(look, tenure)
    if look.direction < 0 and (purchases >= _HABIT or (look.number("overdue_mean") or 0) > _SILENT):
        return None  # the silence counts against the customer, not the number of orders
    orders = f"{plain(purchases)} orders in" if look.one_a_day else f"ordered on {plain(purchases)} of"
    return f"{orders} {days(tenure)}", ("count", "first")


def by_silence(look: Look) -> Reading | None:
    """Return the silence after the last order, if it breaks off a rhythm."""
    since, purchases = look.recency, look.purchases
    if since is None or purchases is None:
        return None
    if purchases == 1:
        return _single(look, since)
    if look.direction > 0 or (look.number("overdue_mean") or 0) <= _SILENT:
        return None
    orders = f"{plain(purchases)} orders" if look.one_a_day else f"ordered on {days(purchases)}"
    return f"{orders}, then nothing for {days(since)}", ("last", "count")


def by_last(look: Look) -> Reading | None:
    """Return the days since the last order of a customer who has gone quiet."""
    late = look.purchases == 1 or (look.number("overdue_mean") or 0) > 1
    if look.recency is None or look.direction > 0 or not late:
        return None
    return f"last order {ago(look.recency)}", ("last",)


def _single(look: Look, since: float) -> Reading:
    clause = "only 1 order" if look.once else "all orders on one day"
    return f"{clause}, {ago(since)}", ("last", "first", "count")


def by_age(look: Look) -> Reading | None:
    """Return the days since the first order."""
    tenure = look.number("tenure")
    if tenure is None:
        return None
    return f"first order {ago(tenure)}", (("first", "last") if look.once else ("first",))


def by_pace(look: Look) -> Reading | None:
    """Return the chance alone, for customers whose history other sentences state."""
    own = look.number("btyd_buy")
    return None if own is None else (f"order timing alone suggests {chance(own)}", ())


# seasons and years


def season(look: Look) -> Fact | None:
    """State the orders in the coming season, a year earlier."""
    count, spend, tenure = (look.number(name) for name in ("season_orders", "season_spend", "tenure"))
    if count is None or tenure is None:
        return None
    same = f"the same {SEASON} days last year"
    if tenure < YEAR - SEASON + 1:
        return fact_of(f"not yet a customer in {same}", 0, "season")
    if count == 0:
        return fact_of(f"no orders in {same}", -1, "season")
    worth = f" ({amount(look.context.money, spend)})" if spend else ""
    return fact_of(f"ordered on {days(count)} in {same}{worth}", 1, "season")


def season_before(look: Look) -> Fact | None:
    """State the orders before that season."""
    count, tenure = look.number("season_before"), look.number("tenure")
    if not count or tenure is None or tenure <= YEAR:
        return None
    return fact_of(f"ordered on {days(count)} in the {SEASON} days before this date last year", 1, "season before")


def first_order(look: Look) -> Fact | None:
    """Compare the days since the first order with the typical number; whether many are good is left open."""
    tenure = look.number("tenure")
    if tenure is None:
        return None
    clause = f"{'only' if look.once else 'first'} order {ago(tenure)}"
    topics = ("first", "last") if look.once else ("first",)
    return against(look, clause, (tenure, look.middle("tenure")), days, 0, topics)


def span(look: Look) -> Fact | None:
    """Compare the days from the first to the last order with the typical number."""
    own = look.number("active_span")
    if own is None or look.purchases == 1:
        return None
    clause = f"{days(own)} from first to last order"
    return against(look, clause, (own, look.middle("active_span")), days, 0, ("span",))


def only_span(look: Look) -> Fact | None:
    """State that nothing followed the first day."""
    if look.purchases != 1:
        return None
    tenure = look.number("tenure")
    if tenure is not None and tenure <= _NEW:
        return fact_of(f"new customer (first order in the last {_NEW} days)", 0, "span")
    return fact_of("has ordered only once" if look.once else "all orders so far on one day", 0, "span")
