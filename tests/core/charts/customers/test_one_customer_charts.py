"""Tests of the charts of one customer: the timeline, and RFM compared with others."""

from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from core.charts.customers.one_customer_charts import AHEAD, BACK, compared, timeline
from core.charts.theme import BLUE, SEGMENT_COLOURS
from core.numbers import Money
from core.segments.naming import CHURNING, LOYAL

POUNDS = Money(currency="GBP")
DAY = pd.Timestamp
ORDERS = pd.DataFrame(
    {
        "ordered_at": [DAY("2011-01-05 10:00"), DAY("2011-06-01 12:00"), DAY("2011-06-08")],
        "amount": [100.0, 50.0, 20.0],
        "went_back": [False, False, True],
    }
)
SEGMENTS = pd.DataFrame(
    {"start": [DAY("2011-01-05"), DAY("2011-07-01")], "end": [DAY("2011-07-01"), DAY("2011-12-10")],
     "segment": [LOYAL, "<b>x</b>"]}
)  # fmt: skip
EXPECTED = (DAY("2012-02-01"), DAY("2011-12-20"), DAY("2012-04-01"))


def test_orders_stand_above_the_line_and_what_went_back_below() -> None:
    figure = timeline(ORDERS, SEGMENTS, EXPECTED, date(2011, 12, 10), POUNDS)
    sold, back = (found for found in figure.data if found.type == "scatter" and "£" in str(found.customdata))
    assert (list(sold.y), sold.marker.color) == ([100.0, 50.0], BLUE)
    assert (list(back.y), back.marker.color) == ([-20.0], BACK)
    assert sold.customdata[0] == "<b>5 Jan 2011</b><br>Ordered: £100.00"
    assert figure.layout.xaxis2.range[1] > DAY("2012-04-01")  # the whole range of the next order is seen


def test_segments_are_a_band_in_their_colours_and_the_next_order_is_shaded() -> None:
    figure = timeline(ORDERS, SEGMENTS, EXPECTED, date(2011, 12, 10), POUNDS)
    bars = [trace for trace in figure.data if trace.type == "bar"]
    assert bars[0].marker.color == SEGMENT_COLOURS[LOYAL]
    days = (DAY("2011-07-01") - DAY("2011-01-05")).days
    assert bars[0].width[0] == days * 86_400_000
    assert bars[1].customdata[0] == "<b>&lt;b&gt;x&lt;/b&gt;</b><br>1 Jul 2011 to 9 Dec 2011"
    [shade] = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (shade.x0, shade.x1) == (EXPECTED[1], EXPECTED[2])
    assert shade.fillcolor.startswith("rgba(34, 136, 51")
    assert AHEAD == "#228833"


def test_one_order_and_no_next_one_can_be_drawn() -> None:
    one = timeline(ORDERS[:1], SEGMENTS[:0], None, date(2011, 12, 10), POUNDS)
    assert not [shape for shape in one.layout.shapes if shape.type == "rect"]
    never: Any = pd.NaT
    far = timeline(ORDERS[:1], SEGMENTS[:1], (never, DAY("2019-01-01"), never), date(2011, 12, 10), POUNDS)
    assert far.layout.xaxis2.range[1] < DAY("2013-01-01")  # what is so far ahead does not squeeze the past
    hundreds = ORDERS.iloc[np.tile([0, 1], 100)]
    assert timeline(hundreds, SEGMENTS, EXPECTED, date(2011, 12, 10), POUNDS).data[1].marker.size == 5


def test_each_measure_has_the_customer_the_segment_and_all() -> None:
    table = pd.DataFrame(
        {"measure": ["recency", "frequency", "monetary"], "own": [0.0, 4.0, 250.0], "middle": [15.0, 13.0, 5230.0],
         "everyone": [95.0, 3.0, 866.0]}
    )  # fmt: skip
    figure = compared(table, CHURNING, POUNDS)
    drawn = [trace for trace in figure.data if trace.customdata is not None]
    assert [trace.x[0] for trace in drawn] == [95.0, 15.0, 0.0, 3.0, 13.0, 4.0, 866.0, 5230.0, 250.0]
    assert figure.layout.annotations[0].text == "Last order: <b>today</b> (segment 15, all 95)"
    assert figure.layout.annotations[2].text == "Total spend: <b>£250</b> (segment £5.23k, all £866)"
    assert drawn[1].marker.color == SEGMENT_COLOURS[CHURNING]
