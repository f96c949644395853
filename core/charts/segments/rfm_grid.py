"""Grids of recency and frequency scores: customers, revenue, and the segment of each cell.

Tiles are bars because Plotly doesn't report clicks on a heat map.
"""

import math
from collections.abc import Hashable, Sequence
from typing import Any, Final, Literal

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import GREY, PALE_GREY, axis_labels, escape, ink_on, segment_colours, styled
from core.numbers import Money, count, share, short

_LOW, _HIGH = (208, 222, 236), (34, 82, 134)  # opaque, so that the text colour doesn't depend on the page
_WHITE_FROM: Final = 0.55  # share of the scale above which white text contrasts more than dark
_DARK: Final = "#1B2430"
_WRONG: Final = "#B23A1E"
_TILE: Final = 0.95  # share of a cell; the rest is the gap between tiles
_FADED: Final = 0.3
_WIDEST_WORD: Final = 24


def heat(
    cells: pd.DataFrame,
    limits: pd.DataFrame,
    money: Money,
    *,
    of: Literal["customers", "revenue"],
    chosen: str | None = None,
) -> go.Figure:
    """Draw a tile per pair of scores; the darker, the more customers or revenue.

    Parameters
    ----------
    cells : DataFrame
        From `core.segments.rules.rule_summary.grid`.
    limits : DataFrame
        From `core.segments.rules.rfm_scores.bins`.
    money : Money
        The shop's currency.
    of : {"customers", "revenue"}
        Quantity shown.
    chosen : str, optional
        Code of the cell to highlight, such as `54`.
    """
    top = max(float(cells[of].max()), 1e-9)
    write = short if of == "customers" else money.short
    places = [float(value) / top for value in cells[of]]
    edges = [2.5 if _code(row) == chosen else 0 for row in cells.to_dict("records")]
    figure = go.Figure(
        _tiles(
            cells["frequency_score"].tolist(),
            cells["recency_score"].tolist(),
            marker={
                "color": [_shade(place) if place else PALE_GREY for place in places],
                "line": {"width": edges, "color": "#EE7733"},
            },
            text=[write(value) if value else "" for value in cells[of]],
            textfont={"size": 12, "color": ["#FFFFFF" if place > _WHITE_FROM else _DARK for place in places]},
            customdata=[[_code(row), _cell_sentence(row, money)] for row in cells.to_dict("records")],
        )
    )
    return _axes(figure, limits)


def rule_map(
    codes: pd.DataFrame, names: Sequence[str], limits: pd.DataFrame, *, chosen: str | None = None
) -> go.Figure:
    """Draw the segment of each pair or triple of scores, with gaps open and overlaps crossed out.

    Parameters
    ----------
    codes : DataFrame
        From `core.segments.rules.map_check.codes`. If the monetary score is used, each tile has a strip per
        score, lowest on the left.
    names : sequence of str
        Segments in the order of the map.
    limits : DataFrame
        From `core.segments.rules.rfm_scores.bins`; empty if there are none to show.
    chosen : str, optional
        Name of the segment to highlight.
    """
    colours = segment_colours(names)
    strips = int(codes["monetary_score"].max()) if codes["monetary_score"].notna().any() else 1
    figure = go.Figure()
    for state, name in [*(("one", name) for name in names), ("gap", "No segment"), ("overlap", "Several segments")]:
        part = codes[codes["state"] == state]
        if state == "one":
            part = part[part["segments"].map(lambda held, name=name: held == (name,))]
        if part.empty:
            continue
        marker = _marker(state, colours.get(name, GREY)) | {"opacity": 1.0 if chosen in (None, name) else _FADED}
        figure.add_trace(_map_tiles(part, strips, name, marker, written=strips == 1))
    _axes(
        figure,
        limits,
    )
    if strips > 1:
        figure.update_layout(showlegend=True, legend={"orientation": "h", "y": -0.2, "x": 0, "title": ""})
    return figure


def split_bars(split: pd.DataFrame, rule_names: Sequence[str], model_names: Sequence[str]) -> go.Figure:
    """Draw a bar per rule segment, split by the segments of the fitted model.

    Parameters
    ----------
    split : DataFrame
        From `core.segments.rules.rule_summary.split`.
    rule_names, model_names : sequence of str
        Segments in display order.
    """
    colours = segment_colours(model_names)
    label = dict(zip(rule_names, axis_labels(rule_names, 42), strict=True))
    figure = go.Figure()
    for name in model_names:
        part = split[split["model_segment"] == name]
        texts = [
            f"{count(row['customers'])} customers in {escape(row['rule_segment'])} ({share(row['share'])})<br>"
            f"are in {escape(name)} under the segments in use"
            for row in part.to_dict("records")
        ]
        figure.add_bar(
            x=part["share"],
            y=[label[segment] for segment in part["rule_segment"]],
            orientation="h",
            name=escape(name),
            marker_color=colours[name],
            text=[share(value) if value >= 0.08 else "" for value in part["share"]],  # noqa: PLR2004  smaller bars have no room
            textposition="inside",
            textangle=0,
            insidetextfont={"color": ink_on(colours[name])},
            customdata=texts,
            hovertemplate="%{customdata}<extra></extra>",
        )
    styled(figure, height=110 + 34 * len(rule_names))
    figure.update_layout(
        barmode="stack", showlegend=True, legend={"orientation": "h", "y": -0.06, "x": 0, "traceorder": "normal"}
    )
    figure.update_xaxes(visible=False, range=[0, 1], fixedrange=True)
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, type="category")
    return figure


def _map_tiles(part: pd.DataFrame, strips: int, name: str, marker: dict[str, Any], *, written: bool) -> go.Bar:
    wide = _TILE / strips
    at = (part["monetary_score"].fillna(1).astype("int64") - 1) * wide
    across = part["frequency_score"] - _TILE / 2 + at + wide / 2 if strips > 1 else part["frequency_score"]
    tiles = _tiles(
        across.tolist(),
        part["recency_score"].tolist(),
        width=wide * (0.92 if strips > 1 else 1.0),
        marker=marker,
        text=[_broken(name)] * len(part) if written else None,
        textfont={"size": 11, "color": ink_on(marker["color"]) if marker["opacity"] == 1 else GREY},
        customdata=[[_segment_of(row), _code_sentence(row)] for row in part.to_dict("records")],
    )
    tiles.update(name=escape(name), showlegend=not written)
    return tiles


def _tiles(across: list[float], up: list[float], *, width: float = _TILE, **look: Any) -> go.Bar:
    """Return bars of equal height centred on each position."""
    return go.Bar(
        x=across,
        y=[_TILE] * len(up),
        base=[place - _TILE / 2 for place in up],
        width=[width] * len(up),
        textposition="inside",
        insidetextanchor="middle",
        textangle=0,
        hovertemplate="%{customdata[1]}<extra></extra>",
        unselected={"marker": {"opacity": look["marker"].get("opacity", 1.0)}},  # `chosen` highlights instead
        **look,
    )


def _marker(state: str, colour: str) -> dict[str, Any]:
    if state == "one":
        return {"color": colour}
    edge = {"width": 1.5, "color": _WRONG}
    if state == "gap":
        return {"color": "rgba(178, 58, 30, 0.12)", "line": edge}
    crossed = {"shape": "x", "size": 7, "solidity": 0.35, "fgcolor": "#FFFFFF", "bgcolor": _WRONG}
    return {"color": _WRONG, "pattern": crossed, "line": edge}


def _axes(figure: go.Figure, limits: pd.DataFrame, height: int = 400) -> go.Figure:
    styled(figure, height=height)
    figure.update_layout(barmode="overlay", bargap=0, clickmode="event+select")
    levels = round(max(float(max(trace.base)) for trace in figure.data) + _TILE / 2)
    scores = list(range(1, levels + 1))
    across, up = (_ticks(limits, feature, scores) for feature in ("frequency", "recency"))
    figure.update_xaxes(
        tickvals=scores,
        ticktext=across,
        range=[0.5, levels + 0.5],
        title="Frequency score and orders",
        fixedrange=True,
        tickangle=0,
    )
    figure.update_yaxes(
        tickvals=scores,
        ticktext=up,
        range=[0.5, levels + 0.5],
        title="Recency score and days since the last order",
        showgrid=False,
        fixedrange=True,
    )
    return figure


def _ticks(limits: pd.DataFrame, feature: str, scores: list[int]) -> list[str]:
    """Return tick labels: each score with the values it covers."""
    if limits.empty:
        return [f"<b>{score}</b>" for score in scores]
    ranges = {
        row["score"]: _between(row["low"], row["high"])
        for row in limits.to_dict("records")
        if row["feature"] == feature
    }
    return [f"<b>{score}</b><br>{ranges[score]}" for score in scores]


def _between(low: float, high: float) -> str:
    if math.isnan(low):
        return "none"
    return count(low) if low == high else f"{count(low)}–{count(high)}"


def _code(row: dict[Hashable, Any]) -> str:
    return f"{row['recency_score']}{row['frequency_score']}"


def _cell_sentence(row: dict[Hashable, Any], money: Money) -> str:
    scores = f"<b>Recency {row['recency_score']}, frequency {row['frequency_score']}</b>"
    if not row["customers"]:
        return f"{scores}<br>No customers with these scores"
    mostly = "" if row["segments"] == 1 else "mostly "
    return (
        f"{scores}: {mostly}{escape(str(row['segment']))}<br>"
        f"{count(row['customers'])} customers ({share(row['customer_share'])})<br>"
        f"{money.exact(row['revenue'])} gross revenue ({share(row['revenue_share'])})"
    )


def _code_sentence(row: dict[Hashable, Any]) -> str:
    scores = f"Recency {row['recency_score']}, frequency {row['frequency_score']}"
    if not pd.isna(row["monetary_score"]):
        scores += f", monetary {row['monetary_score']}"
    names = " and ".join(escape(name) for name in row["segments"])
    wrong = "<br>Assign it to only one" if len(row["segments"]) > 1 else ""
    return f"<b>{scores}</b><br>{names or 'No segment: assign it to one'}{wrong}"


def _segment_of(row: dict[Hashable, Any]) -> str:
    return row["segments"][0] if len(row["segments"]) == 1 else ""


def _broken(name: str) -> str:
    return escape(name, _WIDEST_WORD).replace(" ", "<br>")


def _shade(place: float) -> str:
    mixed = (round(low + (high - low) * place) for low, high in zip(_LOW, _HIGH, strict=True))
    return f"rgb({', '.join(map(str, mixed))})"
