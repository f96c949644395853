"""Tests of driver charts: permutation importance, contributions, and one input."""

import numpy as np
import pandas as pd
import pytest

from core.charts.explanations.dependence_charts import dependence, moved
from core.charts.explanations.driver_importance import both, costs
from core.charts.explanations.shap_summary import bars, swarm
from core.charts.explanations.value_units import ValueAxis, added_words, value_words
from core.charts.theme import BLUE, PALE_GREY
from core.numbers import Money

POUNDS = Money(currency="GBP")
EVIL = "<img src=x onerror=window.pwned=1>"


def test_what_could_be_chance_is_pale() -> None:
    table = pd.DataFrame(
        {"label": ["Money spent", "Country"], "mean": [0.1, 0.01], "margin": [0.02, 0.04], "repeats": [10, 10]}
    )
    [drawn] = costs(table, "auc", POUNDS).data
    assert list(drawn.marker.color) == [BLUE, PALE_GREY]
    assert list(drawn.error_x.array) == [0.02, 0.04]
    assert "makes AUC 0.1000 worse,<br>more than chance (± 0.0200" in drawn.customdata[0]
    assert "which could be chance" in drawn.customdata[1]
    [money] = costs(table.assign(mean=[12.0, -1.5]), "mae", POUNDS).data
    assert "makes MAE £12.00 worse" in money.customdata[0]
    assert "makes MAE £1.50 better" in money.customdata[1]


def test_both_ways_stand_on_one_line() -> None:
    table = pd.DataFrame(
        {
            "label": ["Money spent", "Country"],
            "size_share": [0.7, 0.3],
            "cost_share": [1.0, 0.0],
            "size_rank": [1, 2],
            "cost_rank": [1, 2],
        }
    )
    figure = both(table)
    assert [tuple(line.x) for line in figure.data[:2]] == [(0.7, 1.0), (0.3, 0.0)]
    assert figure.data[2].customdata[0] == (
        "<b>Money spent</b><br>70% of contributions (rank 1),<br>100% of the loss when shuffled (rank 1)."
    )


def test_names_of_segments_are_shown_and_not_obeyed() -> None:
    table = pd.DataFrame({"label": ["Country"] * 2, "size": [1.0, 2.0], "error": [0.1, 0.0], "output": [EVIL, "B"]})
    figure = bars(table, "probability", POUNDS)
    assert EVIL not in figure.to_json()
    assert "changes a customer's prediction by 100.0 points on average" in figure.data[0].customdata[0]
    assert "with an error of 10.0 points" in figure.data[0].customdata[0]
    assert "error" not in figure.data[1].customdata[0]


def test_dots_have_the_colour_of_their_value_and_say_it() -> None:
    points = pd.DataFrame(
        {
            "label": ["Time since the last order", "Time since the last order", "Country"],
            "row": [0, 0, 1],
            "added": [-0.5, 1.25, 0.1],
            "drawn": [-0.5, 1.0, 0.1],
            "lift": [0.0, 0.1, 0.0],
            "input": ["recency", "recency", ""],
            "value": [97.0, 3.0, np.nan],
            "level": [1.0, 0.0, np.nan],
        }
    )
    grey, coloured = swarm(points, "log-odds", POUNDS).data
    assert list(coloured.marker.color) == [1, 0]
    assert list(coloured.y) == [0, 0.1]
    assert coloured.customdata[0] == (
        "<b>Time since the last order</b> subtracts 0.50 log-odds.<br>Days since the last order: 97 days"
    )
    assert grey.customdata[0] == "<b>Country</b> adds 0.10 log-odds."


def test_who_has_no_value_stands_beside() -> None:
    points = pd.DataFrame(
        {
            "value": [1.0, 9.0, np.nan],
            "added": [0.1, 0.2, -0.3],
            "other": [5.0, np.nan, 2.0],
            "level": [1.0, np.nan, 0.0],
        }
    )
    figure = dependence(points, "gap_median", "recency", "money", POUNDS)
    without, known = figure.data
    assert figure.layout.xaxis.title.text == "Usual gap between orders, in days"
    assert max(known.x[1], 0.0) < 1  # the one without a gap
    assert known.customdata[0] == "Usual gap between orders: 1 day<br>adds £0.10.<br>Days since the last order: 5 days."
    assert without.customdata[0].endswith("Days since the last order: unknown.")
    named = pd.DataFrame({"value": [EVIL] * 6 + ["UK"] * 5, "added": 0.1, "other": np.nan, "level": np.nan})
    since = dependence(points, "recency", "", "money", POUNDS)
    assert since.layout.xaxis.title.text == "Days since the last order"
    figure = dependence(named, "country", "", "log-odds", POUNDS)
    assert EVIL not in figure.to_json()
    assert list(figure.layout.xaxis.ticktext) == ["&lt;img src=x on…", "UK"]


def test_single_customers_are_lines_and_the_mean_lies_on_top() -> None:
    means = pd.DataFrame({"value": [0.0, 99.0], "mean": [0.2, 0.4]})
    lines = pd.DataFrame({"customer": [0, 1, 0, 1], "value": [0.0, 0.0, 99.0, 99.0], "said": [0.1, 0.3, 0.2, 0.6]})
    figure = moved(means, lines, "monetary", "Chance to buy", POUNDS)
    thin, thick = figure.data
    assert thin.y[:2].tolist() == [0.1, 0.2]
    assert np.isnan(thin.y[2])
    assert thin.y[3:5].tolist() == [0.3, 0.6]
    assert list(thick.x) == [0, 2]  # log10(1 + value)
    assert thick.customdata[1] == "If this were £99.00 for every customer:<br>Chance to buy 40%"
    assert len(moved(means, lines.iloc[:0], "monetary", "Expected spend", POUNDS).data[0].x) == 0


def test_values_are_written_with_their_units() -> None:
    assert value_words(0.256, "share", POUNDS) == "26%"
    assert value_words(2.344, "ratio", POUNDS) == "2.34"
    assert value_words(13.2, "hours", POUNDS) == "14:00"  # hours without their minutes: 13:42 in the mean
    assert value_words(1234.0, "days", POUNDS) == "1,234 days"
    assert added_words(-0.5, "log-odds", POUNDS) == "−0.50 log-odds"
    assert ValueAxis.of([], "days", POUNDS).settings == {}
    assert ValueAxis.of([0.0, 9_999.0], "money", POUNDS).settings["ticktext"][:2] == ["£0", "£1"]


@pytest.mark.parametrize("scale", ["log-odds", "probability", "money"])
def test_a_scale_is_named_on_its_axis(scale: str) -> None:
    table = pd.DataFrame({"label": ["Country"], "size": [1.0], "error": [0.0]})
    assert bars(table, scale, POUNDS).layout.xaxis.title.text == f"Mean absolute contribution, in {scale}"
