"""Cohorts of customers by the month of their first order."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers.cohorts import CohortSpec, activity, averages, cells, first_orders, sizes
from core.errors import InputError
from tests.core.customers.test_activity import order
from tests.logs import orders_table
from tests.strategies import Row, examples

SPEC = CohortSpec(log_start=date(2024, 1, 5), as_of=date(2024, 4, 11), again_days=30)
ORDERS = [
    order(1, "a", "2024-01-05 10:00", 10.0),
    order(2, "a", "2024-01-05 12:00", 2.0),  # the same day: not again
    order(3, "a", "2024-02-29 23:59", 20.0),  # 55 days after
    order(4, "b", "2024-01-31 23:59", 5.0),
    order(5, "b", "2024-03-01 00:00", 40.0),  # exactly 30 days after
    order(6, "c", "2024-02-01 00:00", 80.0),
    order(7, "c", "2024-04-02 00:00", 1.0),
    order(8, "d", "2024-04-10 23:59", 7.0),
    order(9, "e", "2024-04-11 00:00", 99.0),  # after the end
]
RETURNS = [order(90, "b", "2024-02-02 10:00", 4.0), order(91, "c", "2024-01-20 10:00", 3.0)]
COLUMNS = ["cohort", "after", "complete", "active", "revenue", "returned", "revenue_so_far", "net_so_far"]


def followed(
    connection: Backend, spec: CohortSpec = SPEC, orders: list[Row] = ORDERS, returns: list[Row] = RETURNS
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return sizes and cells."""
    sold, back = orders_table(connection, orders), orders_table(connection, returns, "made_returns")
    first = first_orders(sold, spec)
    found = sizes(first, spec)
    return found, cells(found, activity(sold, back, first, spec), spec)


def test_sizes_by_hand(connection: Backend) -> None:
    found, _ = followed(connection)
    assert found["cohort"].dt.strftime("%m").tolist() == ["01", "02", "04"]
    assert found["size"].tolist() == [2, 1, 1]
    assert found["again"].tolist() == [1, 0, 0]
    assert found["again_share"].tolist() == [0.5, 0.0, 0.0]
    assert found["again_complete"].tolist() == [True, True, False]  # 30 days after February: the end of March
    assert found["begins_log"].tolist() == [True, False, False]


@pytest.mark.parametrize(("as_of", "expected"), [(date(2024, 3, 31), True), (date(2024, 3, 30), False)])
def test_days_to_come_back_are_over_when_those_of_the_last_member_are(
    connection: Backend, as_of: date, *, expected: bool
) -> None:
    """The 30 days after a first order on 29 February end on 30 March."""
    found, _ = followed(connection, CohortSpec(log_start=date(2024, 1, 5), as_of=as_of, again_days=30))
    assert found.set_index("cohort").loc["2024-02-01", "again_complete"] == expected


def test_cells_by_hand(connection: Backend) -> None:
    _, found = followed(connection)
    shown = found[COLUMNS].assign(cohort=found["cohort"].dt.month)
    assert shown.to_numpy().tolist() == [
        [1, 0, True, 2, 17.0, 0.0, 17.0, 17.0],
        [1, 1, True, 1, 20.0, 4.0, 37.0, 33.0],
        [1, 2, True, 1, 40.0, 0.0, 77.0, 73.0],
        [1, 3, False, 0, 0.0, 0.0, 77.0, 73.0],  # April is not over
        [2, 0, True, 1, 80.0, 0.0, 80.0, 80.0],  # January's returns were bought earlier
        [2, 1, True, 0, 0.0, 0.0, 80.0, 80.0],  # nobody ordered: a zero that was observed
        [2, 2, False, 1, 1.0, 0.0, 81.0, 81.0],
        [4, 0, False, 1, 7.0, 0.0, 7.0, 7.0],
    ]
    assert found["revenue_per_customer"].tolist() == [8.5, 18.5, 38.5, 38.5, 80.0, 80.0, 81.0, 7.0]
    assert found["retention"].tolist() == [1.0, 0.5, 0.5, 0.0, 1.0, 0.0, 1.0, 1.0]


def test_averages_leave_out_what_is_not_observed_and_the_log_s_first_cohort(connection: Backend) -> None:
    _, found = followed(connection)
    table = averages(found)
    assert table[["after", "cohorts", "customers"]].to_numpy().tolist() == [[0, 1, 1], [1, 1, 1]]
    assert table["retention"].tolist() == [1.0, 0.0]
    assert table["revenue_per_customer"].tolist() == [80.0, 80.0]


def test_averages_are_weighted_by_customers_and_end_where_few_cohorts_are_left() -> None:
    """Four cohorts: all reach month 0, three month 1, two month 2."""
    made = pd.DataFrame(
        [
            (cohort, size, after, after <= 3 - cohort, active, 10.0 * active)
            for cohort, size, whole in ((0, 10, (10, 5, 5)), (1, 30, (30, 6, 3)), (2, 20, (20, 4, 9)), (3, 40, (40,)))
            for after, active in enumerate(whole)
        ],
        columns=["cohort", "size", "after", "complete", "active", "revenue_so_far"],
    ).assign(begins_log=False)
    made = made.assign(retention=made["active"] / made["size"], net_so_far=made["revenue_so_far"] - 1)
    found = averages(made)
    assert found["cohorts"].tolist() == [4, 3]
    assert found["retention"].tolist() == [1.0, 15 / 60]
    assert found["active"].tolist() == [25.0, 5.0]
    assert found["revenue_per_customer"].tolist() == [10.0, 2.5]
    assert found["net_per_customer"].tolist() == [996 / 100, 147 / 60]


def test_days_choose_customers_by_their_first_order_and_hide_nothing_later(connection: Backend) -> None:
    chosen = CohortSpec(
        log_start=date(2024, 1, 5), as_of=date(2024, 4, 11), start=date(2024, 1, 6), end=date(2024, 2, 1)
    )
    found, table = followed(connection, chosen)
    assert found[["size", "begins_log"]].to_numpy().tolist() == [[1, True]]  # b alone
    assert table["revenue_so_far"].tolist() == [5.0, 5.0, 45.0, 45.0]


def test_no_customer_no_cohort(connection: Backend) -> None:
    late = CohortSpec(log_start=date(2024, 1, 5), as_of=date(2024, 4, 11), start=date(2024, 3, 1), end=date(2024, 3, 9))
    found, table = followed(connection, late)
    assert found.empty
    assert table.empty
    assert averages(table).empty


def test_specs_that_make_no_sense_are_refused() -> None:
    with pytest.raises(InputError, match="must be before `as_of`"):
        CohortSpec(log_start=date(2024, 1, 1), as_of=date(2024, 1, 1))
    with pytest.raises(InputError, match="at least 1, got 0"):
        CohortSpec(log_start=date(2024, 1, 1), as_of=date(2024, 1, 2), again_days=0)


@examples(3, 10)
@given(
    days=st.lists(
        st.tuples(st.sampled_from("abcdef"), st.integers(0, 150), st.integers(1, 40)), min_size=1, max_size=30
    ),
    seed=st.integers(0, 9),
)
def test_cohorts_hold_all_customers_and_all_money_whatever_the_order(
    connection: Backend, days: list[tuple[str, int, int]], seed: int
) -> None:
    start = pd.Timestamp("2024-01-20 10:00")
    rows = [
        order(number, customer, str(start + pd.Timedelta(days=day)), quarters / 4)
        for number, (customer, day, quarters) in enumerate(days)
    ]
    first, last = ((start + pd.Timedelta(days=end(day for _, day, _ in days))).date() for end in (min, max))
    spec = CohortSpec(log_start=first, as_of=last + timedelta(days=1))
    found, table = followed(connection, spec, rows, [])
    assert found["size"].sum() == len({customer for customer, *_ in days})
    assert table["revenue"].sum() == sum(quarters for *_, quarters in days) / 4
    assert (table.loc[table["after"] == 0, "retention"] == 1.0).all()
    assert table["retention"].between(0, 1).all()
    assert (table.groupby("cohort")["revenue_so_far"].diff().dropna() >= 0).all()
    assert not table.duplicated(["cohort", "after"]).any()
    mixed = [rows[place] for place in np.random.default_rng(seed).permutation(len(rows))]
    again, again_table = followed(connection, spec, mixed, [])
    pd.testing.assert_frame_equal(again, found)
    pd.testing.assert_frame_equal(again_table, table)
