"""Tests of histograms and densities."""

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from core.charts import log_axis
from core.charts.customers import value_histograms as charts
from core.customers.distributions import Measure, Scale, deciles, density, histogram
from core.numbers import Money, count, customers, tiny

POUNDS = Money(currency="GBP")
MANY = pd.DataFrame(
    {"recency": [0, 1, 2, 9, *[30] * 96], "frequency": [40, 3, *[1] * 98], "monetary": [5_000.0, *[50.0] * 99]}
)


def hovers(measure: Measure, scale: Scale) -> list[str]:
    """Return the hover texts of bars with customers."""
    bins = histogram(MANY, measure, scale)
    figure = charts.histogram(bins, deciles(MANY), measure, scale, POUNDS)
    return [text for text, number in zip(figure.data[0].customdata, bins["customers"], strict=True) if number]


def test_bars_say_who_is_in_them() -> None:
    assert hovers("recency", "log") == [
        "<b>2 customers</b>, 2.0%<br>last ordered up to 1 day ago",
        "<b>1 customer</b>, 1.0%<br>last ordered 2 days ago",
        "<b>1 customer</b>, 1.0%<br>last ordered 8 to 10 days ago",
        "<b>96 customers</b>, 96%<br>last ordered 22 to 30 days ago",
    ]
    assert hovers("frequency", "linear") == [
        "<b>99 customers</b>, 99%<br>have 1 to 4 orders",
        "<b>1 customer</b>, 1.0%<br>have 37 to 40 orders",
    ]
    assert hovers("monetary", "linear")[-1] == "<b>1 customer</b>, 1.0%<br>spent £4,505.00 to £5,000.00"


def test_the_last_bar_of_a_linear_scale_says_that_it_is_open() -> None:
    many = pd.DataFrame({"monetary": [*range(1, 199), 5_000.0, 9_000.0]})
    many = many.assign(recency=1, frequency=1)
    figure = charts.histogram(
        histogram(many, "monetary", "linear"), deciles(many), "monetary", "linear", Money(currency="GBP")
    )
    bars = figure.data[0]
    assert bars.customdata[-1] == "<b>2 customers</b>, 1.0%<br>spent £5,000.00 or more"
    assert bars.marker.color[-1] != bars.marker.color[0]
    assert bars.width[-1] == pytest.approx(bars.width[0])


@pytest.mark.parametrize("scale", ["log", "linear"])
@pytest.mark.parametrize("measure", ["recency", "frequency", "monetary"])
def test_bars_lie_side_by_side_and_deciles_among_them(measure: Measure, scale: Scale) -> None:
    bins = histogram(MANY, measure, scale)
    bars, ticks = charts.histogram(bins, deciles(MANY), measure, scale, POUNDS).data
    right, left = np.asarray(bars.x[:-1]) + np.asarray(bars.width[:-1]) / 2, np.asarray(bars.x[1:])
    assert (right <= left - np.asarray(bars.width[1:]) / 2).all()
    assert bars.x[0] - bars.width[0] <= min(ticks.x)
    assert max(ticks.x) <= bars.x[-1] + bars.width[-1]
    assert len(ticks.x) == 9


def test_median_is_written_on_the_chart() -> None:
    figure = charts.histogram(histogram(MANY, "monetary", "log"), deciles(MANY), "monetary", "log", POUNDS)
    assert figure.layout.annotations[0].text == "Median £50"
    assert figure.layout.shapes[0].x0 == pytest.approx(np.log10(50))


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0.5, "0.5"),
        (1, "1"),
        (9.94, "9.9"),
        (9.96, "10"),
        (645, "645"),
        (999.9, "1k"),
        (1_234, "1.2k"),
        (12_345, "12k"),
        (2e6, "2M"),
    ],
)
def test_small_writing(number: float, written: str) -> None:
    assert tiny(number) == written


def test_one_customer_is_not_several() -> None:
    assert [customers(number) for number in (0, 1, 2_345)] == ["0 customers", "1 customer", "2,345 customers"]


@pytest.mark.parametrize(
    ("low", "high", "written"),
    [(1, 80, ["1", "2", "5", "10", "20", "50"]), (3, 3_000, ["10", "100", "1,000"]), (1, 2, ["1", "2"])],
)
def test_logarithmic_axes_have_round_numbers(low: float, high: float, written: list[str]) -> None:
    figure = go.Figure()
    log_axis.label(figure.update_xaxes, low, high, count)
    assert list(figure.layout.xaxis.ticktext) == written
    assert list(figure.layout.xaxis.range) == pytest.approx([np.log10(low), np.log10(high)])


def test_density_has_its_bins_where_they_belong() -> None:
    figure = charts.density(density(MANY, "recency", "frequency"), "recency", "frequency", POUNDS)
    [map_] = figure.data
    assert map_.z.shape == (len(map_.y) - 1, len(map_.x) - 1)
    row = int(np.searchsorted(map_.y, np.log10(40), side="right")) - 1
    assert map_.z[row][0] == 0.0  # one customer: today, forty orders
    assert map_.customdata[row][0] == "<b>1 customer</b><br>last ordered up to 1 day ago<br>have 28 to 40 orders"
    assert np.isfinite(map_.z).sum() == 5
