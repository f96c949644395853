"""Products: sales, returns, countries, and codes that aren't products."""

from datetime import date, datetime
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers.order_filter import OrderFilter
from core.customers.products.fee_codes import fee_like
from core.customers.products.product_sales import (
    basket_items,
    per_country,
    per_product,
    product_names,
    return_rates,
    top_share,
)
from core.customers.products.sold_lines import returned_lines, sold_lines
from core.ingest.cleaning.orders import orders_and_returns
from tests.logs import orders_table, rows_table
from tests.strategies import examples

ALL = OrderFilter()


def line(order: str, customer: str, day: int, name: str, amount: float, **said: Any) -> dict[str, Any]:
    """Return a line of March 2024; the product's code is the first letter of its name."""
    row = {"order_id": order, "customer_id": customer, "ordered_at": datetime(2024, 3, day, 10), "amount": amount}  # noqa: DTZ001
    return {**row, "product": name, "product_id": name[:1], "quantity": abs(amount), "unit_price": 1.0, **said}


LINES = [
    line("1", "a", 1, "Mug", 10.0),
    line("1", "a", 1, "Mug", 5.0),  # the same product twice in an order
    line("1", "a", 1, "Lamp", 40.0),
    line("2", "b", 2, "Mug", 5.0),
    line("3", "a", 9, "Mug", 5.0),
    line("4", "b", 9, "Vase", 20.0, product_id=None),  # a name without a code
    line("C1", "a", 10, "Mug", -4.0, reason="cancelled"),
    line("5", "c", 10, "Mug", 99.0, reason="duplicate"),  # does not count
    line("6", "c", 10, "", 7.0, product=None, product_id=None),  # nobody knows what it was
]


def products(rows: ir.Table, chosen: OrderFilter = ALL, members: ir.Table | None = None) -> pd.DataFrame:
    """Return products as the job computes them, by code."""
    sold, back = sold_lines(rows, chosen, members), returned_lines(rows, chosen, members)
    names = product_names(sold.select("product_id", "product").union(back.select("product_id", "product")))
    found: pd.DataFrame = per_product(basket_items(sold), back, names).order_by("product_id").execute()
    return found


def test_each_product_by_hand(connection: Backend) -> None:
    found = products(rows_table(connection, LINES)).set_index("product_id")
    columns = ["product", "revenue", "returned", "net", "units", "orders", "customers"]
    assert found.loc[["M"], columns].to_numpy().tolist() == [["Mug", 25.0, 4.0, 21.0, 25.0, 3, 2]]
    assert found.loc[["L"], columns].to_numpy().tolist() == [["Lamp", 40.0, 0.0, 40.0, 40.0, 1, 1]]
    assert found.loc[["Vase"], columns].to_numpy().tolist() == [["Vase", 20.0, 0.0, 20.0, 20.0, 1, 1]]
    assert len(found) == 3


def test_days_and_customers_of_a_filter(connection: Backend) -> None:
    rows = rows_table(connection, LINES)
    early = products(rows, OrderFilter(end=date(2024, 3, 9))).set_index("product_id")
    assert early["revenue"].to_dict() == {"L": 40.0, "M": 20.0}
    members = connection.create_table("only_b", pd.DataFrame({"customer_id": ["b"]}), temp=True)
    of_b = products(rows, ALL, members).set_index("product_id")
    assert of_b["revenue"].to_dict() == {"M": 5.0, "Vase": 20.0}
    assert of_b["returned"].sum() == 0


def test_what_only_went_back_is_a_product_too(connection: Backend) -> None:
    found = products(rows_table(connection, LINES), OrderFilter(start=date(2024, 3, 10)))
    assert found[["product", "revenue", "returned", "orders"]].to_numpy().tolist() == [["Mug", 0.0, 4.0, 0]]


@examples(3, 15)
@given(st.lists(st.tuples(st.integers(1, 5), st.sampled_from("ab"), st.integers(1, 9), st.sampled_from("MLV"),
                          st.integers(1, 9)), min_size=1, max_size=25))  # fmt: skip
def test_money_is_conserved_between_orders_and_products(
    connection: Backend, made: list[tuple[int, str, int, str, int]]
) -> None:
    lines = [line(str(order), who, day, code, float(amount)) for order, who, day, code, amount in made]
    rows = rows_table(connection, lines)
    orders, _returns = orders_and_returns(rows)
    found = products(rows)
    assert found["revenue"].sum() == pytest.approx(orders.amount.sum().execute())
    assert found["customers"].max() <= 2
    assert found["orders"].max() <= len({(order, customer) for order, customer, *_ in made})


def test_countries_by_hand(connection: Backend) -> None:
    when = datetime(2024, 3, 1)  # noqa: DTZ001
    sold = [
        {"order_id": "1", "customer_id": "a", "ordered_at": when, "amount": 10.0, "country": "UK"},
        {"order_id": "2", "customer_id": "a", "ordered_at": when, "amount": 5.0, "country": "UK"},
        {"order_id": "2", "customer_id": "a", "ordered_at": when, "amount": 1.0, "country": "UK", "new_order": 0},
        {"order_id": "3", "customer_id": "b", "ordered_at": when, "amount": 7.0, "country": "France"},
        {"order_id": "4", "customer_id": "b", "ordered_at": when, "amount": 9.0},
    ]
    back = [{"order_id": "C", "customer_id": "z", "ordered_at": when, "amount": 2.0, "country": "France"}]
    found = per_country(orders_table(connection, sold), orders_table(connection, back, "back")).execute()
    columns = ["revenue", "returned", "net", "orders", "customers"]
    assert found.set_index("country")[columns].T.to_dict("list") == {
        "UK": [16.0, 0.0, 16.0, 2, 1],
        "France": [7.0, 2.0, 5.0, 1, 1],  # who only sent back is no customer of these days
    }


def test_return_rates_need_enough_orders() -> None:
    sold = pd.DataFrame(
        {"product_id": ["a", "b", "c", "d"], "revenue": [100.0, 10.0, 0.0, 50.0], "returned": [5.0, 10.0, 3.0, 10.0],
         "orders": [20, 1, 30, 20]}
    )  # fmt: skip
    found = return_rates(sold, 20)
    assert found[["product_id", "return_rate"]].to_numpy().tolist() == [["d", 0.2], ["a", 0.05]]


def test_share_of_the_best_tenth() -> None:
    sold = pd.DataFrame({"revenue": [55.0, *[5.0] * 9, 0.0], "orders": [*[1] * 10, 0]})
    assert top_share(sold) == 0.55
    assert top_share(sold.head(0)) == 0.0


def test_codes_that_look_like_fees() -> None:
    codes = [f"{22000 + i}" for i in range(60)] + ["85123A", "POST", "M", "C2", "BANK CHARGES", "12"]
    assert fee_like(codes) == ["POST", "M", "C2", "BANK CHARGES"]


def test_of_codes_that_are_words_nothing_is_told() -> None:
    assert fee_like(["Mug", "Lamp", "Vase 2", "Postage"]) == []
    assert fee_like([]) == []
