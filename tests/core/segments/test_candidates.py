"""Figures for each number of segments."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

from core.segments import candidates as module
from core.segments.candidates import Candidate, candidates
from core.segments.clustering import fit
from core.segments.features import RFM
from core.segments.model import ClusterSpec
from core.segments.scaling import PRESETS
from tests.core.segments.test_clustering import four_groups

FOUR_POINTS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"],
        "recency": [0.0, 0.0, 10.0, 10.0],
        "frequency": [1.0, 1.0, 1.0, 1.0],
        "monetary": [0.0, 4.0, 0.0, 4.0],
    }
)


def test_corners_of_a_square_by_hand() -> None:
    """Standardised, the four customers stand at (±1, 0, ±1).

    One segment: each is √2 from the middle, so the sum of squares is 8. Two segments are two sides of the square:
    each customer is 1 from its centroid, so the sum is 4. Four segments leave nothing.
    """
    found = {candidate.k: candidate for candidate in candidates(FOUR_POINTS, PRESETS["notebook"], range(1, 11))}
    assert list(found) == [1, 2, 3, 4]  # there are four different customers
    assert [found[k].wcss for k in (1, 2, 3, 4)] == pytest.approx([8.0, 4.0, 2.0, 0.0], abs=1e-12)
    assert [found[k].smallest for k in (1, 2, 3, 4)] == [4, 2, 1, 1]
    # Mean distance within: 2; to the nearest other side: (2 + 2√2) / 2. Silhouette: (b − a) / b.
    other = (2 + 2 * np.sqrt(2)) / 2
    assert found[2].silhouette == pytest.approx((other - 2) / other)
    assert found[2].davies_bouldin == pytest.approx((1 + 1) / 2)  # (spread + spread) / distance of centroids
    assert found[2].calinski_harabasz == pytest.approx((4 / 1) / (4 / 2))  # between over within, by degrees of freedom


@pytest.mark.parametrize("k", [1, 4])
def test_one_segment_and_one_each_have_no_separation(k: int) -> None:
    [candidate] = candidates(FOUR_POINTS, PRESETS["notebook"], [k])
    assert (candidate.silhouette, candidate.davies_bouldin, candidate.calinski_harabasz) == (None, None, None)


def test_figures_are_those_of_the_model_fitted_with_that_k() -> None:
    customers = four_groups()
    values = np.log1p(customers[list(RFM)].to_numpy(dtype="float64"))
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    for candidate in candidates(customers, PRESETS["clientele"], (2, 3, 4, 5)):
        labels = fit(customers, ClusterSpec(k=candidate.k)).assign(customers)
        centres = pd.DataFrame(scaled).groupby(labels.to_numpy()).transform("mean").to_numpy()
        assert candidate.wcss == pytest.approx(((scaled - centres) ** 2).sum())
        assert candidate.silhouette == pytest.approx(silhouette_score(scaled, labels))
        assert candidate.davies_bouldin == pytest.approx(davies_bouldin_score(scaled, labels))
        assert candidate.calinski_harabasz == pytest.approx(calinski_harabasz_score(scaled, labels))
        assert candidate.smallest == labels.value_counts().min()


def test_elbow_falls_and_order_of_rows_does_not_matter() -> None:
    customers = four_groups()
    found = candidates(customers, PRESETS["clientele"], range(1, 11))
    assert [c.wcss for c in found] == sorted((c.wcss for c in found), reverse=True)
    assert candidates(customers.iloc[::-1], PRESETS["clientele"], range(1, 11)) == found


def test_silhouette_of_many_customers_is_that_of_a_seeded_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    customers = four_groups()
    [exact] = candidates(customers, PRESETS["clientele"], [4])
    monkeypatch.setattr(module, "SILHOUETTE_SAMPLE", 30)
    [sampled], [again] = (candidates(customers, PRESETS["clientele"], [4]) for _ in range(2))
    assert sampled == again
    assert sampled.silhouette != exact.silhouette
    assert sampled.silhouette == pytest.approx(exact.silhouette, abs=0.1)


def test_plain_values_for_json() -> None:
    [candidate] = candidates(FOUR_POINTS, PRESETS["notebook"], [2])
    assert Candidate(**candidate.to_json()) == candidate
    assert {type(value) for value in candidate.to_json().values()} == {int, float, type(None)}
    assert candidate.stability_ari is None
