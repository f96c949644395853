"""Evaluation curves: points checked by hand, and areas and sums that agree with the metrics."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InputError
from core.models.judging import curves
from core.models.judging.metrics import calibration_error, of_classes, of_probabilities
from core.models.judging.predictions import at_latest, judged
from tests.core.models.judgements import DAY, noisy, predictions
from tests.strategies import examples

LATER = DAY + pd.Timedelta(days=90)
FOUR = predictions("xgboost", p_buy=[0.9, 0.4, 0.3, 0.2], bought=[1, 0, 1, 0])


def test_roc_by_hand() -> None:
    found = curves.roc(judged(FOUR, "will_buy"))
    assert found[["mistaken", "found"]].to_numpy().tolist() == [[0, 0], [0, 0.5], [0.5, 0.5], [0.5, 1], [1, 1]]
    assert found["threshold"].tolist()[1:] == [0.9, 0.4, 0.3, 0.2]
    assert (found["model"] == "xgboost").all()
    assert (found["cutoff"] == DAY).all()


def test_precision_and_recall_by_hand_ascend_and_begin_with_the_first_buyer() -> None:
    found = curves.precision_recall(judged(FOUR, "will_buy"))
    points = found[["recall", "precision"]].to_numpy().tolist()
    assert points[0] == [0.5, 1.0]
    assert points[-1] == [1.0, 0.5]
    assert [1.0, pytest.approx(2 / 3)] in points
    assert found["recall"].is_monotonic_increasing


def test_gain_by_hand() -> None:
    """The first of four customers is one of two buyers: a quarter finds half, a lift of two."""
    found = curves.gain(judged(FOUR, "will_buy"))
    one = found[found["model"] == "xgboost"]
    assert one["picked"].tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert one["found"].tolist() == [0, 0.5, 0.5, 1, 1]
    assert one["lift"].tolist()[1:] == [2, 1, pytest.approx(4 / 3), 1]
    assert np.isnan(one["lift"].iloc[0])
    assert found.loc[found["model"] == curves.PERFECT, "found"].tolist() == [0, 0.5, 1, 1, 1]


def test_customers_predicted_alike_share_what_they_spent() -> None:
    alike = predictions("btyd", expected_spend=[5.0, 5.0, 1.0, 1.0], spend=[30, 10, 60, 0])
    found = curves.gain(judged(alike, "spend")).query("model == 'btyd'")
    assert found["found"].tolist() == pytest.approx([0, 0.2, 0.4, 0.7, 1])


def test_reliability_by_hand() -> None:
    """Bins of two: .25 and .65 predicted, half bought in each; Wilson interval of 1 in 2: .0945 to .9055."""
    found = curves.reliability(judged(FOUR, "will_buy"), bins=2)
    assert found["predicted"].tolist() == pytest.approx([0.25, 0.65])
    assert found["happened"].tolist() == [0.5, 0.5]
    assert found[["low", "high"]].iloc[0].tolist() == pytest.approx([0.0945, 0.9055], abs=1e-4)
    assert found["customers"].tolist() == [2, 2]


def test_amounts_by_hand() -> None:
    found = curves.amounts(judged(predictions("btyd", expected_spend=[9.0, 5, 1, 1], spend=[30, 10, 6, 0]), "spend"), 2)
    assert found[["bin", "customers", "predicted", "actual"]].to_numpy().tolist() == [[1, 2, 7, 20], [2, 2, 1, 3]]


def test_confusion_and_report_by_hand() -> None:
    said = predictions("knn", segment_predicted=list("aabba"), segment_next=list("aaabb"))
    rows = judged(said, "next_segment")
    counted = curves.confusion(rows)
    assert counted["customers"].tolist() == [2, 1, 1, 1]
    assert counted["share"].tolist() == pytest.approx([2 / 3, 1 / 3, 1 / 2, 1 / 2])
    first, second = curves.per_class(rows).to_dict("records")
    assert [first[name] for name in ("segment", "precision", "recall", "f1")] == ["a", *[pytest.approx(2 / 3)] * 3]
    assert (second["support"], second["said"]) == (2, 2)


def test_a_segment_that_nobody_came_to_is_there_with_nothing() -> None:
    said = predictions("knn", segment_predicted=list("aac"), segment_next=list("aaa"))
    _, report = curves.per_class(judged(said, "next_segment")).to_dict("records")
    assert [report[name] for name in ("segment", "precision", "recall", "support", "said")] == ["c", 0, 0, 0, 1]
    counted = curves.confusion(judged(said, "next_segment"))
    assert counted["share"].tolist() == pytest.approx([2 / 3, 1 / 3, 0, 0])


def test_one_outcome_has_no_curve_but_the_others_have() -> None:
    nobody = predictions("knn", LATER, p_buy=[0.2, 0.1], bought=[0, 0])
    rows = judged(pd.concat([FOUR, nobody]), "will_buy")
    for curve in (curves.roc, curves.precision_recall, curves.gain):
        assert set(curve(rows)["cutoff"]) == {DAY}
    assert set(curves.reliability(rows)["cutoff"]) == {DAY, LATER}
    assert curves.roc(judged(nobody, "will_buy")).empty


def test_cutoffs_are_apart_unless_pooled() -> None:
    both = noisy(50, cutoffs=(DAY, LATER))
    apart, pooled = (curves.reliability(judged(both, "will_buy", pooled=pooled)) for pooled in (False, True))
    assert len(apart) == 2 * len(pooled)
    assert pooled["cutoff"].isna().all()
    assert pooled.groupby("model")["customers"].sum().unique().tolist() == [100]
    perfect = curves.gain(judged(both, "will_buy", pooled=True)).query("model == @curves.PERFECT")
    assert perfect["picked"].iloc[1] == pytest.approx(1 / 100)


def test_what_was_not_seen_or_not_predicted_is_not_judged() -> None:
    unseen = predictions("xgboost", LATER, p_buy=[0.5], bought=[np.nan])
    silent = predictions("persistence", p_buy=[np.nan], bought=[1])
    everything = pd.concat([FOUR, unseen, silent])
    assert len(judged(everything, "will_buy")) == 4
    assert judged(everything, "spend").empty
    assert set(at_latest(everything)["cutoff"]) == {DAY}
    assert len(at_latest(unseen)) == 1
    for curve in (curves.roc, curves.gain, curves.reliability, curves.confusion, curves.per_class):
        assert curve(judged(everything, "spend")).empty
    with pytest.raises(InputError, match="`outcome` must be one of will_buy, spend, next_segment, got “churn”"):
        judged(everything, "churn")


def test_long_curves_are_thinned_and_keep_their_ends_and_areas() -> None:
    rows = judged(noisy(5_000), "will_buy")
    found = curves.roc(rows)
    assert found.groupby("model").size().max() <= curves.MOST_POINTS
    for model, points in found.groupby("model"):
        part = rows[rows["model"] == model]
        auc = of_probabilities(part["actual"], part["predicted"])["auc"]
        assert np.trapezoid(points["found"], points["mistaken"]) == pytest.approx(auc, abs=2e-3)
        assert points[["mistaken", "found"]].to_numpy()[[0, -1]].tolist() == [[0, 0], [1, 1]]


PAIRS = st.lists(st.tuples(st.integers(0, 1), st.sampled_from([0.1, 0.2, 0.5, 0.9])), min_size=1, max_size=60)


@examples(20, 100)
@given(PAIRS)
def test_the_error_of_the_bins_is_the_calibration_error(pairs: list[tuple[int, float]]) -> None:
    happened, probability = (np.array(column, float) for column in zip(*pairs, strict=True))
    bins = curves.reliability(judged(predictions("svm", p_buy=list(probability), bought=list(happened)), "will_buy"))
    error = ((bins["predicted"] - bins["happened"]).abs() * bins["customers"]).sum() / bins["customers"].sum()
    assert error == pytest.approx(calibration_error(happened, probability))
    assert (bins["low"] <= bins["happened"] + 1e-12).all()
    assert (bins["happened"] <= bins["high"] + 1e-12).all()


@examples(20, 100)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), min_size=1, max_size=40))
def test_the_report_agrees_with_the_figures(pairs: list[tuple[str, str]]) -> None:
    actual, said = (list(column) for column in zip(*pairs, strict=True))
    rows = judged(predictions("svm", segment_predicted=said, segment_next=actual), "next_segment")
    report = curves.per_class(rows).query("support > 0")
    assert report["f1"].mean() == pytest.approx(of_classes(actual, said)["f1_macro"])
    assert curves.confusion(rows)["customers"].sum() == len(pairs)
