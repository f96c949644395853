"""Tests of errors per group: labels, hover texts and escaped names."""

import pandas as pd

from core.charts.predictions.group_errors import WEAK, gaps
from core.numbers import Money

SCRIPT = "</script><script>window.pwned=1</script>"


def table(**more: object) -> pd.DataFrame:
    rows = {
        "group": ["Germany", SCRIPT, "Malta"], "customers": [412, 90, 3], "enough": [True, True, False],
        "predicted": [0.38, 0.5, None], "actual": [0.52, 0.49, None], "off": [-0.14, 0.01, None],
        "low": [-0.2, -0.1, None], "high": [-0.08, 0.12, None], "weak": [True, False, False],
    }  # fmt: skip
    return pd.DataFrame({**rows, **more})


def test_weak_groups_stand_out_and_names_are_shown_not_obeyed() -> None:
    figure = gaps(table(), "will_buy", Money())
    first, second = figure.data
    assert first.customdata[0] == (
        "<b>Germany</b>, 412 customers:<br>38% predicted, 52% bought;<br>"
        "off by −14.0 points (interval −20.0 to −8.0 points):<br>weak"
    )
    assert (first.marker.color == WEAK, second.marker.color == WEAK) == (True, False)
    assert second.customdata[0].endswith("within chance")
    assert "<script" not in str(figure.to_json())
    assert len(figure.layout.yaxis.ticktext) == 2  # groups with too few customers are excluded
    low, high = figure.layout.xaxis.range
    assert low <= -20
    assert low == -high


def test_money_and_segments_are_written_as_such() -> None:
    [spent, *_] = gaps(table(), "spend", Money(currency="GBP")).data
    assert "£0.38 predicted, £0.52 spent per customer" in spent.customdata[0]
    [named, *_] = gaps(table(predicted=None), "next_segment", Money()).data
    assert "next segment correct for 52%;<br>−14.0 points (interval" in named.customdata[0]
