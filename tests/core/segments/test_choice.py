"""As many segments as hold up and are large enough to act on."""

import pandas as pd
import pytest

from core.errors import TooLittleDataError
from core.segments.choice import ChoiceSpec, choose
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
        "4 segments: the most that stay the same when the shop is resampled (agreement 1.00 of 1), and the smallest "
        f"still has 25 % of customers; with 5, the smallest would have only {100 * found[3].smallest / 60:.0f} % of "
        "customers (at least 15 % are wanted)."
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


def test_where_none_holds_the_most_stable_that_is_large_enough_is_taken_and_said_so() -> None:
    spec = ChoiceSpec(bootstraps=4, least_ari=1.0, smallest_share=0.05)
    k, reason, found = choose(four_groups(), PRESETS["clientele"], (5, 6), spec)
    best = max(found, key=lambda candidate: candidate.stability_ari or 0.0)
    assert min(candidate.smallest for candidate in found) >= 0.05 * 60
    assert k == best.k
    assert reason == (
        "No number of segments has at least 5 % of customers in each and an agreement of at least 1.00 when the shop "
        f"is resampled; {k} is the most stable of those that are large enough (agreement "
        f"{f'{best.stability_ari:.2f}'.removeprefix('0')})."
    )


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
    assert shares == sorted(shares)
    assert {round(share, 6) for share in shares} == {round(done / 12, 6) for done in range(1, 13)}  # 4 shops for each


def test_same_seed_same_choice() -> None:
    first, second = (choose(four_groups(), PRESETS["clientele"], (4, 5), QUICK) for _ in range(2))
    assert first == second
