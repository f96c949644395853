"""Calibration of the chance to buy: blends, over- and underconfidence, and shifts of the level."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit

from core.models.learners.calibration import blended, log_odds, sharpness, shift_to

PROBABILITIES = st.lists(st.floats(0.001, 0.999), min_size=1, max_size=40)


def moved(probabilities: list[float], mean: float) -> np.ndarray:
    """Shift all log-odds so that the mean probability is `mean`."""
    return np.asarray(expit(log_odds(probabilities) + shift_to(probabilities, mean)))


def test_shift_by_hand() -> None:
    """Odds of 1 and 4 tripled are 3 and 12: .75 and 12 / 13."""
    wanted = (0.75 + 12 / 13) / 2
    assert shift_to([0.5, 0.8], wanted) == pytest.approx(np.log(3))
    assert moved([0.5, 0.8], wanted) == pytest.approx([0.75, 12 / 13])


@given(PROBABILITIES, st.floats(0.01, 0.99))
def test_the_mean_is_met_and_the_order_stays(probabilities: list[float], mean: float) -> None:
    found = moved(probabilities, mean)
    assert found.mean() == pytest.approx(mean, abs=1e-9)
    order = np.argsort(probabilities, kind="stable")
    assert (np.diff(found[order]) >= 0).all()


def test_a_blend_by_hand() -> None:
    """Odds of 1/4 and 4 have mean log-odds 0; certainties stay finite."""
    assert blended([[0.2, 0.0], [0.8, 1.0]]) == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("slope", [0.6, 1.0, 1.5])
def test_sharpness_finds_by_what_log_odds_were_divided(slope: float) -> None:
    """One of two dates had a good season, which says nothing about sharpness."""
    rng, judged = np.random.default_rng(0), []
    for season in (0.0, 1.0):
        true = rng.normal(0, 1.5, 20_000)
        judged.append((expit(true / slope), (rng.random(20_000) < expit(true + season)).astype(float)))
    assert sharpness(judged) == pytest.approx(slope, rel=0.05)
    assert sharpness([]) == 1
