"""The choice of k: as many segments as are stable and large enough to act on."""

import pandas as pd
import pytest

from core.errors import InputError, TooLittleDataError
from core.segments.choosing.k_candidates import Candidate
from core.segments.choosing.k_choice import ChoiceSpec, choose, recommend
from core.segments.clustering.scaling import PRESETS
from core.segments.naming import LOYAL
from tests.core.segments.clustering.test_fitting import four_groups

QUICK = ChoiceSpec(bootstraps=4, smallest_share=0.15)


def test_four_groups_are_four_segments() -> None:
    customers = four_groups()
    k, reason, found = choose(customers, PRESETS["clientele"], range(2, 7), QUICK)
    assert k == 4
    assert [candidate.k for candidate in found] == [2, 3, 4, 5, 6]
    assert found[2].stability_ari == pytest.approx(1.0)
    assert reason == (
        "4 segments: the most that stay the same when the shop is resampled (agreement 1.00 of 1), and the smallest "
        f"still has 25% of customers; with 5, the smallest would have only {100 * found[3].smallest / 60:.0f}% of "
        "customers (minimum 15%)."
    )


def test_segments_too_small_to_act_on_are_not_chosen() -> None:
    """Two very large customers form a stable segment, but too small a one for a campaign."""
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
        "No number of segments has at least 5% of customers in each and an agreement of at least 1.00 when the shop "
        f"is resampled; {k} is the most stable of those that are large enough (agreement {best.stability_ari:.2f})."
    )


def test_one_segment_is_looked_at_but_never_chosen() -> None:
    k, _, found = choose(four_groups(), PRESETS["notebook"], range(1, 4), QUICK)
    assert found[0].stability_ari == 1.0
    assert k > 1


@pytest.mark.parametrize(("preset", "ks"), [("clientele", range(2, 13)), ("notebook", range(1, 11))])
@pytest.mark.parametrize("count", [1, 5])
def test_customers_who_are_all_alike_cannot_be_segmented(preset: str, ks: range, count: int) -> None:
    customers = pd.concat([four_groups().head(1)] * count)
    with pytest.raises(
        TooLittleDataError, match=rf"^Choosing k needs at least 2 customers .*, got {count}\. Add more orders\.$"
    ):
        choose(customers, PRESETS[preset], ks, QUICK)


def test_progress_rises_to_one() -> None:
    shares: list[float] = []
    choose(four_groups(), PRESETS["clientele"], (2, 3, 4), QUICK, shares.append)
    assert shares == sorted(shares)
    assert {round(share, 6) for share in shares} == {round(done / 12, 6) for done in range(1, 13)}  # 4 shops for each


def test_same_seed_same_choice() -> None:
    first, second = (choose(four_groups(), PRESETS["clientele"], (4, 5), QUICK) for _ in range(2))
    assert first == second


def known(k: int, smallest: int, ari: float, silhouette: float = 0.3) -> Candidate:
    """Return a candidate of a shop of 100 customers."""
    return Candidate(
        k=k, wcss=1.0, silhouette=silhouette, davies_bouldin=1.0, calinski_harabasz=1.0, stability_ari=ari,
        smallest=smallest,
    )  # fmt: skip


SHOP = [known(1, 100, 1.0), known(2, 40, 0.97), known(3, 20, 0.93), known(4, 16, 0.9), known(5, 6, 0.8499)]


def test_largest_that_is_stable_and_large_enough_by_hand() -> None:
    found = recommend(SHOP, 100, ChoiceSpec())
    assert (found.k, found.held) == (4, True)
    assert found.reason == (
        "4 segments: the most that stay the same when the shop is resampled (agreement 0.90 of 1), and the smallest "
        "still has 16% of customers; with 5, the smallest would have only 6% of customers (minimum 10%) "
        "and the segments would differ too much between resampled shops (agreement 0.8499, minimum 0.85)."
    )


@pytest.mark.parametrize(
    ("spec", "k"),
    [
        (ChoiceSpec(smallest_share=0.2), 3),
        (ChoiceSpec(smallest_share=0.05), 4),  # 5 is not stable
        (ChoiceSpec(smallest_share=0.05, least_ari=0.8), 5),
        (ChoiceSpec(least_ari=0.95), 2),
        (ChoiceSpec(smallest_share=0.16), 4),  # the threshold itself is enough
    ],
)
def test_thresholds_change_the_choice_and_compute_nothing(
    spec: ChoiceSpec, k: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("core.segments.choosing.k_choice.measure")
    monkeypatch.delattr("core.segments.choosing.k_choice.agreement")
    assert recommend(SHOP[::-1], 100, spec).k == k


def test_good_silhouette_does_not_save_a_segment_that_is_too_small() -> None:
    """A group of six of 3,920 customers has the best silhouette and is found in every resample."""
    shop = [known(2, 6, 0.99, silhouette=0.92), known(3, 1_000, 0.9, silhouette=0.3)]
    assert recommend(shop, 3_920, ChoiceSpec()).k == 3
    found = recommend([shop[0], known(3, 500, 0.5)], 3_920, ChoiceSpec())
    assert (found.k, found.held) == (3, False)
    assert found.reason.endswith("3 is the most stable of those that are large enough (agreement 0.50).")


def test_where_all_are_too_small_the_largest_smallest_comes_closest() -> None:
    found = recommend([known(2, 6, 0.9), known(3, 9, 0.8)], 100, ChoiceSpec())
    assert (found.k, found.held) == (3, False)
    assert found.reason.endswith("3 comes closest: its smallest has 9% of customers.")


def test_most_that_was_looked_at_is_said_so() -> None:
    assert recommend(SHOP[:4], 100, ChoiceSpec()).reason.endswith("; more than 4 weren't compared.")


def test_segments_that_just_miss_the_threshold_are_not_rounded_up_to_it() -> None:
    reason = recommend([known(2, 4_000, 0.9), known(3, 996, 0.9)], 10_000, ChoiceSpec()).reason
    assert "the smallest would have only 9.96% of customers (minimum 10%)." in reason


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"smallest_share": 10.0}, r"^`smallest_share` must be between 0 and 1, got 10\.0\.$"),
        ({"least_ari": -0.1}, r"^`least_ari` must be between 0 and 1, got -0\.1\.$"),
        ({"bootstraps": 0}, r"^`bootstraps` must be at least 1, got 0\.$"),
    ],
)
def test_thresholds_that_make_no_sense_are_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(InputError, match=message):
        ChoiceSpec(**values)  # type: ignore[arg-type]
