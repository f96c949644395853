"""Hypothesis strategies for order logs.

Values come from small sets, so that equal rows, shared orders and ties occur often; amounts are multiples of a
quarter, so that sums are exact in any order.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

import pandas as pd
import pytest
from hypothesis import settings
from hypothesis import strategies as st

FIRST_DAY: Final = datetime.fromisoformat("2024-02-26")
DAYS: Final = 8

Row = dict[str, Any]

customer_ids: Final = st.sampled_from(["17", "17", "18", "0018", None])
order_numbers: Final = st.sampled_from(["1", "1", "2", "2", None, "CA-2014-1", "C4", "c5", "C", "4C"])
quantities: Final = st.sampled_from([1.0, 1.0, 2.0, 3.0, 0.5, -2.0, 0.0, None])
prices: Final = st.sampled_from([2.5, 2.5, 0.25, 10.0, -1.0, 0.0, None])
moments: Final = st.one_of(
    st.none(),
    st.builds(
        lambda day, clock: FIRST_DAY + timedelta(days=day, minutes=clock),
        st.integers(0, DAYS - 1),
        st.sampled_from([0, 1, 540, 1439]),
    ),
)


@st.composite
def line_values(draw: Callable[..., Any]) -> Row:
    """Draw one parsed line of a log; without an order number, customer and time identify the order."""
    customer, when, quantity, price = draw(customer_ids), draw(moments), draw(quantities), draw(prices)
    instead = None if customer is None or when is None else f"{customer} {when}"
    unread = [name for name, value in (("date", when), ("quantity", quantity), ("price", price)) if value is None]
    return {
        "order_id": draw(order_numbers) or instead,
        "customer_id": customer,
        "ordered_at": when,
        "product_id": draw(st.sampled_from(["A1", "B2", None])),
        "quantity": quantity,
        "unit_price": price,
        "amount": None if quantity is None or price is None else quantity * price,
        "country": draw(st.sampled_from(["UK", "NA", None])),
        "extra": draw(st.sampled_from([None, "note=gift"])),
        "problem": f"{unread[0]}: {draw(st.sampled_from(['an empty cell', '“x”']))}" if unread else None,
    }


def logs(min_size: int = 1, max_size: int = 40) -> st.SearchStrategy[list[Row]]:
    """Draw logs of parsed lines, some of them duplicated."""

    def doubled(lines: list[Row]) -> st.SearchStrategy[list[Row]]:
        again = st.lists(st.sampled_from(lines), max_size=len(lines))
        return again.flatmap(lambda more: st.permutations(lines + more)).map(list)

    return st.lists(line_values(), min_size=min_size, max_size=max_size).flatmap(doubled)


days: Final = st.integers(1, DAYS).map(lambda day: (FIRST_DAY + timedelta(days=day)).date())
"""Dates for snapshots, so that some orders lie before and some on or after."""


def customers(min_size: int = 12, max_size: int = 40) -> st.SearchStrategy[pd.DataFrame]:
    """Draw customer tables with distinct values of recency, frequency and monetary."""
    one = st.tuples(st.integers(0, 400), st.integers(1, 60), st.integers(1, 400_000).map(lambda cents: cents / 4))
    many = st.lists(one, min_size=min_size, max_size=max_size, unique=True)
    return many.map(
        lambda rows: pd.DataFrame(rows, columns=["recency", "frequency", "monetary"]).assign(
            customer_id=[f"{i:04}" for i in range(len(rows))]
        )
    )


def examples(few: int, many: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Try a property with few examples in the usual run and with many in the long one."""

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        numbers = [pytest.param(few, id="few"), pytest.param(many, id="many", marks=pytest.mark.long)]
        asked = pytest.mark.parametrize("number_of_examples", numbers, indirect=True)
        used: Callable[..., None] = pytest.mark.usefixtures("number_of_examples")(
            asked(settings(max_examples=few)(test))
        )
        return used

    return decorate
