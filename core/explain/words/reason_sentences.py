"""Reasons of predictions in plain words, for one customer or for hundreds of thousands.

A sentence has up to three parts: a head (the prediction), a fact (true of the history, whatever the model makes of it),
and the fact's effect on the prediction. A colon joins a head and a fact that explains it. A fact on the other side is
introduced by “In their favour” or “Against that”. If the effect contradicts the fact (a good sign that lowers the
prediction), the sentence states both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from core.explain.drivers import DRIVERS, RECENT
from core.explain.words.compared import sign_of
from core.explain.words.facts import chosen
from core.explain.words.wording import Context, Fact, Look, Row, amount, chance, clean, days

_HEADS: Final = ((0.75, "Very likely to buy"), (0.5, "Likely to buy"), (0.25, "Unlikely to buy"))
_LOWEST: Final = "Very unlikely to buy"
_EVEN: Final = 0.5
_SURE: Final = ((0.75, "Very likely to"), (0.5, "Likely to"))
_OWN: Final = {"recency": ("last",), "orders": ("count",), "age": ("first",), "pace": ("gap",)}
"""Topics that earlier reasons leave to a later reason about these drivers."""

_FEW: Final = 2  # days with an order, up to which their number is nearly all there is to state about orders
_SLIGHT: Final = 0.25  # share of the first effect below which another is called slight


class Pull(NamedTuple):
    """A driver with its effect, and its input with the strongest pull, if known (see `facts.chosen`)."""

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
        Signed effect on the scale of the explanation.
    sentence : str
        Sentence in plain words, with units; not escaped.
    actionable : bool
        Whether the shop can act on it.
    toward : bool
        Whether it raises the output.
    """

    driver: str
    effect: float
    sentence: str
    actionable: bool
    toward: bool


def reasons(pulls: Sequence[Pull], customer: Row, typical: Row, context: Context) -> list[Reason]:
    """Return the reasons of one prediction, worded together.

    Parameters
    ----------
    pulls : sequence of Pull
        Drivers with their effects, strongest first.
    customer : mapping
        Columns of a panel with those of own rhythm (`core.models.data.panel.INPUTS`, `now_…`, `country`), and the
        predictions `p_buy`, `expected_spend`, `segment_now`, `segment_predicted` and `p_next` (chance of that segment).
    typical : mapping
        Medians of the customer's segment, under the same columns.
    context : Context
        Facts shared by all customers.
    """
    sentences = three(pulls, customer, typical, context)
    return [
        Reason(
            driver=pull.driver,
            effect=pull.effect,
            sentence=text,
            actionable=DRIVERS[pull.driver].actionable,
            toward=pull.effect > 0,
        )
        for pull, text in zip(pulls, sentences, strict=True)
    ]


def three(pulls: Sequence[Pull], customer: Row, typical: Row, context: Context) -> list[str]:
    """Return the sentences of `reasons`. No fact is repeated as long as there is another one."""
    look = Look(customer, typical, context)
    stated: set[str] = set()
    clauses: set[str] = set()
    found = []
    for place, pull in enumerate(pulls):
        left = {topic for later in pulls[place + 1 :] for topic in _left_to(later.driver, look, first=place == 0)}
        fact = chosen(pull.driver, _direction(pull.effect, look), look, stated | left, pull.part)
        stated |= fact.topics
        if fact.clause in clauses:  # there is no other fact, so the driver's label tells the sentences apart
            fact = fact._replace(clause=f"{DRIVERS[pull.driver].label.lower()}: {fact.clause}")
        clauses.add(fact.clause)
        if place == 0:
            found.append(_first(fact, pull.effect, look))
            continue
        slight = abs(pull.effect) < _SLIGHT * abs(pulls[0].effect)
        found.append(_later(fact, pull.effect, look, slight=slight))
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
    """Return one reason alone; see `reasons`. Only the one in first place states the prediction."""
    look = Look(customer, typical, context)
    fact = chosen(driver, _direction(effect, look), look, part=part)
    if place == 0:
        return _first(fact, effect, look)
    return _later(fact, effect, look)


def _left_to(driver: str, look: Look, *, first: bool) -> tuple[str, ...]:
    """Return the topics left to a later reason; the first one may state a long silence all the same."""
    if driver == "orders" and (look.purchases or 0) > _FEW:
        return ("last",) if look.number("orders_365") == 0 and not first else ()
    if driver == "recency" and (look.purchases or 0) > _FEW and _longest_wait(look):
        return ()
    if driver == RECENT and look.number("orders_90") == 0:
        return () if first else ("last",)
    return _OWN.get(driver, ())


def _longest_wait(look: Look) -> bool:
    """Return whether the wait since the last order is the longest."""
    longest = look.number("gap_longest")
    return look.recency is not None and longest is not None and look.recency > longest


def _first(fact: Fact, effect: float, look: Look) -> str:
    """Return the strongest reason, with the prediction in front."""
    head, way = _HEAD[look.context.outcome](look)
    if look.context.outcome == "will_buy" and way * effect < 0:
        head, way = _beside_average(effect, look) or (head, way)
    contrary = fact.leaning * _direction(effect, look) < 0
    if not head or contrary or fact.usual or not way or not sign_of(effect):  # the fact alone doesn't explain the head
        start = f"{head}. Main factor: " if head else "Main factor: "
        return f"{start}{_judged(fact, effect, look)}"
    size = f", which {_does(effect, look)}" if look.context.outcome == "spend" else ""
    link = ": " if way * effect > 0 else ". In their favour: " if effect > 0 else ". Against that: "
    return _end(f"{head}{link}{fact.clause}{size}")


def _later(fact: Fact, effect: float, look: Look, *, slight: bool = False) -> str:
    judged = _judged(fact, effect, look, slight=slight)
    return f"{judged[0].upper()}{judged[1:]}"


def _judged(fact: Fact, effect: float, look: Look, *, slight: bool = False) -> str:
    """Return a fact with its effect on the prediction."""
    if not sign_of(effect):
        return _end(f"{fact.clause}, which makes no difference here")
    does = _does(effect, look, slight=slight)
    if fact.leaning * _direction(effect, look) < 0:
        return _end(f"{fact.clause}, yet this {does}")
    return _end(f"{fact.clause}, which {does}")


def _does(effect: float, look: Look, *, slight: bool = False) -> str:
    outcome, up = look.context.outcome, effect > 0
    if outcome == "spend":
        much = amount(look.context.money, abs(effect))
        return f"adds {much}" if up else f"takes off {much}"
    slightly = "slightly " if slight else ""
    if outcome == "will_buy":
        return f"{slightly}{'raises' if up else 'lowers'} the chance"
    return f"makes {_move(look)} {slightly}{'more' if up else 'less'} likely"


def _buying(look: Look) -> tuple[str, int]:
    own = look.number("p_buy")
    if own is None:
        return "", 0
    head = next((words for least, words in _HEADS if own >= least), _LOWEST)
    return f"{head} ({chance(own)})", 1 if own >= _EVEN else -1


def _beside_average(effect: float, look: Look) -> tuple[str, int] | None:
    """Return a head against the average customer, if the strongest reason explains that difference."""
    own, base = look.number("p_buy"), look.context.base
    if own is None or base is None or chance(own) == chance(base) or (own - base) * effect < 0:
        return None
    way = sign_of(own - base)
    if look.context.mean is not None and (own - look.context.mean) * way <= 0:
        return None
    return f"{'More' if way > 0 else 'Less'} likely to buy than average ({chance(own)} vs {chance(base)})", way


def _spending(look: Look) -> tuple[str, int]:
    spend, base, money = look.number("expected_spend"), look.context.base, look.context.money
    if spend is None:
        return "", 0
    head = f"Expected to spend {amount(money, spend)} in {days(look.context.horizon)}"
    if base is None or amount(money, spend) == amount(money, base):
        return head, 0
    way = 1 if spend > base else -1
    return f"{head}, {'above' if way > 0 else 'below'} average ({amount(money, base)})", way


def _next(look: Look) -> tuple[str, int]:
    then, sure = look.row.get("segment_predicted"), look.number("p_next")
    if not isinstance(then, str):
        return "", 0
    how = "Likely to" if sure is None else next((words for least, words in _SURE if sure >= least), "May")
    where = f"stay in {clean(then)}" if then == look.row.get("segment_now") else f"move to {clean(then)}"
    return f"{how} {where}{'' if sure is None else f' ({chance(sure)})'}", 1


_HEAD: Final = {"will_buy": _buying, "spend": _spending, "next_segment": _next}


def _move(look: Look) -> str:
    then = look.row.get("segment_predicted")
    if not isinstance(then, str):
        return "this segment"
    return "staying" if then == look.row.get("segment_now") else "this move"


def _direction(effect: float, look: Look) -> int:
    """Return 1 if the effect points to a better customer, -1 if to a worse one, 0 if that is unknown."""
    sign = sign_of(effect)
    return sign if look.context.outcome != "next_segment" else sign * _upward(look)


def _upward(look: Look) -> int:
    """Return 1 for a move to a better segment or a stay in the best, -1 for the opposite, else 0."""
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
