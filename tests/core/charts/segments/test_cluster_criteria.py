"""Tests of cluster charts: values drawn, hover texts and escaped names."""

import itertools
import math
from typing import Any

import pandas as pd
import plotly.graph_objects as go
import pytest

from core.charts import theme
from core.charts.segments import cluster_criteria as clusters
from core.charts.segments import customer_scatter as maps
from core.charts.segments import segment_radar as profiles
from core.charts.segments.cluster_criteria import Criterion
from core.numbers import Money

EVIL = "<img src=x onerror=alert(1)>"
NAMES = [EVIL, "Rest"]
MONEY = Money(currency="GBP")
POINTS = pd.DataFrame(
    {
        "customer_id": [EVIL, "b"], "segment": NAMES, "x": [0.0, 1.0], "y": [1.0, 0.0], "recency": [0, 5],
        "frequency": [1, 2], "monetary": [0.0, 12.5],
    }
)  # fmt: skip
MATRIX = pd.DataFrame(
    [(a, b, n) for a, row in zip(NAMES, ((3, 1), (0, 4)), strict=True) for b, n in zip(NAMES, row, strict=True)],
    columns=["before", "after", "customers"],
)
CANDIDATES = pd.DataFrame({"k": [1, 2, 3], "silhouette": [None, 0.5, 0.4], "stability_p10": [None, 0.4, 0.3]})


def texts(figure: go.Figure) -> str:
    """Return everything a figure says, except the ids used by clicks."""
    return str([_without_ids(trace) for trace in figure.to_plotly_json()["data"]]) + str(figure.layout)


def _without_ids(trace: dict[str, Any]) -> dict[str, Any]:
    data = trace.get("customdata")
    if data is not None and len(data) and isinstance(data[0], list) and trace["type"].startswith("scatter"):
        return {**trace, "customdata": [row[1:] for row in data]}
    return trace


@pytest.mark.parametrize(
    "figure",
    [
        clusters.silhouettes(pd.DataFrame({"segment": NAMES, "silhouette": [0.5, -0.1]}), NAMES, 0.2),
        clusters.confusion(MATRIX, NAMES, NAMES),
        clusters.stability_index(pd.DataFrame({"label": NAMES, "psi": [0.0, 0.3]}), (0.1, 0.25)),
        maps.flat(POINTS, NAMES, MONEY, chosen=EVIL),
        maps.space(POINTS, NAMES, MONEY),
        profiles.radar(
            pd.DataFrame({"segment": NAMES, "feature": ["a", "a"], "level": [0.1, 0.9], "said": ["x", "y"]}),
            NAMES,
            {"a": "A"},
        ),
        profiles.country_mix(
            pd.DataFrame({"segment": NAMES, "country": [EVIL, "b"], "customers": [1, 2], "share": [1.0, 1.0]}), NAMES
        ),
    ],
)
def test_tags_in_names_are_shown_and_not_obeyed(figure: go.Figure) -> None:
    said = texts(figure)
    assert "<img" not in said
    assert "&lt;img" in said


def test_the_number_shown_stands_out_and_missing_values_are_left_out() -> None:
    of = Criterion(column="silhouette", label="Silhouette", least=0.45, low="stability_p10", marked=3)
    figure = clusters.by_number(CANDIDATES, of, chosen=2)
    line = figure.data[-1]
    assert list(line.x) == [2, 3]
    assert line.marker.size[0] > line.marker.size[1]
    assert "2 segments</b> (shown)" in line.customdata[0]
    assert {note.text for note in figure.layout.annotations} == {"minimum 0.45", "knee"}


def test_rows_of_the_comparison_say_shares_of_the_segment_before() -> None:
    figure = clusters.confusion(MATRIX, NAMES, NAMES)
    [cells] = figure.data
    assert cells.z.tolist() == [[0.75, 0.25], [0.0, 1.0]]
    assert [(note.y, note.x, note.text) for note in figure.layout.annotations] == [
        (0, 0, "3"), (0, 1, "1"), (1, 1, "4"),
    ]  # fmt: skip


def test_logarithmic_axes_begin_at_one() -> None:
    figure = maps.space(POINTS, NAMES, MONEY)
    assert min(min(trace.x) for trace in figure.data) == 1
    assert min(min(trace.z) for trace in figure.data) == 1


def test_segments_beside_each_other_have_colours_that_are_told_apart() -> None:
    names = ["Golden circle & friends", "Active regular, medium spend", "Lapsed occasional, medium spend",
             "Cooling occasional, low spend", "Lapsed occasional, low spend"]  # fmt: skip
    colours = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in theme.segment_colours(names).values()]
    assert min(math.dist(one, other) for one, other in itertools.combinations(colours, 2)) >= 85
