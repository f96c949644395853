"""Expected spend."""

import numpy as np
import pandas as pd
import pytest

from core.errors import TooLittleDataError
from core.models.data.panel import INPUTS
from core.models.learners.buying import RHYTHM
from core.models.learners.candidates import CANDIDATES
from core.models.learners.spending import FEWEST_BUYERS, Spending, train_amount, train_spending

HORIZON = 30


def rows(count: int = 1_000, seed: int = 0, *, cutoffs: int = 6, told: float = 1.0) -> pd.DataFrame:
    """Return customers, half of whom buy, for about as much as their known order value.

    With `told` 0, they spend as own rhythm expects, and the order value means nothing.
    """
    rng = np.random.default_rng(seed)
    value, rhythm = np.exp(rng.normal(3, 0.8, count)), np.exp(rng.normal(3, 0.8, count))
    frame = pd.DataFrame(dict.fromkeys(INPUTS, 0.0), index=range(count))
    frame[RHYTHM] = 0.5
    buys = rng.random(count) < 0.5
    spend = np.where(buys, (value if told else rhythm) * np.exp(rng.normal(0, 0.4, count)), 0.0)
    number = pd.Series(np.arange(count) * cutoffs // count)
    as_of = pd.Timestamp("2024-01-01") + pd.to_timedelta(number * HORIZON, unit="D")
    own = np.full(count, 20.0) if told else rhythm / 2
    return frame.assign(
        as_of=as_of, country="UK", order_value=value, btyd_spend=own, spend=spend, will_buy=buys.astype(float)
    )


def test_amounts_are_learned_and_right_in_total() -> None:
    """The mean of logarithms is too low by half their variance, which smearing corrects."""
    found, new = train_spending(rows(), HORIZON), rows(seed=1)
    assert len(found.amounts) == 2
    for amount in found.amounts:
        bought = new[new["spend"] > 0]
        assert amount.expected(bought).sum() == pytest.approx(bought["spend"].sum(), rel=0.12)
    expected = found.expected(new, np.full(len(new), 0.5))
    assert np.corrcoef(expected, new["order_value"])[0, 1] > 0.9


def test_own_rhythm_alone_follows_the_level_of_the_chances() -> None:
    """Chances of .25 where own rhythm expects .5 halve the spend it expects."""
    few = rows(FEWEST_BUYERS)
    assert train_spending(few, HORIZON) == Spending()
    chance = np.full(len(few), 0.25)
    assert Spending().in_season(0.5).expected(few, chance) == pytest.approx(10.0)
    assert Spending().expected(few, chance) == pytest.approx(20.0)


def test_twice_the_chance_is_twice_the_spend() -> None:
    found, new = train_spending(rows(), HORIZON), rows(seed=2)
    chance = np.full(len(new), 0.3)
    twice, once = (found.in_season(times).expected(new, times * chance) for times in (2.0, 1.0))
    assert twice == pytest.approx(2 * once)


def test_where_own_rhythm_ranks_as_well_amounts_are_not_learned() -> None:
    assert train_spending(rows(told=0.0), HORIZON) == Spending()


def test_amounts_that_cannot_be_judged_are_not_learned() -> None:
    assert train_spending(rows(cutoffs=2), HORIZON) == Spending()


@pytest.mark.parametrize("name", CANDIDATES)
def test_few_buyers_are_enough_for_every_candidate_or_refused(name: str) -> None:
    """Nearest neighbours need 50: with 60 buyers every candidate learns, with 59 none does."""
    past = rows()
    buyers = past[past["spend"] > 0]
    amount = train_amount(CANDIDATES[name], buyers.iloc[:60], ["recency", "monetary"])
    assert np.isfinite(amount.expected(past)).all()
    with pytest.raises(TooLittleDataError, match="59 customers bought at past dates, but amounts need at least 60"):
        train_amount(CANDIDATES[name], buyers.iloc[:59], ["recency", "monetary"])
