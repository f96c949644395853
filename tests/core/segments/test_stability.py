"""Segments of resampled shops agree with those of the shop where there are groups."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from core.segments.clustering import scaled
from core.segments.scaling import PRESETS
from core.segments.stability import agreement
from tests.core.segments.test_clustering import four_groups


def test_stability_is_that_of_an_independent_loop() -> None:
    from sklearn.cluster import KMeans  # noqa: PLC0415

    values, _ = scaled(four_groups(), PRESETS["clientele"])
    rng = np.random.default_rng(0)

    def labels(points: np.ndarray, seed: int) -> np.ndarray:
        found: np.ndarray = KMeans(5, n_init=10, random_state=seed).fit(points).predict(values)
        return found

    scores = []
    for number in range(4):
        drawn = values[rng.integers(0, len(values), len(values))]
        scores.append(adjusted_rand_score(labels(values, 0), labels(drawn, number)))
    assert agreement(values, 5, bootstraps=4) == pytest.approx(scores)


def test_noise_is_less_stable_than_groups() -> None:
    noise = np.random.default_rng(1).normal(size=(60, 3))
    groups, _ = scaled(four_groups(), PRESETS["clientele"])
    assert agreement(noise, 4, bootstraps=4).mean() < 0.85 < agreement(groups, 4, bootstraps=4).mean()
