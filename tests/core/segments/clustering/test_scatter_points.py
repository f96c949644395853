"""Customers projected onto a plane."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.segments.clustering.fitting import fit
from core.segments.clustering.scatter_points import neighbours, plane, stratified
from core.segments.segment_model import ClusterSpec
from tests.core.segments.clustering.test_fitting import four_groups


def test_a_plane_of_three_features_shows_nearly_all_of_four_tight_groups() -> None:
    customers = four_groups()
    found = plane(fit(customers, ClusterSpec()), customers)
    assert (len(found.points), found.customers) == (len(customers), len(customers))
    assert found.explained > 0.9
    centres = found.points.groupby("segment")[["x", "y"]].mean()
    inside = found.points.groupby("segment")[["x", "y"]].std().max().max()
    apart = [np.linalg.norm(a - b) for i, a in enumerate(centres.to_numpy()) for b in centres.to_numpy()[:i]]
    assert min(apart) > 3 * inside


def test_directions_are_told_by_their_features() -> None:
    """Orders and spend rise together while recency falls, so the first direction combines all three."""
    rows = [(100 - i, 1 + i, 10.0 * (1 + i)) for i in range(50)]
    customers = pd.DataFrame(rows, columns=["recency", "frequency", "monetary"])
    customers["customer_id"] = [f"{i:03}" for i in range(50)]
    first, _ = plane(fit(customers, ClusterSpec(k=2)), customers).axes
    assert {"frequency", "spend"} <= set(first.replace("more ", "").replace("less ", "").split(", "))


def test_a_small_segment_is_not_lost_in_the_sample() -> None:
    segments = pd.Series(["big"] * 9_900 + ["small"] * 80 + ["tiny"] * 20)
    drawn = segments.iloc[stratified(segments, 1_000, seed=0)].value_counts()
    assert drawn.to_dict() == {"big": 990, "small": 60, "tiny": 20}


@given(st.lists(st.sampled_from("abc"), min_size=1, max_size=300), st.integers(1, 400))
def test_a_sample_holds_each_customer_once_in_order(names: list[str], most: int) -> None:
    segments = pd.Series(names)
    drawn = stratified(segments, most, seed=1)
    assert (np.diff(drawn) > 0).all()
    assert set(segments.iloc[drawn]) == set(names)
    assert drawn.tolist() == stratified(segments, most, seed=1).tolist()


@pytest.mark.parametrize("count", [4, 40])
def test_those_who_are_alike_lie_together(count: int) -> None:
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(0, 0.01, (count, 3)), rng.normal(5, 0.01, (count, 3))])
    places = neighbours(points, seed=0)
    assert places.shape == (2 * count, 2)
    middle = [places[:count].mean(axis=0), places[count:].mean(axis=0)]
    near = [np.linalg.norm(places - centre, axis=1) for centre in middle]
    assert (np.argmin(near, axis=0) == np.repeat([0, 1], count)).all()


def test_customers_who_are_all_alike_have_a_place_too() -> None:
    assert np.isfinite(neighbours(np.zeros((30, 3)), seed=0)).all()
