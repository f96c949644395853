"""Weak groups of customers, with figures computed by hand."""

import numpy as np
import pandas as pd
import pytest

from core.cards.customer_groups import FEWEST, FEWEST_EACH, by_group, mean_and_error
from tests.core.models.judgements import DAY

WIDE = 2.241403  # normal quantile of an interval of 97.5%, for two groups


def said(group: str | None, buyers: int, others: int, chance: float, *, start: int = 0) -> pd.DataFrame:
    """Return rows of a group's customers, all with the same chance to buy."""
    size = buyers + others
    return pd.DataFrame(
        {
            "cutoff": DAY, "customer_id": [f"{group}-{start + number}" for number in range(size)], "model": "xgboost",
            "actual": [1.0] * buyers + [0.0] * others, "predicted": chance, "group": group,
        }
    )  # fmt: skip


def named(group: str, right: int, wrong: int) -> pd.DataFrame:
    """Return rows of a group's customers, half of whom moved."""
    rows = said(group, right, wrong, 0.5)
    moved = np.arange(len(rows)) % 2 == 0
    return rows.assign(actual="A", predicted=["A"] * right + ["B"] * wrong, moved=moved)


def test_the_error_of_a_mean_by_hand() -> None:
    """1, 1, 0, 0 of four customers: sd / √4 = .289; of two customers who are each the same twice: .5."""
    values = np.array([1.0, 1.0, 0.0, 0.0])
    for customers, error in (([0, 1, 2, 3], np.sqrt(1 / 12)), ([0, 0, 1, 1], 0.5)):
        mean, moves = mean_and_error(values, np.array(customers))
        assert mean == 0.5
        assert np.sqrt((moves**2).sum()) == pytest.approx(error)


def test_a_group_that_alone_is_off_is_weak_and_its_numbers_are_those_by_hand() -> None:
    """In B, 60 of 100 bought and 40% were predicted: an error of −.2, with standard error √(.24 / 99)."""
    rows = pd.concat([said("A", 50, 50, 0.5), said("B", 60, 40, 0.4)])
    table, members = by_group(rows, "will_buy", others="countries")
    assert members.tolist() == rows["group"].tolist()
    good, poor = table.to_dict("records")
    assert (good["group"], good["off"], good["weak"]) == ("A", 0.0, False)
    half = WIDE * np.sqrt(0.24 / 99)
    assert poor["weak"]
    assert (poor["predicted"], poor["actual"], poor["off"]) == pytest.approx((0.4, 0.6, -0.2))
    assert (poor["low"], poor["high"]) == pytest.approx((-0.2 - half, -0.2 + half), abs=1e-6)
    assert (poor["customers"], poor["answers"], poor["judged"], poor["pooled"]) == (100, 60, 100, 1)


def test_groups_that_are_off_alike_are_not_weak() -> None:
    table, _ = by_group(pd.concat([said("A", 60, 40, 0.4), said("B", 120, 80, 0.4)]), "will_buy")
    assert table["off"].tolist() == pytest.approx([-0.2, -0.2])
    assert (table["high"] < 0).all()  # each is off, by more than chance
    assert not table["weak"].any()


def test_the_group_that_is_right_where_all_others_are_off_is_not_weak() -> None:
    table, _ = by_group(pd.concat([said("A", 500, 500, 0.3), said("B", 50, 50, 0.5)]), "will_buy")
    assert dict(zip(table["group"], table["weak"], strict=True)) == {"A": True, "B": False}


def test_a_group_that_is_off_by_chance_alone_is_not_weak_though_others_are_off_the_other_way() -> None:
    table, _ = by_group(pd.concat([said("A", 500, 500, 0.3), said("B", 50, 50, 0.6)]), "will_buy")
    assert dict(zip(table["group"], table["weak"], strict=True)) == {"A": True, "B": False}


def test_what_chance_can_do_is_no_weakness_and_more_groups_can_do_more() -> None:
    """10.5 points are 2.1 standard errors of 100 customers: beyond chance alone, but not among five groups."""
    poor = said("P", 50, 50, 0.605)
    fine = [said(f"F{number}", 500, 500, 0.5) for number in range(4)]
    two, _ = by_group(pd.concat([poor, fine[0]]), "will_buy")
    five, _ = by_group(pd.concat([poor, *fine]), "will_buy")
    widths = [float((t["high"] - t["low"])[t["group"] == "P"].iloc[0]) for t in (two, five)]
    assert widths[0] < widths[1]
    assert not five["weak"].any()


def test_too_few_are_put_together_or_left_unsaid() -> None:
    """74 customers are too few, and so are 19 buyers; 93 with 39 buyers are enough."""
    big, few = said("A", 50, 50, 0.5), said("B", FEWEST_EACH, FEWEST - FEWEST_EACH - 1, 0.5)
    rare = said("C", FEWEST_EACH - 1, 100, 0.5)
    table, members = by_group(pd.concat([big, few, rare, said(None, 40, 40, 0.5)]), "will_buy", others="countries")
    assert table["group"].tolist() == ["A", "unknown", "2 other countries"]
    assert table["pooled"].tolist() == [1, 1, 2]
    assert table["enough"].all()
    assert table["customers"].tolist() == [100, 80, 74 + 119]
    assert members.value_counts()["2 other countries"] == 74 + 119

    apart, _ = by_group(pd.concat([big, few, rare]), "will_buy")
    assert dict(zip(apart["group"], apart["enough"], strict=True)) == {"A": True, "B": False, "C": False}
    assert apart.loc[~apart["enough"], ["off", "low", "high"]].isna().all(axis=None)
    assert not apart["weak"].any()
    alone, _ = by_group(pd.concat([big, few]), "will_buy", others="countries")
    assert alone["group"].tolist() == ["A", "B"]  # one alone keeps its name
    assert not by_group(few, "will_buy", others="countries")[0]["enough"].any()


def test_the_next_segment_is_weak_where_it_is_named_right_less_often_than_elsewhere() -> None:
    table, _ = by_group(pd.concat([named("A", 90, 10), named("B", 60, 40), named("C", 150, 50)]), "next_segment")
    found = table.set_index("group")
    assert found["actual"].to_dict() == pytest.approx({"A": 0.9, "B": 0.6, "C": 0.75})
    assert found.loc["B", "off"] == pytest.approx(0.6 - 240 / 300)
    assert found["weak"].to_dict() == {"A": False, "B": True, "C": False}
    assert found["predicted"].isna().all()


def test_a_customer_at_several_dates_says_no_more_than_once() -> None:
    once = pd.concat([said("A", 50, 50, 0.5), said("B", 60, 40, 0.4)])
    twice = pd.concat([once, once.assign(cutoff=DAY + pd.Timedelta(days=90))])
    tables = [by_group(rows, "will_buy")[0] for rows in (once, twice)]
    for name in ("customers", "answers", "off", "low", "high", "weak"):
        assert tables[0][name].tolist() == pytest.approx(tables[1][name].tolist())
    assert tables[1]["judged"].tolist() == [200, 200]
