"""Flows of customers between segments."""

from collections.abc import Hashable, Sequence
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from core.charts.segments.segment_axes import WIDTH, row_text, segment_axes
from core.charts.theme import BLUE, GREY, escape, faint, segment_colours, styled, wrapped
from core.numbers import Money, count, many, share
from core.segments.movement.transitions import NOT_YET

FEW: Final = 5
"""Maximum number of segments whose names fit beside and above a chart of half the width."""

_INK: Final = "#1B2430"  # on grey
_RULE: Final = "rgba(138, 148, 163, 0.35)"  # lines between cells
_PAD: Final = 0.035  # share of the height between two nodes


def flow(cells: pd.DataFrame, names: Sequence[str], money: Money) -> go.Figure:
    """Draw a Sankey diagram (Riehmann, Hanfler and Froehlich, 2005): a band per cell, coloured by origin.

    Parameters
    ----------
    cells : DataFrame
        From `core.segments.movement.transitions.matrix`.
    names : sequence of str
        Segments, the best on top.
    money : Money
        The shop's currency.
    """
    shown = cells[cells["customers"] > 0]
    left = shown.groupby("segment_from")["customers"].sum().reindex([*names, NOT_YET]).dropna()
    right = shown.groupby("segment_to")["customers"].sum().reindex(list(names)).dropna()
    colours, few = {**segment_colours(names), NOT_YET: GREY}, len(names) <= FEW
    place = {("from", name): i for i, name in enumerate(left.index)}
    place |= {("to", name): len(left) + i for i, name in enumerate(right.index)}
    figure = go.Figure(
        go.Sankey(
            arrangement="snap",
            node={
                "label": [
                    *(_label(name, size, few=few, right=False) for name, size in left.items()),
                    *(_label(name, size, few=few, right=True) for name, size in right.items()),
                ],
                "color": [colours[str(name)] for side in (left, right) for name in side.index],
                "x": [0.001] * len(left) + [0.999] * len(right),
                "y": [*_centres(left), *_centres(right)],
                "pad": 14,
                "thickness": 14,
                "line": {"width": 0},
                "customdata": [
                    *(
                        f"<b>{escape(str(name))}</b><br>{count(size)} customers on the first day"
                        for name, size in left.items()
                    ),
                    *(
                        f"<b>{escape(str(name))}</b><br>{count(size)} customers on the second day"
                        for name, size in right.items()
                    ),
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
            link={
                "source": [place["from", name] for name in shown["segment_from"]],
                "target": [place["to", name] for name in shown["segment_to"]],
                "value": shown["customers"].tolist(),
                "color": [faint(colours[name], 0.45) for name in shown["segment_from"]],
                "customdata": [_hover(row, money) for row in shown.to_dict("records")],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
        )
    )
    styled(figure, height=460 if few else 230 + 42 * len(names))
    figure.update_layout(font_size=13 if few else 12, margin={"l": 4, "r": 4, "t": 12, "b": 16})
    return figure


def where_to(cells: pd.DataFrame, names: Sequence[str], money: Money, *, chosen: tuple[str, str] | None) -> go.Figure:
    """Draw earlier segments as rows and later ones as columns; the darker, the larger the share of the row.

    Cells are bars because Plotly doesn't report clicks on a heat map.

    Parameters
    ----------
    cells : DataFrame
        From `core.segments.movement.transitions.matrix`.
    names : sequence of str
        Segments, best first.
    money : Money
        The shop's currency.
    chosen : tuple of str, optional
        Segments of the cell to highlight.
    """
    rows, few = [*names, NOT_YET], len(names) <= FEW
    shares = cells["customers"] / cells.groupby("segment_from")["customers"].transform("sum").clip(lower=1)
    across, down = cells["segment_to"].map(names.index), cells["segment_from"].map(rows.index)
    framed = [pair == chosen for pair in zip(cells["segment_from"], cells["segment_to"], strict=True)]
    figure = go.Figure(
        go.Bar(
            x=across,
            y=[1] * len(cells),
            base=down - 0.5,
            width=1,
            marker={
                "color": [f"rgba(68, 119, 170, {0.04 + 0.36 * part:.3f})" for part in shares],
                "line": {"width": [3 if it else 1 for it in framed], "color": [BLUE if it else _RULE for it in framed]},
            },
            selected={"marker": {"opacity": 1}},
            unselected={"marker": {"opacity": 1}},
            customdata=[
                [row["segment_from"], row["segment_to"], _hover(row, money)] for row in cells.to_dict("records")
            ],
            hovertemplate="%{customdata[2]}<extra></extra>",
        )
    )
    for x, y, customers, part in zip(across, down, cells["customers"], shares, strict=True):
        if customers:
            text = f"<b>{count(customers)}</b><br>{share(part)}" if few else count(customers)
            figure.add_annotation(x=x, y=y, text=text, font_size=13 if few else 10, showarrow=False)
    styled(figure, height=70 + (52 if few else 42) * len(rows))
    figure.update_layout(barmode="overlay", bargap=0, clickmode="event+select")
    segment_axes(figure, names, [_row_label(n, name, few=few) for n, name in enumerate(rows, start=1)], few=few)
    return figure


def cell_words(row: dict[Hashable, Any], money: Money) -> list[str]:
    """Describe a cell of the matrix in two sentences."""
    start, end, people = row["segment_from"], row["segment_to"], many(row["customers"], "customer")
    if start == NOT_YET:
        return [
            f"{many(row['customers'], 'new customer')} in {end}.",
            f"They have spent {money.exact(row['spent'])} so far.",
        ]
    went = f"stayed in {end}" if start == end else f"moved from {start} to {end}"
    before, since = money.exact(row["at_stake"]), money.exact(row["spent"])
    return [f"{people} {went}.", f"They spent {before} in the year before the first day, and {since} since then."]


def _hover(row: dict[Hashable, Any], money: Money) -> str:
    first, second = cell_words(row, money)
    return f"<b>{escape(first, 120)}</b><br>{escape(second, 120).replace(', and', ',<br>and')}"


def _label(name: Hashable, size: float, *, few: bool, right: bool) -> str:
    """Return the label of a node; with many segments, those on the right show only their size."""
    if not few:
        return count(size) if right else f"<b>{escape(str(name), 34)} · {count(size)}</b>"
    lines = f"{escape(str(name))} · " if name == NOT_YET else f"{wrapped(str(name), WIDTH)}<br>"
    return f"<b>{lines}{count(size)}</b>"


def _row_label(number: int, name: str, *, few: bool) -> str:
    """Return the label of a row; new customers have no column, and so no number."""
    return wrapped(name, 2 * WIDTH) if name == NOT_YET and not few else row_text(number, name, few=few)


def _centres(sizes: pd.Series) -> list[float]:
    """Return the vertical centres of stacked nodes."""
    shares = sizes / max(sizes.sum(), 1) * (1 - _PAD * (len(sizes) - 1))
    ends = shares.cumsum() + [_PAD * i for i in range(len(sizes))]
    return [float(min(max(middle, 0.001), 0.999)) for middle in ends - shares / 2]
