"""Two segmentations of the same customers, compared."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.segments.side_by_side import SideBySide, side_by_side


def compare(before: list[str], after: list[str]) -> SideBySide:
    customers = pd.DataFrame({"monetary": [10.0] * len(before)})
    orders = (sorted(set(before)), sorted(set(after)))
    return side_by_side(customers, pd.Series(before), pd.Series(after), orders)


def test_by_hand() -> None:
    """Of four customers in a, three go to x; both in b go to y: one moves."""
    found = compare(list("aaaabb"), list("xxxyyy"))
    assert found.moved == 1
    assert found.matrix.to_dict("records") == [
        {"before": "a", "after": "x", "customers": 3, "revenue": 30.0},
        {"before": "a", "after": "y", "customers": 1, "revenue": 10.0},
        {"before": "b", "after": "x", "customers": 0, "revenue": 0.0},
        {"before": "b", "after": "y", "customers": 2, "revenue": 20.0},
    ]
    assert found.ari == pytest.approx(0.3243, abs=1e-4)


def test_other_names_move_nobody() -> None:
    found = compare(list("aabbc"), list("xxyyz"))
    assert (found.moved, found.ari) == (0, 1.0)


def test_a_segment_that_is_split_moves_its_smaller_part() -> None:
    assert compare(list("aaaaa"), list("xxxyy")).moved == 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("xyz")), min_size=1))
def test_customers_and_revenue_are_conserved(pairs: list[tuple[str, str]]) -> None:
    found = compare([a for a, _ in pairs], [b for _, b in pairs])
    assert found.matrix["customers"].sum() == len(pairs)
    assert found.matrix["revenue"].sum() == pytest.approx(10.0 * len(pairs))
    assert 0 <= found.moved < len(pairs)
