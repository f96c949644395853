"""Tests of labels made from names in the data."""

import pandas as pd

from core.charts.ranked_bars import ranked_net
from core.charts.segments.segment_radar import spread
from core.charts.theme import axis_labels
from core.numbers import Money

LONG = ["Lapsed occasional, medium spend (A)", "Lapsed occasional, medium spend (B)"]


def test_labels_are_names_that_are_shown_and_cut() -> None:
    assert axis_labels(["<b>Mug</b>", "Lamp"], 20) == ["&lt;b&gt;Mug&lt;/b&gt;", "Lamp"]
    assert axis_labels(["A name of thirty-six characters, say"], 10) == ["A name of…"]


def test_labels_that_would_be_cut_alike_keep_their_ends() -> None:
    assert axis_labels(LONG, 26) == ["Lapsed occas…um spend (A)", "Lapsed occas…um spend (B)"]


def test_no_two_labels_are_alike_even_where_their_ends_are() -> None:
    names = [f"{'a' * 30}{middle}{'z' * 30}" for middle in "123"]
    labels = axis_labels(names, 20)
    assert len(set(labels)) == 3
    assert {label.rstrip("\u200b") for label in labels} == {"aaaaaaaaa…zzzzzzzzz"}


def test_segments_whose_names_begin_alike_have_a_box_each() -> None:
    values = {"low": 1.0, "quarter": 2.0, "median": 3.0, "three_quarters": 4.0, "high": 5.0}
    table = pd.DataFrame([{"segment": name, "feature": "recency", **values} for name in LONG])
    figure = spread(table, LONG, title="Recency, days", log=False)
    assert len({box["y"][0] for box in figure.data}) == 2
    assert figure.layout.yaxis.type == "category"  # a segment may be called “2024”


def test_products_of_which_more_went_back_than_was_sold_have_a_bar_one_can_see() -> None:
    row = {"product": "Mug", "revenue": 10.0, "returned": 40.0, "net": -30.0, "orders": 1}
    figure = ranked_net(pd.DataFrame([row]), "product", -30.0, Money())
    assert "of all" not in figure.data[0].customdata[0]
    left, right = figure.layout.xaxis.range
    assert left < -30.0 < 0.0 < right
    nothing = pd.DataFrame([{**row, "returned": 10.0, "net": 0.0}])
    left, right = ranked_net(nothing, "product", 0.0, Money()).layout.xaxis.range
    assert (left, right) == (0.0, 1.0)
