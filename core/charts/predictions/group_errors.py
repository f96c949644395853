"""Prediction errors per group of customers, with intervals that show whether they exceed chance."""

from collections.abc import Hashable
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from core.cards.card_words import amount, gap, gap_span, verdict
from core.charts.theme import BLUE, GREY, RISK, axis_labels, escape, styled
from core.models.judging.predictions import NEXT_SEGMENT, SPEND
from core.numbers import Money, customers, share

WEAK: Final = RISK[-1]
_LABEL: Final = 24  # characters beside a row
_ROW: Final = 50  # pixels
_AIR: Final = 0.08


def gaps(table: pd.DataFrame, outcome: str, money: Money) -> go.Figure:
    """Draw predicted minus actual values per group, with intervals; weak groups stand out.

    Parameters
    ----------
    table : DataFrame
        See `core.cards.customer_groups.by_group`; groups with too few customers are excluded.
    outcome : str
        "will_buy", "spend" or "next_segment".
    money : Money
        The shop's currency.
    """
    shown = table[table["enough"] & table["off"].notna()]
    scale = 1.0 if outcome == SPEND else 100.0
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": GREY, "width": 1, "dash": "dot"})
    for place, row in enumerate(shown.to_dict("records")):
        _dot(figure, row, place, scale, _words(row, outcome, money))
    styled(figure, height=64 + _ROW * max(len(shown), 1))
    far = scale * max(float(shown[["low", "high"]].abs().to_numpy(dtype="float64").max()), 0.01) if len(shown) else 1.0
    figure.update_xaxes(
        title=_title(outcome, money), range=[-far * (1 + _AIR), far * (1 + _AIR)], fixedrange=True, showgrid=True,
        gridcolor="rgba(138, 148, 163, 0.22)", nticks=5, tickformat="~s" if outcome == SPEND else "~g",
        title_standoff=8, tickangle=0,
    )  # fmt: skip
    figure.update_yaxes(
        tickvals=list(range(len(shown))), ticktext=_named(shown, outcome, money),
        range=[len(shown) - 0.4, -0.6], showgrid=False, fixedrange=True,
    )  # fmt: skip
    return figure


def _dot(figure: go.Figure, row: dict[Hashable, Any], place: int, scale: float, text: str) -> None:
    colour = WEAK if row["weak"] else BLUE
    off, low, high = (scale * row[name] for name in ("off", "low", "high"))
    figure.add_scatter(
        x=[off], y=[place], mode="markers", customdata=[text], hovertemplate="%{customdata}<extra></extra>",
        marker={"size": 11, "color": colour, "symbol": "diamond" if row["weak"] else "circle"},
        error_x={"array": [high - off], "arrayminus": [off - low], "color": colour, "thickness": 2, "width": 4},
    )  # fmt: skip


def _title(outcome: str, money: Money) -> str:
    if outcome == NEXT_SEGMENT:
        return "Better than elsewhere (points) →"
    if outcome == SPEND:
        return f"Predicted too much{f' ({money.symbol})' * bool(money.symbol)} →"
    return "Predicted too many (points) →"


def _named(shown: pd.DataFrame, outcome: str, money: Money) -> list[str]:
    """Return the names of groups, each with predicted and actual values below."""
    names = axis_labels(shown["group"].tolist(), _LABEL)
    rows = zip(names, shown.to_dict("records"), strict=True)
    return [
        f"{f'<b>{name}</b>' if row['weak'] else name}<br>"
        f'<span style="font-size:11px;color:{GREY}">{_below(row, outcome, money)}</span>'
        for name, row in rows
    ]


def _below(row: dict[Hashable, Any], outcome: str, money: Money) -> str:
    actual = amount(row["actual"], outcome, money)
    if outcome == NEXT_SEGMENT:
        return f"{actual} correct"
    return f"{amount(row['predicted'], outcome, money)} predicted, {actual} {'spent' if outcome == SPEND else 'bought'}"


def _words(row: dict[Hashable, Any], outcome: str, money: Money) -> str:
    who = f"<b>{escape(row['group'], 60)}</b>, {customers(row['customers'])}:<br>"
    off = f"{gap(row['off'], outcome, money)} (interval {gap_span(row['low'], row['high'], outcome, money)})"
    if outcome == NEXT_SEGMENT:
        return f"{who}next segment correct for {share(row['actual'])};<br>{off} compared with all others:<br>" + (
            verdict(row, outcome)
        )
    happened = "spent per customer" if outcome == SPEND else "bought"
    text = f"{amount(row['predicted'], outcome, money)} predicted, {amount(row['actual'], outcome, money)} {happened}"
    return f"{who}{text};<br>off by {off}:<br>{verdict(row, outcome)}"
