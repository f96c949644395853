"""Tests of product charts and column profiles: hover texts and escaped names."""

import json

import pandas as pd
import plotly.graph_objects as go

from core.charts.sales import column_charts as profile
from core.charts.sales import product_charts as products
from core.customers.products.order_sizes import distribution
from core.numbers import Money

NASTY = "</script><img src=x onerror=alert(1)>"
POUNDS = Money(currency="GBP")


def drawn(figure: go.Figure) -> str:
    """Return everything sent to the browser."""
    text = json.dumps(json.loads(figure.to_json()), ensure_ascii=False)
    assert "<img" not in text
    return text


def test_ranked_products_say_what_they_brought() -> None:
    table = pd.DataFrame(
        {"product": [NASTY, "Cup"], "product_id": ["A1", "Cup"], "net": [75.0, -5.0], "revenue": [80.0, 0.0],
         "returned": [5.0, 5.0], "orders": [3, 0], "customers": [2, 0]}
    )  # fmt: skip
    text = drawn(products.ranked(table, "product", "net", 70.0, POUNDS))
    assert "£75.00 net: £80.00 gross less £5.00 returned<br>in 3 orders by 2 customers" in text
    assert "(A1)" in text
    assert "(Cup)" not in text  # the code says no more than the name


def test_sizes_say_their_ranges_and_how_many_are_larger() -> None:
    whole = distribution(pd.Series([1] * 10 + [2] * 9 + [50]))
    text = drawn(products.size_bars(whole.bars, whole.median, "units"))
    assert "<b>10 orders</b>, 50%,<br>1 units" in text
    assert "3 or more" in text
    money = distribution(pd.Series([5.5, 12.0, 90.0]))
    assert "£" in drawn(products.size_bars(money.bars, money.median, "", POUNDS))


def test_pairs_read_as_sentences() -> None:
    table = pd.DataFrame(
        {"product": [NASTY], "product_id": ["A"], "with_product": ["Saucer"], "with_id": ["B"], "orders": [40],
         "together": [20], "support": [0.1], "confidence": [0.5], "usual": [0.2], "lift": [2.5]}
    )  # fmt: skip
    text = drawn(products.together(table))
    assert "50% of the 40 orders with" in text
    assert "2.50 times as often as all orders (20%)" in text
    assert "2.5 ×" in text


def test_shares_of_who_came_back_carry_their_interval() -> None:
    table = pd.DataFrame(
        {"product": [NASTY], "product_id": ["A"], "observed": [50], "again": [20], "share": [0.4], "low": [0.276],
         "high": [0.538], "lift": [1.2], "differs": [False]}
    )  # fmt: skip
    text = drawn(products.came_back(table, 1 / 3, 90))
    assert "20 of 50 customers whose first order included it ordered again within 90 days" in text
    assert "40% (95% interval 28% to 54%), 1.20 times the average" in text


def test_frequent_values_and_histograms_of_a_profile() -> None:
    text = drawn(profile.frequent_bars([[NASTY, 3], ["b", 1]], 4, [NASTY, "b"]))
    assert "3 rows, 75% of those with a value" in text
    assert "1 row, 25%" in text
    column = {"kind": "number", "whole": True, "median": 1.0, "rows": 5, "missing": 1, "bars": [[1.0, 3.0, 4]]}
    assert "<b>4 rows</b>, 100%,<br>values 1 to 2" in drawn(profile.histogram(column))
    times = {"kind": "time", "unit": "week", "rows": 2, "missing": 0,
             "bars": [["2024-01-01T00:00:00", "2024-01-08T00:00:00", 2]]}  # fmt: skip
    assert "week of 01 Jan 2024" in drawn(profile.histogram(times))
