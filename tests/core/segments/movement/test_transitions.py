"""Customers move under a frozen model, none is lost, and every change has its causes."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.customers.rfm import RfmSpec, snapshot
from core.customers.snapshots import HistorySpec, PairSpec, history, month_ends, pair
from core.engine import parquet
from core.ingest.cleaning.exclusion_reasons import clean
from core.ingest.cleaning.orders import orders_and_returns
from core.segments.clustering.fitting import fit
from core.segments.clustering.scaling import PRESETS, Scaler
from core.segments.movement.change_causes import CAUSES, decompose, explained
from core.segments.movement.slipped import slipped
from core.segments.movement.transitions import DOWN, NEW, NOT_YET, SAME, UP, directions, matrix, moved
from core.segments.naming import CHURNING, FOUR, LOYAL, POTENTIAL
from core.segments.naming import NEW as NEWCOMERS
from core.segments.segment_model import ClusterSpec, SegmentModel
from tests import strategies
from tests.conftest import RealLogs
from tests.logs import rows_table
from tests.strategies import Row, examples

MODEL = SegmentModel(
    spec=ClusterSpec(preset="notebook", k=2),
    scaler=Scaler(spec=PRESETS["notebook"], mean=(10.0, 2.0, 100.0), scale=(5.0, 1.0, 50.0)),
    centroids=((-1.0, 1.0, 1.0), (1.0, -1.0, -1.0)),
    names=("Best", "Rest"),
)
"""Customers with (recency − 10) / 5 ≤ (frequency − 2) + (monetary − 100) / 50 are Best."""

STRICTER = SegmentModel(
    spec=MODEL.spec,
    scaler=Scaler(spec=PRESETS["notebook"], mean=(10.0, 2.0, 150.0), scale=(5.0, 1.0, 50.0)),
    centroids=MODEL.centroids,
    names=("Best", "Others"),
)
"""The same rule with 150 instead of 100."""

MONTH = 30
A_DAY = pd.Timestamp("2024-06-01")


def pairs_of(*rows: tuple[str, tuple[int, int, float] | None, tuple[int, int, float], float]) -> pd.DataFrame:
    """Return customers with recency, frequency and monetary value at both dates, and revenue at stake."""
    found = []
    for customer, before, after, at_stake in rows:
        row: dict[str, Any] = {"customer_id": customer, "at_stake": at_stake}
        for side, values in (("from", before), ("to", after)):
            recency, frequency, monetary = values or (np.nan, np.nan, np.nan)
            row |= {f"recency_{side}": recency, f"frequency_{side}": frequency, f"monetary_{side}": monetary}
            row |= {f"returned_{side}": 0.0, f"net_{side}": monetary}
            row |= {f"{which}_order_{side}": A_DAY if values else pd.NaT for which in ("first", "last")}
        found.append(row)
    return pd.DataFrame(found)


def rows_of(table: pd.DataFrame) -> list[tuple[Any, ...]]:
    """Return a table as tuples."""
    return list(table.itertuples(index=False, name=None))


PAIRS = pairs_of(
    ("ages", (5, 2, 100.0), (35, 2, 100.0), 90.0),  # the clock takes Best to Rest
    ("orders", (5, 4, 300.0), (2, 5, 320.0), 300.0),  # aged: (35 − 10) / 5 = 5 ≤ 2 + 4, would have stayed anyway
    ("saved", (5, 2, 100.0), (1, 3, 110.0), 50.0),  # aged to Rest, an order keeps Best
    ("won", (40, 1, 20.0), (0, 3, 200.0), 20.0),  # Rest, and an order makes it Best
    ("rests", (40, 1, 20.0), (70, 1, 20.0), 0.0),
    ("new", None, (3, 1, 150.0), 0.0),  # (3 − 10) / 5 ≤ −1 + 1: Best; under the stricter model, −1.4 ≤ −1: Best
    ("newer", None, (3, 1, 90.0), 0.0),  # −1.4 ≤ −1 − .2: Best; under the stricter one −1.4 > −1 − 1.2: Others
)


def test_directions_by_hand() -> None:
    found = moved(PAIRS, MODEL).set_index("customer_id")
    assert found["segment_from"].tolist() == ["Best", "Best", "Best", "Rest", "Rest", NOT_YET, NOT_YET]
    assert found["segment_to"].tolist() == ["Rest", "Best", "Best", "Best", "Rest", "Best", "Best"]
    assert found["direction"].tolist() == [DOWN, SAME, SAME, UP, SAME, NEW, NEW]
    table = directions(moved(PAIRS, MODEL)).set_index("direction")
    assert table["customers"].to_dict() == {UP: 1, DOWN: 1, SAME: 3, NEW: 2}
    assert table["at_stake"].to_dict() == {UP: 20.0, DOWN: 90.0, SAME: 350.0, NEW: 0.0}


def test_matrix_by_hand() -> None:
    table = matrix(moved(PAIRS, MODEL), MODEL.names)
    assert rows_of(table) == [
        ("Best", "Best", 2, 350.0, 30.0),
        ("Best", "Rest", 1, 90.0, 0.0),
        ("Rest", "Best", 1, 20.0, 180.0),
        ("Rest", "Rest", 1, 0.0, 0.0),
        (NOT_YET, "Best", 2, 0.0, 240.0),
        (NOT_YET, "Rest", 0, 0.0, 0.0),
    ]


def test_causes_by_hand() -> None:
    """Of three Best customers, time removes two; one of them and one of Rest order; two are new."""
    table = decompose(explained(PAIRS, MODEL, MONTH))
    assert list(table.columns) == ["segment", "before", *CAUSES, "after"]
    assert rows_of(table) == [("Best", 3, -2, 2, 2, 0, 5), ("Rest", 2, 2, -2, 0, 0, 2)]


def test_a_refit_by_hand() -> None:
    """Under the stricter model `saved` stays Best (−1.8 ≤ 1 − .8), and only `newer` leaves it."""
    assert rows_of(decompose(explained(PAIRS, MODEL, MONTH, STRICTER))) == [
        ("Best", 3, -2, 2, 2, -1, 4),
        ("Rest", 2, 2, -2, 0, -2, 0),
        ("Others", 0, 0, 0, 0, 3, 3),
    ]


def test_nobody_was_there_before() -> None:
    found = moved(PAIRS[PAIRS["recency_from"].isna()].reset_index(drop=True), MODEL)
    assert set(found["direction"]) == {NEW}
    assert decompose(explained(PAIRS.tail(2), MODEL, MONTH))["before"].sum() == 0


def test_nothing_moves_within_no_time() -> None:
    pairs = pairs_of(("a", (5, 2, 100.0), (5, 2, 100.0), 0.0), ("b", (40, 1, 20.0), (40, 1, 20.0), 0.0))
    table = decompose(explained(pairs, MODEL, 0))
    assert (table[list(CAUSES)] == 0).all(axis=None)
    assert set(moved(pairs, MODEL)["direction"]) == {SAME}


def snapshot_with(last_order: str, as_of: str, **values: float) -> pd.DataFrame:
    """Return one customer."""
    at, day = pd.Timestamp(last_order), pd.Timestamp(as_of)
    row = {"customer_id": "a", "recency": (day - at).days, "frequency": 2, "monetary": 100.0, "net": 100.0, **values}
    return pd.DataFrame([row | {"returned": 0.0, "first_order": at, "last_order": at, "country": "UK"}])


def test_the_day_of_slipping_by_hand() -> None:
    """With two orders worth 100, a customer is Best up to a recency of 10.

    After an order at nine on 1 June, recency is 0 at the end of that day, 10 at the end of 11 June and 11 a day later.
    """
    found = slipped(snapshot_with("2024-06-01 09:00", "2024-07-01"), MODEL)
    assert rows_of(found[["segment_from", "segment_to", "slipped_on"]]) == [
        ("Best", "Rest", pd.Timestamp("2024-06-12"))
    ]
    assert slipped(snapshot_with("2024-06-01 09:00", "2024-06-13"), MODEL)["slipped_on"].tolist() == [
        pd.Timestamp("2024-06-12")
    ]
    assert slipped(snapshot_with("2024-06-01 09:00", "2024-06-12"), MODEL).empty  # as of its start it has not happened


def test_an_order_at_midnight_is_a_day_old_when_its_day_ends() -> None:
    found = slipped(snapshot_with("2024-06-01", "2024-07-01"), MODEL)
    assert found["slipped_on"].tolist() == [pd.Timestamp("2024-06-11")]


def test_who_was_never_better_has_not_slipped() -> None:
    assert slipped(snapshot_with("2024-06-01 09:00", "2024-07-01", monetary=5.0, frequency=1), MODEL).empty
    assert slipped(snapshot_with("2024-06-01 09:00", "2024-07-01").iloc[:0], MODEL).empty


@examples(5, 20)
@given(strategies.customers(), st.sampled_from(["clientele", "rank", "notebook"]), st.integers(2, 6))
def test_halving_finds_the_day_that_looking_at_each_does(customers: pd.DataFrame, preset: str, k: int) -> None:
    model = fit(customers, ClusterSpec(preset=preset, k=k))
    as_of = pd.Timestamp("2024-07-01")
    last = as_of - pd.to_timedelta(customers["recency"], unit="D") - pd.Timedelta(hours=5)
    known = customers.assign(last_order=last, first_order=last, net=customers["monetary"], returned=0.0, country=None)
    found = slipped(known, model).set_index("customer_id")
    for row in known.to_dict("records"):
        days = pd.DataFrame([{**row, "recency": recency} for recency in range(row["recency"] + 1)])
        way = model.assign(days).tolist()
        entered = max((r for r in range(1, len(way)) if way[r - 1] != way[r]), default=None)
        worse = entered is not None and model.names.index(way[entered - 1]) < model.names.index(way[-1])
        assert worse == (row["customer_id"] in found.index)
        if worse and entered is not None:
            one = found.loc[row["customer_id"]]
            end = as_of - timedelta(days=row["recency"] - entered)
            assert (one["segment_from"], one["slipped_on"]) == (way[entered - 1], end - timedelta(days=1))


@examples(3, 15)
@given(strategies.logs(), st.lists(strategies.days, min_size=2, max_size=2).map(sorted), st.booleans())
def test_customers_are_conserved(connection: Backend, rows: list[Row], dates: list[date], refit: bool) -> None:  # noqa: FBT001  drawn
    orders, returns = orders_and_returns(clean(rows_table(connection, rows)))
    spec = PairSpec(start=dates[0], end=dates[1])
    pairs = pair(orders, returns, spec).order_by("customer_id").execute()
    movement = explained(pairs, MODEL, spec.days, STRICTER if refit else None)
    for side, as_of in (("from", spec.start), ("to", spec.end)):
        alone = snapshot(orders, returns, RfmSpec(as_of=as_of)).order_by("customer_id").execute()
        here = movement[movement[f"segment_{side}"] != NOT_YET]
        assert here["customer_id"].tolist() == alone["customer_id"].tolist()
        assert here[f"segment_{side}"].tolist() == MODEL.assign(alone).tolist()
    table = decompose(movement)
    assert (table["before"] + table[list(CAUSES)].sum(axis=1) == table["after"]).all()
    assert table[["clock", "orders", "refit"]].sum().tolist() == [0, 0, 0]
    assert table["new"].sum() == (movement["segment_from"] == NOT_YET).sum()
    cells = matrix(movement, MODEL.names)
    assert cells["customers"].sum() == len(movement)
    assert cells["at_stake"].sum() == movement["at_stake"].sum()


@examples(3, 15)
@given(strategies.customers(), st.integers(0, 200), st.randoms())
def test_row_order_is_irrelevant(customers: pd.DataFrame, days: int, random: Any) -> None:
    rows = [
        (row["customer_id"], (row["recency"], row["frequency"], row["monetary"]), row["monetary"])
        for row in customers.to_dict("records")
    ]
    pairs = pairs_of(*((who, at, (at[0] + days, *at[1:]), stake) for who, at, stake in rows))
    shuffled = pairs.sample(frac=1.0, random_state=random.randint(0, 1000))
    expected = decompose(explained(pairs, MODEL, days))
    assert decompose(explained(shuffled, MODEL, days)).equals(expected)
    assert (expected["orders"] == 0).all()  # nobody ordered: the clock did it all


def test_real_movement_conserves_customers(real: RealLogs) -> None:
    """Every customer who had ordered by a month end is in exactly one segment on it, for 24 month ends."""
    folder = real.version("2009-2010", "2010-2011").folder
    orders, returns = (parquet(real.connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
    dates = month_ends(date(2009, 12, 1), date(2011, 12, 9))
    newest = snapshot(orders, returns, RfmSpec(as_of=date(2011, 12, 10))).order_by("customer_id").execute()
    model = fit(newest, ClusterSpec())
    months = history(orders, returns, HistorySpec(dates=dates)).execute()
    months["segment"] = model.assign(months)
    by_then = orders.group_by("customer_id").agg(first=orders.ordered_at.min()).execute()["first"]
    for as_of, part in months.groupby("as_of"):
        assert part["customer_id"].is_unique
        assert len(part) == (by_then < pd.Timestamp(as_of)).sum()
        assert part["segment"].isin(FOUR).all()
    spec = PairSpec(start=date(2011, 11, 1), end=date(2011, 12, 1))
    movement = explained(pair(orders, returns, spec).execute(), model, spec.days)
    ends = [months[pd.to_datetime(months["as_of"]) == pd.Timestamp(day)] for day in (spec.start, spec.end)]
    ways = directions(movement)
    assert dict(zip(ways["direction"], ways["customers"], strict=True)) == {UP: 663, DOWN: 371, SAME: 4625, NEW: 191}
    assert rows_of(decompose(movement)) == [  # before, clock, orders, new, refit, after
        (LOYAL, 955, -211, 364, 1, 0, 1109),
        (POTENTIAL, 1500, 472, -527, 0, 0, 1445),
        (NEWCOMERS, 1099, -456, 420, 188, 0, 1251),
        (CHURNING, 2105, 195, -257, 2, 0, 2045),
    ]
    table = decompose(movement).set_index("segment")
    assert table["before"].to_dict() == ends[0]["segment"].value_counts().to_dict()
    assert table["after"].to_dict() == ends[1]["segment"].value_counts().to_dict()
    first_in_november = (by_then >= pd.Timestamp(spec.start)) & (by_then < pd.Timestamp(spec.end))
    assert (movement["segment_from"] == NOT_YET).sum() == first_in_november.sum()


def test_a_segment_column_keeps_the_order_of_the_model() -> None:
    found = moved(PAIRS, MODEL)
    assert found["segment_to"].cat.categories.tolist() == ["Best", "Rest"]
    assert found["segment_from"].cat.categories.tolist() == [NOT_YET, "Best", "Rest"]
