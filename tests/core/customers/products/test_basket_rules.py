"""Products bought together: support, confidence and lift, computed by hand."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers.products.basket_rules import RULES, Baskets, BasketSpec, draw_baskets, rules
from core.errors import InputError
from tests.strategies import examples

LOOSE = BasketSpec(least_support=0.01, least_together=1)


def drawn(connection: Backend, orders: list[str], spec: BasketSpec = LOOSE) -> Baskets:
    """Return baskets of orders, each written as the letters of its products."""
    pairs = [(number, code) for number, order in enumerate(orders) for code in order]
    frame = pd.DataFrame(pairs, columns=["order", "product_id"]).astype({"order": "uint64", "product_id": "str"})
    items = connection.create_table("items", frame, temp=True, overwrite=True)
    counted = frame["product_id"].value_counts().rename("orders").reset_index()
    return draw_baskets(items, counted.assign(product=counted["product_id"].str.upper()), spec)


def rule(found: pd.DataFrame, one: str, other: str) -> pd.Series:
    """Return the rule from one product to another."""
    return found[(found["product_id"] == one) & (found["with_id"] == other)].iloc[0]


def test_five_orders_by_hand(connection: Backend) -> None:
    found = rules(drawn(connection, ["ab", "abc", "a", "b", "c"]), LOOSE)
    assert list(found) == list(RULES)
    assert len(found) == 6  # three pairs, both ways
    one = rule(found, "a", "b")
    assert (one["product"], one["with_product"]) == ("A", "B")
    assert one[["orders", "together"]].tolist() == [3, 2]
    assert one[["support", "confidence", "usual", "lift"]].tolist() == pytest.approx([2 / 5, 2 / 3, 3 / 5, 10 / 9])
    other = rule(found, "c", "a")
    assert other[["support", "confidence", "usual", "lift"]].tolist() == pytest.approx([1 / 5, 1 / 2, 3 / 5, 5 / 6])


def test_orders_without_the_top_products_count_in_every_share(connection: Backend) -> None:
    spec = BasketSpec(most_products=2, least_support=0.01, least_together=1)
    baskets = drawn(connection, ["ab", "ab", "a", "x", "y"], spec)
    assert baskets.products["product_id"].tolist() == ["a", "b"]
    assert baskets.held.shape == (5, 2)
    assert rule(rules(baskets, spec), "a", "b")["support"] == pytest.approx(2 / 5)


def test_rare_pairs_are_left_out(connection: Backend) -> None:
    orders = ["ab", "ab", "ac", "a", "b"]
    assert len(rules(drawn(connection, orders), BasketSpec(least_support=0.01, least_together=2))) == 2
    assert len(rules(drawn(connection, orders), BasketSpec(least_support=0.21, least_together=1))) == 2
    assert rules(drawn(connection, orders), BasketSpec(least_support=0.01, least_together=9)).empty


@pytest.mark.parametrize("orders", [["a", "a"], ["a", "b"]])
def test_orders_of_one_product_have_no_rules(connection: Backend, orders: list[str]) -> None:
    found = rules(drawn(connection, orders), LOOSE)
    assert found.empty
    assert list(found) == list(RULES)


def test_a_draw_is_the_same_each_time_and_another_with_another_seed(connection: Backend) -> None:
    orders = ["ab"] * 50 + ["ac"] * 50
    few = [BasketSpec(most_orders=20, least_support=0.01, least_together=1, seed=seed) for seed in (0, 0, 1)]
    first, again, other = (drawn(connection, orders, spec).held.toarray().sum(axis=0).tolist() for spec in few)
    assert first == again
    assert drawn(connection, orders, few[0]).held.shape == (20, 3)
    assert drawn(connection, orders, few[0]).of == 100
    assert first != other


@examples(6, 25)
@given(st.lists(st.sets(st.sampled_from("abcd"), min_size=1).map(lambda codes: "".join(sorted(codes))), min_size=1,
                max_size=12))  # fmt: skip
def test_every_rule_is_what_counting_gives(connection: Backend, orders: list[str]) -> None:
    for row in rules(drawn(connection, orders), LOOSE).to_dict("records"):
        one, other = row["product_id"], row["with_id"]
        both = sum(one in order and other in order for order in orders)
        assert (row["together"], row["orders"]) == (both, sum(one in order for order in orders))
        usual = sum(other in order for order in orders) / len(orders)
        assert row["lift"] == pytest.approx(both / row["orders"] / usual)


def test_bounds_are_checked() -> None:
    with pytest.raises(InputError, match="least_support"):
        BasketSpec(least_support=0.0)
    with pytest.raises(InputError, match="most_products"):
        BasketSpec(most_products=0)
