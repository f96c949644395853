"""Metrics of predictions, checked by hand and against scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from core.models.judging.metrics import (
    DEFINITIONS,
    calibration_error,
    capture,
    normalised_gini,
    of_amounts,
    of_classes,
    of_probabilities,
    paired_difference,
)
from tests.strategies import examples


def test_probabilities_by_hand() -> None:
    """Of the pairs of buyer and non-buyer, 3 of 4 are ranked correctly: all but (.3, .4)."""
    found = of_probabilities([1, 0, 1, 0], [0.9, 0.4, 0.3, 0.2])
    assert found["auc"] == 0.75
    assert found["brier"] == pytest.approx((0.01 + 0.16 + 0.49 + 0.04) / 4)
    assert found["log_loss"] == pytest.approx(-(np.log(0.9) + np.log(0.6) + np.log(0.3) + np.log(0.8)) / 4)
    assert found["average_precision"] == pytest.approx((1 + 2 / 3) / 2)
    assert found["ece"] == pytest.approx((0.1 + 0.4 + 0.7 + 0.2) / 4)


def test_calibration_by_hand() -> None:
    """Bins of two: .1 predicted and 0 bought; .75 predicted and .5 bought: (.1 + .25) / 2."""
    y, p = np.array([0.0, 0, 1, 0]), np.array([0.1, 0.1, 0.7, 0.8])
    assert calibration_error(y, p, bins=2) == pytest.approx(0.175)


def test_the_order_of_customers_with_equal_probabilities_says_nothing() -> None:
    """With one bin per customer, ten bins would each be off by .5; averaged over ties, none is."""
    y = np.array([0.0] * 5 + [1.0] * 5)
    assert calibration_error(y, np.full(10, 0.5)) == 0


def test_one_outcome_has_no_ranking() -> None:
    found = of_probabilities([0, 0], [0.1, 0.2])
    assert (found["auc"], found["average_precision"]) == (None, None)
    assert found["brier"] == pytest.approx(0.025)


def test_amounts_by_hand() -> None:
    """In predicted order 60, 30, 10, 0, gains are .6 .9 1 1 with area (.3 + .75 + .95 + 1) / 4 = .75: perfect."""
    actual, predicted = np.array([10.0, 0.0, 60.0, 30.0]), np.array([2.0, 1.0, 50.0, 47.0])
    found = of_amounts(actual, predicted)
    assert found["gini"] == 1
    assert found["predicted_over_actual"] == 1
    assert found["mae"] == pytest.approx((8 + 1 + 10 + 17) / 4)
    assert found["capture_20"] == 0  # 20% of four customers is no one
    assert capture(actual, predicted, 0.5) == pytest.approx(0.9)


def test_the_worst_ranking_has_the_opposite_gini_and_chance_none() -> None:
    actual = np.array([0.0, 1.0, 2.0, 5.0])
    assert normalised_gini(actual, -actual) == pytest.approx(-1)
    assert normalised_gini(actual, np.ones(4)) == pytest.approx(0)


def test_nothing_spent_has_no_shares() -> None:
    found = of_amounts([0, 0], [1.0, 2.0])
    assert [found[name] for name in ("gini", "capture_10", "predicted_over_actual", "spearman")] == [None] * 4


def test_classes_by_hand() -> None:
    """Class a: two of three found, one of three predictions wrong. Class b: one of two found."""
    found = of_classes(list("aaabb"), list("aabba"))
    assert found["accuracy"] == 0.6
    assert found["balanced_accuracy"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found["f1_macro"] == pytest.approx((2 / 3 + 1 / 2) / 2)
    assert found["mcc"] == pytest.approx(1 / 6)


def test_a_class_that_nobody_is_in_is_no_class() -> None:
    assert of_classes(list("aab"), list("aac"))["f1_macro"] == pytest.approx(0.5)


def test_a_real_lead_has_an_interval_above_zero_and_none_has_one_around_it() -> None:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2_000)
    good, poor = y + rng.normal(0, 1, 2_000), y + rng.normal(0, 2, 2_000)
    lead = paired_difference(roc_auc_score, y, good, poor, draws=200)
    assert 0 < lead["low"] < lead["difference"] < lead["high"]
    same = paired_difference(roc_auc_score, y, good, good, draws=50)
    assert same == {"difference": 0, "low": 0, "high": 0}


NUMBERS = st.lists(st.tuples(st.floats(0, 100, width=16), st.floats(-5, 5, width=16)), min_size=2, max_size=50)


@examples(20, 100)
@given(NUMBERS, st.randoms(use_true_random=False))
def test_the_order_of_rows_says_nothing(rows: list[tuple[float, float]], shuffle: object) -> None:
    other = list(rows)
    shuffle.shuffle(other)  # type: ignore[attr-defined]
    first, second = (of_amounts([y for y, _ in r], [p for _, p in r]) for r in (rows, other))
    assert [name for name, value in first.items() if value is None] == [n for n, v in second.items() if v is None]
    known = {name: value for name, value in first.items() if value is not None}
    assert known == pytest.approx({name: second[name] for name in known}, rel=1e-6, abs=1e-9)


def test_every_figure_is_defined() -> None:
    given_names = {*of_probabilities([0, 1], [0, 1]), *of_amounts([0, 1], [0, 1]), *of_classes(["a"], ["a"])}
    assert given_names == set(DEFINITIONS)
