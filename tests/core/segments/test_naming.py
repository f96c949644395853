"""Segments are named after their centroids, never by cluster number."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from core.segments.clustering.scaling import Matrix
from core.segments.naming import CHURNING, FOUR, LOYAL, NEW, POTENTIAL, name_centroids, rank
from core.segments.segment_model import K_RANGE

# Standardised recency, frequency, monetary.
GROUPS = {
    LOYAL: (-1.0, 1.5, 1.5),  # were here yesterday, order often, spend much
    POTENTIAL: (-0.2, 0.3, 0.2),
    NEW: (-0.8, -0.8, -0.9),  # bought once, recently
    CHURNING: (1.6, -0.7, -0.6),  # have been away long
}


def centroids_of(k: int) -> st.SearchStrategy[Matrix]:
    """Draw k random centroids."""
    return arrays.arrays(np.float64, (k, 3), elements=st.floats(-3, 3, width=32))


@pytest.mark.parametrize("order", list(itertools.permutations(FOUR)))
def test_four_groups_get_the_four_names_whatever_their_order(order: tuple[str, ...]) -> None:
    assert name_centroids(np.array([GROUPS[name] for name in order])) == list(order)


def test_big_spenders_long_gone_are_not_the_loyal_ones() -> None:
    """Of the three others, most orders and spend make a potential loyalist, even after a long absence."""
    centroids = np.array([(-1.0, 1.0, 1.0), (2.0, 0.9, 0.9), (-1.0, -1.0, -1.0), (0.5, -1.0, -1.0)])
    assert name_centroids(centroids) == [LOYAL, POTENTIAL, NEW, CHURNING]


def test_rank_is_frequency_plus_monetary_minus_recency() -> None:
    centroids = np.array([(1.0, 0.0, 0.0), (0.0, 1.0, 1.0), (0.0, 0.0, 0.5), (-1.0, 0.0, 0.0)])
    assert rank(centroids) == [1, 3, 2, 0]


def test_other_numbers_say_when_how_often_and_how_much() -> None:
    centroids = np.array([(-1.0, 2.0, 2.0), (2.0, -1.0, -1.0), (0.5, 0.5, -1.0)])
    assert name_centroids(centroids) == [
        "Active frequent, high spend",
        "Lapsed occasional, low spend",
        "Cooling regular, low spend",
    ]


def test_equal_names_are_told_apart_best_first() -> None:
    centroids = np.array([(2.0, -1.0, -0.9), (-1.0, 2.0, 2.0), (2.0, -1.0, -1.0)])
    assert name_centroids(centroids) == [
        "Lapsed occasional, low spend (A)",
        "Active frequent, high spend",
        "Lapsed occasional, low spend (B)",
    ]


@pytest.mark.parametrize("k", K_RANGE)
def test_names_are_unique_for_any_centroids(k: int) -> None:
    @given(centroids=centroids_of(k))
    def check(centroids: Matrix) -> None:
        names = name_centroids(centroids)
        assert len(set(names)) == len(names) == k
        assert all(names)
        assert sorted(rank(centroids)) == list(range(k))

    check()


@given(centroids=centroids_of(4))
def test_four_are_always_the_four(centroids: Matrix) -> None:
    assert set(name_centroids(centroids)) == set(FOUR)


@given(centroids=centroids_of(5), order=st.permutations(range(5)))
def test_order_of_clusters_does_not_matter_where_they_differ(centroids: Matrix, order: list[int]) -> None:
    worth = centroids[:, 1] + centroids[:, 2] - centroids[:, 0]
    if len(np.unique(worth)) < len(worth):
        return  # equal ranks have no order of their own
    forth = name_centroids(centroids)
    assert name_centroids(centroids[order]) == [forth[place] for place in order]
