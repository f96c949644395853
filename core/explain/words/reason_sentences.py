"""The reasons of a prediction in plain words, for one customer or for hundreds of thousands.

A sentence keeps three things apart: what the prediction says (its head), what the history says (a fact, true whatever
the model makes of it), and what the model makes of the fact. “Because” and “although” stand only where the three agree
about it; where a model counts a good sign against a customer, the sentence says just that.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from core.explain.drivers import DRIVERS
from core.explain.words.compared import sign_of
from core.explain.words.facts import chosen
from core.explain.words.wording import Context, Fact, Look, Row, amount, chance, clean, days

_HEADS: Final = ((0.75, "Very likely to buy"), (0.5, "Likely to buy"), (0.25, "Likely to lapse"))
_LOWEST: Final = "Very likely to lapse"
_EVEN: Final = 0.5
_SURE: Final = ((0.75, "Very likely to"), (0.5, "Likely to"))
_LINKS: Final = ("", "Also, ", "Besides, ")
_OWN: Final = {"recency": ("last",), "orders": ("count",), "age": ("first",), "pace": ("gap",)}
"""What drivers that come later are about, so that those before them leave it to them."""

_FEW: Final = 2  # days with an order, up to which there is little else to tell of orders than their number
_SLIGHT: Final = 0.25  # of the first effect, below which another one is called slight


class Pull(NamedTuple):
    """A driver with its effect, and the input of it that pulls most, if known (see `facts.chosen`)."""

    driver: str
    effect: float
    part: str | None = None


@dataclass(frozen=True, kw_only=True)
class Reason:
    """One reason of a prediction.

    Parameters
    ----------
    driver : str
        One of `core.explain.drivers.DRIVERS`.
    effect : float
        On the scale of the explanation, signed.
    sentence : str
        In plain words, with units; not escaped.
    actionable : bool
        Whether the shop can do something about it.
    toward : bool
        Whether it raises the output.
    """

    driver: str
    effect: float
    sentence: str
    actionable: bool
    toward: bool


def reasons(pulls: Sequence[Pull], customer: Row, typical: Row, context: Context) -> list[Reason]:
    """Reasons of one prediction, worded together.

    Parameters
    ----------
    pulls : sequence of Pull
        The strongest first.
    customer : mapping
        Columns of a panel with those of own rhythm (`core.models.data.panel.INPUTS`, `now_…`, `country`), and what is
        predicted: `p_buy`, `expected_spend`, `segment_now`, `segment_predicted` and `p_next`, the chance of the latter.
    typical : mapping
        Medians of the customer's segment, under the same columns.
    context : Context
        What holds for all customers.
    """
    said = three(pulls, customer, typical, context)
    return [
        Reason(
            driver=pull.driver,
            effect=pull.effect,
            sentence=sentence,
            actionable=DRIVERS[pull.driver].actionable,
            toward=pull.effect > 0,
        )
        for pull, sentence in zip(pulls, said, strict=True)
    ]


def three(pulls: Sequence[Pull], customer: Row, typical: Row, context: Context) -> list[str]:
    """The sentences of `reasons`: none tells what one before it has told, as far as there is something else to tell."""
    look = Look(customer, typical, context)
    told: set[str] = set()
    found = []
    for place, pull in enumerate(pulls):
        kept = {topic for later in pulls[place + 1 :] for topic in _left_to(later.driver, look, first=place == 0)}
        fact = chosen(pull.driver, _direction(pull.effect, look), look, told | kept, pull.part)
        told |= fact.topics
        if place == 0:
            found.append(_first(fact, pull.effect, look))
            continue
        slight = abs(pull.effect) < _SLIGHT * abs(pulls[0].effect)
        found.append(_later(_link(pulls, place), fact, pull.effect, look, slight=slight))
    return found


def sentence(
    driver: str,
    effect: float,
    customer: Row,
    typical: Row,
    context: Context,
    *,
    place: int = 0,
    part: str | None = None,
) -> str:
    """One reason alone; see `reasons`. The first place says what is predicted, later ones do not."""
    look = Look(customer, typical, context)
    fact = chosen(driver, _direction(effect, look), look, part=part)
    if place == 0:
        return _first(fact, effect, look)
    return _later(_LINKS[min(place, 2)], fact, effect, look)


def _left_to(driver: str, look: Look, *, first: bool) -> tuple[str, ...]:
    """What a later reason is about, so that those before it do not tell it; the first may tell of a long silence."""
    if driver == "orders" and (look.purchases or 0) > _FEW:
        return ("last",) if look.number("orders_365") == 0 and not first else ()
    if driver == "recency" and (look.purchases or 0) > _FEW and _longest_wait(look):
        return ()
    if driver == "lately" and look.number("orders_90") == 0:
        return () if first else ("last",)
    return _OWN.get(driver, ())


def _longest_wait(look: Look) -> bool:
    """Whether there is more to tell of the wait since the last order than its length."""
    longest = look.number("gap_longest")
    return look.recency is not None and longest is not None and look.recency > longest


def _first(fact: Fact, effect: float, look: Look) -> str:
    """With what is predicted, and how the strongest reason stands to it."""
    head, way, figure = _HEAD[look.context.outcome](look)
    if look.context.outcome == "will_buy" and way * effect < 0:
        head, way, figure = _beside_average(effect, look) or (head, way, figure)
    if not head:
        return _end(f"What weighs most is that {_judged(fact, effect, look)}")
    size = _size(effect, look)
    against = fact.leaning * _direction(effect, look) < 0
    if against or fact.usual or not way or not sign_of(effect):  # what is the same for others is no because
        weighs = f"what weighs most is that {_judged(fact, effect, look)}"
        return _end(f"{head.removesuffix(',')}{figure}; {weighs}")
    if way * effect > 0:
        comma = "," if size else ""
        return _end(f"{head}{comma} mainly because {fact.clause}{size}")
    if fact.leaning:
        return _end(f"{head}{figure}, although {fact.clause}{size}")
    return _end(f"{head}{figure}, although one thing points the other way: {fact.clause}{size}")


def _link(pulls: Sequence[Pull], place: int) -> str:
    """How a reason goes on from those before it: the first that speaks the other way says so."""
    first, before = pulls[0].effect, pulls[place - 1].effect
    if first * pulls[place].effect < 0 <= first * before:
        return "Against that, "
    return _LINKS[min(place, 2)]


def _later(link: str, fact: Fact, effect: float, look: Look, *, slight: bool = False) -> str:
    return _end(f"{link}{_judged(fact, effect, look, slight=slight)}")


def _judged(fact: Fact, effect: float, look: Look, *, slight: bool = False) -> str:
    """A fact and what the model makes of it."""
    sign = sign_of(effect)
    if not sign:
        return f"{fact.clause}, which makes no difference here"
    if fact.leaning * _direction(effect, look) < 0:
        return f"{fact.clause}, which the model all the same counts {_counted(sign, effect, look)}"
    return f"{fact.clause}, which {'slightly ' if slight and look.context.outcome != 'spend' else ''}" + _does(
        sign, effect, look
    )


def _does(sign: int, effect: float, look: Look) -> str:
    outcome, money = look.context.outcome, look.context.money
    if outcome == "will_buy":
        return f"{'raises' if sign > 0 else 'lowers'} the chance to buy"
    if outcome == "spend":
        much = amount(money, abs(effect))
        return f"adds {much} to the expected spend" if sign > 0 else f"takes {much} off the expected spend"
    return f"speaks {'for' if sign > 0 else 'against'} {_moving(look)}"


def _counted(sign: int, effect: float, look: Look) -> str:
    side = "for" if sign > 0 else "against"
    if look.context.outcome == "will_buy":
        return f"{side} an order"
    if look.context.outcome == "spend":
        return f"as {amount(look.context.money, abs(effect))} {'more' if sign > 0 else 'less'} to expect"
    return f"{side} {_moving(look)}"


def _size(effect: float, look: Look) -> str:
    """Of money alone: log-odds say nothing to a reader."""
    if look.context.outcome != "spend" or not sign_of(effect):
        return ""
    return f" ({'+' if effect > 0 else '−'}{amount(look.context.money, abs(effect))})"


def _buying(look: Look) -> tuple[str, int, str]:
    chance_ = look.number("p_buy")
    if chance_ is None:
        return "", 0, ""
    head = next((words for least, words in _HEADS if chance_ >= least), _LOWEST)
    if chance_ >= _EVEN:
        return head, 1, f" ({chance(chance_)})"
    return head, -1, f" (chance to buy {chance(chance_)})"


def _beside_average(effect: float, look: Look) -> tuple[str, int, str] | None:
    """The head where the strongest reason explains why a chance lies above or below the average, on its other side."""
    own, base = look.number("p_buy"), look.context.base
    if own is None or base is None or chance(own) == chance(base) or (own - base) * effect < 0:
        return None
    way = sign_of(own - base)
    if look.context.mean is not None and (own - look.context.mean) * way <= 0:
        return None
    said = f"{'More' if way > 0 else 'Less'} likely to buy than the average customer"
    return f"{said} ({chance(own)} against {chance(base)}),", way, ""


def _spending(look: Look) -> tuple[str, int, str]:
    spend, base, money = look.number("expected_spend"), look.context.base, look.context.money
    if spend is None:
        return "", 0, ""
    head = f"Expected to spend {amount(money, spend)} within {days(look.context.horizon)}"
    if base is None or amount(money, spend) == amount(money, base):
        return head, 0, ""
    way = 1 if spend > base else -1
    return f"{head}, {'more' if way > 0 else 'less'} than the average customer ({amount(money, base)})", way, ""


def _next(look: Look) -> tuple[str, int, str]:
    then, sure = look.row.get("segment_predicted"), look.number("p_next")
    if not isinstance(then, str):
        return "", 0, ""
    how = "Likely to" if sure is None else next((words for least, words in _SURE if sure >= least), "May")
    where = f"stay in {clean(then)}" if then == look.row.get("segment_now") else f"move to {clean(then)}"
    return f"{how} {where}", 1, "" if sure is None else f" ({chance(sure)})"


_HEAD: Final = {"will_buy": _buying, "spend": _spending, "next_segment": _next}


def _moving(look: Look) -> str:
    then = look.row.get("segment_predicted")
    if not isinstance(then, str):
        return "that segment"
    return f"{'staying in' if then == look.row.get('segment_now') else 'moving to'} {clean(then)}"


def _direction(effect: float, look: Look) -> int:
    """1 where the effect speaks for a better customer, -1 where for a worse one, 0 where that cannot be said."""
    sign = sign_of(effect)
    return sign if look.context.outcome != "next_segment" else sign * _upward(look)


def _upward(look: Look) -> int:
    """Whether the predicted segment is a better one; of one that is kept, whether it is the best or the worst."""
    names = look.context.names
    now, then = look.row.get("segment_now"), look.row.get("segment_predicted")
    if now not in names or then not in names:
        return 0
    before, after = names.index(str(now)), names.index(str(then))
    if before != after:
        return sign_of(before - after)
    return 1 if after == 0 else -1 if after == len(names) - 1 else 0


def _end(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
