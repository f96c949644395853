"""Segment profiles."""

import pandas as pd
import pytest
from hypothesis import given

from core.segments.segment_profiles import OTHER, UNKNOWN, countries, levels, spreads
from tests import strategies
from tests.strategies import examples

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": list("abcde"),
        "segment": ["best", "best", "best", "rest", "rest"],
        "recency": [1, 2, 3, 10, 20],
        "frequency": [5, 5, 5, 1, 1],
        "monetary": [50.0, 60.0, 100.0, 5.0, 7.0],
        "country": ["UK", "UK", "FR", "DE", None],
    }
)


def test_levels_by_hand() -> None:
    """Best: median spend 60 has 3 of 5 below plus half of itself, 3.5 / 5; recency 2 has 1.5 / 5 below, so .7 worse.

    Rest: median recency 15 has 4 of 5 below, so .2 are worse; frequency 1 has half of itself and of one tie, 1 / 5.
    """
    found = levels(CUSTOMERS, ["best", "rest", "nobody"], ["monetary", "recency", "frequency"])
    by = found.set_index(["segment", "feature"])
    assert by["level"].to_dict() == pytest.approx(
        {
            ("best", "monetary"): 0.7, ("best", "recency"): 0.7, ("best", "frequency"): 0.7,
            ("rest", "monetary"): 0.2, ("rest", "recency"): 0.2, ("rest", "frequency"): 0.2,
        }
    )  # fmt: skip
    assert by.loc[("rest", "recency"), "median"] == 15


def test_spreads_by_hand() -> None:
    found = spreads(CUSTOMERS, ["rest", "best"], ["monetary"])
    assert found["segment"].tolist() == ["rest", "best"]
    best = found[found["segment"] == "best"].iloc[0]
    assert (best["customers"], best["median"], best["quarter"], best["three_quarters"]) == (3, 60.0, 55.0, 80.0)


def test_countries_by_hand_with_the_small_ones_added_up() -> None:
    found = countries(CUSTOMERS, ["best", "rest"], most=1)
    assert found.set_index(["segment", "country"])["share"].to_dict() == pytest.approx(
        {("best", "UK"): 2 / 3, ("best", OTHER): 1 / 3, ("rest", "UK"): 0.0, ("rest", OTHER): 1.0}
    )
    assert UNKNOWN in set(countries(CUSTOMERS, ["best", "rest"])["country"])


@examples(20, 100)
@given(customers=strategies.customers())
def test_every_customer_has_one_country_and_levels_lie_between_0_and_1(customers: pd.DataFrame) -> None:
    known = customers.assign(segment=customers["frequency"].gt(1).map({True: "more", False: "one"}), country="UK")
    assert countries(known, ["more", "one"])["customers"].sum() == len(known)
    assert levels(known, ["more", "one"], ["recency", "monetary"])["level"].between(0, 1).all()
