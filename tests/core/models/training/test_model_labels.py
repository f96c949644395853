"""Sentences about models' results, checked on small numbers."""

import numpy as np
import pandas as pd
import pytest

from core.models.judging.leaderboard import BASELINES
from core.models.judging.metrics import DEFINITIONS
from core.models.learners.candidates import BALANCING, CANDIDATES
from core.models.training import model_labels
from core.models.training.suite import CHAMPION
from tests.core.models.judgements import DAY, noisy, predictions

TWENTY = list(range(20))
BUYERS = [1.0] * 5 + [0.0] * 15
LATER = DAY + pd.Timedelta(days=90)


def together(outcome: str, actual: list[float], good: list[float], poor: list[float]) -> pd.DataFrame:
    """Return two models' predictions of an outcome."""
    said = {"bought": "p_buy", "spend": "expected_spend"}[outcome]
    found = []
    for model, values in (("champion", good), ("recency", poor)):
        columns = {said: values, "bought": actual, outcome: actual}
        found.append(predictions(model, **columns))
    return pd.concat(found)


def test_buyers_are_counted() -> None:
    rows = together("bought", BUYERS, [1 - n / 20 for n in TWENTY], [0.5] * 20)
    said = model_labels.worth(rows, "will_buy", "champion", "recency")
    # 10% of customers are two; recency ties them all and finds buyers by chance: 2 · 5/20, rounded to even
    assert said == "Of its top 2 customers, 2 bought; recency alone would have found 0."
    assert model_labels.worth(rows, "will_buy", "champion", "champion") == "Of its top 2 customers, 2 bought."
    assert model_labels.worth(rows, "will_buy", "champion", "btyd") == "Of its top 2 customers, 2 bought."
    assert model_labels.worth(rows, "will_buy", "svm", "recency") == ""


def test_the_latest_cutoff_that_was_seen_is_told() -> None:
    later = predictions("champion", LATER, p_buy=[0.9] + [0.1] * 9, bought=[0.0] * 10)
    unseen = predictions("champion", LATER + pd.Timedelta(days=90), p_buy=[0.5] * 10, bought=[np.nan] * 10)
    earlier = together("bought", BUYERS, [1 - n / 20 for n in TWENTY], [0.5] * 20)
    said = model_labels.worth(pd.concat([earlier, later, unseen]), "will_buy", "champion", "recency")
    assert said == "Its top customer did not buy."


@pytest.mark.parametrize(
    ("customers", "size"),
    [(1, 1), (10, 1), (99, 9), (100, 10), (199, 10), (340, 30), (999, 90), (1_249, 100), (1_600, 150), (3_400, 300),
     (5_000, 500), (500_000, 500)],
)  # fmt: skip
def test_lists_have_a_plain_length(customers: int, size: int) -> None:
    assert model_labels.list_size(customers) == size


def test_spend_is_a_share() -> None:
    spend = [76.0, 10.0, 5.0, 5.0, 4.0]
    said = model_labels.worth(
        together("spend", spend, [9.0, 1, 1, 1, 1], [1.0, 9, 1, 1, 1]), "spend", "champion", "recency"
    )
    assert said == "Its top 20% of customers accounted for 76% of spend; recency alone would have found 10%."
    nothing = together("spend", [0.0] * 5, [1.0] * 5, [1.0] * 5)
    assert model_labels.worth(nothing, "spend", "champion", "recency").startswith("No one spent anything")


def test_segments_are_counted_in_a_hundred() -> None:
    actual = list("aaab")
    rows = pd.concat(
        [
            predictions("champion", segment_predicted=list("aaab"), segment_next=actual, bought=[0] * 4),
            predictions("persistence", segment_predicted=list("aabb"), segment_next=actual, bought=[0] * 4),
        ]
    )
    said = model_labels.worth(rows, "next_segment", "champion", "persistence")
    assert said == (
        "It predicted the next segment correctly for 100 of 100 customers; the no-change baseline gets 75 right."
    )


def row(lead: float, low: float, high: float, figure: str = "auc") -> dict[str, float]:
    """Return a model's row of a leaderboard."""
    return {f"lead_{figure}": lead, f"low_{figure}": low, f"high_{figure}": high}


def test_a_lead_is_real_or_could_be_chance() -> None:
    seen = [
        row(0.008, 0.003, 0.012),
        row(0.002, -0.001, 0.005),
        row(-0.001, -0.004, 0.003),
        row(-0.01, -0.02, -0.004),
        row(np.nan, np.nan, np.nan),
    ]
    said = [model_labels.lead(given, "will_buy", "btyd", figure="auc") for given in seen]
    assert said == [
        "Its lead over own rhythm is real: AUC is better by 0.008 (95%: 0.003 to 0.012).",
        "Its lead over own rhythm could be chance: AUC is better by 0.002 (95%: −0.001 to 0.005).",
        "It is level with own rhythm: AUC is worse by 0.001 (95%: −0.003 to 0.004).",
        "It is behind own rhythm: AUC is worse by 0.010 (95%: 0.004 to 0.020).",
        "There is too little data to compare it with own rhythm.",
    ]


def test_another_figure_is_told_after_it() -> None:
    assert (
        model_labels.also(row(0.008, 0.003, 0.012), "auc")
        == "AUC is better by 0.008 (95%: 0.003 to 0.012), more than chance."
    )
    said = model_labels.also(row(0.002, -0.001, 0.005, "brier"), "brier")
    assert said == "The Brier score is better by 0.0020 (95%: −0.0010 to 0.0050), which could be chance."
    assert model_labels.also(row(-0.01, -0.02, -0.004), "auc").startswith(
        "AUC is worse by 0.010 (95%: 0.004 to 0.020), more"
    )
    assert model_labels.also(row(np.nan, np.nan, np.nan), "auc") == ""


def test_what_balancing_costs_is_told() -> None:
    plain = {"model": "xgboost", "f1_macro": 0.70, "ece": 0.02}
    said = model_labels.cost_of_balancing(plain, {"model": "xgboost+smote", "f1_macro": 0.712, "ece": 0.08})
    assert said == (
        "XGBoost, SMOTE: macro-F1 rises by 0.012, from 0.700 to 0.712; "
        "calibration error rises by 0.060, from 0.020 to 0.080, so its probabilities are no longer reliable."
    )
    said = model_labels.cost_of_balancing(plain, {"model": "xgboost+weights", "f1_macro": 0.69, "ece": 0.0202})
    assert said.startswith("XGBoost, weighted: macro-F1 falls by 0.010,")
    assert said.endswith("calibration error barely changes, from 0.020 to 0.020.")
    said = model_labels.cost_of_balancing({"model": "svm", "f1_macro": 0.5}, {"model": "svm+smote", "f1_macro": 0.5})
    assert said == "Support vector machine, SMOTE: macro-F1 barely changes, from 0.500 to 0.500."


def test_the_main_figure_is_told_unless_another_is_asked_for() -> None:
    said = model_labels.lead(row(0.0061, 0.004, 0.008, "brier"), "will_buy", "recency")
    assert said == "Its lead over recency alone is real: the Brier score is better by 0.0061 (95%: 0.0040 to 0.0080)."
    said = model_labels.lead(row(0.02, 0.01, 0.03, "mcc"), "next_segment", "persistence")
    assert said.startswith("Its lead over the no-change baseline is real: MCC")


def test_everything_has_a_name() -> None:
    assert set(model_labels.FIGURES) == set(DEFINITIONS)
    assert {CHAMPION, "rfm", *CANDIDATES, *BASELINES} == set(model_labels.LABELS) == set(model_labels.ABOUT)
    assert model_labels.label("unheard of") == "unheard of"
    assert model_labels.label("xgboost+smote") == "XGBoost, SMOTE"
    assert set(model_labels.BALANCED) == set(BALANCING) - {"none"}
    assert model_labels.phrase("xgboost") == "XGBoost"
    assert model_labels.phrase(CHAMPION) == "the champion blend"
    assert model_labels.phrase("knn") == "nearest neighbours"
    assert model_labels.phrase("xgboost+smote") == "XGBoost, SMOTE"
    assert model_labels.phrase("svm+weights") == "support vector machine, weighted"
    assert set(noisy(4)["model"]) <= set(model_labels.LABELS)
