"""Revenue concentration."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.customers.concentration import POINTS, Concentration, concentration


def of(*amounts: float) -> Concentration:
    """Return the concentration for customers with these amounts."""
    found = concentration(pd.DataFrame({"monetary": amounts, "net": amounts}), "monetary")
    assert found is not None
    return found


def test_four_customers_by_hand() -> None:
    """1, 2, 3 and 4 of ten: L = 0, .1, .3, .6, 1; G = 2 (1 + 4 + 9 + 16) / (4 · 10) − 5/4 = .25."""
    found = of(4.0, 1.0, 3.0, 2.0)
    assert found.curve["customers"].tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    assert found.curve["revenue"].tolist() == pytest.approx([0.0, 0.1, 0.3, 0.6, 1.0])
    assert found.gini == pytest.approx(0.25)
    assert (found.customers, found.top_customers, found.total, found.half) == (4, 1, 10.0, 2)
    assert found.top_share == pytest.approx(0.4)


def test_all_alike() -> None:
    found = of(*[5.0] * 20)
    assert found.gini == pytest.approx(0.0)
    assert (found.top_customers, found.half) == (2, 10)
    assert found.top_share == pytest.approx(0.1)


def test_what_is_left_of_fractions_where_all_went_back_is_nothing() -> None:
    noise = 0.1 + 0.2 - 0.3
    table = pd.DataFrame({"monetary": [0.3, 5.0], "net": [noise, 0.0]})
    assert noise > 0
    assert concentration(table, "net") is None
    tiny = pd.DataFrame({"monetary": [1e-9, 3e-9], "net": [1e-9, 3e-9]})
    assert concentration(tiny, "net") is not None


def test_one_brings_all() -> None:
    found = of(*[0.0] * 9, 7.0)
    assert found.gini == pytest.approx(0.9)  # 1 − 1/n
    assert (found.top_share, found.half) == (1.0, 1)


def test_net_ranks_and_counts_what_is_left() -> None:
    """The biggest customer by gross returned nearly everything, the next one more than everything."""
    table = pd.DataFrame({"monetary": [100.0, 50.0, 30.0, 20.0], "net": [1.0, -10.0, 30.0, 19.0]})
    found = concentration(table, "net")
    assert found is not None
    assert found.total == 40.0
    assert found.curve["revenue"].tolist() == pytest.approx([0.0, -0.25, -0.225, 0.25, 1.0])
    assert found.top_share == 0.75


def test_nothing_to_share() -> None:
    assert concentration(pd.DataFrame({"monetary": [], "net": []}), "net") is None
    assert concentration(pd.DataFrame({"monetary": [5.0], "net": [0.0]}), "net") is None


def test_curve_of_many_is_drawn_in_few_points_that_lie_on_it() -> None:
    amounts = np.arange(1.0, 1_001.0)
    found = of(*amounts)
    assert len(found.curve) == POINTS + 1
    places = (found.curve["customers"] * 1_000).round().astype("int64")
    assert found.curve["revenue"].tolist() == pytest.approx((places * (places + 1) / (1_000 * 1_001)).tolist())


@given(
    cents=st.lists(st.integers(0, 10**7), min_size=1, max_size=300).filter(lambda amounts: sum(amounts) > 0),
    seed=st.integers(0, 9),
)
def test_curve_is_convex_rises_and_ends_in_one(cents: list[int], seed: int) -> None:
    amounts = [cent / 4 for cent in cents]
    found = of(*amounts)
    across, up = found.curve["customers"].to_numpy(), found.curve["revenue"].to_numpy()
    assert (across[0], up[0], across[-1], up[-1]) == (0.0, 0.0, 1.0, 1.0)
    slopes = np.diff(up) / np.diff(across)
    assert (np.diff(up) >= -1e-12).all()
    assert all(later >= earlier - 1e-6 for earlier, later in pairwise(slopes))
    assert (up <= across + 1e-9).all()
    assert -1e-9 <= found.gini <= 1 - 1 / len(amounts) + 1e-9
    assert found.top_share >= found.top_customers / len(amounts) - 1e-9
    mixed = of(*np.random.default_rng(seed).permutation(amounts))
    assert mixed.gini == pytest.approx(found.gini)
    pd.testing.assert_frame_equal(mixed.curve, found.curve)
    if len(amounts) <= POINTS:  # the area between the curve and the line, by trapezoids, is half the coefficient
        assert 1 - 2 * np.trapezoid(up, across) == pytest.approx(found.gini)
