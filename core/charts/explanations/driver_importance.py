"""Permutation importance of drivers, alone and beside their share of contributions."""

from collections.abc import Hashable
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts import ranked_bars
from core.charts.theme import BLUE, GREY, PALE_GREY, axis_labels, escape, styled
from core.models.training.model_labels import FIGURES
from core.numbers import Money, many, share

USED: Final = "#EE7733"

_LABEL: Final = 28
_ROW: Final = 30  # pixels per driver


def costs(table: pd.DataFrame, measure: str, money: Money) -> go.Figure:
    """Draw how much worse a metric gets when each driver is shuffled.

    Parameters
    ----------
    table : DataFrame
        `label`, `mean`, `margin`, `repeats`, with the largest loss first.
    measure : str
        One of `core.models.training.model_labels.FIGURES`.
    money : Money
        The shop's currency, for errors in money.
    """
    sure = (table["mean"] > table["margin"]).to_numpy()
    figure = go.Figure(
        ranked_bars.horizontal(
            table["mean"],
            axis_labels(table["label"].tolist(), _LABEL),
            [_cost_in_words(row, measure, money) for row in table.to_dict("records")],
            colours=np.where(sure, BLUE, PALE_GREY).tolist(),
            error={"type": "data", "array": table["margin"], "color": GREY, "thickness": 1.5, "width": 4},
        )
    )
    styled(figure, height=70 + _ROW * len(table))
    figure.update_xaxes(
        title=f"How much worse {FIGURES[measure]} when shuffled", fixedrange=True, showgrid=True, nticks=6,
        tickangle=0, gridcolor="rgba(138, 148, 163, 0.22)", zeroline=True, zerolinecolor=GREY, zerolinewidth=1,
        tickprefix=money.symbol if measure == "mae" else "", title_standoff=6,
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, type="category")
    return figure


def both(table: pd.DataFrame) -> go.Figure:
    """Draw two dots per driver: its share of all contributions, and of the loss caused by shuffling.

    Parameters
    ----------
    table : DataFrame
        From `core.explain.overall.agreement.both`.
    """
    labels = axis_labels(table["label"].tolist(), _LABEL)
    figure = go.Figure()
    for label, row in zip(labels, table.to_dict("records"), strict=True):
        figure.add_scatter(
            x=[row["size_share"], row["cost_share"]], y=[label, label], mode="lines", hoverinfo="skip",
            line={"color": PALE_GREY, "width": 3},
        )  # fmt: skip
    for column, colour, symbol in (("size_share", USED, "diamond"), ("cost_share", BLUE, "circle")):
        figure.add_scatter(
            x=table[column], y=labels, mode="markers", marker={"color": colour, "size": 10, "symbol": symbol},
            cliponaxis=False,
            customdata=[_both_in_words(row) for row in table.to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip
    figure.add_annotation(
        text=f'<span style="color:{USED}">◆</span> share of contributions (SHAP)<br>'
        f'<span style="color:{BLUE}">●</span> share of the loss when shuffled',
        showarrow=False, align="left", font_size=12, xref="paper", yref="paper", x=1, y=1, xanchor="right",
        yanchor="bottom", yshift=4,
    )  # fmt: skip
    styled(figure, height=110 + _ROW * len(table))
    figure.update_layout(margin_t=44)
    figure.update_xaxes(
        title="Share of all drivers", tickformat=".0%", rangemode="tozero", fixedrange=True, showgrid=True,
        gridcolor="rgba(138, 148, 163, 0.22)", nticks=6, title_standoff=6,
    )  # fmt: skip
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, type="category")
    return figure


def _cost_in_words(row: dict[Hashable, Any], measure: str, money: Money) -> str:
    def written(value: float) -> str:
        return money.exact(value) if measure == "mae" else f"{value + 0.0:.4f}".replace("-", "−")

    change = "worse" if row["mean"] >= 0 else "better"
    real = "more than chance" if row["mean"] > row["margin"] else "which could be chance"
    return (
        f"<b>{escape(row['label'])}</b><br>Shuffling it makes {FIGURES[measure]} {written(abs(row['mean']))} "
        f"{change},<br>{real} (± {written(row['margin'])}: "
        f"95% interval of the mean of {many(row['repeats'], 'shuffle')})."
    )


def _both_in_words(row: dict[Hashable, Any]) -> str:
    return (
        f"<b>{escape(row['label'])}</b><br>{share(row['size_share'])} of contributions (rank {row['size_rank']}),"
        f"<br>{share(row['cost_share'])} of the loss when shuffled (rank {row['cost_rank']})."
    )
