"""A model's track record at past dates."""

import math

import numpy as np
import pandas as pd
import pytest

from core.models.judging.track_record import TrackRecord, total_bounds
from tests.core.models.judgements import predictions

MARCH, JUNE = pd.Timestamp("2024-03-01"), pd.Timestamp("2024-06-01")


def of_ten(cutoff: pd.Timestamp, bought: int, chance: float = 0.5) -> pd.DataFrame:
    """Return ten customers with the same chance, of whom `bought` spent 20 each where 10 had been expected."""
    return predictions(
        "champion", cutoff, p_buy=[chance] * 10, expected_spend=[10.0] * 10, segment_now=["A"] * 5 + ["B"] * 5,
        bought=[1.0] * bought + [0.0] * (10 - bought), spend=[20.0] * bought + [0.0] * (10 - bought),
    )  # fmt: skip


def test_bounds_hold_the_intervals_of_all_dates() -> None:
    """Four of ten and six of ten: .168 to .687 and .313 to .832 (Wilson)."""
    found = TrackRecord.of(pd.concat([of_ten(MARCH, 4), of_ten(JUNE, 6)]))
    assert found is not None
    assert found.dates == ("2024-03-01", "2024-06-01")
    low, high = found.bounds([0.1, 0.9, np.nan])
    assert low == pytest.approx([0.1682, 0.1682, np.nan], abs=1e-4, nan_ok=True)
    assert high == pytest.approx([0.8318, 0.8318, np.nan], abs=1e-4, nan_ok=True)


def test_ratios_by_hand() -> None:
    """Spent: 80 and 120 where 100 was expected (A: 80 and 100 of 50; B: 0 and 20). Bought: 4 and 6 where 5 were."""
    found = TrackRecord.of(pd.concat([of_ten(MARCH, 4), of_ten(JUNE, 6)]))
    assert found is not None
    assert found.revenue == pytest.approx((0.8, 1.2))
    assert found.buyers == pytest.approx((0.8, 1.2))
    assert found.by_segment == {"A": pytest.approx((1.6, 2.0))}  # B spent nothing at one date


def test_many_customers_have_classes_of_their_own() -> None:
    """Of 100 customers with a chance of .1, 10 bought; of 100 with .9, 90 did."""
    few = [of_ten(MARCH, 1, 0.1)] * 10
    many = [of_ten(MARCH, 9, 0.9)] * 10
    found = TrackRecord.of(pd.concat([*few, *many]))
    assert found is not None
    low, high = found.bounds([0.1, 0.9])
    assert low == pytest.approx([0.0552, 0.8256], abs=1e-4)
    assert high == pytest.approx([0.1744, 0.9448], abs=1e-4)


def test_without_outcomes_there_is_no_record() -> None:
    seen = of_ten(MARCH, 4)
    assert TrackRecord.of(seen.assign(bought=np.nan)) is None
    assert TrackRecord.of(seen.assign(p_buy=np.nan)) is None


def test_total_by_hand() -> None:
    """One date was off by a factor of e^.1: Student's t with one degree of freedom is 3.078 at 90%."""
    low, high = total_bounds(1000.0, [math.exp(0.1)]) or (0, 0)
    assert math.log(high / 1000) == pytest.approx(0.30777, abs=1e-4)
    assert low * high == pytest.approx(1000.0**2)
    same = total_bounds(1000.0, [math.exp(-0.1)])
    assert same == pytest.approx((low, high))
    assert total_bounds(1000.0, []) is None


def test_more_dates_make_a_total_surer() -> None:
    widths = [np.diff(total_bounds(1.0, [1.1, 1 / 1.1] * number) or (0, 0))[0] for number in (1, 2, 5)]
    assert widths == sorted(widths, reverse=True)
