"""Advice for segments, by the given name of their centroid."""

import pytest

from core.segments.advice import advice_for
from core.segments.naming import CHURNING, FOUR, LOYAL, NEW, POTENTIAL


@pytest.mark.parametrize(
    ("name", "like"),
    [
        ("Active frequent, high spend", LOYAL),
        ("Active frequent, medium spend (B)", LOYAL),
        ("Active regular, medium spend", POTENTIAL),
        ("Active occasional, low spend", NEW),
        ("Lapsed occasional, low spend", CHURNING),
    ],
)
def test_described_segments_are_treated_as_the_one_of_the_four_they_are_like(name: str, like: str) -> None:
    assert advice_for(name).action == advice_for(like).action


def test_segments_like_none_of_the_four_have_words_of_their_own() -> None:
    cooling, spenders = advice_for("Cooling occasional, low spend"), advice_for("Lapsed regular, medium spend")
    assert (
        cooling.meaning == "They ordered a while ago, with few orders and low spend compared with the other segments."
    )
    assert cooling.action.startswith("Remind them now")
    assert spenders.action.startswith("Win them back")


def test_other_features_have_a_general_word() -> None:
    general = advice_for("High tenure, low returns")
    assert general not in [advice_for(name) for name in FOUR]
    assert general.action.startswith("Compare the medians")
