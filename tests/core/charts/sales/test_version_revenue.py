"""Tests of the chart that compares the revenue of two versions."""

import pandas as pd

from core.charts.sales.version_revenue import revenue_changed
from core.numbers import Money

MONTHS = pd.DataFrame(
    {
        "month": pd.to_datetime(["2024-01-01", "2024-02-01", "2024-03-01"]),
        "before": [30.0, 30.6, 0.0],
        "after": [30.0, 0.6, 15.0],
    }
)


def test_parts_of_each_month() -> None:
    figure = revenue_changed(MONTHS, Money(currency="GBP"))
    assert {bar.name: [round(value, 2) for value in bar.y] for bar in figure.data} == {
        "In both": [30.0, 0.6, 0.0],
        "Added": [0.0, 0.0, 15.0],
        "Removed": [0.0, 30.0, 0.0],
    }
    assert [text.split(", ")[-1] for text in figure.data[0].customdata] == ["no change", "£30.00 less", "£15.00 more"]


def test_parts_that_are_nowhere_are_not_in_the_legend() -> None:
    figure = revenue_changed(MONTHS.assign(after=MONTHS["before"] + 1.0), Money())
    assert [bar.name for bar in figure.data] == ["In both", "Added"]
