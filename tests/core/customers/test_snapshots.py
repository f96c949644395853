"""Many snapshots computed at once equal those computed separately."""

from datetime import date, datetime, timedelta

import ibis.expr.types as ir
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers.rfm import RfmSpec, snapshot
from core.customers.snapshots import COLUMNS, HistorySpec, PairSpec, history, month_ends, pair
from core.engine import parquet
from core.errors import InputError
from core.ingest.cleaning.exclusion_reasons import clean
from core.ingest.cleaning.orders import orders_and_returns
from tests import strategies
from tests.conftest import RealLogs
from tests.logs import orders_table, rows_table
from tests.strategies import Row, examples

KEPT = ["customer_id", *COLUMNS]


def day(text: str) -> date:
    return date.fromisoformat(text)


def history_of(orders: ir.Table, returns: ir.Table, *dates: date) -> pd.DataFrame:
    """Return the customers at many dates, in order."""
    found = history(orders, returns, HistorySpec(dates=tuple(dates)))
    frame: pd.DataFrame = found.order_by("as_of", "customer_id").execute()
    return frame


def snapshot_of(orders: ir.Table, returns: ir.Table, as_of: date) -> pd.DataFrame:
    """Return the customers at one date."""
    found: pd.DataFrame = snapshot(orders, returns, RfmSpec(as_of=as_of)).order_by("customer_id").execute()
    return found[KEPT]


@pytest.fixture
def orders(connection: Backend) -> ir.Table:
    """Return orders of three customers: a in January and March, b in February, c at midnight on 1 March."""
    rows = [("a", "2024-01-10 09:00", 10.0), ("a", "2024-03-31 23:59", 5.0)]
    rows += [("b", "2024-02-29 12:00", 20.0), ("c", "2024-03-01 00:00", 7.0)]
    return orders_table(
        connection,
        [
            {"order_id": str(n), "customer_id": who, "ordered_at": datetime.fromisoformat(when), "amount": amount}
            for n, (who, when, amount) in enumerate(rows)
        ],
    )


@pytest.fixture
def returns(connection: Backend) -> ir.Table:
    """Return returns: a returned 4 in February, c returned 1 before the first order."""
    rows = [("a", "2024-02-02 10:00", 4.0), ("c", "2024-01-02 10:00", 1.0)]
    return orders_table(
        connection,
        [
            {"order_id": f"C{who}", "customer_id": who, "ordered_at": datetime.fromisoformat(when), "amount": amount}
            for who, when, amount in rows
        ],
        "made_returns",
    )


def test_three_month_ends_by_hand(orders: ir.Table, returns: ir.Table) -> None:
    found = history_of(orders, returns, day("2024-02-01"), day("2024-03-01"), day("2024-04-01"))
    columns = ["customer_id", "recency", "frequency", "monetary", "returned", "net"]
    rows = [(str(row.as_of)[:10], *(getattr(row, name) for name in columns)) for row in found.itertuples()]
    assert rows == [
        ("2024-02-01", "a", 21, 1, 10.0, 0.0, 10.0),
        ("2024-03-01", "a", 50, 1, 10.0, 4.0, 6.0),
        ("2024-03-01", "b", 0, 1, 20.0, 0.0, 20.0),  # c ordered at this midnight, which is not before it
        ("2024-04-01", "a", 0, 2, 15.0, 4.0, 11.0),
        ("2024-04-01", "b", 31, 1, 20.0, 0.0, 20.0),
        ("2024-04-01", "c", 31, 1, 7.0, 1.0, 6.0),
    ]


def test_two_dates_side_by_side_by_hand(orders: ir.Table, returns: ir.Table) -> None:
    spec = PairSpec(start=day("2024-03-01"), end=day("2024-04-01"))
    found = pair(orders, returns, spec).order_by("customer_id").execute().set_index("customer_id")
    assert found.loc["a", "recency_from"] == 50
    assert found.loc["a", "recency_to"] == 0
    assert found["monetary_from"].fillna(-1).tolist() == [10.0, 20.0, -1.0]  # c was no customer yet
    assert found["monetary_to"].tolist() == [15.0, 20.0, 7.0]
    assert found["at_stake"].tolist() == [10.0, 20.0, 0.0]


def test_at_stake_is_what_was_spent_in_the_year_before(orders: ir.Table, returns: ir.Table) -> None:
    """365 days before 10 January 2025 is 11 January 2024, so the order of the 10th is too old."""
    found = pair(orders, returns, PairSpec(start=day("2025-01-10"), end=day("2025-02-01"))).execute()
    assert found.set_index("customer_id").loc["a", "at_stake"] == 5.0
    found = pair(orders, returns, PairSpec(start=day("2025-01-09"), end=day("2025-02-01"))).execute()
    assert found.set_index("customer_id").loc["a", "at_stake"] == 15.0


def test_before_the_first_order_nobody_is_known(orders: ir.Table, returns: ir.Table) -> None:
    assert history_of(orders, returns, day("2023-01-01"), day("2024-01-05")).empty
    assert pair(orders, returns, PairSpec(start=day("2023-01-01"), end=day("2024-01-05"))).execute().empty


def test_a_month_counts_once_its_last_day_is_there() -> None:
    assert month_ends(day("2023-11-20"), day("2024-02-28")) == (day("2023-12-01"), day("2024-01-01"), day("2024-02-01"))
    assert month_ends(day("2023-11-20"), day("2024-02-29"))[-1] == day("2024-03-01")
    assert month_ends(day("2024-02-03"), day("2024-02-20")) == ()


@pytest.mark.parametrize("dates", [(), ("2024-02-01", "2024-01-01"), ("2024-01-01", "2024-01-01")])
def test_dates_out_of_order_are_refused(dates: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="ascending"):
        HistorySpec(dates=tuple(map(day, dates)))


def test_a_pair_the_wrong_way_round_is_refused() -> None:
    with pytest.raises(InputError, match="2024-03-01 and 2024-02-01"):
        PairSpec(start=day("2024-03-01"), end=day("2024-02-01"))


@examples(3, 10)
@given(strategies.logs(), st.sets(strategies.days, min_size=1, max_size=5).map(sorted))
def test_every_date_has_its_snapshot(connection: Backend, rows: list[Row], dates: list[date]) -> None:
    orders, returns = orders_and_returns(clean(rows_table(connection, rows)))
    found = history_of(orders, returns, *dates)
    for as_of in dates:
        part = found[pd.to_datetime(found["as_of"]).dt.date == as_of]
        pd.testing.assert_frame_equal(part[KEPT].reset_index(drop=True), snapshot_of(orders, returns, as_of))


@examples(3, 10)
@given(strategies.logs(), st.lists(strategies.days, min_size=2, max_size=2).map(sorted))
def test_a_pair_is_two_snapshots(connection: Backend, rows: list[Row], dates: list[date]) -> None:
    orders, returns = orders_and_returns(clean(rows_table(connection, rows)))
    spec = PairSpec(start=dates[0], end=dates[1])
    found = pair(orders, returns, spec).order_by("customer_id").execute()
    for side, as_of in (("from", spec.start), ("to", spec.end)):
        part = found[found[f"recency_{side}"].notna()].filter(regex=f"customer_id|_{side}$")
        part = part.set_axis(part.columns.str.removesuffix(f"_{side}"), axis=1)[KEPT].reset_index(drop=True)
        alone = snapshot_of(orders, returns, as_of)
        pd.testing.assert_frame_equal(part.astype(alone.dtypes.to_dict()), alone)
    earlier = snapshot_of(orders, returns, spec.year_before)["monetary"].sum()
    assert found["at_stake"].sum() == snapshot_of(orders, returns, spec.start)["monetary"].sum() - earlier


def test_real_logs_month_by_month(real: RealLogs) -> None:
    folder = real.version("2009-2010", "2010-2011").folder
    orders, returns = (parquet(real.connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
    dates = month_ends(day("2009-12-01"), day("2011-12-09"))
    assert len(dates) == 24
    found = history_of(orders, returns, *dates)
    for as_of in (dates[0], dates[11], dates[-1]):
        part = found[pd.to_datetime(found["as_of"]).dt.date == as_of]
        pd.testing.assert_frame_equal(part[KEPT].reset_index(drop=True), snapshot_of(orders, returns, as_of))
    assert found["as_of"].value_counts().sort_index().iloc[-1] == 5850
    assert (found["recency"] >= 0).all()
    assert timedelta(0) <= datetime(2011, 12, 1) - found["last_order"].max() < timedelta(days=1)  # noqa: DTZ001  wall time
