"""Tests of segment flows, the matrix behind them, and the causes of change."""

from datetime import date
from typing import Any

import pandas as pd
import plotly.graph_objects as go

from core.charts.segments.segment_flow import cell_words, flow, where_to
from core.charts.segments.segment_growth import causes, sizes_over_time
from core.charts.theme import SEGMENT_COLOURS
from core.numbers import Money
from core.segments.movement.transitions import NOT_YET
from core.segments.naming import CHURNING, LOYAL

POUNDS = Money(currency="GBP")
NAMES = [LOYAL, CHURNING]
CELLS = pd.DataFrame(
    [
        (LOYAL, LOYAL, 3, 30.0, 12.5),
        (LOYAL, CHURNING, 1, 7.0, 0.0),
        (CHURNING, LOYAL, 0, 0.0, 0.0),
        (CHURNING, CHURNING, 2, 4.0, 0.0),
        (NOT_YET, LOYAL, 0, 0.0, 0.0),
        (NOT_YET, CHURNING, 1, 0.0, 9.0),
    ],
    columns=["segment_from", "segment_to", "customers", "at_stake", "spent"],
)


def words(cell: int) -> str:
    """Return the description of a cell."""
    row: dict[Any, Any] = CELLS.iloc[cell].to_dict()
    return " ".join(cell_words(row, POUNDS))


def test_what_is_said_of_a_cell() -> None:
    before = "in the year before the first day, and"
    assert words(0) == f"3 customers stayed in {LOYAL}. They spent £30.00 {before} £12.50 since then."
    assert words(1) == f"1 customer moved from {LOYAL} to {CHURNING}. They spent £7.00 {before} £0.00 since then."
    assert words(5) == f"1 new customer in {CHURNING}. They have spent £9.00 so far."


def test_flow_has_a_band_for_each_cell_with_customers() -> None:
    [sankey] = flow(CELLS, NAMES, POUNDS).data
    labels = [label.replace("<br>", " ").removeprefix("<b>").removesuffix("</b>") for label in sankey.node.label]
    ends = [f"{LOYAL} 4", f"{CHURNING} 2", f"{NOT_YET} · 1", f"{LOYAL} 3", f"{CHURNING} 4"]
    assert labels == ends
    bands = zip(sankey.link.source, sankey.link.target, sankey.link.value, strict=True)
    assert list(bands) == [(0, 3, 3), (0, 4, 1), (1, 4, 2), (2, 4, 1)]
    assert sankey.node.color[0] == sankey.node.color[3] == SEGMENT_COLOURS[LOYAL]
    assert list(sankey.node.y) == sorted(sankey.node.y[:3]) + sorted(sankey.node.y[3:])


def test_names_from_the_data_are_shown_and_not_obeyed() -> None:
    evil = CELLS.replace({LOYAL: "<b>x</b>"})
    drawn = [
        flow(evil, ["<b>x</b>", CHURNING], POUNDS),
        where_to(evil, ["<b>x</b>", CHURNING], POUNDS, chosen=None),
        causes(CHANGES.replace({LOYAL: "<b>x</b>"})),
    ]
    for figure in drawn:
        assert "<b>x" not in _shown(figure)


def _shown(figure: go.Figure) -> str:
    """Return everything readable, except the raw names that identify a click."""
    spec = figure.to_plotly_json()
    for trace in spec["data"]:
        if trace["type"] == "bar" and isinstance(trace["customdata"][0], list):
            trace["customdata"] = [row[2:] for row in trace["customdata"]]
    return str(spec)


def test_matrix_frames_the_chosen_cell_and_names_each() -> None:
    figure = where_to(CELLS, NAMES, POUNDS, chosen=(LOYAL, CHURNING))
    [bars] = figure.data
    pairs = zip(CELLS["segment_from"], CELLS["segment_to"], strict=True)
    assert [list(row[:2]) for row in bars.customdata] == [list(pair) for pair in pairs]
    assert list(bars.marker.line.width) == [1, 3, 1, 1, 1, 1]
    assert list(zip(bars.x, bars.base, strict=True)) == [(0, -0.5), (1, -0.5), (0, 0.5), (1, 0.5), (0, 1.5), (1, 1.5)]
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["<b>3</b><br>75%", "<b>1</b><br>25%", "<b>2</b><br>100%", "<b>1</b><br>100%"]


def test_many_segments_have_numbers_for_columns() -> None:
    names = [f"Segment {n}" for n in range(12)]
    rows = [(a, b, 1, 1.0, 1.0) for a in [*names, NOT_YET] for b in names]
    cells = pd.DataFrame(rows, columns=list(CELLS.columns))
    figure = where_to(cells, names, POUNDS, chosen=None)
    assert figure.layout.xaxis.ticktext[11] == "<b>12</b>"
    assert figure.layout.yaxis.ticktext[11] == "Segment 11 <b>12</b>"
    [sankey] = flow(cells, names, POUNDS).data
    assert sankey.node.label[-1] == "13"  # the name stands on the left


CHANGES = pd.DataFrame(
    [(LOYAL, 4, -2, 3, 1, 0, 6), (CHURNING, 2, 2, -3, 0, 0, 1)],
    columns=["segment", "before", "clock", "orders", "new", "refit", "after"],
)


def test_causes_have_a_bar_each_and_a_refit_only_where_there_was_one() -> None:
    figure = causes(CHANGES)
    assert {bar.name: list(bar.x) for bar in figure.data} == {
        "Time passing": [-2, 2],
        "Orders by existing customers": [3, -3],
        "New customers": [1, 0],
    }
    assert figure.data[0].y[0].endswith("<b>+2</b>")
    assert list(figure.data[0].text) == ["−2", "+2"]
    assert len(causes(CHANGES.assign(refit=[1, -1])).data) == 4
    assert list(causes(CHANGES.assign(clock=0, orders=0, new=0)).layout.xaxis.range) == [-1, 1]


def test_sizes_are_stacked_and_the_two_dates_marked() -> None:
    dates = [date(2024, 2, 1), date(2024, 3, 1)]
    sizes = pd.DataFrame({"as_of": dates * 2, "segment": [LOYAL] * 2 + [CHURNING] * 2, "customers": [3, 4, 1, 2]})
    figure = sizes_over_time(sizes, NAMES, dates)
    assert [list(area.y) for area in figure.data] == [[3, 4], [1, 2]]
    assert figure.data[0].x[0] == date(2024, 1, 31)
    assert "3 customers on 31 Jan 2024,<br>75% of all" in figure.data[0].customdata[0]
    assert len(figure.layout.shapes) == 2
