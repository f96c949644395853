"""Lifetime value, by hand, from its definition, and against simulations and refitted shops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from core.customers.btyd import (
    BgNbd,
    Customers,
    GammaGamma,
    LifetimeSpec,
    Story,
    futures,
    lifetime,
)
from core.customers.btyd.lifetime import MONTH, _drawn, discounted_purchases
from core.customers.btyd.simulation import Draws
from core.errors import InputError
from tests.strategies import examples

BUYING = BgNbd(r=0.6, alpha=60.0, a=0.4, b=3.0)
STORY = Story(buying=BUYING, spending=GammaGamma(p=3.0, q=4.0, gamma=100.0), mean_amount=70.0)
FAITHFUL = Story(buying=BgNbd(r=1.0, alpha=20.0, a=1e-9, b=1.0), spending=None, mean_amount=50.0)
"""No one lapses, and each purchase is worth 50."""


def customers(*rows: tuple[float, float, float, float]) -> Customers:
    x, t_x, T, amounts = (np.array(column, float) for column in zip(*rows, strict=True))  # noqa: N806
    return Customers(x=x, t_x=t_x, T=T, amounts=amounts)


SOME = customers((0, 0, 10, 50), (0, 0, 300, 100), (1, 50, 100, 20), (2, 30, 200, 300), (20, 300, 365, 60))


def test_value_by_hand_of_who_never_stops() -> None:
    """At (1 + 3) / (20 + 80) purchases a day, 1.21750 a month; three months are worth 2.96454 at 10% a year.

    Mid-month discount factors are 1.1^(−1/24) = .996037, 1.1^(−3/24) = .988157 and 1.1^(−5/24) = .980340.
    """
    found = lifetime(FAITHFUL, customers((3, 70, 80, 50)), LifetimeSpec(months=(1, 3)))
    assert found["ltv_1"].tolist() == pytest.approx([1.2175 * 50 * 0.996037], rel=1e-6)
    assert found["ltv_3"].tolist() == pytest.approx([1.2175 * 50 * 2.964534], rel=1e-6)


def test_published_lifetime_values_of_the_cdnow_sample() -> None:
    """The first three customers in the documentation of lifetimes 0.11: 140.096218, 18.943466 and 38.180575.

    It discounts months of 30 time units from their ends at 1% a month, with amounts per purchase of 24.658619,
    18.911489 and 35.170981.
    """
    buying = BgNbd(r=0.2425931, alpha=4.4136019 * MONTH / 30, a=0.7928861, b=2.4257540)
    who = customers((2, 30.43, 38.86, 1), (1, 1.71, 38.86, 1), (0, 0, 38.86, 1))
    scaled = Customers(x=who.x, t_x=who.t_x * MONTH / 30, T=who.T * MONTH / 30, amounts=who.amounts)
    [found] = discounted_purchases(buying, scaled, LifetimeSpec(months=(12,), discount=1.01**12 - 1))
    from_ends = found * 1.01**-0.5
    assert from_ends * [24.658619, 18.911489, 35.170981] == pytest.approx([140.096218, 18.943466, 38.180575], rel=2e-5)


def test_months_are_as_good_as_days() -> None:
    """Compared with the definition ∫ 1.1^(−t / 365.25) dE(t), by quadrature of the expectation's derivative."""
    spec = LifetimeSpec()
    found = discounted_purchases(BUYING, SOME, spec)
    for one in range(len(SOME)):
        history = SOME.x[one], SOME.t_x[one], SOME.T[one]

        def worth(t: float, history: tuple[float, float, float] = history) -> float:
            rate = (BUYING.expected(t + 0.01, *history) - BUYING.expected(t - 0.01, *history)) / 0.02
            return float(rate * 1.1 ** (-t / 365.25))

        exact = [quad(worth, 0.01, months * MONTH)[0] for months in spec.months]
        assert found[:, one] == pytest.approx(exact, rel=1e-3)


def test_interval_holds_four_in_five_of_what_is_drawn() -> None:
    """Simulated spend in twelve months without discount, including the expected share of lapsed customers."""
    spec = LifetimeSpec(months=(12,), discount=0.0, draws=2_000)
    found = lifetime(STORY, SOME, spec)
    drawn = np.array([draw.spent for draw in futures(STORY, SOME, 365, draws=2_000, seed=1)])
    for one, alive in enumerate(BUYING.alive(SOME.x, SOME.t_x, SOME.T)):
        low, high = found[["ltv_12_low", "ltv_12_high"]].iloc[one]
        above = alive * np.mean(drawn[:, one] > high)
        below = alive * np.mean(drawn[:, one] < low)
        # With more than a tenth of nothing, the lower bound is that and none lie below.
        assert above == pytest.approx(0.1, abs=0.02) or (high == 0 and above < 0.1)
        assert below == pytest.approx(0.1, abs=0.02) or low == 0


def test_who_has_surely_stopped_is_worth_nothing_by_both_bounds() -> None:
    gone = customers((40, 50, 700, 60))
    assert BUYING.alive(gone.x, gone.t_x, gone.T) < 0.01
    [row] = lifetime(STORY, gone, LifetimeSpec()).to_numpy()
    assert (row[[1, 2, 4, 5, 7, 8]] == 0).all()
    assert (row[[0, 3, 6]] > 0).all()


def test_mean_of_the_drawn_is_the_value() -> None:
    """Weighted by P(alive), the draws behind the intervals have the mean of the closed form."""
    spec = LifetimeSpec(draws=2_000)
    draws = Draws.of(STORY, SOME.x, 366, draws=spec.draws, seed=0)
    drawn = _drawn(draws, SOME, spec).mean(axis=-1) * BUYING.alive(SOME.x, SOME.t_x, SOME.T)[:, None]
    assert drawn == pytest.approx(lifetime(STORY, SOME, spec)[["ltv_3", "ltv_6", "ltv_12"]].to_numpy(), rel=0.1)


HISTORY = st.tuples(st.integers(0, 60), st.floats(0, 1), st.integers(1, 700), st.floats(0, 900))


@examples(20, 100)
@given(st.lists(HISTORY, min_size=2, max_size=5))
def test_bounds_are_in_order_grow_with_the_span_and_are_ones_own(rows: list[tuple[int, float, int, float]]) -> None:
    who = customers(*((x, share * T if x else 0, T, amount) for x, share, T, amount in rows))
    spec = LifetimeSpec(draws=50)
    found = lifetime(STORY, who, spec)
    assert (found["ltv_3_low"] <= found["ltv_3_high"]).all()
    for name in ("ltv_3{}", "ltv_6{}"):
        later = "ltv_6{}" if name == "ltv_3{}" else "ltv_12{}"
        for end in ("", "_low", "_high"):
            assert (found[name.format(end)] <= found[later.format(end)] * (1 + 1e-9)).all()
    alone = lifetime(STORY, who.part(slice(1, 2)), spec)
    assert np.array_equal(alone.iloc[0], found.iloc[1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"months": ()}, "ascending"),
        ({"months": (6, 3)}, "ascending"),
        ({"months": (0, 3)}, "between 1 and 60, got"),
        ({"months": (3, 61)}, "between 1 and 60, got"),
        ({"discount": 10.0}, "annual rate between 0 and 1"),
        ({"discount": -0.1}, "annual rate between 0 and 1"),
        ({"draws": 10}, "at least 50"),
    ],
)
def test_specs_that_cannot_be_are_refused(wrong: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        LifetimeSpec(**wrong)  # type: ignore[arg-type]
