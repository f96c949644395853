"""Tests of the waterfall of a prediction."""

import numpy as np
import pandas as pd
import pytest

from core.charts.explanations.waterfall import LOWERS, RAISES, contribution, reach, waterfall, written
from core.numbers import Money

POUNDS = Money(currency="GBP")
ROWS = pd.DataFrame(
    {
        "label": ["Time since the last order", "Country"],
        "value": ["97 days", "<img src=x onerror=window.pwned=1>"],
        "contribution": [1.5, -0.25],
        "error": [np.nan, np.nan],
        "start": [-0.5, 1.0],
        "end": [1.0, 0.75],
    }
)


def test_each_bar_begins_where_the_one_before_it_ended() -> None:
    figure = waterfall(ROWS, base=-0.5, total=0.75, scale="log-odds", axis="chance", money=POUNDS)
    bars, _, ends = figure.data[:3]
    assert list(bars.base) == [-0.5, 1.0]
    assert list(np.asarray(bars.base) + np.asarray(bars.x)) == [1.0, 0.75]
    assert list(bars.marker.color) == [RAISES, LOWERS]
    low, high = figure.layout.xaxis.range
    assert low < -0.5 < 1.0 < high
    assert [low + length for length in ends.x] == pytest.approx([-0.5, 0.75])
    assert np.diff([ends.y[0], *bars.y, ends.y[1]]) == pytest.approx([1, 1, 1])


def test_no_line_between_bars_goes_through_words() -> None:
    figure = waterfall(ROWS, base=-0.5, total=0.75, scale="log-odds", axis="chance", money=POUNDS, within=(-0.6, 4.0))
    [lines] = figure.select_traces({"type": "scatter", "mode": "lines"})
    down = list(zip(lines.x, lines.y, strict=True))
    assert down[:2] == [(-0.5, pytest.approx(0.03)), (-0.5, pytest.approx(0.6))]  # above the words of the first row
    assert down[3:5] == [(-0.5, pytest.approx(1.0)), (-0.5, pytest.approx(1.37))]  # and on below them
    apart = waterfall(
        ROWS.assign(start=3.0, end=3.9), base=3.9, total=3.9, scale="log-odds", axis="", money=POUNDS, within=(-9, 4.0)
    )
    [lines] = apart.select_traces({"type": "scatter", "mode": "lines"})
    assert list(lines.y[:2]) == pytest.approx([0.03, 1.37])  # no words reach so far


def test_log_odds_have_probabilities_at_their_ticks() -> None:
    axis = waterfall(ROWS, base=-0.5, total=0.75, scale="log-odds", axis="chance", money=POUNDS).layout.xaxis
    at = dict(zip(axis.ticktext, axis.tickvals, strict=True))
    assert at["50%"] == 0
    assert at["75%"] == pytest.approx(np.log(3))
    assert list(axis.tickvals) == sorted(axis.tickvals)
    narrow = reach(ROWS.assign(start=-2.6, end=-2.6), -2.6, -2.6, "log-odds")
    ticks = waterfall(ROWS, base=-2.6, total=-2.6, scale="log-odds", axis="", money=POUNDS, within=narrow).layout.xaxis
    assert len(ticks.tickvals) >= 3  # however little changes, there is a scale


def test_probabilities_have_round_ticks() -> None:
    rows = ROWS.assign(start=[0.34, 0.28], end=[0.28, 0.17], contribution=[-0.06, -0.11])
    axis = waterfall(rows, base=0.34, total=0.17, scale="probability", axis="chance", money=POUNDS).layout.xaxis
    assert list(axis.ticktext) == ["15%", "20%", "25%", "30%", "35%"]


def test_what_is_from_the_data_is_text() -> None:
    figure = waterfall(ROWS, base=-0.5, total=0.75, scale="log-odds", axis="chance", money=POUNDS)
    text = figure.to_json()
    assert "<img" not in text
    assert "&lt;img src=x onerror=window.pwned=1&gt;" in text
    assert (
        figure.data[0].customdata[0]
        == "<b>Time since the last order</b> (97 days)<br>raises the prediction: +1.50 in log-odds"
    )


def test_what_was_sampled_has_an_error_and_money_its_sign() -> None:
    rows = ROWS.assign(error=[2.0, 1.0])
    figure = waterfall(rows, base=-0.5, total=0.75, scale="money", axis="spend", money=POUNDS)
    assert list(figure.data[0].error_x.array) == [2.0, 1.0]
    assert figure.data[0].customdata[1].endswith("lowers the prediction: −£0.25<br>give or take £1")
    assert list(figure.layout.xaxis.ticktext[:3]) == ["−£0.50", "£0", "£0.50"]  # the sign before the currency


@pytest.mark.parametrize(
    ("value", "scale", "said", "sum_said"),
    [
        (0.62, "log-odds", "+0.62", "65%"), (-0.031, "probability", "−3.1 pts", "under 0.1%"),
        (-24.0, "money", "−£24", "−£24"), (-0.001, "log-odds", "0.00", "50%"),
    ],
)  # fmt: skip
def test_contributions_have_a_sign_and_a_unit(value: float, scale: str, said: str, sum_said: str) -> None:
    assert contribution(value, scale, POUNDS) == said
    assert written(value, scale, POUNDS) == sum_said
