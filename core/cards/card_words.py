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
_MOST: Final = 3  # further weak groups to name
_BOUGHT: Final = "buyers and non-buyers"
_ANSWERS: Final = {WILL_BUY: _BOUGHT, SPEND: _BOUGHT, NEXT_SEGMENT: "customers who moved and who stayed"}


def headline(found: Judgement | None, model: str, horizon: int, money: Money) -> str:
    """Summarise how the model did at past dates and where it is weak."""
    who = phrase(model)
    if found is None:
        return f"The accuracy of {who} over {horizon} days is unknown: no test at past dates."
    said = {WILL_BUY: _of_buying, SPEND: _of_spend, NEXT_SEGMENT: _of_segments}[found.outcome](found, who, money)
    return f"{said[:1].upper()}{said[1:]}; {_where(found)}."


def _of_buying(found: Judgement, who: str, _money: Money) -> str:
    auc = float(found.figures.set_index("figure")["value"]["auc"])
    ranks = "" if pd.isna(auc) else f"with an AUC of {auc:.2f}, "
    return f"{ranks}{who} expected {share(found.said)} of customers to buy ({share(found.came)} did)"


def _of_spend(found: Judgement, who: str, money: Money) -> str:
    captured = float(found.figures.set_index("figure")["value"]["capture_20"])
    first = "" if pd.isna(captured) else f"the top 20% by {who} accounted for {share(captured)} of spend; "
    expected = f"expected {money.short(found.said)} per customer (actual: {money.short(found.came)})"
    return f"{first}{'it' if first else who} {expected}"


def _of_segments(found: Judgement, who: str, _money: Money) -> str:
    return f"{who} predicted the next segment correctly for {share(found.came)} of customers"


def weakness(table: pd.DataFrame, outcome: str, kind: str, money: Money) -> str:
    """Name the groups of one kind where a model is weak, or state that there are none, or why it is unknown.

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
        least = f"each needs at least {FEWEST} customers, including {FEWEST_EACH} {_ANSWERS[outcome]} each"
        return f"Too few customers to compare {several}: {least}."
    rows = weakest_first(judged).to_dict("records")
    if not rows:
        off = ((judged["low"] > 0) | (judged["high"] < 0)).any() and outcome != NEXT_SEGMENT
        return f"No {one} {'has a larger error than the others' if off else 'differs'} beyond chance."
    first = rows[0]
    who = customers(first["customers"])
    said = f"Weakest {placed(first['group'], kind)}: {_compared(first, outcome, money)} ({who})."
    others = [placed(row["group"], kind) for row in rows[1 : _MOST + 1]]
    return f"{said} Also weak {' and '.join(others)}." if others else said


def weakest_first(table: pd.DataFrame) -> pd.DataFrame:
    """Return the weak groups, the largest error first."""
    weak = table[table["weak"]]
    return weak.assign(far=(weak["off"].abs())).sort_values("far", ascending=False, kind="stable").drop(columns="far")


def placed(group: str, kind: str) -> str:
    """Return a group's name as used within a sentence."""
    return f"{_PLACE.get(kind, 'among')} {group}"


def written(figure: str, value: float | None, money: Money) -> str:
    """Return a figure as shown; a dash if it is undefined."""
    if value is None or pd.isna(value):
        return "–"
    if figure in _MONEY:
        return money.short(value)
    if figure in _SHARES:
        return f"{100 * value:.1f}%"
    return (f"{value:.2f}" if figure == "predicted_over_actual" else f"{value:.3f}").replace("-", "−")


def span(figure: str, low: float | None, high: float | None, money: Money) -> str:
    """Return an interval as shown; empty if it is undefined."""
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
        return "too few customers"
    if row["weak"]:
        return "weak"
    if outcome == NEXT_SEGMENT:
        return "better than elsewhere" if row["low"] > 0 else "same as elsewhere"
    return "within chance" if row["low"] <= 0 <= row["high"] else "off, but no more than elsewhere"


def amount(value: float | None, outcome: str, money: Money) -> str:
    """Return a predicted or actual mean as a share or as money."""
    if value is None or pd.isna(value):
        return "–"
    return money.short(value) if outcome == SPEND else share(value)


def gap(value: float | None, outcome: str, money: Money) -> str:
    """Return the error of a group, with its sign."""
    if value is None or pd.isna(value):
        return "–"
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    return f"{sign}{money.short(abs(value))}" if outcome == SPEND else f"{sign}{abs(100 * value):.1f} points"


def gap_span(low: float | None, high: float | None, outcome: str, money: Money) -> str:
    """Return the interval of the error, with signs; empty if unknown."""
    if low is None or high is None or pd.isna(low) or pd.isna(high):
        return ""
    return f"{gap(low, outcome, money).removesuffix(' points')} to {gap(high, outcome, money)}"


def _compared(row: dict[Any, Any], outcome: str, money: Money) -> str:
    """Compare prediction and outcome of a group, such as “38% expected to buy, 52% did”."""
    if outcome == NEXT_SEGMENT:
        elsewhere = row["actual"] - row["off"]
        return f"next segment correct for {share(row['actual'])} of customers ({share(elsewhere)} elsewhere)"
    said, came = (amount(row[name], outcome, money) for name in ("predicted", "actual"))
    return (
        f"predicted {said} per customer, actual {came}" if outcome == SPEND else f"{said} expected to buy, {came} did"
    )


def _where(found: Judgement) -> str:
    """Return the weakest group of each kind in a few words."""
    weak = [
        placed(str(weakest_first(table)["group"].iloc[0]), kind)
        for kind, table in found.groups.items()
        if table["weak"].any()
    ]
    if weak:
        return f"weakest {' and '.join(weak)}"
    judged = [kind for kind, table in found.groups.items() if table["enough"].sum() > 1]
    if not judged:
        return "too few customers to compare countries or segments"
    return f"no {' or '.join(_THINGS.get(kind, _OTHER)[0] for kind in judged)} differs beyond chance"
