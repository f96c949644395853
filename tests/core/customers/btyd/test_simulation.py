"""Simulations match the models' expectations, and draws don't depend on other customers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.customers.btyd import BgNbd, Customers, Future, GammaGamma, Story, futures
from tests.strategies import examples

BUYING = BgNbd(r=0.6, alpha=60.0, a=0.4, b=3.0)
SPENDING = GammaGamma(p=3.0, q=4.0, gamma=100.0)
STORY = Story(buying=BUYING, spending=SPENDING, mean_amount=70.0)
PUBLISHED = BgNbd(r=0.2425945, alpha=4.4136, a=0.7929199, b=2.4258881)
"""Parameters in weeks: Fader, Hardie and Lee (2005), table 2 with more digits."""


def customers(*rows: tuple[float, float, float, float]) -> Customers:
    x, t_x, T, amounts = (np.array(column, float) for column in zip(*rows, strict=True))  # noqa: N806
    return Customers(x=x, t_x=t_x, T=T, amounts=amounts)


SIX = customers(
    (0, 0, 10, 50), (0, 0, 300, 100), (1, 50, 100, 20), (2, 100, 200, 300), (20, 360, 365, 60), (5, 300, 365, 45)
)


def drawn(story: Story, who: Customers, horizon: int, draws: int = 200, seed: int = 0) -> Future:
    """Return all draws, stacked."""
    found = list(futures(story, who, horizon, draws=draws, seed=seed))
    names = ("purchases", "since", "spent")
    return Future(**{name: np.array([getattr(future, name) for future in found]) for name in names})


def test_published_expectation_of_the_next_39_weeks() -> None:
    """Fader, Hardie and Lee (2005), section 4: 1.226 purchases for x = 2, t_x = 30.43, T = 38.86."""
    who = customers((2, 30.43, 38.86, 1))
    found = drawn(Story(buying=PUBLISHED, spending=None, mean_amount=1.0), who, 39, draws=4_000)
    alive = PUBLISHED.alive(who.x, who.t_x, who.T)
    assert alive * found.purchases.mean() == pytest.approx(1.226, rel=0.01)


@pytest.mark.parametrize("horizon", [1, 30, 90, 365])
def test_means_are_what_the_models_expect(horizon: int) -> None:
    """Means are within four standard errors; stratified draws are much closer than random ones."""
    draws = 2_000
    found = drawn(STORY, SIX, horizon, draws)
    alive = BUYING.alive(SIX.x, SIX.t_x, SIX.T)
    pairs = (
        (found.purchases, BUYING.expected(horizon, SIX.x, SIX.t_x, SIX.T) / alive),
        (found.purchases > 0, BUYING.any_purchase(horizon, SIX.x, SIX.t_x, SIX.T) / alive),
        (found.spent, BUYING.expected(horizon, SIX.x, SIX.t_x, SIX.T) / alive * STORY.amount(SIX)),
    )
    for what, expected in pairs:
        assert (np.abs(what.mean(axis=0) - expected) <= 4 * what.std(axis=0) / np.sqrt(draws) + 0.002).all()
    chance = pairs[1][1]
    assert found.purchases.astype(bool).mean(axis=0) == pytest.approx(chance, abs=0.006)


def test_the_last_purchase_comes_when_the_process_says() -> None:
    """Compared with a plain simulation loop: draw a rate, then purchases, each of which may be the last."""
    rng, draws, horizon = np.random.default_rng(1), 20_000, 90
    x, T = 5, 365.0  # noqa: N806
    since = []
    for rate, stopping in zip(
        rng.gamma(BUYING.r + x, 1 / (BUYING.alpha + T), draws), rng.beta(BUYING.a, BUYING.b + x, draws), strict=True
    ):
        clock, last = rng.exponential(1 / rate), None
        while clock < horizon:
            last = clock
            clock = np.inf if rng.random() < stopping else clock + rng.exponential(1 / rate)
        if last is not None:
            since.append(horizon - last)
    found = drawn(STORY, customers((x, 300, T, 60)), horizon, 4_000).since
    there = found[~np.isnan(found)]
    assert len(there) / 4_000 == pytest.approx(len(since) / draws, abs=0.02)
    assert np.quantile(there, [0.1, 0.5, 0.9]) == pytest.approx(np.quantile(since, [0.1, 0.5, 0.9]), abs=2.5)


def test_spread_of_what_is_spent_is_that_of_the_model() -> None:
    """For one purchase at rate ν ~ Gamma(q + pn, γ + nz̄), E z = p E 1/ν and E z² = p (p + 1) E 1/ν²."""
    who = customers((4, 300, 365, 60))
    found = drawn(STORY, who, 365, 8_000)
    one = found.spent[found.purchases == 1]
    shape, rate = SPENDING.q + SPENDING.p * 5, SPENDING.gamma + 5 * 60
    mean = SPENDING.p * rate / (shape - 1)
    square = SPENDING.p * (SPENDING.p + 1) * rate**2 / ((shape - 1) * (shape - 2))
    assert (one.mean(), one.std()) == pytest.approx((mean, np.sqrt(square - mean**2)), rel=0.05)


@examples(20, 100)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.floats(0, 1), st.integers(1, 700), st.floats(-5, 900)), min_size=2),
    st.integers(1, 200),
)
def test_nobodys_draws_depend_on_the_batch(rows: list[tuple[int, float, int, float]], horizon: int) -> None:
    whole = customers(*((x, share * T if x else 0, T, amount) for x, share, T, amount in rows))
    together = drawn(STORY, whole, horizon, 10)
    for one in (0, len(rows) - 1):
        alone = drawn(STORY, whole.part(slice(one, one + 1)), horizon, 10)
        for name in ("purchases", "since", "spent"):
            assert np.array_equal(getattr(alone, name)[:, 0], getattr(together, name)[:, one], equal_nan=True)


@given(st.integers(0, 5_000), st.floats(1, 3_000), st.integers(1, 400))
def test_purchases_and_days_stay_within_the_horizon(x: int, T: float, horizon: int) -> None:  # noqa: N803
    """There are at most as many purchase days as days, even for an impossible customer with many purchases a day."""
    found = drawn(STORY, customers((x, T if x else 0, T, 60)), horizon, 40)
    bought = found.purchases > 0
    assert (found.purchases <= horizon).all()
    assert ((found.since >= 0) & (found.since <= horizon))[bought].all()
    assert (found.since <= horizon - found.purchases + 1)[bought].all()
    assert np.isnan(found.since[~bought]).all()
    assert (found.spent[~bought] == 0).all()
    assert (found.spent[bought] > 0).all()


def test_longer_horizons_go_on_where_shorter_ones_end() -> None:
    near, far = drawn(STORY, SIX, 30), drawn(STORY, SIX, 90)
    assert (near.purchases <= far.purchases).all()
    assert (near.spent <= far.spent).all()
    assert (near.purchases < far.purchases).any()


def test_seeds_differ_and_a_seed_repeats() -> None:
    first, again, other = (drawn(STORY, SIX, 90, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.spent, again.spent)
    assert not np.array_equal(first.spent, other.spent)


def test_every_purchase_has_the_mean_amount_where_none_can_be_told() -> None:
    """Without Gamma-Gamma, and for customers without an amount above zero."""
    plain = drawn(Story(buying=BUYING, spending=None, mean_amount=70.0), SIX, 90)
    assert np.array_equal(plain.spent, 70.0 * plain.purchases)
    nothing = drawn(STORY, customers((3, 100, 200, 0.0), (3, 100, 200, -5.0)), 90)
    assert np.array_equal(nothing.spent, 70.0 * nothing.purchases)
    assert plain.purchases.any()
    assert nothing.purchases.any()


def test_models_at_the_edge_of_what_is_fitted_draw_numbers() -> None:
    """No one lapses, everyone lapses at once, and rates are close to zero."""
    who = customers((0, 0, 365, 60), (40, 360, 365, 60))
    for buying in (
        BgNbd(r=0.5, alpha=10.0, a=7e-6, b=1e5),
        BgNbd(r=0.5, alpha=10.0, a=1e5, b=7e-6),
        BgNbd(r=7e-6, alpha=1e5, a=1.0, b=1.0),
    ):
        found = drawn(Story(buying=buying, spending=SPENDING, mean_amount=70.0), who, 90, 50)
        assert np.isfinite(found.spent).all()
    nothing = GammaGamma(p=7e-6, q=7e-6, gamma=1e5)
    assert np.isfinite(drawn(Story(buying=BUYING, spending=nothing, mean_amount=70.0), who, 90, 50).spent).all()
    stopping = drawn(Story(buying=BgNbd(r=5.0, alpha=1.0, a=1e5, b=7e-6), spending=None, mean_amount=1.0), who, 90, 50)
    assert stopping.purchases[:, 0].max() == 1
