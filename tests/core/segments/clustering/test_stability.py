"""Segments of resampled shops agree with the original ones if there are real groups."""

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

from core.segments.clustering.fitting import scaled
from core.segments.clustering.scaling import PRESETS
from core.segments.clustering.stability import agreement, mean_and_low
from tests.core.segments.clustering.test_fitting import four_groups


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


def test_mean_and_what_one_in_ten_falls_below_by_hand() -> None:
    assert mean_and_low(np.arange(11) / 10) == pytest.approx((0.5, 0.1))
    assert mean_and_low(np.zeros(0)) == (0.0, 0.0)


def test_one_segment_is_always_the_same() -> None:
    assert agreement(np.zeros((5, 2)), 1, bootstraps=3).tolist() == [1.0] * 3


def test_resampled_shops_that_cannot_be_segmented_do_not_count() -> None:
    """Most bootstraps of three customers have only two distinct ones."""
    values = np.asarray([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    scores = agreement(values, 3, bootstraps=20)
    assert 0 < len(scores) < 20
    assert scores.tolist() == [1.0] * len(scores)


def test_says_each_shop_and_stops_where_told() -> None:
    values, _ = scaled(four_groups(), PRESETS["clientele"])
    done: list[int] = []
    agreement(values, 2, bootstraps=3, progress=done.append)
    assert done == [1, 2, 3]

    def stop(number: int) -> None:
        done.append(number)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        agreement(values, 2, bootstraps=3, progress=stop)
    assert done == [1, 2, 3, 1]
