"""Tests of the Lorenz curve and the lateness bars."""

import pandas as pd

from core.charts.customers.lateness_bars import classes
from core.charts.sales.lorenz_curve import lorenz
from core.customers.rhythm import CLASSES
from core.numbers import Money

CURVE = pd.DataFrame({"customers": [0.0, 0.5, 0.9, 1.0], "revenue": [0.0, 0.1, 0.4, 1.0]})


def test_the_top_is_marked_on_the_curve() -> None:
    figure = lorenz(CURVE, CURVE.assign(revenue=[0.0, -0.2, 0.3, 1.0]), top=(0.1, 0.6))
    equal, gross, net, mark = figure.data
    assert (mark.x[0], mark.y[0]) == (0.9, 0.4)
    assert figure.layout.annotations[0].text == "The top 10%<br>generate <b>60%</b>"
    assert gross.customdata[1] == "The smallest 50% of customers<br>generate 10% of gross revenue"
    assert net.customdata[1] == "The smallest 50% of customers<br>generate -20% of net revenue"
    assert figure.layout.yaxis.range[0] < -0.2
    assert list(equal.x) == [0, 1]


def test_without_net_revenue_there_is_no_second_curve() -> None:
    assert [line.name for line in lorenz(CURVE, None, top=(0.1, 0.6)).data][1:2] == ["Gross"]
    assert lorenz(CURVE, None, top=(0.1, 0.6)).layout.yaxis.range[0] == 0.0


def test_each_class_has_its_bar() -> None:
    table = pd.DataFrame({"rhythm": CLASSES, "customers": [4, 3, 2, 1, 0], "revenue": [40.0, 30.0, 20.0, 10.0, 0.0]})
    table = table.assign(customer_share=0.2, revenue_share=0.2, returned=1.0, net=table["revenue"] - 1)
    [bars] = classes(table, Money(currency="GBP")).data
    assert list(bars.y) == list(CLASSES)
    assert bars.text[0] == "4 · £40"
    assert len(set(bars.marker.color)) == len(CLASSES)
    assert "£20.00 gross revenue, 20% of all<br>£1.00 returned, £19.00 net" in bars.customdata[2]
