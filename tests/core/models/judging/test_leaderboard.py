"""Leaderboards, checked by hand and on noise."""

import numpy as np
import pandas as pd
import pytest

from core.models.judging.leaderboard import LEADS, MAIN, figures, leaderboard
from core.models.judging.metrics import DEFINITIONS, of_probabilities
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from tests.core.models.judgements import DAY, noisy, predictions

LATER = DAY + pd.Timedelta(days=90)
BOUGHT = [1, 0, 1, 0]
SAID = {"xgboost": [0.9, 0.1, 0.8, 0.2], "recency": [0.6, 0.4, 0.6, 0.4], "most_frequent": [0.5] * 4}


def by_hand() -> pd.DataFrame:
    """Return predictions with Brier scores of .025, .16 and .25."""
    return pd.concat([predictions(model, p_buy=said, bought=BOUGHT) for model, said in SAID.items()])


def test_places_and_leads_by_hand() -> None:
    board = leaderboard(by_hand(), WILL_BUY, draws=50)
    assert board["model"].tolist() == ["xgboost", "recency", "most_frequent"]
    assert board["place"].tolist() == [1, 2, 3]
    assert board["brier"].tolist() == pytest.approx([0.025, 0.16, 0.25])
    assert board["lead_brier"].tolist() == pytest.approx([0.135, 0, -0.09])  # lower is better, a lead is positive
    assert board["lead_auc"].tolist() == pytest.approx([0, 0, -0.5])
    assert board["baseline"].tolist() == [False, True, True]
    assert board["reference"].tolist() == [False, True, False]
    assert board["low_brier"].iloc[0] == pytest.approx(0.12)  # all draws of one kind: .16 − .04 or .16 − .01
    assert board["high_brier"].iloc[0] == pytest.approx(0.15)


def test_a_model_that_missed_a_cutoff_gains_nothing_by_it() -> None:
    """A model no better than the baseline is present at the easy date only: Brier .01 there, .25 at the other."""
    easy = [predictions(name, p_buy=[0.9, 0.1] * 2, bought=BOUGHT) for name in ("recency", "svm", "knn")]
    poor = {"recency": [0.5] * 4, "knn": [0.4] * 4}
    hard = [predictions(name, LATER, p_buy=said, bought=BOUGHT) for name, said in poor.items()]
    board = leaderboard(pd.concat([*easy, *hard]), WILL_BUY, draws=20).set_index("model")
    assert board.loc["svm", "brier"] == pytest.approx(0.01)
    assert board.loc["recency", "brier"] == pytest.approx((0.01 + 0.25) / 2)
    assert [board.loc["svm", f"{part}_brier"] for part in ("lead", "low", "high")] == [0, 0, 0]
    assert board.loc["knn", "lead_brier"] == pytest.approx(-(0.26 - 0.25) / 2)
    assert board["place"].to_dict() == {"svm": 1, "recency": 2, "knn": 3}


@pytest.mark.parametrize("outcome", [WILL_BUY, SPEND, NEXT_SEGMENT])
def test_a_real_lead_is_told_from_none(outcome: str) -> None:
    board = leaderboard(noisy(800, cutoffs=(DAY, LATER)), outcome, draws=60)
    main, of = MAIN[outcome], {row["model"]: row for row in board.to_dict("records")}
    assert board["model"].iloc[0] == "xgboost"
    assert of["btyd"]["reference"]
    assert of["xgboost"][f"low_{main}"] > 0
    assert of["knn"][f"high_{main}"] < 0
    for figure in LEADS[outcome]:
        assert [of["btyd"][f"{part}_{figure}"] for part in ("lead", "low", "high")] == [0, 0, 0]
        assert (board[f"low_{figure}"] <= board[f"lead_{figure}"] + 1e-12).all()
    assert board["cutoffs"].unique().tolist() == [2]
    assert board["customers"].unique().tolist() == [1600]


def test_figures_are_means_over_cutoffs_each_judged_alone() -> None:
    both = noisy(100, cutoffs=(DAY, LATER))
    each = figures(both, WILL_BUY)
    one = both[(both["model"] == "knn") & (both["cutoff"] == LATER)]
    found = each[(each["model"] == "knn") & (each["cutoff"] == LATER)].iloc[0]
    wanted = of_probabilities(one["bought"], one["p_buy"])
    assert {name: found[name] for name in wanted} == pytest.approx(wanted)
    mean = leaderboard(both, WILL_BUY, draws=5).set_index("model").loc["knn", "auc"]
    assert mean == pytest.approx(each.loc[each["model"] == "knn", "auc"].mean())


def test_the_order_of_rows_says_nothing() -> None:
    given = noisy(80, cutoffs=(DAY, LATER))
    mixed = given.sample(frac=1, random_state=1)
    first, second = (leaderboard(rows, SPEND, draws=20) for rows in (given, mixed))
    pd.testing.assert_frame_equal(first, second)


def test_without_a_baseline_there_is_no_lead() -> None:
    board = leaderboard(predictions("xgboost", p_buy=SAID["xgboost"], bought=BOUGHT), WILL_BUY, draws=5)
    assert board["lead_brier"].isna().all()
    assert not board["reference"].any()


def test_what_nobody_predicted_has_no_rows_and_what_does_not_exist_is_missing() -> None:
    assert leaderboard(by_hand(), SPEND).empty
    nobody = leaderboard(predictions("recency", p_buy=[0.1, 0.2], bought=[0, 0]), WILL_BUY, draws=5)
    assert np.isnan(nobody["auc"].iloc[0])
    assert nobody["brier"].iloc[0] == pytest.approx(0.025)


def test_every_figure_that_decides_is_defined() -> None:
    assert {figure for each in LEADS.values() for figure in each} <= set(DEFINITIONS)
    assert all(MAIN[outcome] == each[0] for outcome, each in LEADS.items())
