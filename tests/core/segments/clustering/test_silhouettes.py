"""Silhouettes for many numbers of segments at once."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import silhouette_samples

from core.segments.clustering import silhouettes as module
from core.segments.clustering.silhouettes import silhouettes, standard_errors

coordinates = st.integers(-9, 9).map(float)
points = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=25)


def test_three_on_a_line_by_hand() -> None:
    """Three points at 0, 1 and 5; the first two form a segment.

    The first is 1 from its own segment's other point and 5 from the next segment: (5 − 1) / 5. The second: (4 − 1) / 4.
    The third is alone.
    """
    [found] = silhouettes(np.asarray([[0.0], [1.0], [5.0]]), [np.asarray([0, 0, 1])])
    assert found == pytest.approx([0.8, 0.75, 0.0])


def test_each_labelling_is_that_of_scikit_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BLOCK", 7)  # the last block is a part of one
    rng = np.random.default_rng(0)
    values = rng.normal(size=(40, 3))
    labelings = [rng.integers(0, k, 40) for k in (2, 5, 9)] + [np.arange(40) % 3 * 10 - 1]
    for labels, found in zip(labelings, silhouettes(values, labelings), strict=True):
        assert found == pytest.approx(silhouette_samples(values, labels), abs=1e-12)


def test_one_segment_fits_nobody_better_or_worse() -> None:
    assert silhouettes(np.eye(3), [np.zeros(3, dtype=int)]).tolist() == [[0.0] * 3]
    assert silhouettes(np.eye(3), []).shape == (0, 3)


def test_customers_who_are_all_alike_fit_as_well_anywhere() -> None:
    assert silhouettes(np.ones((4, 2)), [np.asarray([0, 0, 1, 1])]).tolist() == [[0.0] * 4]


@given(points=points, data=st.data())
def test_between_minus_one_and_one_whatever_the_order(points: list[tuple[float, float]], data: st.DataObject) -> None:
    values = np.asarray(points)
    labels = np.asarray(data.draw(st.lists(st.integers(0, 3), min_size=len(points), max_size=len(points))))
    order = np.asarray(data.draw(st.permutations(range(len(points)))))
    [found] = silhouettes(values, [labels])
    [shuffled] = silhouettes(values[order], [labels[order]])
    assert np.all(np.abs(found) <= 1)
    assert shuffled == pytest.approx(found[order], abs=1e-9)


def test_standard_error_is_how_far_samples_lie_apart() -> None:
    rng = np.random.default_rng(0)
    values = np.vstack([rng.normal(0, 1, (1_000, 2)), rng.normal(3, 1, (1_000, 2))])
    labelings = [np.repeat([0, 1], 1_000), np.repeat([0, 1, 2], [1_000, 500, 500])]
    drawn = [rng.choice(2_000, 400, replace=False) for _ in range(60)]
    means = [silhouettes(values[at], [labels[at] for labels in labelings]).mean(axis=1) for at in drawn]
    told = [standard_errors(values[at], [labels[at] for labels in labelings], 2_000) for at in drawn]
    assert np.std(means, axis=0, ddof=1) == pytest.approx(np.mean(np.asarray(told, dtype=float), axis=0), rel=0.3)


def test_standard_error_shrinks_with_who_is_left_and_is_none_of_everybody() -> None:
    values = np.random.default_rng(0).normal(size=(100, 2))
    labels = [np.arange(100) % 2]
    [many], [few] = (standard_errors(values, labels, customers) or [0.0] for customers in (10**9, 200))
    assert few == pytest.approx(many * np.sqrt(0.5))
    assert standard_errors(values, labels, 100) is None
