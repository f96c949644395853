"""As many segments as hold up and are large enough to act on."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import adjusted_rand_score

from core.errors import TooLittleDataError
from core.segments.choice import ChoiceSpec, choose, stability
from core.segments.clustering import scaled
from core.segments.naming import LOYAL
from core.segments.scaling import PRESETS
from tests.core.segments.test_clustering import four_groups

QUICK = ChoiceSpec(bootstraps=4, smallest_share=0.15)


def test_four_groups_are_four_segments() -> None:
    customers = four_groups()
    k, reason, found = choose(customers, PRESETS["clientele"], range(2, 7), QUICK)
    assert k == 4
    assert [candidate.k for candidate in found] == [2, 3, 4, 5, 6]
    assert found[2].stability_ari == pytest.approx(1.0)
    assert reason == (
        "4 is the largest number of segments with at least 15% of customers in each and a mean ARI of at least 0.85 "
        "over 4 resampled shops: the smallest has 25.0%, the ARI is 1.00. More segments fail it."
    )


def test_segments_too_small_to_act_on_are_not_chosen() -> None:
    """Two whales apart are stable, and nobody writes a campaign for two."""
    customers = four_groups(each=20)
    loyal = customers["group"] == LOYAL
    whales = customers.drop(index=customers[loyal].index[2:])
    chosen, _, found = choose(whales, PRESETS["clientele"], range(2, 5), QUICK)
    assert found[2].smallest == 2
    assert chosen < 4


def test_largest_that_holds_goes_before_the_most_stable() -> None:
    k, _, found = choose(four_groups(), PRESETS["clientele"], (2, 4), QUICK)
    assert min(candidate.stability_ari or 0.0 for candidate in found) >= 0.85
    assert k == 4


def test_where_none_holds_the_most_stable_is_taken_and_said_so() -> None:
    k, reason, found = choose(four_groups(), PRESETS["clientele"], (5, 6), ChoiceSpec(bootstraps=4, least_ari=1.0))
    best = max(found, key=lambda candidate: candidate.stability_ari or 0.0)
    assert k == best.k
    assert reason.startswith(
        "No number of segments has at least 10% of customers in each and a mean ARI of at least 1.00;"
    )
    assert f"{k} is the most stable (ARI {best.stability_ari:.2f})." in reason


def test_one_segment_is_looked_at_but_never_chosen() -> None:
    k, _, found = choose(four_groups(), PRESETS["notebook"], range(1, 4), QUICK)
    assert found[0].stability_ari == 1.0
    assert k > 1


@pytest.mark.parametrize(("preset", "ks"), [("clientele", range(2, 13)), ("notebook", range(1, 11))])
@pytest.mark.parametrize("count", [1, 5])
def test_customers_who_are_all_alike_cannot_be_segmented(preset: str, ks: range, count: int) -> None:
    customers = pd.concat([four_groups().head(1)] * count)
    with pytest.raises(TooLittleDataError, match=rf"^Choosing k needs at least 2 customers .*; there are {count}\.$"):
        choose(customers, PRESETS[preset], ks, QUICK)


def test_progress_rises_to_one() -> None:
    shares: list[float] = []
    choose(four_groups(), PRESETS["clientele"], (2, 3, 4), QUICK, shares.append)
    assert shares == pytest.approx([1 / 3, 2 / 3, 1.0])


def test_same_seed_same_choice() -> None:
    first, second = (choose(four_groups(), PRESETS["clientele"], (4, 5), QUICK) for _ in range(2))
    assert first == second


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
    assert stability(values, 5, ChoiceSpec(bootstraps=4)) == pytest.approx(np.mean(scores))


def test_noise_is_less_stable_than_groups() -> None:
    noise = np.random.default_rng(1).normal(size=(60, 3))
    groups, _ = scaled(four_groups(), PRESETS["clientele"])
    assert stability(noise, 4, QUICK) < 0.85 < stability(groups, 4, QUICK)
