"""Facts about a customer's own rhythm as repeat buying sees it, about seasons, and about years."""

from collections.abc import Callable
from typing import Final

from core.customers.features import SEASON, YEAR
from core.explain.words.compared import Teller, against, fact_of
from core.explain.words.wording import Fact, Look, ago, amount, chance, days, plain

Reading = tuple[str, tuple[str, ...]]
"""What a rhythm is read from, in brackets, and what that tells of."""

_NEW: Final = 90  # days since the first order, up to which a customer is new
_SILENT: Final = 2.0  # times the mean gap from which a rhythm is broken off

# own rhythm


def rhythm(read: Callable[[Look], Reading | None]) -> Teller:
    """The chance that own pace alone gives, with what it is read from."""

    def tell(look: Look) -> Fact | None:
        own, reading = look.number("btyd_buy"), read(look)
        if own is None or reading is None:
            return None
        ahead = f"an order within {days(look.context.horizon)}"
        said = f"the customer's own pace {reading[0]} makes {ahead} {chance(own)} likely"
        other = look.middle("btyd_buy")
        return against(look, said, (own, other), chance, 1, ("rhythm", *reading[1]))

    return tell


def by_count(look: Look) -> Reading | None:
    """How many days with an order there were, in how many."""
    tenure = look.number("tenure")
    if look.purchases is None or tenure is None:
        return None
    if look.direction < 0 and (look.number("overdue_mean") or 0) > _SILENT:
        return None  # not the orders there were, but those that stayed out
    if look.purchases == 1:
        return _single(look, tenure)
    return f"(orders on {plain(look.purchases)} days in {days(tenure)})", ("count", "first")


def by_silence(look: Look) -> Reading | None:
    """For how long nothing came, after what."""
    active, since, purchases = look.number("active_span"), look.recency, look.purchases
    if active is None or since is None or purchases is None:
        return None
    if purchases == 1:
        return _single(look, since)
    silent = (look.number("overdue_mean") or 0) > _SILENT
    then = f"then no more for {days(since)}" if silent else f"the last {ago(since)}"
    return f"(orders on {plain(purchases)} days within {days(active + 1)}, {then})", ("last", "count")


def by_last(look: Look) -> Reading | None:
    """How long ago the last order was, of whoever has become silent."""
    late = look.purchases == 1 or (look.number("overdue_mean") or 0) > 1
    if look.recency is None or look.direction > 0 or not late:
        return None
    return f"(last order {ago(look.recency)})", ("last",)


def _single(look: Look, since: float) -> Reading:
    said = "a single order," if look.once else "orders on a single day,"
    return f"({said} {ago(since)})", ("last", "first", "count")


def by_age(look: Look) -> Reading | None:
    """For how long somebody has been a customer."""
    tenure = look.number("tenure")
    if tenure is None:
        return None
    return f"(first order {ago(tenure)})", (("first", "last") if look.once else ("first",))


def by_pace(_: Look) -> Reading | None:
    """What it is read from is told elsewhere."""
    return "of buying alone", ()


# seasons and years


def season(look: Look) -> Fact | None:
    """What was bought in the season that comes now, a year earlier."""
    count, spend, tenure = (look.number(name) for name in ("season_orders", "season_spend", "tenure"))
    if count is None or tenure is None:
        return None
    same = f"in the {SEASON} days from this date on"
    if tenure < YEAR - SEASON + 1:
        return fact_of(f"a year ago, {same}, there was no customer yet", 0, "season")
    if count == 0:
        return fact_of(f"a year ago no order came {same}", -1, "season")
    worth = f" ({amount(look.context.money, spend)})" if spend else ""
    said = f"a year ago {'an order' if count == 1 else 'orders'} came on {plain(count)} of the {SEASON} days from this"
    return fact_of(f"{said} date on{worth}", 1, "season")


def season_before(look: Look) -> Fact | None:
    """What was bought before that season."""
    count, tenure = look.number("season_before"), look.number("tenure")
    if not count or tenure is None or tenure <= YEAR:
        return None
    said = f"a year ago {'an order' if count == 1 else 'orders'} came on {plain(count)} of the {SEASON} days up to this"
    return fact_of(f"{said} date", 1, "season before")


def first_order(look: Look) -> Fact | None:
    """Days since the first order; whether many are good is not for a sentence to say."""
    tenure = look.number("tenure")
    if tenure is None:
        return None
    said = f"the {'only' if look.once else 'first'} order was {ago(tenure)}"
    topics = ("first", "last") if look.once else ("first",)
    return against(look, said, (tenure, look.middle("tenure")), days, 0, topics)


def span(look: Look) -> Fact | None:
    """Days from the first to the last order."""
    own = look.number("active_span")
    if own is None or look.purchases == 1:
        return None
    said = f"the first and the last order lie {days(own)} apart"
    return against(look, said, (own, look.middle("active_span")), days, 0, ("span",))


def only_span(look: Look) -> Fact | None:
    """That there was nothing after the first day."""
    if look.purchases != 1:
        return None
    if look.number("tenure") is not None and (look.number("tenure") or 0) <= _NEW:
        return fact_of(f"the customer is new, with a first order within the last {_NEW} days", 0, "span")
    said = "the first order is the last one so far" if look.once else "all orders so far came on a single day"
    return fact_of(said, 0, "span")
