"""The elbow of a curve."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.segments.clustering.elbow import bend, knee


def test_knee_by_hand() -> None:
    """The line from (2, 100) to (6, 0) falls by 25 a step; the curve is 75 − 40 = 35 below it at 3, 50 − 30 at 4."""
    assert knee([2, 3, 4, 5, 6], [100, 40, 30, 20, 0]) == 3


def test_knee_of_the_notebook() -> None:
    """The real shop's UK customers, with 1 to 10 segments."""
    wcss = [11760, 8080.597, 4859.999, 3237.246, 2653.74, 2233.841, 1841.699, 1516.769, 1348.192, 1180.157]
    assert knee(list(range(1, 11)), wcss) == 4


@pytest.mark.parametrize(
    ("ks", "wcss"), [([], []), ([2, 3], [9.0, 1.0]), ([2, 3, 4], [3.0, 2.0, 1.0]), ([2, 3, 4], [1.0, 1.0, 1.0])]
)
def test_what_does_not_bend_has_no_knee(ks: list[int], wcss: list[float]) -> None:
    assert knee(ks, wcss) is None


@given(st.lists(st.integers(1, 1_000), min_size=3, max_size=11, unique=True))
def test_units_do_not_matter_and_the_ends_are_no_knees(values: list[int]) -> None:
    wcss = sorted(map(float, values), reverse=True)
    ks = list(range(2, len(wcss) + 2))
    found = knee(ks, wcss)
    assert found == knee(ks, [value * 4 for value in wcss])  # a power of two: exact
    assert found is None or ks[0] < found < ks[-1]


def test_rising_curve_turns_steep_where_distances_jump() -> None:
    assert bend(np.asarray([1.0, 1.1, 1.2, 1.3, 5.0, 9.0])) == 1.3
    assert bend(np.asarray([2.0, 2.0, 2.0])) == 2.0
