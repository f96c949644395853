"""Figures for each number of segments."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score

from core.segments.choosing import k_candidates as module
from core.segments.choosing.k_candidates import Candidate, candidates, measure
from core.segments.clustering.cluster_features import RFM
from core.segments.clustering.fitting import fit, scaled
from core.segments.clustering.scaling import PRESETS
from core.segments.segment_model import ClusterSpec
from tests import strategies
from tests.core.segments.clustering.test_fitting import four_groups
from tests.strategies import examples

FOUR_POINTS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c", "d"],
        "recency": [0.0, 0.0, 10.0, 10.0],
        "frequency": [1.0, 1.0, 1.0, 1.0],
        "monetary": [0.0, 4.0, 0.0, 4.0],
    }
)


def test_corners_of_a_square_by_hand() -> None:
    """After standardising, the four customers are at (±1, 0, ±1).

    With one segment, each is √2 from the centre, so the sum of squares is 8. Two segments are two sides of the square:
    each customer is 1 from its centroid, so the sum is 4. With four segments it is 0.
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
    customers = four_groups(each=100)
    [exact] = candidates(customers, PRESETS["clientele"], [6])
    assert (exact.silhouette_se, exact.sampled) == (None, None)
    monkeypatch.setattr(module, "SILHOUETTE_SAMPLE", 300)
    [sampled], [again] = (candidates(customers, PRESETS["clientele"], [6]) for _ in range(2))
    assert sampled == again
    assert sampled.silhouette != exact.silhouette
    assert sampled.silhouette == pytest.approx(exact.silhouette, abs=0.05)
    assert sampled.sampled == 300
    assert 0 < (sampled.silhouette_se or 0) < 0.05


def test_sample_is_the_one_that_scikit_learn_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    values, _ = scaled(four_groups(), PRESETS["clientele"])
    monkeypatch.setattr(module, "SILHOUETTE_SAMPLE", 30)
    for found in measure(values, range(2, 6), seed=5):
        labels = found.fitted.labels_
        assert found.candidate.silhouette == pytest.approx(
            silhouette_score(values, labels, sample_size=30, random_state=5), abs=1e-12
        )
        assert len(found.drawn) == len(found.silhouettes) == 30


@examples(3, 10)
@given(customers=strategies.customers(), seed=st.integers(0, 9))
def test_order_of_rows_is_irrelevant_and_segments_are_of_all(customers: pd.DataFrame, seed: int) -> None:
    found = candidates(customers, PRESETS["clientele"], range(2, 6))
    assert candidates(customers.sample(frac=1, random_state=seed), PRESETS["clientele"], range(2, 6)) == found
    for candidate in found:
        assert -1 <= (candidate.silhouette or 0) <= 1
        assert 1 <= candidate.smallest <= len(customers) / candidate.k


def test_plain_values_for_json() -> None:
    [candidate] = candidates(FOUR_POINTS, PRESETS["notebook"], [2])
    assert Candidate.from_json(candidate.to_json()) == candidate
    assert {type(value) for value in candidate.to_json().values()} == {int, float, type(None)}
    assert candidate.stability_ari is None
