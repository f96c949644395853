"""Differences between two versions, computed by hand."""

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.ingest.report.version_differences import compare
from tests.logs import Ingest, Ingested, orders_table, plain_log, write_csv

REPORT: dict[str, Any] = {
    "rows_read": 5,
    "rows_kept": 5,
    "removed": {},
    "customers": 0,
    "orders": 0,
    "revenue": 0.0,
    "returned": 0.0,
    "first_order": "2024-01-01 00:00:00",
    "last_order": "2024-03-01 00:00:00",
}

Order = tuple[str, str, str, float, float]


def version(connection: Backend, folder: Path, orders: Sequence[Order]) -> Path:
    """Write a version of orders: id, customer, time, amount, units."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ("order_id", "customer_id", "ordered_at", "amount", "units")
    made = [dict(zip(names, order, strict=True)) for order in orders]
    for row in made:
        row["ordered_at"] = datetime.fromisoformat(str(row["ordered_at"]))
    orders_table(connection, made).to_parquet(str(folder / "orders.parquet"))
    (folder / "quality.json").write_text(json.dumps({**REPORT, "orders": len(orders), "oddities": []}))
    return folder


BEFORE: list[Order] = [
    ("1", "anna", "2024-01-05 10:00", 10.0, 1),  # stays
    ("2", "ben", "2024-01-06 10:00", 20.0, 2),  # another amount
    ("3", "carl", "2024-02-07 10:00", 30.0, 3),  # gone, and carl with it
    ("4", "anna", "2024-02-08 10:00", 0.1, 1),  # another time
    ("4", "anna", "2024-02-09 10:00", 0.2, 1),  # its second day
    ("5", "ben", "2024-02-10 10:00", 0.3, 1),  # the same sum, added in another order
]
AFTER: list[Order] = [
    ("1", "anna", "2024-01-05 10:00", 10.0, 1),
    ("2", "ben", "2024-01-06 10:00", 25.0, 2),
    ("2", "dora", "2024-03-01 10:00", 7.0, 1),  # the number of ben's order, but dora's: new
    ("4", "anna", "2024-02-08 10:00", 0.1, 1),
    ("4", "anna", "2024-02-09 11:00", 0.2, 1),
    ("5", "ben", "2024-02-10 10:00", 0.1 + 0.2, 1),
    ("6", "anna", "2024-03-02 10:00", 8.0, 4),  # new
]


def test_small_versions_by_hand(connection: Backend, tmp_path: Path) -> None:
    found = compare(connection, version(connection, tmp_path / "a", BEFORE), version(connection, tmp_path / "b", AFTER))
    assert (found.orders_new, found.orders_gone, found.orders_changed) == (2, 1, 2)
    assert (found.customers_new, found.customers_gone) == (1, 1)
    assert found.months["month"].tolist() == [pd.Timestamp(2024, month, 1) for month in (1, 2, 3)]
    assert found.months["before"].tolist() == pytest.approx([30.0, 30.6, 0.0])
    assert found.months["after"].tolist() == pytest.approx([35.0, 0.6, 15.0])
    assert found.orders["new"][["order_id", "customer_id", "amount_before", "amount", "units"]].to_numpy().tolist() == [
        ["2", "dora", 0.0, 7.0, 1.0],
        ["6", "anna", 0.0, 8.0, 4.0],
    ]
    [gone] = found.orders["gone"].to_dict("records")
    assert gone == {
        "order_id": "3",
        "customer_id": "carl",
        "ordered_at": pd.Timestamp("2024-02-07 10:00"),
        "amount_before": 30.0,
        "amount": 0.0,
        "units_before": 3.0,
        "units": 0.0,
    }
    changed = found.orders["changed"]
    assert changed["order_id"].tolist() == ["2", "4"]
    assert changed["ordered_at"].tolist() == [pd.Timestamp("2024-01-06 10:00"), pd.Timestamp("2024-02-09 11:00")]
    assert changed["amount"].tolist() == pytest.approx([25.0, 0.3])
    assert (found.gained("orders"), found.same()) == (1.0, False)


def test_only_the_first_are_listed(connection: Backend, tmp_path: Path) -> None:
    before, after = version(connection, tmp_path / "a", BEFORE), version(connection, tmp_path / "b", AFTER)
    found = compare(connection, before, after, most=1)
    assert {kind: frame["order_id"].tolist() for kind, frame in found.orders.items()} == {
        "new": ["2"],
        "gone": ["3"],
        "changed": ["2"],
    }
    assert found.orders_changed == 2


def test_version_compared_with_itself_is_the_same(connection: Backend, small: Ingested) -> None:
    found = compare(connection, small.folder, small.folder)
    assert found.same()
    assert (found.customers_new, found.customers_gone, found.gained("revenue")) == (0, 0, 0.0)
    assert found.months[["before", "after"]].to_numpy().tolist() == [[51.5, 51.5]]
    assert all(frame.empty for frame in found.orders.values())


def test_versions_as_the_pipeline_writes_them(
    ingest: Ingest, connection: Backend, small: Ingested, tmp_path: Path
) -> None:
    """The 12 plain orders of 6 customers add up to 2.5 × 78; the small log has 5 orders of 4 other customers."""
    plain = ingest(write_csv(tmp_path / "plain.csv", plain_log()))
    found = compare(connection, plain.folder, small.folder)
    assert (found.orders_new, found.orders_gone, found.orders_changed) == (5, 12, 0)
    assert (found.customers_new, found.customers_gone) == (4, 6)
    assert (found.gained("customers"), found.gained("returned")) == (-2.0, 14.5)
    assert found.after["removed"]["cancelled"] == 1
    january, march = pd.Timestamp("2024-01-01"), pd.Timestamp("2024-03-01")
    assert found.months.to_numpy().tolist() == [[january, 195.0, 0.0], [march, 0.0, 51.5]]


ORDERS = st.lists(
    st.tuples(
        st.sampled_from("12345"),
        st.sampled_from(["anna", "ben", "carl"]),
        st.sampled_from(["2024-01-05 10:00", "2024-02-05 10:00"]),
        st.integers(1, 3).map(float),
        st.just(1.0),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda order: order[:2],
)


@pytest.mark.parametrize("examples", [pytest.param(5), pytest.param(50, marks=pytest.mark.long)])
def test_what_came_one_way_goes_the_other(connection: Backend, tmp_path: Path, examples: int) -> None:
    @settings(max_examples=examples)
    @given(one=ORDERS, two=ORDERS)
    def check(one: list[Order], two: list[Order]) -> None:
        left, right = version(connection, tmp_path / "a", one), version(connection, tmp_path / "b", two)
        there, back = compare(connection, left, right), compare(connection, right, left)
        assert (there.orders_new, there.orders_gone) == (back.orders_gone, back.orders_new)
        assert (there.customers_new, there.customers_gone) == (back.customers_gone, back.customers_new)
        assert (
            there.orders_changed
            == back.orders_changed
            == sum(first[:2] == second[:2] and first != second for first in one for second in two)
        )
        assert there.orders_new - there.orders_gone == len(two) - len(one)
        assert there.months["after"].sum() == sum(order[3] for order in two)
        assert there.months["before"].tolist() == back.months["after"].tolist()

    check()
