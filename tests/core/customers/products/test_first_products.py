"""First products, computed by hand."""

from datetime import date, datetime

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.customers.order_filter import OrderFilter
from core.customers.products.first_products import came_back, first_days, first_products, totals
from core.customers.products.product_sales import product_names
from core.customers.products.sold_lines import sold_lines
from core.ingest.cleaning.orders import orders_and_returns
from tests.logs import rows_table

AS_OF = date(2024, 4, 1)


def found(connection: Backend, chosen: OrderFilter = OrderFilter()) -> tuple[pd.DataFrame, dict[str, int]]:  # noqa: B008
    """Return products of first orders within ten days, as of 1 April 2024, and the totals."""
    made = [
        ("a", "2024-03-01", "M"), ("a", "2024-03-01", "L"), ("a", "2024-03-01", "M"), ("a", "2024-03-11", "V"),
        ("b", "2024-03-02", "M"), ("b", "2024-03-13", "M"),  # eleven days: too late
        ("c", "2024-03-21", "M"), ("c", "2024-03-22", "L"),  # observed for ten days, to 31 March
        ("d", "2024-03-22", "M"), ("d", "2024-03-23", "V"),  # ten days are not over
        ("e", "2024-03-03", "L"),
    ]  # fmt: skip
    rows = rows_table(
        connection,
        [
            {"order_id": f"{who}{when}", "customer_id": who, "ordered_at": datetime.fromisoformat(when), "amount": 1.0,
             "product_id": code, "product": code}
            for who, when, code in made
        ],
    )  # fmt: skip
    orders, _returns = orders_and_returns(rows)
    lines = sold_lines(rows, OrderFilter())
    days = first_days(orders, chosen, AS_OF, 10)
    return first_products(lines, days, product_names(lines)).order_by("product_id").execute(), totals(days)


def test_first_and_second_orders_by_hand(connection: Backend) -> None:
    table, of = found(connection)
    assert of == {"first": 5, "observed": 4, "again": 2, "second": 4}
    columns = ["product_id", "first_customers", "observed", "again", "second_customers"]
    assert table[columns].to_numpy().tolist() == [
        ["L", 2, 2, 1, 1],  # a came back, e did not; c's second
        ["M", 4, 3, 2, 1],  # a and c came back, b too late, d not yet counted; b's second
        ["V", 0, 0, 0, 2],  # a's and d's second
    ]


def test_days_are_those_of_the_first_order(connection: Backend) -> None:
    table, of = found(connection, OrderFilter(start=date(2024, 3, 2), end=date(2024, 3, 4)))
    assert of == {"first": 2, "observed": 2, "again": 0, "second": 1}  # b and e; what b did later counts
    assert table.set_index("product_id")["second_customers"].to_dict() == {"L": 0, "M": 1}


def test_shares_and_lift_against_all_customers() -> None:
    table = pd.DataFrame({"product_id": ["a", "b", "c"], "observed": [100, 50, 2], "again": [60, 10, 2]})
    rated = came_back(table, {"again": 40, "observed": 100}, least=10)
    assert rated["product_id"].tolist() == ["a", "b"]
    assert rated["share"].tolist() == [0.6, 0.2]
    assert rated["lift"].tolist() == pytest.approx([1.5, 0.5])
    assert rated["differs"].tolist() == [True, True]  # .4 is in neither .502 to .691 nor .112 to .330


def test_nobody_observed_gives_no_shares() -> None:
    table = pd.DataFrame({"product_id": ["a"], "observed": [0], "again": [0]})
    assert came_back(table, {"again": 0, "observed": 0}, least=1).empty
