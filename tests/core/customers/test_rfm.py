"""Customers as of a date, based only on earlier orders."""

import math
from collections import defaultdict
from datetime import date, datetime, time
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers.rfm import RfmSpec, snapshot
from core.errors import InputError
from core.ingest.cleaning.exclusion_reasons import clean
from core.ingest.cleaning.orders import orders_and_returns
from core.schema import CUSTOMERS
from tests import strategies
from tests.logs import SMALL_CUSTOMERS, Ingested, orders_table, rows_table
from tests.strategies import Row, examples

COLUMNS = ["customer_id", "recency", "frequency", "monetary", "returned", "net", "country"]
WENT_BACK = ("cancelled", "non_positive_quantity", "non_positive_price")
ORDER: Row = {"order_id": "1", "customer_id": "a", "ordered_at": datetime.fromisoformat("2024-03-01 09:00")}


def customers_of(connection: Backend, rows: list[Row], as_of: date) -> pd.DataFrame:
    """Clean lines, aggregate them to orders, and return the customers."""
    return sorted_customers(*orders_and_returns(clean(rows_table(connection, rows))), as_of)


def sorted_customers(orders: ir.Table, returns: ir.Table, as_of: date) -> pd.DataFrame:
    """Return customers as of a date, sorted by id."""
    found: pd.DataFrame = snapshot(orders, returns, RfmSpec(as_of=as_of)).order_by("customer_id").execute()
    return found


def small_customers(connection: Backend, small: Ingested, as_of: str) -> list[tuple[Any, ...]]:
    """Return the customers of the small log."""
    orders, returns = (connection.read_parquet(str(small.folder / f"{name}.parquet")) for name in ("orders", "returns"))
    found = sorted_customers(orders, returns, date.fromisoformat(as_of))
    return list(found[COLUMNS].itertuples(index=False, name=None))


def customers_by_hand(rows: list[Row], as_of: date) -> list[tuple[Any, ...]]:
    """Compute the same in plain Python, from valid lines and returns before midnight."""
    midnight = datetime.combine(as_of, time())
    orders: dict[tuple[str, str], list[Row]] = defaultdict(list)
    returned: dict[str, float] = defaultdict(float)
    for row in rows:
        when = row["ordered_at"]
        if when is None or when >= midnight:
            continue
        if isinstance(row["reason"], float) or row["reason"] is None:
            orders[row["customer_id"], row["order_id"]].append(row)
        elif row["reason"] in WENT_BACK and (row["amount"] or 0) < 0:
            returned[row["customer_id"]] -= row["amount"]
    found = []
    for customer in sorted({customer for customer, _ in orders}):
        mine = [lines for (owner, _), lines in orders.items() if owner == customer]
        last = max(line["ordered_at"] for lines in mine for line in lines)
        gross = sum(line["amount"] for lines in mine for line in lines)
        back = returned[customer]
        found.append((customer, (midnight - last).days, len(mine), gross, back, gross - back))
    return found


def test_small_log_at_the_end(connection: Backend, small: Ingested) -> None:
    assert small_customers(connection, small, "2024-03-11") == list(SMALL_CUSTOMERS)


def test_an_order_at_midnight_belongs_to_the_day_it_begins(connection: Backend, small: Ingested) -> None:
    """Customer 20 ordered at 2024-03-10 00:00, which isn't before that day."""
    found = small_customers(connection, small, "2024-03-10")
    assert [row[:2] for row in found] == [("17", 8), ("18", 1), ("19", 0)]


def test_what_went_back_later_is_not_known_yet(connection: Backend, small: Ingested) -> None:
    assert small_customers(connection, small, "2024-03-02") == [("17", 0, 1, 9.0, 0.0, 9.0, "UK")]


def test_nobody_before_the_first_order(connection: Backend, small: Ingested) -> None:
    assert small_customers(connection, small, "2024-03-01") == []


def test_columns_and_types_are_those_of_the_schema(connection: Backend) -> None:
    orders = orders_table(connection, [ORDER])
    table = snapshot(orders, orders, RfmSpec(as_of=date(2024, 3, 5)))
    kinds = {name: str(kind) for name, kind in table.schema().items()}
    assert kinds == {name: kind.lstrip("!") for name, kind in CUSTOMERS.items()}


def test_order_over_two_days_is_one_order_and_its_money_comes_day_by_day(connection: Backend) -> None:
    """Before the second day, what was added then is unknown."""
    rows = [
        {**ORDER, "amount": 5.0, "quantity": 1.0, "unit_price": 5.0},
        {
            **ORDER,
            "amount": 2.0,
            "quantity": 1.0,
            "unit_price": 2.0,
            "ordered_at": datetime.fromisoformat("2024-03-02"),
        },
    ]
    before, after = (customers_of(connection, rows, date(2024, 3, day)) for day in (2, 3))
    figures = ["recency", "frequency", "monetary"]
    assert before[figures].to_numpy().tolist() == [[0, 1, 5.0]]
    assert after[figures].to_numpy().tolist() == [[1, 1, 7.0]]


def test_customer_who_only_returned_is_none(connection: Backend) -> None:
    orders = orders_table(connection, [ORDER])
    returns = orders_table(connection, [{**ORDER, "customer_id": "b"}], "made_returns")
    assert sorted_customers(orders, returns, date(2024, 3, 5))["customer_id"].tolist() == ["a"]


@pytest.mark.parametrize(
    ("countries", "expected"),
    [
        ([("2024-03-01", "UK"), ("2024-03-02", "France")], "France"),
        ([("2024-03-02", "France"), ("2024-03-01", "UK")], "France"),
        ([("2024-03-01", "UK"), ("2024-03-02", None)], "UK"),  # the latest order that has one
        ([("2024-03-01", "UK"), ("2024-03-01", "France")], "France"),  # the greater order id
        ([("2024-03-01", None)], None),
        ([("2024-03-01", "UK"), ("2024-03-09", "France")], "UK"),  # not known yet
    ],
)
def test_country_is_that_of_the_latest_order(
    connection: Backend, countries: list[tuple[str, str | None]], expected: str | None
) -> None:
    rows = [
        {**ORDER, "order_id": str(number), "ordered_at": datetime.fromisoformat(day), "country": country}
        for number, (day, country) in enumerate(countries)
    ]
    orders = orders_table(connection, rows)
    found = sorted_customers(orders, orders.limit(0), date(2024, 3, 5))["country"].tolist()
    assert [None if isinstance(country, float) and math.isnan(country) else country for country in found] == [expected]


def test_default_is_the_midnight_after_the_last_order() -> None:
    assert RfmSpec.after(datetime.fromisoformat("2011-12-09 12:50")) == RfmSpec(as_of=date(2011, 12, 10))
    assert RfmSpec.after(datetime.fromisoformat("2011-12-09 00:00")) == RfmSpec(as_of=date(2011, 12, 10))
    assert RfmSpec.after(datetime.fromisoformat("2011-12-31 23:59")) == RfmSpec(as_of=date(2012, 1, 1))


def test_as_of_is_a_day_and_not_a_time() -> None:
    with pytest.raises(InputError, match=r"^`as_of` must be a date, got the time 2024-03-01 09:00:00\.$"):
        RfmSpec(as_of=ORDER["ordered_at"])


@examples(3, 15)
@given(rows=strategies.logs(), as_of=strategies.days)
def test_figures_are_those_worked_out_line_by_line(connection: Backend, rows: list[Row], as_of: date) -> None:
    table = clean(rows_table(connection, rows))
    found = sorted_customers(*orders_and_returns(table), as_of)[COLUMNS[:-1]]
    cleaned = table.execute().astype(object)
    by_hand = customers_by_hand(cleaned.where(cleaned.notna(), None).to_dict("records"), as_of)
    assert list(found.itertuples(index=False, name=None)) == by_hand


@examples(3, 8)
@given(rows=strategies.logs(), as_of=strategies.days, data=st.data())
def test_rows_on_and_after_as_of_change_nothing(
    connection: Backend, rows: list[Row], as_of: date, data: st.DataObject
) -> None:
    """Deleting or falsifying them leaves the snapshot unchanged."""
    midnight = datetime.combine(as_of, time())
    known = [row for row in rows if row["ordered_at"] is None or row["ordered_at"] < midnight]
    later = [row for row in rows if row["ordered_at"] is not None and row["ordered_at"] >= midnight]
    lies = st.fixed_dictionaries(
        {"amount": st.sampled_from([-9.0, 1e6]), "customer_id": strategies.customer_ids, "country": st.just("Mars")}
    )
    falsified = [{**row, **data.draw(lies)} for row in later]
    true = customers_of(connection, rows, as_of)
    pd.testing.assert_frame_equal(customers_of(connection, known, as_of), true)
    pd.testing.assert_frame_equal(customers_of(connection, [*falsified, *known], as_of), true)


@examples(3, 8)
@given(rows=strategies.logs(), as_of=strategies.days)
def test_the_same_log_again_changes_no_customer(connection: Backend, rows: list[Row], as_of: date) -> None:
    again = [{**row, "file_no": 1} for row in rows]
    once, twice = customers_of(connection, rows, as_of), customers_of(connection, [*rows, *again], as_of)
    pd.testing.assert_frame_equal(once, twice)


@examples(3, 8)
@given(rows=strategies.logs(), as_of=strategies.days, seed=st.randoms(use_true_random=False))
def test_order_of_rows_changes_no_customer(connection: Backend, rows: list[Row], as_of: date, seed: Any) -> None:
    shuffled = seed.sample(rows, len(rows))
    forth, back = customers_of(connection, rows, as_of), customers_of(connection, shuffled, as_of)
    pd.testing.assert_frame_equal(forth, back)
