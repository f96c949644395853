"""Customers by cell and by fitted segment: no one is lost, and shares match those computed by hand."""

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from core.segments.rules.known_maps import KLAVIYO
from core.segments.rules.rfm_scores import score
from core.segments.rules.rule_maps import assign
from core.segments.rules.rule_summary import grid, split
from tests.core.segments.rules.test_rfm_scores import CUSTOMERS
from tests.strategies import examples

SCORED = pd.DataFrame(
    {
        "customer_id": list("abcd"),
        "monetary": [10.0, 20.0, 30.0, 40.0],
        "recency_score": [3, 3, 3, 1],
        "frequency_score": [2, 2, 2, 1],
        "segment": pd.Categorical(["Good", "Fair", "Good", "Fair"], categories=["Good", "Fair", "Nobody"]),
    }
)


def test_cells_add_up_customers_and_revenue() -> None:
    cells = grid(SCORED, 3)
    found = {
        (row.pop("recency_score"), row.pop("frequency_score")): list(row.values()) for row in cells.to_dict("records")
    }
    assert len(found) == 9
    assert found[3, 2] == [3, 0.75, 60.0, 0.6, "Good", 2]
    assert found[1, 1] == [1, 0.25, 40.0, 0.4, "Fair", 1]
    assert found[2, 2][:4] == [0, 0.0, 0.0, 0.0]


def test_split_has_every_pair_and_shares_of_the_rule() -> None:
    found = split(SCORED["segment"], pd.Series(["X", "Y", "X", "Y"]), ["Good", "Fair", "Nobody"], ["X", "Y"])
    assert found["customers"].tolist() == [2, 0, 0, 2, 0, 0]
    assert found["share"].tolist() == [1.0, 0.0, 0.0, 1.0, 0.0, 0.0]


@examples(20, 100)
@given(CUSTOMERS, st.data())
def test_nobody_and_no_money_is_lost(customers: pd.DataFrame, data: st.DataObject) -> None:
    scored = pd.concat([customers, score(customers, KLAVIYO.scores)], axis="columns")
    scored = scored.assign(customer_id=range(len(scored)), segment=assign(scored, KLAVIYO))
    cells = grid(scored, 3)
    assert cells["customers"].sum() == len(customers)
    assert abs(cells["revenue"].sum() - customers["monetary"].sum()) < 1e-6
    model = pd.Series(data.draw(st.lists(st.sampled_from("XY"), min_size=len(scored), max_size=len(scored))))
    found = split(scored["segment"], model, KLAVIYO.segments, ["X", "Y"])
    assert found["customers"].sum() == len(customers)
    assert found.groupby("rule_segment")["share"].sum().round(9).isin([0.0, 1.0]).all()
