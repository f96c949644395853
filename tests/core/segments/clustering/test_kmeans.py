"""K-Means for many customers is as good as scikit-learn's restarts."""

import numpy as np
import pytest
from sklearn.cluster import KMeans

from core.segments.clustering import kmeans as module
from core.segments.clustering.kmeans import different, kmeans
from core.segments.clustering.scaling import Matrix


def blobs(count: int, seed: int = 0) -> Matrix:
    """Return points around the corners of a cube, and as many that belong to no group."""
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 2, (count // 2, 3)) * 4 + rng.normal(size=(count // 2, 3))
    return np.vstack([corners, rng.normal(2, 2, (count - count // 2, 3))])


def test_up_to_some_thousands_it_is_scikit_learns_own() -> None:
    values = blobs(900)
    own = KMeans(n_clusters=5, init="k-means++", n_init=10, max_iter=300, random_state=3).fit(values)
    found = kmeans(values, 5, 3)
    assert (found.labels_ == own.labels_).all()
    assert found.inertia_ == own.inertia_


def test_beyond_the_sum_of_squares_is_the_same_to_a_thousandth() -> None:
    values = blobs(module.EXACT + 1_000)
    own = KMeans(n_clusters=8, n_init=10, random_state=0).fit(values)
    found, again = (kmeans(values, 8, 0) for _ in range(2))
    assert found.inertia_ <= own.inertia_ * 1.001
    assert len(found.labels_) == len(values)
    assert (found.labels_ == again.labels_).all()


def test_stages_reach_all_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    """With small stages, each a part of the next, the centres are still the means of all their members."""
    for name, value in (("EXACT", 500), ("_PART", 100), ("_SEVERAL", 400)):
        monkeypatch.setattr(module, name, value)
    values = blobs(3_000)
    found = kmeans(values, 8, 0)
    means = np.stack([values[found.labels_ == i].mean(axis=0) for i in range(8)])
    assert np.allclose(means, found.cluster_centers_, atol=0.05)
    assert found.inertia_ <= KMeans(n_clusters=8, n_init=10, random_state=0).fit(values).inertia_ * 1.01


def test_customers_who_are_nearly_all_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    """No part has enough distinct customers to start from."""
    for name, value in (("EXACT", 500), ("_PART", 100)):
        monkeypatch.setattr(module, name, value)
    values = np.zeros((5_000, 3))
    values[:4] = np.eye(4, 3) + 1
    assert kmeans(values, 4, 0).inertia_ < 5.0


@pytest.mark.parametrize(("most", "found"), [(2, 2), (3, 3), (9, 3)])
def test_different_rows_are_counted_up_to_a_limit(most: int, found: int) -> None:
    values = np.asarray([[0.0, 0.0]] * 200 + [[1.0, 0.0], [1.0, 1e-12], [2.0, 0.0]])
    assert different(values, most) == found
