"""Sentences and formatted figures of a model card."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from core.cards.customer_groups import FEWEST, FEWEST_EACH
from core.cards.judgement import COUNTRY, Judgement
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.training.model_labels import phrase
from core.numbers import Money, customers, share

_SHARES: Final = ("accuracy", "capture_10", "capture_20")
_MONEY: Final = ("mae", "rmse")
_PLACE: Final = {COUNTRY: "in"}
_THINGS: Final = {COUNTRY: ("country", "countries")}
_OTHER: Final = ("segment", "segments")
_MOST: Final = 3  # groups named after the weakest
_BOUGHT: Final = "who bought and who did not"
_ANSWERS: Final = {WILL_BUY: _BOUGHT, SPEND: _BOUGHT, NEXT_SEGMENT: "who moved and who stayed"}


def headline(found: Judgement | None, model: str, horizon: int, money: Money) -> str:
    """Summarise how the model did at past dates and where it is weak."""
    who = phrase(model)
    if found is None:
        return f"How well {who} says what happens within {horizon} days is not known from past dates."
    said = {WILL_BUY: _of_buying, SPEND: _of_spend, NEXT_SEGMENT: _of_segments}[found.outcome](found, who, money)
    return f"{said[:1].upper()}{said[1:]}; {_where(found)}."


def _of_buying(found: Judgement, who: str, _money: Money) -> str:
    auc = float(found.figures.set_index("figure")["value"]["auc"])
    ranks = "" if pd.isna(auc) else f" ranks {_of_100(auc)} pairs of a buyer and another customer right, and"
    return f"{who}{ranks} expected {share(found.said)} to buy where {share(found.came)} did"


def _of_spend(found: Judgement, who: str, money: Money) -> str:
    captured = float(found.figures.set_index("figure")["value"]["capture_20"])
    first = "" if pd.isna(captured) else f"the top 20% by {who} accounted for {share(captured)} of spend; "
    expected = f"expected {money.short(found.said)} per customer where {money.short(found.came)} was spent"
    return f"{first}{'it' if first else who} {expected}"


def _of_segments(found: Judgement, who: str, _money: Money) -> str:
    return f"{who} names the next segment of {_of_100(found.came)} customers"


def weakness(table: pd.DataFrame, outcome: str, kind: str, money: Money) -> str:
    """Name the groups of one kind where a model is weak, or say that there are none, or why it can't be told.

    Parameters
    ----------
    table : DataFrame
        See `core.cards.customer_groups.by_group`.
    outcome : str
        "will_buy", "spend" or "next_segment".
    kind : str
        One of `core.cards.judgement.GROUPS`.
    money : Money
        The shop's currency.
    """
    one, several = _THINGS.get(kind, _OTHER)
    judged = table[table["enough"]]
    if len(judged) <= 1:
        least = f"at least {FEWEST} customers are needed in each, {FEWEST_EACH} of those {_ANSWERS[outcome]}"
        return f"Too few customers to compare {several}: {least}."
    rows = weakest_first(judged).to_dict("records")
    if not rows:
        off = ((judged["low"] > 0) | (judged["high"] < 0)).any() and outcome != NEXT_SEGMENT
        return f"No {one} {'is further off than the others' if off else 'differs'} beyond chance."
    first = rows[0]
    who = customers(first["customers"])
    said = f"Weakest {placed(first['group'], kind)}: {_compared(first, outcome, money)} ({who})."
    others = [placed(row["group"], kind) for row in rows[1 : _MOST + 1]]
    return f"{said} Also weak {' and '.join(others)}." if others else said


def weakest_first(table: pd.DataFrame) -> pd.DataFrame:
    """Weak groups, the one that is furthest off by its own size first."""
    weak = table[table["weak"]]
    return weak.assign(far=(weak["off"].abs())).sort_values("far", ascending=False, kind="stable").drop(columns="far")


def placed(group: str, kind: str) -> str:
    """A group's name inside a sentence."""
    return f"{_PLACE.get(kind, 'among')} {group}"


def written(figure: str, value: float | None, money: Money) -> str:
    """A figure as shown; a dash where it does not exist."""
    if value is None or pd.isna(value):
        return "–"
    if figure in _MONEY:
        return money.short(value)
    if figure in _SHARES:
        return f"{100 * value:.1f}%"
    return (f"{value:.2f}" if figure == "predicted_over_actual" else f"{value:.3f}").replace("-", "−")


def span(figure: str, low: float | None, high: float | None, money: Money) -> str:
    """An interval as shown; empty where it does not exist."""
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return ""
    return f"{written(figure, low, money)} to {written(figure, high, money)}"


def against_rhythm(row: dict[Any, Any]) -> str:
    """Compare a figure with own rhythm's in two or three words; empty if unknown."""
    low, high = row.get("lead_low"), row.get("lead_high")
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return ""
    return "better" if low > 0 else "worse" if high < 0 else "could be chance"


def verdict(row: Mapping[Any, Any], outcome: str) -> str:
    """Summarise a group's figures in a few words."""
    if not row["enough"]:
        return "too few to say"
    if row["weak"]:
        return "weak"
    if outcome == NEXT_SEGMENT:
        return "better than elsewhere" if row["low"] > 0 else "as elsewhere"
    return "within chance" if row["low"] <= 0 <= row["high"] else "off, but no further than elsewhere"


def amount(value: float | None, outcome: str, money: Money) -> str:
    """A mean of what was said or of what happened: a share, or money."""
    if value is None or pd.isna(value):
        return "–"
    return money.short(value) if outcome == SPEND else share(value)


def gap(value: float | None, outcome: str, money: Money) -> str:
    """By how much a group is off, with its sign."""
    if value is None or pd.isna(value):
        return "–"
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return f"{sign}{money.short(abs(value))}" if outcome == SPEND else f"{sign}{abs(100 * value):.1f} points"


def gap_span(low: float | None, high: float | None, outcome: str, money: Money) -> str:
    """Between what the gap lies, with signs; empty where it is not known."""
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return ""
    return f"{gap(low, outcome, money).removesuffix(' points')} to {gap(high, outcome, money)}"


def _compared(row: dict[Any, Any], outcome: str, money: Money) -> str:
    """Such as “predicts 38% where 52% bought”."""
    if outcome == NEXT_SEGMENT:
        elsewhere = row["actual"] - row["off"]
        return f"names the next segment of {_of_100(row['actual'])} customers, elsewhere of {_of_100(elsewhere)}"
    said, came = (amount(row[name], outcome, money) for name in ("predicted", "actual"))
    return f"predicts {said} where {came} {'was spent per customer' if outcome == SPEND else 'bought'}"


def _of_100(part: float) -> str:
    return f"{100 * part:.0f} of 100"


def _where(found: Judgement) -> str:
    """Weakest group of each kind, in a few words."""
    weak = [
        placed(str(weakest_first(table)["group"].iloc[0]), kind)
        for kind, table in found.groups.items()
        if table["weak"].any()
    ]
    if weak:
        return f"weakest {' and '.join(weak)}"
    judged = [kind for kind, table in found.groups.items() if table["enough"].sum() > 1]
    if not judged:
        return "too few customers to look at countries or segments"
    return f"no {' or '.join(_THINGS.get(kind, _OTHER)[0] for kind in judged)} differs beyond chance"
