"""Distributions of recency, frequency and monetary value."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.customers.distributions import BINS, LEAST_BINS, MEASURES, Measure, Scale, deciles, density, histogram
from core.errors import InputError
from tests.strategies import customers, examples

SCALES: list[Scale] = ["log", "linear"]
FOUR = pd.DataFrame({"recency": [0, 1, 2, 9], "frequency": [4, 1, 1, 1], "monetary": [100.0, 10.0, 1.0, 1.0]})


def rows(bins: pd.DataFrame) -> list[list[float]]:
    """Return the bins that have customers."""
    found: list[list[float]] = bins.loc[bins["customers"] > 0, ["low", "high", "customers"]].to_numpy().tolist()
    return found


def test_days_on_a_logarithmic_scale_by_hand() -> None:
    """Today shares a bin with one day ago, since zero has no logarithm."""
    assert rows(histogram(FOUR, "recency", "log")) == [[1.0, 2.0, 2.0], [2.0, 3.0, 1.0], [7.0, 10.0, 1.0]]


def test_orders_on_a_linear_scale_by_hand() -> None:
    assert rows(histogram(FOUR, "frequency", "linear")) == [[1.0, 2.0, 3.0], [4.0, 5.0, 1.0]]


def test_money_on_a_logarithmic_scale_has_bins_of_equal_ratio() -> None:
    bins = histogram(FOUR, "monetary", "log")
    assert len(bins) == LEAST_BINS
    assert bins["high"].to_numpy() / bins["low"].to_numpy() == pytest.approx(100 ** (1 / LEAST_BINS))
    assert bins["customers"].iloc[[0, LEAST_BINS // 2, -1]].tolist() == [2, 1, 1]


@pytest.mark.parametrize(("number", "bins"), [(5, 8), (125, 10), (1_000, 20), (100_000, 30)])
def test_the_more_customers_the_more_bins(number: int, bins: int) -> None:
    many = pd.DataFrame({"monetary": np.geomspace(1, 1e6, number)})
    assert len(histogram(many, "monetary", "log")) == bins


def test_a_last_bin_that_nobody_is_in_is_not_there() -> None:
    """Bins of two orders end at 13, above the top 1%: the one customer with 12."""
    many = pd.DataFrame({"frequency": [*(1 + n % 11 for n in range(100)), 12]})
    bins = histogram(many, "frequency", "linear")
    assert (bins["low"].iloc[-1], bins["high"].iloc[-1]) == (11, 13)
    assert not bins["open"].any()
    assert bins["customers"].sum() == 101


def test_the_highest_of_many_stand_together_on_a_linear_scale() -> None:
    """The 99th percentile of 200 is the 199th; it shares a bin with the one above."""
    many = pd.DataFrame({"monetary": [*range(1, 199), 5_000.0, 9_000.0]})
    bins = histogram(many, "monetary", "linear")
    assert bins["open"].tolist() == [*[False] * 12, True]
    assert bins.iloc[-1][["low", "high", "customers"]].tolist() == [5_000.0, 9_000.0, 2]
    assert bins["customers"].sum() == 200


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("number", [0, 1, 7])
def test_customers_who_are_all_alike_are_in_one_bin(measure: Measure, scale: Scale, number: int) -> None:
    alike = pd.DataFrame({name: [number] * 3 for name in MEASURES})
    assert [row[2] for row in rows(histogram(alike, measure, scale))] == [3.0]


def test_nobody_is_in_no_bin() -> None:
    nobody = FOUR.iloc[:0]
    assert histogram(nobody, "recency", "log").empty
    assert density(nobody, "recency", "monetary").empty
    assert deciles(nobody)["recency"].isna().all()


def test_density_by_hand() -> None:
    bins = density(FOUR, "recency", "frequency")
    filled = bins[bins["customers"] > 0]
    assert filled[["x_low", "y_low", "customers"]].to_numpy().tolist() == [
        [1.0, 1.0, 1],  # a day ago, one order
        [1.0, 4.0, 1],  # today, four orders
        [2.0, 1.0, 1],
        [7.0, 1.0, 1],
    ]


def test_density_of_one_measure_is_refused() -> None:
    with pytest.raises(InputError, match="`recency` twice"):
        density(FOUR, "recency", "recency")


def test_deciles_by_hand() -> None:
    eleven = pd.DataFrame({name: range(11) for name in MEASURES})
    found = deciles(eleven)
    assert found["share"].tolist() == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])
    assert found["monetary"].tolist() == pytest.approx([1, 2, 3, 4, 5, 6, 7, 8, 9])


@examples(20, 100)
@given(table=customers(min_size=1), seed=st.integers(0, 9))
def test_every_customer_is_in_one_bin_whatever_the_order(table: pd.DataFrame, seed: int) -> None:
    mixed = table.sample(frac=1, random_state=seed)
    for measure in MEASURES:
        for scale in SCALES:
            bins = histogram(table, measure, scale)
            assert bins["customers"].sum() == len(table)
            assert len(bins) <= BINS + 1
            assert (bins["high"] > bins["low"]).all()
            assert (bins["low"].to_numpy()[1:] == bins["high"].to_numpy()[:-1]).all()
            pd.testing.assert_frame_equal(bins, histogram(mixed, measure, scale))
    grid = density(table, "frequency", "monetary")
    assert grid["customers"].sum() == len(table)
    counted = grid.groupby("x_low")["customers"].sum().to_numpy()
    values = np.searchsorted(np.unique(grid["x_low"]), table["frequency"], side="right")
    assert (counted == np.bincount(values, minlength=len(counted) + 1)[1:]).all()
