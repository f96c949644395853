"""Facts about what a customer buys, what it comes to, and who she is."""

from functools import lru_cache
from math import atan2, isfinite, pi
from typing import Final

from core.explain.words.compared import Teller, against, alike, fact_of, sign_of
from core.explain.words.wording import Fact, Look, amount, clean, clock, part, plain, sum_of

_HABIT: Final = 3  # days with an order from which there is something usual
_FAR: Final = 1.5  # times as many lines as usual, or as few, from which that is worth telling
_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip
_MONTH: Final = 365.25 / 12  # days


# money


def spent(name: str) -> Teller:
    """Money spent, in all ("monetary") or in a window ("spend_365"), against the middle customer's."""
    when = "in all" if name == "monetary" else f"in the last {name.removeprefix('spend_')} days"

    def tell(look: Look) -> Fact | None:
        money, own = look.context.money, look.number(name)
        other = look.middle(name)
        if name == "monetary" and own is None:
            own, other = look.number("now_monetary"), look.middle("now_monetary")
        if own is None:
            return None
        said = f"{sum_of(money, own) if own else 'nothing'} was spent {when}"
        return against(look, said, (own, other), lambda value: amount(money, value) if value else "nothing", 1, (name,))

    return tell


def spent_long_ago(look: Look) -> Fact | None:
    """That all money was spent more than a year ago."""
    own, year = look.number("monetary"), look.number("spend_365")
    if not own or year != 0:
        return None
    return fact_of(f"all of the {amount(look.context.money, own)} was spent more than 365 days ago", -1, "monetary")


def spent_lately(look: Look) -> Fact | None:
    """What was spent in the last 90 days, against the 90 before."""
    now, both, tenure = (look.number(name) for name in ("spend_90", "spend_180", "tenure"))
    if now is None or both is None or tenure is None or tenure <= 90 or not now:  # noqa: PLR2004  days of the window
        return None
    money, before = look.context.money, both - now
    if not isfinite(before):
        return None
    after = amount(money, before) if before else "nothing"
    said = f"{sum_of(money, now)} was spent in the last 90 days, after {after} in the 90 before"
    return fact_of(said, 0 if alike(now, before) else sign_of(now - before), "spent lately")


def spent_alone(look: Look) -> Fact | None:
    """Money spent in all, with nobody to compare with."""
    own = look.number("monetary")
    own = look.number("now_monetary") if own is None else own
    return None if own is None else fact_of(f"{sum_of(look.context.money, own)} was spent in all", 0, "monetary")


def last_amount(look: Look) -> Fact | None:
    """What the last order came to, against the usual one."""
    last, usual = look.number("order_value_last"), look.number("order_value")
    if last is None or usual is None or usual <= 0 or (look.purchases or 0) < _HABIT:
        return None
    money = look.context.money
    unit = "order" if look.an_order == "an order" else "day with orders"
    said = f"the last {unit} came to {amount(money, last)}, against {amount(money, usual)} on average"
    leaning = 0 if alike(last, usual) else _money_sign(look) * sign_of(last - usual)
    return fact_of(said, leaning, "last amount")


def order_amount(name: str) -> Teller:
    """What an order comes to on average, or the largest one, against the middle customer's."""

    def tell(look: Look) -> Fact | None:
        own, money = look.number(name), look.context.money
        if own is None:
            return None
        if look.once:
            said = f"the only order came to {amount(money, own)}"
        elif name == "order_value":
            said = f"{look.an_order} comes to {amount(money, own)} on average"
        else:
            said = f"the largest {look.an_order.removeprefix('an ').removeprefix('a ')} came to {amount(money, own)}"
        pair, good = (own, look.middle(name)), _money_sign(look)
        return against(look, said, pair, lambda value: amount(money, value), good, ("amount",))

    return tell


def order_amount_alone(look: Look) -> Fact | None:
    """The same, with nobody to compare with."""
    own = look.number("order_value")
    if own is None:
        return None
    return fact_of(f"{look.an_order} comes to {amount(look.context.money, own)} on average", 0, "amount")


def _money_sign(look: Look) -> int:
    """Large orders are a good sign for money; for whether there is another one, neither a good nor a bad one."""
    return 0 if look.context.outcome == "will_buy" else 1


# the basket


def basket(name: str) -> Teller:
    """Lines or units of an order, or the price of a unit, against the middle customer's."""

    def tell(look: Look) -> Fact | None:
        own = look.number(name)
        if own is None:
            return None
        if name == "price_level":
            pair = own, look.middle(name)
            said = f"a unit costs {_price(look, own)} on average"
            return against(look, said, pair, lambda value: _price(look, value), 0, (name,))
        unit = "line" if name == "lines_mean" else "unit"
        said, pair = _holds(look, _counted(own, unit)), (own, look.middle(name))
        good = _money_sign(look)
        return against(look, said, pair, lambda value: _counted(value, unit), good, (name,))

    return tell


def last_basket(look: Look) -> Fact | None:
    """Lines of the last order, against the usual number."""
    last, usual = look.number("lines_last"), look.number("lines_mean")
    if last is None or usual is None or (look.purchases or 0) < _HABIT:
        return None
    if usual / _FAR < last < usual * _FAR:
        return None
    shown, other = _counted(last, "line"), _counted(usual, "line")
    unit = "order" if look.an_order == "an order" else "day with orders"
    return fact_of(f"the last {unit} had {shown}, against {other} on average", 0, "last basket")


def basket_alone(look: Look) -> Fact | None:
    """Lines of an order, with nobody to compare with."""
    own = look.number("lines_mean")
    return None if own is None else fact_of(_holds(look, _counted(own, "line")), 0, "lines_mean")


def _holds(look: Look, what: str) -> str:
    return f"the only order has {what}" if look.once else f"{look.an_order} has {what} on average"


def _counted(value: float, unit: str) -> str:
    written = plain(value)
    return f"1 {unit}" if written == "1" else f"{written} {unit}s"


def _price(look: Look, value: float) -> str:
    """Prices of units differ by pennies."""
    return amount(look.context.money, value, exact=True)


def returned(look: Look) -> Fact | None:
    """What was cancelled or sent back, as a share of what was spent."""
    value, of = look.number("returned"), look.number("returned_share")
    if value is None:
        return None
    if value <= 0:
        return fact_of("nothing has been cancelled or sent back", 0, "returned")
    said = f"{sum_of(look.context.money, value)} was cancelled or sent back"
    if of is None:
        return fact_of(said, -1, "returned")
    more = "more than everything that was spent" if of > 1 else f"{part(of)} of what was spent"
    return fact_of(f"{said}, {more}", -1, "returned")


def returned_lately(look: Look) -> Fact | None:
    """What was cancelled or sent back in the last half year."""
    value = look.number("returned_180")
    if not value or value <= 0:
        return None
    said = f"{sum_of(look.context.money, value)} was cancelled or sent back in the last 180 days"
    return fact_of(said, -1, "returned lately")


# who, where and when


def standing(look: Look) -> Fact | None:
    """The segment of today."""
    name = look.row.get("segment_now")
    return fact_of(f"the segment today is {clean(name)}", 0, "segment") if isinstance(name, str) else None


def hour(look: Look) -> Fact | None:
    """The hour of orders; logs without times have none."""
    own = look.number("hour")
    if own is None or own <= 0:
        return None
    said = f"the only order was placed around {clock(own)}"
    return fact_of(said if look.once else f"orders are placed around {clock(own)} on average", 0, "hour")


def weekend(look: Look) -> Fact | None:
    """How many of the days with an order were at weekends."""
    own = look.number("weekend_share")
    if own is None:
        return None
    if look.once:
        return fact_of(f"the only order came {'at a weekend' if own else 'on a weekday'}", 0, "weekend")
    if own in (0, 1):
        return fact_of(f"all orders came {'at weekends' if own else 'on weekdays'}", 0, "weekend")
    return fact_of(f"{part(own)} of the days with an order were at weekends", 0, "weekend")


def country(look: Look) -> Fact | None:
    """Where the customer is."""
    name = look.row.get("country")
    written = clean(name) if isinstance(name, str) else ""
    return fact_of(f"the country is {written}" if written else "the country is not known", 0, "country")


def calendar(look: Look) -> Fact | None:
    """When the days ahead begin."""
    sine, cosine = look.number("season_sine"), look.number("season_cosine")
    return None if sine is None or cosine is None else _calendar(sine, cosine)


@lru_cache(maxsize=256)
def _calendar(sine: float, cosine: float) -> Fact:
    along = (atan2(sine, cosine) / (2 * pi) % 1) * 365.25 / _MONTH
    third = ("early ", "mid-", "late ")[min(2, int(along % 1 * 3))]
    said = f"the days ahead begin in {third}{_MONTHS[int(along) % 12]}, as for all customers"
    return fact_of(said, 0, "calendar")
