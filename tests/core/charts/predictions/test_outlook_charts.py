"""Tests of the outlook charts."""

import numpy as np
import pandas as pd
import pytest

from core.charts.predictions import outlook_charts as charts
from core.charts.theme import SEGMENT_COLOURS
from core.numbers import Money
from core.segments.naming import CHURNING, LOYAL

POUNDS = Money(currency="GBP")
NAMES = (LOYAL, CHURNING)
SEGMENTS = pd.DataFrame(
    {
        "segment": NAMES,
        "customers": [3, 1],
        "revenue": [900.0, 100.0],
        "revenue_share": [0.9, 0.1],
        "buyers": [2.4, 0.2],
        "low": [600.0, np.nan],
        "high": [1200.0, np.nan],
    }
)
STEPS = pd.DataFrame(
    [(name, step, n, step / 2, (step + 1) / 2) for name, step, n in
     [(LOYAL, 0, 1), (LOYAL, 1, 3), (CHURNING, 0, 0), (CHURNING, 1, 0)]],
    columns=["segment", "step", "customers", "low", "high"],
)  # fmt: skip
PLANE = pd.DataFrame(
    [(0.0, 0.25, 100.0, 200.0, 4, 600.0), (0.75, 1.0, 500.0, np.inf, 1, 700.0)],
    columns=["risk_low", "risk_high", "value_low", "value_high", "customers", "value"],
)
MOVES = pd.DataFrame(
    [(LOYAL, LOYAL, 2.7), (LOYAL, CHURNING, 0.3), (CHURNING, LOYAL, 0.0), (CHURNING, CHURNING, 1.0)],
    columns=["segment_now", "segment_next", "customers"],
)


def test_revenue_has_the_colour_of_its_segment_and_a_range_where_it_is_known() -> None:
    bars, texts = charts.revenue(SEGMENTS, POUNDS, 90).data
    assert list(bars.marker.color) == [SEGMENT_COLOURS[LOYAL], SEGMENT_COLOURS[CHURNING]]
    assert bars.error_x.array == pytest.approx([300.0, np.nan], nan_ok=True)
    assert bars.error_x.arrayminus == pytest.approx([300.0, np.nan], nan_ok=True)
    assert list(texts.x) == [1200.0, 100.0]  # beyond the range
    assert list(texts.text) == ["  <b>90%</b> · £900", "  <b>10%</b> · £100"]
    assert bars.customdata[0] == (
        f"<b>{LOYAL}</b><br>£900.00 expected in 90 days, 90% of all<br>2 of 3 customers expected to buy"
        "<br>range based on past dates: £600 to £1.20k"
    )
    assert "1 customer expected to buy" in bars.customdata[1]
    assert "past dates" not in bars.customdata[1]


def test_each_segment_with_customers_has_a_row_of_chances() -> None:
    [bars] = charts.chances(STEPS, NAMES).data
    assert list(bars.y) == [0.25, 0.75]
    assert list(bars.x) == [0.25, 0.75]
    assert (
        bars.customdata[1]
        == f"<b>{LOYAL}</b><br>3 customers, 75% of the segment,<br>with a chance to buy of 50% to 100%"
    )


def test_worth_and_risk_has_a_frame_where_customers_are_worth_saving() -> None:
    figure = charts.worth_and_risk(PLANE, POUNDS, likely=0.5, worthy=350.0)
    [cells] = figure.data
    assert np.shape(cells.z) == (3, 4)  # from 200 to 500 there are no customers, but room for them
    assert cells.z[0][0] == pytest.approx(600**0.5)
    assert cells.z[2][3] == pytest.approx(700**0.5)
    assert np.isnan(cells.z[1]).all()
    assert cells.customdata[2][3] == (
        "<b>1 customer</b> with a churn risk of 75% to 100%<br>and a 12-month value of £500 or more each:<br>"
        "£700.00 in total"
    )
    [frame] = figure.layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (0.5, 1, 1.0, 2.5)  # half of the way from 200 to 500
    assert list(figure.layout.yaxis.ticktext) == ["£100", "£200", "£500"]


def test_moves_are_written_where_anybody_is_expected() -> None:
    figure = charts.moves(MOVES, NAMES, 90)
    [cells] = figure.data
    assert cells.z[0] == pytest.approx([0.9, 0.1])
    assert np.isnan(cells.z[1][0])
    assert [note.text for note in figure.layout.annotations] == [
        "<b>3</b><br>90%", "<b>&lt;1</b><br>10%", "<b>1</b><br>100%",
    ]  # fmt: skip
    assert cells.customdata[0][1] == (f"<b>{LOYAL}</b><br>about &lt;1 (10%) move to {CHURNING}<br>within 90 days")


def test_many_segments_are_numbered() -> None:
    names = [f"Segment {number}" for number in range(8)]
    cells = pd.DataFrame(
        [(a, b, 1.0) for a in names for b in names], columns=["segment_now", "segment_next", "customers"]
    )
    figure = charts.moves(cells, names, 90)
    assert figure.layout.xaxis.ticktext[7] == "<b>8</b>"
    assert figure.layout.yaxis.ticktext[7] == "Segment 7 <b>8</b>"


def test_names_from_the_data_are_shown_and_not_obeyed() -> None:
    evil = "<b>x</b>"
    drawn = [
        charts.revenue(SEGMENTS.replace({LOYAL: evil}), POUNDS, 90),
        charts.chances(STEPS.replace({LOYAL: evil}), [evil, CHURNING]),
        charts.moves(MOVES.replace({LOYAL: evil}), [evil, CHURNING], 90),
    ]
    for figure in drawn:
        text = str(figure.to_dict())
        assert evil not in text
        assert "&lt;b&gt;x" in text
