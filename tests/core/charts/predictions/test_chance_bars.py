"""Tests of the bars of one customer's predictions."""

import pandas as pd
import pytest

from core.charts.predictions.chance_bars import chance, likelihood, next_segments
from core.charts.theme import SEGMENT_COLOURS
from core.segments.naming import LOYAL, NEW

TABLE = pd.DataFrame(
    {
        "segment": [LOYAL, "<b>VIP</b>", NEW],
        "probability": [0.0, 0.25, 0.75],
        "now": [False, True, False],
        "predicted": [False, False, True],
    }
)


def test_the_bar_is_as_long_as_the_chance() -> None:
    figure = chance(0.72, 0.4, 90)
    assert figure.data[1].x == (0.72,)
    assert figure.layout.xaxis.range == (0, 1)
    assert figure.layout.shapes[0].x0 == 0.4
    assert figure.layout.annotations[0].text == "all customers: 40%"
    assert figure.data[1].customdata[0] == "Chance to buy within 90 days: 72%"


def test_without_a_usual_chance_there_is_no_line() -> None:
    figure = chance(0.0, None, 30)
    assert not figure.layout.shapes
    assert figure.data[1].x[0] > 0  # else nothing is seen


def test_segments_have_their_colours_and_say_which_is_which() -> None:
    [bars] = next_segments(TABLE, 90).data
    assert bars.marker.color[0] == SEGMENT_COLOURS[LOYAL]
    assert bars.marker.color[2] == SEGMENT_COLOURS[NEW]
    assert list(bars.y) == [LOYAL, "&lt;b&gt;VIP&lt;/b&gt;<br><i>now</i>", f"{NEW}<br><i>predicted</i>"]
    assert list(bars.text) == ["under 0.1%", "25%", "75%"]


@pytest.mark.parametrize(
    ("probability", "said"),
    [(0.0, "under 0.1%"), (0.001, "0.1%"), (0.5, "50%"), (0.994, "99%"), (1.0, "over 99%")],
)
def test_no_likelihood_is_nothing_or_certain(probability: float, said: str) -> None:
    assert likelihood(probability) == said
