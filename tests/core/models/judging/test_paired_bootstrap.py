"""Bootstrapped metrics equal those of the drawn customers, only faster."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from core.models.judging.metrics import normalised_gini, of_amounts, of_classes, of_probabilities, paired_difference
from core.models.judging.paired_bootstrap import FIGURES, resampled
from core.models.judging.predictions import judged
from tests.core.models.judgements import DAY, noisy, predictions
from tests.strategies import examples

WEIGHTS = st.lists(st.integers(0, 3), min_size=6, max_size=6)
NUMBERS = st.lists(st.sampled_from([0.0, 0.25, 0.5, 1.0]), min_size=6, max_size=6)
CLASSES = st.lists(st.sampled_from("abc"), min_size=6, max_size=6)


def of_drawn(figure: str, weights: list[int], actual: Any, predicted: Any) -> tuple[float, Any, Any]:
    """Return a metric computed by weights, and the drawn customers."""
    y, p = np.asarray(actual), np.asarray(predicted)
    [found] = FIGURES[figure](np.array([weights], float), y, p)
    return float(found), np.repeat(y, weights), np.repeat(p, weights)


@examples(20, 100)
@given(WEIGHTS, st.lists(st.sampled_from([0.0, 1.0]), min_size=6, max_size=6), NUMBERS)
def test_probabilities(weights: list[int], actual: list[float], predicted: list[float]) -> None:
    auc, y, p = of_drawn("auc", weights, actual, predicted)
    if not len(y) or np.ptp(y) == 0:
        assert np.isnan(auc)
        return
    wanted = of_probabilities(y, p)
    assert auc == pytest.approx(wanted["auc"])
    for figure in ("brier", "log_loss", "average_precision"):
        assert of_drawn(figure, weights, actual, predicted)[0] == pytest.approx(wanted[figure])


@examples(20, 100)
@given(WEIGHTS, NUMBERS, NUMBERS)
def test_amounts(weights: list[int], actual: list[float], predicted: list[float]) -> None:
    gini, y, p = of_drawn("gini", weights, actual, predicted)
    if not len(y) or np.ptp(y) == 0:
        assert np.isnan(gini)
        return
    assert gini == pytest.approx(normalised_gini(y, p))
    wanted = of_amounts(y, p)
    for figure in ("capture_20", "predicted_over_actual", "mae"):
        assert of_drawn(figure, weights, actual, predicted)[0] == pytest.approx(wanted[figure])


@examples(20, 100)
@given(WEIGHTS.filter(any), CLASSES, CLASSES)
def test_classes(weights: list[int], actual: list[str], predicted: list[str]) -> None:
    f1, y, p = of_drawn("f1_macro", weights, actual, predicted)
    wanted = of_classes(y, p)
    assert f1 == pytest.approx(wanted["f1_macro"])
    for figure in ("mcc", "accuracy"):
        assert of_drawn(figure, weights, actual, predicted)[0] == pytest.approx(wanted[figure])


def test_same_interval_as_drawing_one_by_one() -> None:
    rows = judged(noisy(200), "will_buy")
    good, poor = (rows[rows["model"] == model] for model in ("xgboost", "recency"))
    wanted = paired_difference(roc_auc_score, good["actual"], good["predicted"], poor["predicted"], draws=50, seed=3)
    found = resampled(rows, "auc", draws=50, seed=3)
    low, high = np.quantile(found["xgboost"] - found["recency"], [0.025, 0.975])
    assert (low, high) == pytest.approx((wanted["low"], wanted["high"]))


def test_a_customer_comes_with_all_cutoffs() -> None:
    """Repeating the same customers adds nothing: the mean over both cutoffs is that of either."""
    once = judged(noisy(60), "spend")
    twice = pd.concat([once, once.assign(cutoff=DAY + pd.Timedelta(days=90))])
    for model, values in resampled(twice, "gini", draws=20).items():
        assert values == pytest.approx(resampled(once, "gini", draws=20)[model])


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = judged(noisy(40), "next_segment")
    whole = resampled(rows, "mcc", draws=12)
    monkeypatch.setattr("core.models.judging.paired_bootstrap._BATCH", 5 * 40)
    for model, values in resampled(rows, "mcc", draws=12).items():
        assert values.tolist() == whole[model].tolist()


def test_a_cutoff_without_buyers_is_left_out_of_the_mean() -> None:
    first = judged(noisy(60), "will_buy")
    nobody = first.assign(actual=0.0, cutoff=DAY + pd.Timedelta(days=90))
    with_nobody = resampled(pd.concat([first, nobody]), "auc", draws=10)
    assert with_nobody["xgboost"] == pytest.approx(resampled(first, "auc", draws=10)["xgboost"])
    only = judged(predictions("xgboost", p_buy=[0.5, 0.1], bought=[0, 0]), "will_buy")
    assert np.isnan(resampled(only, "auc", draws=3)["xgboost"]).all()
    assert resampled(only.head(0), "auc", draws=3) == {}
