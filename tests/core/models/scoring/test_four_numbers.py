"""A customer described by RFM and country."""

from typing import Any

import pandas as pd
import pytest

from core.errors import InputError
from core.models.learners.predictor import RFM_COUNTRY
from core.models.scoring.four_numbers import FourNumbers, place_among


def test_they_become_one_row_of_what_the_model_knows() -> None:
    known = FourNumbers(recency=3, frequency=2, monetary=50.5, country="France").known()
    assert known.to_dict("records") == [
        {"now_recency": 3.0, "now_frequency": 2.0, "now_monetary": 50.5, "country": "France"}
    ]
    assert set(known) == set(RFM_COUNTRY)
    assert FourNumbers(recency=0, frequency=1, monetary=0.0).known()["country"].iloc[0] is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"recency": -1}, "“Days since the last order” must be between 0 and 36,500, got -1"),
        ({"recency": 2.5}, "“Days since the last order” must be a whole number, got 2.5"),
        ({"frequency": 0}, "“Orders” must be between 1 and"),
        ({"monetary": -0.01}, "“Spent in all” must be between 0 and"),
        ({"monetary": float("nan")}, "“Spent in all” must be between 0 and"),
        ({"monetary": float("inf")}, "got inf"),
    ],
)
def test_what_cannot_be_is_refused(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said.replace("(", r"\(")):
        FourNumbers(**{"recency": 3, "frequency": 2, "monetary": 50.0, **wrong})


def test_place_among_counts_equals_by_half() -> None:
    others = pd.Series([1, 2, 2, 5])
    assert [place_among(value, others) for value in (0, 1, 2, 5, 9)] == [0.0, 0.125, 0.5, 0.875, 1.0]
    assert place_among(3, pd.Series(dtype=float)) == 0.5
