"""Panels of features known at a cutoff and outcomes after it."""

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.errors import InputError, TooLittleDataError
from core.models.data.panel import INPUTS, PanelSpec, panel, training_cutoffs
from core.models.data.repeat_buying import RepeatBuying
from core.segments.clustering.cluster_features import RFM

FIRST = datetime.fromisoformat("2024-01-01 09:00")
CUTOFF = date(2024, 4, 1)


def shop(customers: int = 60, days: int = 200, seed: int = 0) -> pd.DataFrame:
    """Return orders of customers who each have their own rhythm, sorted by time."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(customers):
        at, gap = float(rng.integers(0, 60)), float(rng.uniform(5, 60))
        while at < days:
            rows.append((f"c{number:03}", FIRST + timedelta(days=at), round(float(rng.uniform(5, 50)), 2)))
            at += rng.exponential(gap)
    table = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "amount"]).sort_values("ordered_at")
    return table.assign(
        order_id=[str(number) for number in range(len(table))], new_order=1, units=2.0, lines=1, country="UK"
    ).reset_index(drop=True)


def made(connection: Backend, orders: pd.DataFrame, *cutoffs: date, horizon: int = 30) -> pd.DataFrame:
    """Make a panel of orders in memory, without returns."""
    table = connection.create_table("orders", orders, overwrite=True, temp=True)
    return panel(connection, table, table.filter(table.amount < 0), PanelSpec(cutoffs=cutoffs, horizon=horizon))


def test_outcomes_by_hand(connection: Backend) -> None:
    """Orders on the first and the last day of the window [1 April, 1 May) count; one on 1 May doesn't."""
    base = [(name, f"2024-02-{day:02}", 9.0) for name, day in (("a", 1), ("b", 2), ("c", 3), ("d", 4), ("a", 20))]
    after = [
        ("a", "2024-04-01", 5.0), ("b", "2024-04-30 23:00", 7.0), ("c", "2024-05-01", 11.0),
        ("e", "2024-04-03", 13.0), ("d", "2024-05-20", 1.0),
    ]  # fmt: skip
    orders = pd.DataFrame([*base, *after], columns=["customer_id", "ordered_at", "amount"]).assign(
        order_id=[str(n) for n in range(10)], new_order=1, units=1.0, lines=1, country="UK"
    )
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"], format="mixed")
    found = made(connection, orders, CUTOFF).set_index("customer_id")
    assert found["will_buy"].to_dict() == {"a": 1, "b": 1, "c": 0, "d": 0}
    assert found["spend"].to_dict() == {"a": 5.0, "b": 7.0, "c": 0.0, "d": 0.0}


def test_what_lies_ahead_of_the_log_is_missing_and_not_none(connection: Backend) -> None:
    orders = shop()
    end = orders["ordered_at"].max().date() + timedelta(days=1)
    found = made(connection, orders, end - timedelta(days=30), end - timedelta(days=29), end)
    seen = {day: bool(known["will_buy"].notna().all()) for day, known in found.groupby("as_of")}
    assert list(seen.values()) == [True, False, False]


def test_of_some_customers_the_log_may_go_on_after_their_last_order(connection: Backend) -> None:
    """Sampled customers don't order in the log's last days, but that they didn't is known."""
    orders = shop()
    last, end = orders["ordered_at"].max(), orders["ordered_at"].max().date() + timedelta(days=1)
    some = connection.create_table("some", orders[orders["ordered_at"] < last - timedelta(days=5)], temp=True)
    days = (end - timedelta(days=30),)
    of_themselves, of_the_log = (
        panel(connection, some, some.filter(some.amount < 0), PanelSpec(cutoffs=days, horizon=30, until=until))
        for until in (None, end)
    )
    assert of_themselves["will_buy"].isna().all()
    assert of_the_log["will_buy"].notna().all()


def test_a_cutoff_long_after_the_log_is_refused_at_once(connection: Backend) -> None:
    """Dates up to two years after the log are allowed; a cutoff in the year 9999 would need 97,000 steps."""
    orders = shop(10)
    end = orders["ordered_at"].max().date() + timedelta(days=1)
    assert len(made(connection, orders, end + timedelta(days=730))) == 10
    for late in (end + timedelta(days=731), date(9999, 12, 31)):
        with pytest.raises(InputError, match=f"{late} is more than 730 days after the last order"):
            made(connection, orders, late)


def test_all_inputs_are_there_and_finite_or_missing(connection: Backend) -> None:
    found = made(connection, shop(), CUTOFF, CUTOFF + timedelta(days=30))
    standing = {f"{side}_{name}" for side in ("now", "next") for name in RFM}
    assert set(found) == {"as_of", "customer_id", "country", "will_buy", "spend", *INPUTS, *standing}
    assert not np.isinf(found[list(INPUTS)].to_numpy()).any()
    assert all(found[name].between(0, 1).all() for name in ("btyd_buy", "btyd_alive"))


def test_falsified_and_deleted_futures_change_no_input(connection: Backend) -> None:
    """The repeat-buying models too are fitted only on what was known."""
    orders = shop()
    before = orders["ordered_at"] < datetime.combine(CUTOFF, datetime.min.time())
    lies = orders.assign(
        amount=orders["amount"].where(before, 1e6), customer_id=orders["customer_id"].where(before, "x")
    )
    honest, falsified, deleted = (
        made(connection, table, CUTOFF)[["customer_id", *INPUTS]] for table in (orders, lies, orders[before])
    )
    pd.testing.assert_frame_equal(honest, falsified, rtol=1e-9)
    pd.testing.assert_frame_equal(honest, deleted, rtol=1e-9)


def test_training_windows_end_by_the_test_cutoff() -> None:
    found = training_cutoffs(date(2023, 1, 1), date(2024, 1, 1), 90, step=30, least=150)
    assert found == [date(2023, 10, 3), date(2023, 9, 3), date(2023, 8, 4), date(2023, 7, 5), date(2023, 6, 5)]
    assert all(day + timedelta(days=90) <= date(2024, 1, 1) for day in found)
    assert training_cutoffs(date(2023, 12, 1), date(2024, 1, 1), 90) == []


def test_rhythm_comes_back_from_its_json(connection: Backend) -> None:
    known = made(connection, shop(), CUTOFF)
    fitted = RepeatBuying.fit(known)
    assert RepeatBuying.from_json(fitted.to_json()) == fitted


def test_customers_who_never_come_back_have_a_mean_amount(connection: Backend) -> None:
    orders = shop().drop_duplicates("customer_id")
    found = made(connection, orders, CUTOFF)
    assert found["btyd_order_value"].nunique() == 1
    assert found["btyd_order_value"].iloc[0] == pytest.approx(orders["amount"].mean())


@pytest.mark.parametrize("horizon", [0, -5, 731])
def test_horizons_are_checked(connection: Backend, horizon: int) -> None:
    with pytest.raises(InputError, match=rf"between 1 and 730 days, got {horizon}"):
        made(connection, shop(), CUTOFF, horizon=horizon)


def test_a_cutoff_before_all_orders_is_refused(connection: Backend) -> None:
    with pytest.raises(TooLittleDataError, match="No customer ordered before 2023-01-01"):
        made(connection, shop(), date(2023, 1, 1))


def test_where_customers_stand_now_and_after_the_horizon_is_their_rfm(connection: Backend) -> None:
    """By hand: two orders in January of 5 and 7; one more on 10 April of 3, in the horizon."""
    orders = pd.DataFrame(
        [("a", "2024-01-10 12:00", 5.0), ("a", "2024-01-20 12:00", 7.0), ("a", "2024-04-10 12:00", 3.0),
         ("b", "2024-05-02 00:00", 1.0)],
        columns=["customer_id", "ordered_at", "amount"],
    ).assign(order_id=list("wxyz"), new_order=1, units=1.0, lines=1, country="UK")  # fmt: skip
    orders["ordered_at"] = pd.to_datetime(orders["ordered_at"])
    found = made(connection, orders, CUTOFF).iloc[0]
    assert [found[f"now_{name}"] for name in RFM] == [71, 2, 12.0]  # from noon on 20 January to midnight before 1 April
    assert [found[f"next_{name}"] for name in RFM] == [20, 3, 15.0]  # to midnight before 1 May
