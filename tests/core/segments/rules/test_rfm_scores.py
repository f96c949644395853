"""Scores: equal values score equally, better values never score lower, and limits match those computed by hand."""

import time
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.customers.rfm import RfmSpec, snapshot
from core.engine import parquet
from core.errors import InputError
from core.segments.rules.rfm_scores import RFM_COLUMNS, ScoreSpec, bins, column, default_levels, score, ties
from tests.conftest import RealLogs
from tests.strategies import examples

FIVE = ScoreSpec(levels=5)


def shop(recency: list[int], frequency: list[int], monetary: list[float]) -> pd.DataFrame:
    """Return customers with these values."""
    return pd.DataFrame({"recency": recency, "frequency": frequency, "monetary": monetary})


TEN = shop(
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10],
    [1, 1, 1, 1, 1, 2, 2, 3, 4, 9],  # half of the customers ordered once
    [10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 100.0],
)


def test_without_ties_groups_are_equal_and_few_days_are_good() -> None:
    found = score(TEN, FIVE)
    assert found["recency_score"].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    assert found["monetary_score"].tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_half_of_the_customers_on_one_order_get_one_score() -> None:
    """Two orders: 5 of 10 rank lower, 1 + ⌊5 × 0.5⌋ = 3; three orders: 7, so 4; four and nine orders: 8 and 9, so 5."""
    assert score(TEN, FIVE)["frequency_score"].tolist() == [1, 1, 1, 1, 1, 3, 3, 4, 5, 5]


def test_groups_differ_by_one_where_their_number_does_not_divide() -> None:
    seven = TEN.head(7)
    assert score(seven, ScoreSpec(levels=3))["monetary_score"].tolist() == [1, 1, 1, 2, 2, 3, 3]


def test_all_alike_are_one_group() -> None:
    same = shop([5] * 4, [1] * 4, [9.99] * 4)
    assert set(score(same, FIVE).to_numpy().ravel()) == {1}


def test_sums_that_differ_in_the_last_bit_are_equal() -> None:
    found = score(shop([1, 2], [1, 1], [0.1 + 0.2, 0.3]), FIVE)
    assert found["monetary_score"].nunique() == 1


def test_fixed_days_as_klaviyo_has_them() -> None:
    spec = ScoreSpec(levels=3, recency=(180, 365), frequency=(1, 4))
    found = score(shop([0, 180, 181, 365, 366], [1, 2, 4, 5, 1], [1.0] * 5), spec)
    assert found["recency_score"].tolist() == [3, 3, 2, 2, 1]
    assert found["frequency_score"].tolist() == [1, 2, 2, 3, 1]


def test_bins_have_limits_and_sizes_and_empty_scores() -> None:
    table = bins(TEN, score(TEN, FIVE), FIVE)
    orders = table[table["feature"] == "frequency"]
    assert orders["score"].tolist() == [5, 4, 3, 2, 1]
    assert orders["customers"].tolist() == [2, 1, 2, 0, 5]
    assert orders["low"].fillna(-1).tolist() == [4, 3, 2, -1, 1]
    assert orders["high"].fillna(-1).tolist() == [9, 3, 2, -1, 1]
    assert orders["share"].tolist() == [0.2, 0.1, 0.2, 0.0, 0.5]
    assert table.groupby("feature")["customers"].sum().tolist() == [10, 10, 10]


def test_ties_name_the_value_most_customers_share() -> None:
    [_, frequency, _] = ties(TEN).to_dict("records")
    assert frequency == {"feature": "frequency", "value": 1.0, "customers": 5}


def test_nobody_to_score() -> None:
    nobody = TEN.head(0)
    assert bins(nobody, score(nobody, FIVE), FIVE)["customers"].sum() == 0
    assert ties(nobody)["customers"].sum() == 0


def test_five_scores_from_thirty_thousand_customers_on() -> None:
    assert [default_levels(customers) for customers in (29_999, 30_000)] == [3, 5]


@pytest.mark.parametrize("cuts", [(1.0,), (365.0, 180.0), (180.0, 180.0), (1.0, 2.0, 3.0)])
def test_cuts_that_do_not_fit_are_refused(cuts: tuple[float, ...]) -> None:
    with pytest.raises(InputError, match=r"^Scores from 1 to 3 need 2 cut-offs for recency in ascending order, got"):
        ScoreSpec(levels=3, recency=cuts)


def test_spec_survives_json() -> None:
    spec = ScoreSpec(levels=3, recency=(180, 365), monetary=(10.5, 20))
    assert ScoreSpec.from_json(spec.to_json()) == spec


CUSTOMERS = st.lists(
    st.tuples(st.integers(0, 12), st.integers(1, 6), st.integers(0, 800).map(lambda cents: cents / 100)),
    min_size=1,
    max_size=60,
).map(lambda rows: shop(*map(list, zip(*rows, strict=True))))
LEVELS = st.sampled_from([3, 5])


@examples(20, 100)
@given(CUSTOMERS, LEVELS)
def test_equal_values_get_equal_scores_and_better_ones_never_less(customers: pd.DataFrame, levels: int) -> None:
    found = score(customers, ScoreSpec(levels=levels))
    assert found.min().min() >= 1
    assert found.max().max() <= levels
    for feature in RFM_COLUMNS:
        scores = found[column(feature)].groupby(customers[feature]).agg(["min", "max"])
        assert (scores["min"] == scores["max"]).all()
        assert scores["min"].is_monotonic_decreasing if feature == "recency" else scores["min"].is_monotonic_increasing


@examples(20, 100)
@given(CUSTOMERS, LEVELS)
def test_score_says_what_share_is_worse(customers: pd.DataFrame, levels: int) -> None:
    found = score(customers, ScoreSpec(levels=levels))["monetary_score"]
    for value, given_score in zip(customers["monetary"], found, strict=True):
        worse = int((customers["monetary"] < value).sum())
        assert (given_score - 1) * len(customers) <= levels * worse < given_score * len(customers)


@examples(20, 100)
@given(CUSTOMERS, st.randoms(use_true_random=False))
def test_order_of_rows_is_irrelevant(customers: pd.DataFrame, random: object) -> None:
    shuffled = customers.sample(frac=1.0, random_state=random.randrange(1000))  # type: ignore[attr-defined]
    assert score(shuffled, FIVE).sort_index().equals(score(customers, FIVE))


def test_real_shop_in_five_scores(real: RealLogs) -> None:
    """Without ties, a fifth is 867 or 868 of 4,338; 1,493 customers have one order, 835 two, 508 three, 802 4–6."""
    folder = real.version("2010-2011").folder
    orders, returns = (parquet(real.connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
    customers = snapshot(orders, returns, RfmSpec(as_of=date(2011, 12, 10))).execute()
    sizes = bins(customers, score(customers, FIVE), FIVE).pivot_table("customers", "score", "feature")
    assert sizes["monetary"].tolist() == [868, 868, 867, 868, 867]
    assert sizes["frequency"].tolist() == [1493, 835, 508, 802, 700]
    assert sizes["recency"].sum() == 4_338


def test_half_a_million_customers_take_about_a_second() -> None:
    rng = np.random.default_rng(0)
    many = pd.DataFrame(
        {
            "recency": rng.integers(0, 700, 500_000),
            "frequency": rng.geometric(0.5, 500_000),
            "monetary": rng.lognormal(4, 1, 500_000),
        }
    )
    began = time.perf_counter()
    found = score(many, FIVE)
    assert time.perf_counter() - began < 5  # seconds; 0.3 on an idle machine, the rest is for busy ones
    assert found["recency_score"].value_counts(normalize=True).between(0.19, 0.21).all()
