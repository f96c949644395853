"""Facts about a customer's purchases, spend and country."""

from functools import lru_cache
from math import atan2, isfinite, pi
from typing import Final

from core.explain.words.compared import Teller, against, alike, fact_of, sign_of
from core.explain.words.wording import Fact, Look, amount, clean, clock, part, plain

_HABIT: Final = 3  # days with an order from which there is an average to compare with
_FAR: Final = 1.5  # times as many lines as usual, or as few, from which a last basket is worth mentioning
_MONTHS: Final = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
                  "November", "December")  # fmt: skip
_MONTH: Final = 365.25 / 12  # days


# money


def spent(name: str) -> Teller:
    """Compare money spent with the typical amount: in total ("monetary") or in a window ("spend_365")."""
    when = "in total" if name == "monetary" else f"in the last {name.removeprefix('spend_')} days"

    def tell(look: Look) -> Fact | None:
        own, other = look.number(name), look.middle(name)
        if name == "monetary" and own is None:
            own, other = look.number("now_monetary"), look.middle("now_monetary")
        if own is None:
            return None
        return against(look, f"spent {_or_nothing(look, own)} {when}", (own, other),
                       lambda value: _or_nothing(look, value), 1, (name,))  # fmt: skip

    return tell


def _or_nothing(look: Look, value: float) -> str:
    return amount(look.context.money, value) if value else "nothing"


def spent_long_ago(look: Look) -> Fact | None:
    """State that all money was spent more than a year ago."""
    own, year = look.number("monetary"), look.number("spend_365")
    if not own or year != 0:
        return None
    return fact_of(f"spent nothing in the last 365 days ({amount(look.context.money, own)} before)", -1, "monetary")


def spent_recently(look: Look) -> Fact | None:
    """Compare spend in the last 90 days with the 90 days before."""
    now, both, tenure = (look.number(name) for name in ("spend_90", "spend_180", "tenure"))
    if now is None or both is None or tenure is None or tenure <= 90 or not now:  # noqa: PLR2004  days of the window
        return None
    before = both - now
    if not isfinite(before):
        return None
    clause = f"spent {_or_nothing(look, now)} in the last 90 days ({_or_nothing(look, before)} in the 90 before)"
    return fact_of(clause, 0 if alike(now, before) else sign_of(now - before), "spent recently")


def spent_alone(look: Look) -> Fact | None:
    """State total spend, without a comparison."""
    own = look.number("monetary")
    own = look.number("now_monetary") if own is None else own
    return None if own is None else fact_of(f"spent {_or_nothing(look, own)} in total", 0, "monetary")


def last_amount(look: Look) -> Fact | None:
    """Compare the amount of the last order with the average one."""
    last, usual = look.number("order_value_last"), look.number("order_value")
    if last is None or usual is None or usual <= 0 or (look.purchases or 0) < _HABIT:
        return None
    money = look.context.money
    clause = f"{_orders_of('last', look)} came to {amount(money, last)} (average: {amount(money, usual)})"
    leaning = 0 if alike(last, usual) else _money_sign(look) * sign_of(last - usual)
    return fact_of(clause, leaning, "last amount")


def order_amount(name: str) -> Teller:
    """Compare the average or the largest order with the typical one."""

    def tell(look: Look) -> Fact | None:
        own, money = look.number(name), look.context.money
        if own is None:
            return None
        if look.once:
            clause = f"only order came to {amount(money, own)}"
        elif name == "order_value":
            clause = _average(look, amount(money, own))
        else:
            clause = f"{_orders_of('largest', look)} came to {amount(money, own)}"
        pair, good = (own, look.middle(name)), _money_sign(look)
        return against(look, clause, pair, lambda value: amount(money, value), good, ("amount",))

    return tell


def order_amount_alone(look: Look) -> Fact | None:
    """State the average order, without a comparison."""
    own = look.number("order_value")
    return None if own is None else fact_of(_average(look, amount(look.context.money, own)), 0, "amount")


def _orders_of(which: str, look: Look) -> str:
    """Name one order, or all orders of one day if several orders share a day."""
    return f"{which} order" if look.one_a_day else f"{which} day with orders"


def _average(look: Look, what: str) -> str:
    return f"orders average {what}" if look.one_a_day else f"days with orders average {what}"


def _money_sign(look: Look) -> int:
    """Return 1 for outcomes in money, where large orders are good; 0 for the chance of another order."""
    return 0 if look.context.outcome == "will_buy" else 1


# the basket


def basket(name: str) -> Teller:
    """Compare products or units of an order, or the price of a unit, with the typical number."""

    def tell(look: Look) -> Fact | None:
        own = look.number(name)
        if own is None:
            return None
        pair = own, look.middle(name)
        if name == "price_level":
            clause = f"pays {_price(look, own)} per unit on average"
            return against(look, clause, pair, lambda value: _price(look, value), 0, (name,))
        unit = "product" if name == "lines_mean" else "unit"
        return against(look, _contents(look, _counted(own, unit)), pair, plain, _money_sign(look), (name,))

    return tell


def last_basket(look: Look) -> Fact | None:
    """Compare the products of the last order with the average number."""
    last, usual = look.number("lines_last"), look.number("lines_mean")
    if last is None or usual is None or (look.purchases or 0) < _HABIT:
        return None
    if usual / _FAR < last < usual * _FAR:
        return None
    shown = _counted(last, "product")
    return fact_of(f"{_orders_of('last', look)} had {shown} (average: {plain(usual)})", 0, "last basket")


def basket_alone(look: Look) -> Fact | None:
    """State the average number of products per order, without a comparison."""
    own = look.number("lines_mean")
    return None if own is None else fact_of(_contents(look, _counted(own, "product")), 0, "lines_mean")


def _contents(look: Look, what: str) -> str:
    return f"only order had {what}" if look.once else _average(look, what)


def _counted(value: float, unit: str) -> str:
    written = plain(value)
    return f"1 {unit}" if written == "1" else f"{written} {unit}s"


def _price(look: Look, value: float) -> str:
    """Return a price with its pennies, by which prices differ."""
    return amount(look.context.money, value, exact=True)


def returned(look: Look) -> Fact | None:
    """State what was cancelled or returned, as a share of spend."""
    value, of = look.number("returned"), look.number("returned_share")
    if value is None:
        return None
    if value <= 0:
        return fact_of("nothing cancelled or returned", 0, "returned")
    clause = _returned(look, value)
    if of is None:
        return fact_of(clause, -1, "returned")
    return fact_of(f"{clause} ({'more than total spend' if of > 1 else f'{part(of)} of spend'})", -1, "returned")


def returned_recently(look: Look) -> Fact | None:
    """State what was cancelled or returned in the last half year."""
    value = look.number("returned_180")
    if not value or value <= 0:
        return None
    return fact_of(f"{_returned(look, value)} in the last 180 days", -1, "returned recently")


def _returned(look: Look, value: float) -> str:
    return f"cancelled or returned items worth {amount(look.context.money, value)}"


# segment, habits, place and time


def standing(look: Look) -> Fact | None:
    """State the current segment."""
    name = look.row.get("segment_now")
    return fact_of(f"currently in {clean(name)}", 0, "segment") if isinstance(name, str) else None


def hour(look: Look) -> Fact | None:
    """State the hour of orders; logs without times have none."""
    own = look.number("hour")
    if own is None or own <= 0:
        return None
    return fact_of(
        f"{'ordered once, ' if look.once else 'orders '}around {clock(own)}{'' if look.once else ' on average'}",
        0,
        "hour",
    )


def weekend(look: Look) -> Fact | None:
    """State the share of days with an order that were at weekends."""
    own = look.number("weekend_share")
    if own is None:
        return None
    if own in (0, 1):
        when = "at the weekend" if own else "on weekdays"
        once = "at the weekend" if own else "on a weekday"
        return fact_of(f"ordered once, {once}" if look.once else f"orders only {when}", 0, "weekend")
    return fact_of(f"orders at the weekend {part(own)} of the time", 0, "weekend")


def country(look: Look) -> Fact | None:
    """State the customer's country."""
    name = look.row.get("country")
    written = clean(name) if isinstance(name, str) else ""
    return fact_of(f"country is {written}" if written else "country unknown", 0, "country")


def calendar(look: Look) -> Fact | None:
    """State when the forecast period starts."""
    sine, cosine = look.number("season_sine"), look.number("season_cosine")
    return None if sine is None or cosine is None else _calendar(sine, cosine)


@lru_cache(maxsize=256)
def _calendar(sine: float, cosine: float) -> Fact:
    along = (atan2(sine, cosine) / (2 * pi) % 1) * 365.25 / _MONTH
    third = ("early ", "mid-", "late ")[min(2, int(along % 1 * 3))]
    return fact_of(f"forecast starts in {third}{_MONTHS[int(along) % 12]}, as for all customers", 0, "calendar")
