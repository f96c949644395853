"""K-Means compared with other algorithms."""

import numpy as np
import pytest
from sklearn.cluster import AgglomerativeClustering
from sklearn.metrics import adjusted_rand_score, calinski_harabasz_score, davies_bouldin_score, silhouette_score

from core.segments.choosing import algorithm_comparison as module
from core.segments.choosing.algorithm_comparison import Compared, compare
from core.segments.clustering.algorithms import algorithms
from core.segments.clustering.scaling import Matrix

NAMES = ["K-Means", "Ward", "Gaussian mixture", "DBSCAN", "HDBSCAN"]


def two_crowds(each: int = 40, far: int = 0) -> Matrix:
    """Return two distant groups of points, and single points even farther from both."""
    rng = np.random.default_rng(0)
    crowds = [rng.normal(centre, 0.3, (each, 2)) for centre in (0, 10)]
    return np.vstack([*crowds, [[30.0 + 10 * number, -40.0] for number in range(far)]]) if far else np.vstack(crowds)


def by_name(rows: list[Compared]) -> dict[str, Compared]:
    """Return one row per algorithm."""
    return {row.algorithm: row for row in rows}


def test_all_algorithms_find_two_crowds() -> None:
    rows = compare(two_crowds(), [2], bootstraps=3)
    assert [row.algorithm for row in rows] == NAMES
    assert [row.k for row in rows] == [2, 2, 2, None, None]
    labels = np.repeat([0, 1], 40)
    assert by_name(rows)["DBSCAN"].clusters == 2  # the thin edges of the crowds are noise to it
    for row in [row for row in rows if row.algorithm != "DBSCAN"]:
        assert (row.clusters, row.noise_share, row.smallest) == (2, 0.0, 40), row.algorithm
        assert row.silhouette == pytest.approx(silhouette_score(two_crowds(), labels))
        assert row.davies_bouldin == pytest.approx(davies_bouldin_score(two_crowds(), labels))
        assert row.calinski_harabasz == pytest.approx(calinski_harabasz_score(two_crowds(), labels))
        assert (row.bootstraps, row.customers, row.sampled) == (3, 80, False)
        assert row.seconds > 0
    assert [row.stability_ari for row in rows if row.k] == [1.0] * 3
    assert [row.assigns_new for row in rows] == [True, False, True, False, False]


def test_customers_in_no_segment_are_told_and_left_out_of_the_criteria() -> None:
    row = by_name(compare(two_crowds(far=4), [2], bootstraps=1))["DBSCAN"]
    assert row.noise_share == pytest.approx(4 / 84)
    assert (row.clusters, row.smallest) == (2, 40)
    assert row.silhouette == pytest.approx(silhouette_score(two_crowds(), np.repeat([0, 1], 40)))


def test_ward_is_that_of_scikit_learn() -> None:
    values = np.random.default_rng(1).normal(size=(80, 3))
    ward = next(algorithm for algorithm in algorithms(values) if algorithm.name == "Ward").fit(values, 0)
    for k in (2, 5, 12):
        expected = AgglomerativeClustering(n_clusters=k).fit_predict(values)
        assert adjusted_rand_score(ward(k, values), expected) == 1.0


def test_customers_not_seen_follow_the_nearest() -> None:
    values = two_crowds()
    for algorithm in algorithms(values):
        assign = algorithm.fit(values, 0)
        known, new = assign(2, values), assign(2, np.asarray([[0.5, 0.5], [9.5, 9.0]]))
        assert new.tolist() == [known[0], known[-1]], algorithm.name


def test_many_customers_are_compared_on_a_seeded_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 60)
    rows = compare(two_crowds(), [2], bootstraps=1)
    assert {(row.customers, row.sampled) for row in rows} == {(60, True)}


@pytest.mark.parametrize("values", [two_crowds(each=20), np.zeros((60, 2))])
def test_too_few_customers_are_not_compared(values: Matrix) -> None:
    assert compare(values, [2, 3], bootstraps=1) == []


def test_as_many_segments_as_there_are_different_customers() -> None:
    rows = compare(np.repeat(np.eye(4), 20, axis=0), range(2, 13), bootstraps=2)
    assert max(row.k or 0 for row in rows) == 4
    assert all(Compared.from_json(row.to_json()) == row for row in rows)
