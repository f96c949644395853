"""Order sizes."""

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers.products.order_sizes import distribution, order_totals, products_in_orders
from tests.logs import orders_table


def test_few_whole_numbers_have_a_bar_each() -> None:
    found = distribution(pd.Series([1, 2, 2, 3]))
    assert found.bars[["at_least", "below", "orders"]].to_numpy().tolist() == [[1, 2, 1], [2, 3, 2], [3, 4, 1]]
    assert (found.median, found.mean, found.orders) == (2.0, 2.0, 4)


def test_the_largest_share_the_last_bar() -> None:
    found = distribution(pd.Series([*range(1, 100), 10_000]))
    last = found.bars.iloc[-1]
    assert last["below"] == np.inf
    assert last["orders"] == (np.array([*range(1, 100), 10_000]) >= last["at_least"]).sum()
    assert found.median == 50.0


def test_counted_values_are_as_good_as_each_of_them() -> None:
    counted = distribution(pd.Series([1, 2, 7]), pd.Series([5, 3, 2]))
    each = distribution(pd.Series([1] * 5 + [2] * 3 + [7] * 2))
    pd.testing.assert_frame_equal(counted.bars, each.bars)
    assert (counted.median, counted.mean) == (each.median, each.mean) == (1.0, 2.5)


def test_no_orders() -> None:
    assert distribution(pd.Series([], dtype=float)).orders == 0


@given(st.lists(st.floats(0, 1e6, allow_nan=False), min_size=1, max_size=60))
def test_every_order_is_in_one_bar(values: list[float]) -> None:
    found = distribution(pd.Series(values))
    assert found.bars["orders"].sum() == len(values)
    assert len(found.bars) <= 23
    assert (found.bars["at_least"].iloc[1:].to_numpy() == found.bars["below"].iloc[:-1].to_numpy()).all()


def test_days_of_an_order_are_added_up(connection: Backend) -> None:
    when = pd.Timestamp("2024-03-01")
    rows = [
        {"order_id": "1", "customer_id": "a", "ordered_at": when, "amount": 2.0, "units": 1.0},
        {"order_id": "1", "customer_id": "a", "ordered_at": when + pd.Timedelta(days=1), "amount": 3.0, "new_order": 0},
        {"order_id": "1", "customer_id": "b", "ordered_at": when, "amount": 9.0},
    ]
    assert sorted(order_totals(orders_table(connection, rows))["amount"]) == [5.0, 9.0]
    items = connection.create_table("items", pd.DataFrame({"order": [1, 1, 2, 3], "product_id": list("abac")}))
    found = products_in_orders(items).order_by("products").execute()
    assert found.to_numpy().tolist() == [[1, 2], [2, 1]]
