"""Charts of one input: its contribution at each value, and the prediction if its value changed."""

from collections.abc import Hashable
from typing import Any, Final

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.explanations.shap_summary import LEVELS, low_to_high
from core.charts.explanations.value_units import ValueAxis, added_axis, added_words, value_words
from core.charts.theme import BLUE, GREY, PALE_GREY, axis_labels, escape, styled
from core.explain.input_names import input_label, input_unit
from core.numbers import Money, share

_HEIGHT: Final = 400
_EDGE: Final = 0.004  # share of customers at either end who may fall outside the axis
_LEAST: Final = 5  # customers a category needs to be drawn


def dependence(points: pd.DataFrame, name: str, partner: str, scale: str, money: Money) -> go.Figure:
    """Draw an input's contribution against its value, one dot per customer, coloured by another input.

    Parameters
    ----------
    points : DataFrame
        `value` (numbers or texts; missing ones are drawn on the left), `added`, `other`, `level`.
    name, partner : str
        The input, and the one that sets the colour; the latter is empty if there is none.
    scale : str
        Scale of the contributions, see `core.explain.attribution.explainer.Explanation`.
    money : Money
        The shop's currency.
    """
    figure = go.Figure()
    figure.add_hline(y=0, line={"color": GREY, "width": 1, "dash": "dot"})
    if pd.api.types.is_numeric_dtype(points["value"]):
        across = _numbers(figure, points, name, partner, scale, money)
    else:
        across = _texts(figure, points, name, partner, scale, money)
    styled(figure, height=_HEIGHT)
    figure.update_layout(margin_t=28)
    if partner:
        low_to_high(figure, input_label(partner))
    figure.update_xaxes(title=_titled(name), fixedrange=True, title_standoff=6, tickangle=0, **across)
    unit = {"log-odds": "log-odds", "probability": "probability", "money": "money"}[scale]
    low, high = np.quantile(points["added"], [_EDGE, 1 - _EDGE])
    air = 0.06 * max(float(high - low), 1e-9)
    figure.update_yaxes(
        title=f"Contribution, in {unit}", fixedrange=True, title_standoff=12, range=[low - air, high + air],
        **added_axis(scale, money),
    )  # fmt: skip
    return figure


def moved(means: pd.DataFrame, lines: pd.DataFrame, name: str, said: str, money: Money) -> go.Figure:
    """Draw the prediction if an input's value changed, on average and for individual customers.

    Parameters
    ----------
    means : DataFrame
        `value`, `mean`.
    lines : DataFrame
        `customer`, `value`, `said`; may be empty.
    name : str
        The input.
    said : str
        Title of the vertical axis, such as “Chance to buy”; values are amounts if it ends with “spend”.
    money : Money
        The shop's currency.
    """
    unit, is_money = input_unit(name), said.endswith("spend")
    axis = ValueAxis.of(means["value"], unit, money)
    figure = go.Figure()
    broken = [
        np.concatenate([column, np.full((1, column.shape[1]), np.nan)]).T.ravel()
        for column in (_wide(lines, "value"), _wide(lines, "said"))
    ]
    figure.add_scatter(
        x=axis.place(broken[0]), y=broken[1], mode="lines", line={"color": PALE_GREY, "width": 1}, hoverinfo="skip"
    )
    figure.add_scatter(
        x=axis.place(means["value"]), y=means["mean"], mode="lines+markers", line={"color": BLUE, "width": 3.2},
        marker={"size": 7, "color": BLUE}, hovertemplate="%{customdata}<extra></extra>",
        customdata=[_mean_in_words(row, name, said, money) for row in means.to_dict("records")],
    )  # fmt: skip
    styled(figure, height=_HEIGHT)
    figure.update_layout(margin_t=28)
    figure.add_annotation(
        text=f'<span style="color:{BLUE}">━</span> average of all customers '
        f'<span style="color:{GREY}">━</span> individual customers',
        showarrow=False, font_size=12, xref="paper", yref="paper", x=1, y=1, xanchor="right", yanchor="bottom",
        yshift=4,
    )  # fmt: skip
    settings = {key: value for key, value in axis.settings.items() if key != "range"}
    figure.update_xaxes(title=_titled(name), fixedrange=True, title_standoff=6, tickangle=0, **settings)
    up: dict[str, Any] = {"tickprefix": money.symbol, "tickformat": "~s"} if is_money else {"tickformat": ".0%"}
    figure.update_yaxes(title=said, fixedrange=True, title_standoff=12, rangemode="tozero", **up)
    return figure


def _numbers(
    figure: go.Figure, points: pd.DataFrame, name: str, partner: str, scale: str, money: Money
) -> dict[str, Any]:
    axis = ValueAxis.of(points["value"], input_unit(name), money)
    place = axis.place(points["value"])
    settings = dict(axis.settings)
    without = ~np.isfinite(place)
    if without.any() and "range" in settings:
        low, high = settings["range"]
        nowhere = low - 0.08 * (high - low)
        rng = np.random.default_rng(0)
        place = np.where(without, nowhere + 0.03 * (high - low) * (rng.random(len(place)) - 0.5), place)
        settings["range"] = [nowhere - 0.04 * (high - low), high]
        figure.add_annotation(
            text="none",
            x=nowhere,
            y=0,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            font={"size": 11, "color": GREY},
        )
    _dots(figure, points, place, (name, partner), scale, money)
    return settings


def _texts(
    figure: go.Figure, points: pd.DataFrame, name: str, partner: str, scale: str, money: Money
) -> dict[str, Any]:
    """Draw a column of dots per category, the most frequent on the left."""
    counts = points["value"].value_counts()
    names = counts[counts >= min(_LEAST, counts.max())].index.tolist()[:8]
    shown = points[points["value"].isin(names)]
    rng = np.random.default_rng(0)
    place = shown["value"].map(names.index).to_numpy(dtype="float64") + 0.5 * (rng.random(len(shown)) - 0.5)
    _dots(figure, shown, place, (name, partner), scale, money)
    return {"tickvals": list(range(len(names))), "ticktext": axis_labels([str(one) for one in names], 14)}


def _dots(
    figure: go.Figure, points: pd.DataFrame, place: Any, names: tuple[str, str], scale: str, money: Money
) -> None:
    known = points["level"].notna().to_numpy()
    for some, colour in ((~known, GREY), (known, points.loc[known, "level"])):
        figure.add_scatter(
            x=np.asarray(place)[some], y=points.loc[some, "added"], mode="markers",
            marker={"size": 5, "opacity": 0.7, "color": colour, "cmin": 0, "cmax": 1,
                    "colorscale": [list(stop) for stop in LEVELS]},
            customdata=[_dot_in_words(row, names, scale, money) for row in points[some].to_dict("records")],
            hovertemplate="%{customdata}<extra></extra>",
        )  # fmt: skip


def _dot_in_words(row: dict[Hashable, Any], names: tuple[str, str], scale: str, money: Money) -> str:
    name, partner = names
    way = "adds" if row["added"] >= 0 else "subtracts"
    said = f"{_value(row['value'], name, money)}<br>{way} {added_words(abs(row['added']), scale, money)}"
    return f"{said}.<br>{_value(row['other'], partner, money)}." if partner else f"{said}."


def _value(value: Any, name: str, money: Money) -> str:
    label = escape(input_label(name).capitalize(), 60)
    written = escape(value) if isinstance(value, str) else value_words(value, input_unit(name), money)
    return f"{label}: {written}"


def _mean_in_words(row: dict[Hashable, Any], name: str, said: str, money: Money) -> str:
    mean = money.exact(row["mean"]) if said.endswith("spend") else share(row["mean"])
    return f"If this were {value_words(row['value'], input_unit(name), money)} for every customer:<br>{said} {mean}"


def _titled(name: str) -> str:
    """Return an input's label with its unit, as an axis title."""
    label, unit = input_label(name), input_unit(name)
    has_unit = unit in ("", "ratio", "money", "share") or unit in label
    label = label[:1].upper() + label[1:]
    return escape(label, 60) if has_unit else f"{label}, in {unit}"


def _wide(lines: pd.DataFrame, column: str) -> Any:
    if lines.empty:
        return np.zeros((1, 0))
    return (
        lines.pivot_table(index="value", columns="customer", values=column).to_numpy()
        if column == "said"
        else (np.repeat(np.unique(lines["value"])[:, None], lines["customer"].nunique(), axis=1))
    )
