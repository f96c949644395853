"""Derivatives match the likelihood, and data that can't be fitted raises a clear error."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.customers.btyd import BgNbd, GammaGamma, Histories
from core.customers.btyd.bgnbd import log_likelihood_of
from core.customers.btyd.gammagamma import log_likelihood_of as amounts_likelihood_of
from core.customers.btyd.histories import Vector
from core.customers.btyd.maximum_likelihood import climb
from core.errors import TooLittleDataError

SOME = Histories.of([0, 0, 0, 1, 1, 7, 30, 2], [0, 0, 0, 12, 90, 200, 360, 50], [20, 20, 300, 100, 100, 365, 365, 51])
PARAMETER = st.floats(0.05, 30)


def differences(total: Callable[[Vector], tuple[float, Vector]], parameters: tuple[float, ...]) -> list[float]:
    """Return numerical derivatives by small steps to either side."""
    at = np.array(parameters)
    steps = np.diag(1e-5 * at)
    return [(total(at + step)[0] - total(at - step)[0]) / (2 * step.sum()) for step in steps]


@given(st.tuples(PARAMETER, PARAMETER, PARAMETER, PARAMETER))
def test_likelihood_of_all_histories_and_its_derivatives(parameters: tuple[float, float, float, float]) -> None:
    found, slope = log_likelihood_of(SOME)(np.array(parameters))
    r, alpha, a, b = parameters
    each = BgNbd(r=r, alpha=alpha, a=a, b=b).each_log_likelihood(SOME.x, SOME.t_x, SOME.T)
    assert found == pytest.approx(each @ SOME.weight, rel=1e-12)
    assert slope == pytest.approx(differences(log_likelihood_of(SOME), parameters), rel=1e-4, abs=1e-3)


def test_likelihood_of_a_mean_amount_by_its_definition() -> None:
    """By hand for p = q = γ = 1 and one purchase of 3: ∫ ν e^(−3ν) e^(−ν) dν = 1 / 16."""
    found, _ = amounts_likelihood_of(np.array([1.0]), np.array([3.0]))(np.ones(3))
    assert found == pytest.approx(np.log(1 / 16))


@given(st.tuples(PARAMETER, PARAMETER, PARAMETER))
def test_derivatives_of_the_likelihood_of_amounts(parameters: tuple[float, float, float]) -> None:
    total = amounts_likelihood_of(np.array([1.0, 1, 2, 9, 40]), np.array([5.0, 80, 30, 31, 12.5]))
    assert total(np.array(parameters))[1] == pytest.approx(differences(total, parameters), rel=1e-4, abs=1e-3)


def test_amounts_in_another_currency_fit_alike() -> None:
    """In a currency whose unit is worth little, gamma is larger than any parameter searched."""
    rng = np.random.default_rng(0)
    x = rng.integers(1, 9, 500).astype(float)
    mean = rng.gamma(3 * x, 1 / rng.gamma(4.0, 1 / 100, 500)) / x
    here, there = GammaGamma.fit(x, mean), GammaGamma.fit(x, mean * 20_000)
    assert (there.p, there.q, there.gamma) == pytest.approx((here.p, here.q, here.gamma * 20_000), rel=1e-5)
    found, _ = amounts_likelihood_of(x, mean * 20_000)(np.array([there.p, there.q, there.gamma]))
    assert there.gamma > np.exp(12)
    assert there.log_likelihood == pytest.approx(found)


def test_a_likelihood_without_a_finite_value_is_refused() -> None:
    with pytest.raises(TooLittleDataError, match="Nothing can't be fitted"):
        climb(lambda at: (float("nan"), at), [np.ones(2)], "Nothing")
