"""Drift of customers away from the model in use."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.segments.drift import Reference, drift, stability_index

NAMES = ("recency", "frequency")


def test_index_by_hand() -> None:
    """From two halves to one quarter and three: (.25 − .5) ln .5 + (.75 − .5) ln 1.5 = .17329 + .10137."""
    assert stability_index(np.array([0.5, 0.5]), np.array([0.25, 0.75])) == pytest.approx(0.27465, abs=1e-5)


def test_an_empty_bin_counts_as_one_in_ten_thousand() -> None:
    """(.0001 − .5) ln .0002 + (1 − .5) ln 2 = 4.25774 + .34657."""
    assert stability_index(np.array([0.5, 0.5]), np.array([0.0, 1.0])) == pytest.approx(4.60432, abs=1e-5)


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=10), st.randoms(use_true_random=False))
def test_index_is_never_negative_and_the_same_both_ways(weights: list[float], shuffle: object) -> None:
    before = np.array(weights) / sum(weights)
    now = before.copy()
    shuffle.shuffle(now)  # type: ignore[attr-defined]
    assert stability_index(before, before) == 0
    assert stability_index(before, now) >= 0
    assert stability_index(before, now) == pytest.approx(stability_index(now, before))


def test_the_same_customers_are_steady_and_one_in_a_hundred_is_far() -> None:
    points = np.random.default_rng(0).normal(size=(10_000, 2))
    nearest = np.linalg.norm(points, axis=1)
    found = drift(Reference.of(points, nearest), NAMES, points, nearest)
    assert found.features["feature"].tolist() == list(NAMES)
    assert found.worst == pytest.approx(0, abs=1e-6)
    assert found.far_share == pytest.approx(0.01)
    assert found.verdict == "steady"


@pytest.mark.parametrize(("shift", "verdict"), [(0.4, "shifted"), (1.0, "moved")])
def test_customers_who_moved_are_noticed(shift: float, verdict: str) -> None:
    points = np.random.default_rng(0).normal(size=(10_000, 2))
    nearest = np.linalg.norm(points, axis=1)
    reference = Reference.of(points, nearest)
    found = drift(reference, NAMES, points + np.array([0.0, shift]), nearest)
    assert found.verdict == verdict
    assert found.features["psi"].idxmax() == 1


def test_many_far_customers_are_enough() -> None:
    points = np.random.default_rng(0).normal(size=(1_000, 2))
    nearest = np.linalg.norm(points, axis=1)
    found = drift(Reference.of(points, nearest), NAMES, points, nearest + 1.5)
    assert found.verdict == "moved"


def test_features_with_few_values_have_few_bins() -> None:
    """Nine of ten customers have the same value, so all deciles but the last coincide."""
    points = np.array([[1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [1.0], [7.0]])
    reference = Reference.of(points, np.zeros(10))
    assert sum(reference.shares[0]) == pytest.approx(1)
    assert Reference.from_json(json.loads(json.dumps(reference.to_json()))) == reference
    assert drift(reference, ("recency",), points, np.zeros(10)).worst == 0
