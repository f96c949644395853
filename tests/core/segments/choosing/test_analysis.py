"""Segments with the figures behind their number."""

import json

import pytest

from core.errors import InputError, TooLittleDataError
from core.segments.choosing.analysis import AnalysisSpec, analyse
from core.segments.choosing.k_choice import ChoiceSpec
from core.segments.naming import FOUR
from tests.core.segments.clustering.test_fitting import four_groups

CANDIDATE_KEYS = [
    "k", "wcss", "silhouette", "davies_bouldin", "calinski_harabasz", "stability_ari", "smallest",
    "stability_p10", "silhouette_se", "sampled",
]  # fmt: skip
SEGMENT_KEYS = [
    "name",
    "customers",
    "revenue",
    "revenue_share",
    "median_recency",
    "median_frequency",
    "median_monetary",
]


def test_default_is_four_named_segments_with_candidates() -> None:
    customers = four_groups()
    segmented, result = analyse(customers, AnalysisSpec())
    assert segmented["segment"].tolist() == customers["group"].tolist()
    assert list(result) == ["preset", "k", "k_reason", "candidates", "segments"]
    assert (result["preset"], result["k"]) == ("clientele", 4)
    assert result["k_reason"].startswith("4 segments, the default")
    assert [candidate["k"] for candidate in result["candidates"]] == list(range(2, 13))
    assert all(list(candidate) == CANDIDATE_KEYS for candidate in result["candidates"])
    assert all(candidate["stability_ari"] is None for candidate in result["candidates"])
    assert [segment["name"] for segment in result["segments"]] == list(FOUR)
    assert all(list(segment) == SEGMENT_KEYS for segment in result["segments"])
    assert [segment["customers"] for segment in result["segments"]] == [15] * 4


def test_money_of_the_segments_is_that_of_the_customers() -> None:
    customers = four_groups()
    _, result = analyse(customers, AnalysisSpec(k=7))
    assert sum(segment["revenue"] for segment in result["segments"]) == pytest.approx(customers["monetary"].sum())
    assert sum(segment["revenue_share"] for segment in result["segments"]) == pytest.approx(1.0)
    assert sum(segment["customers"] for segment in result["segments"]) == len(customers)
    assert result["k_reason"] == "7 segments were requested."


def test_returned_and_net_are_told_where_they_are_known() -> None:
    customers = four_groups().assign(returned=1.0)
    customers["net"] = customers["monetary"] - 1.0
    _, result = analyse(customers, AnalysisSpec())
    assert list(result["segments"][0]) == [*SEGMENT_KEYS, "returned", "net"]
    assert result["segments"][0]["returned"] == 15.0


def test_chosen_number_comes_with_stability() -> None:
    shares: list[float] = []
    spec = AnalysisSpec(k=None, choice=ChoiceSpec(bootstraps=2, smallest_share=0.15))
    _, result = analyse(four_groups(), spec, shares.append)
    assert result["k"] == 4
    assert all(0 <= candidate["stability_ari"] <= 1 for candidate in result["candidates"])
    assert shares[-1] == 1.0


def test_notebook_preset_looks_at_one_to_ten() -> None:
    _, result = analyse(four_groups(), AnalysisSpec(preset="notebook"))
    assert [candidate["k"] for candidate in result["candidates"]] == list(range(1, 11))


def test_result_is_plain_json() -> None:
    _, result = analyse(four_groups(each=1), AnalysisSpec())
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert [candidate["k"] for candidate in result["candidates"]] == [2, 3, 4]  # there are four customers


@pytest.mark.parametrize("k", [0, 1, 13])
def test_spec_refuses_numbers_no_model_can_have(k: int) -> None:
    with pytest.raises(InputError, match=rf"^`k` must be between 2 and 12, got {k}\.$"):
        AnalysisSpec(k=k)


def test_spec_refuses_unknown_presets() -> None:
    with pytest.raises(InputError, match=r"^`preset` must be one of clientele, rank, notebook, got “raw”\.$"):
        AnalysisSpec(preset="raw")


def test_too_few_customers_are_refused() -> None:
    with pytest.raises(TooLittleDataError):
        analyse(four_groups(each=1).head(3), AnalysisSpec())
