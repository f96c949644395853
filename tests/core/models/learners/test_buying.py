"""The blend is trusted only if it has beaten own rhythm."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.models.data.folds import Lead, time_folds
from core.models.data.panel import INPUTS
from core.models.learners.buying import RHYTHM, Buying, train_buying

HORIZON = 30


def past(cutoffs: int = 6, customers: int = 300, *, hidden: float = 2.0, seed: int = 0) -> pd.DataFrame:
    """Return rows in which own rhythm explains some of the buying, and the overdue ratio the rest.

    With `hidden` 0, only own rhythm explains anything.
    """
    rng, rows = np.random.default_rng(seed), []
    for number in range(cutoffs):
        rhythm, overdue = rng.normal(-0.5, 1.2, customers), rng.normal(0, 1, customers)
        chance = 1 / (1 + np.exp(-(rhythm - hidden * overdue)))
        frame = pd.DataFrame(dict.fromkeys(INPUTS, 0.0), index=range(customers))
        frame[RHYTHM] = 1 / (1 + np.exp(-rhythm))
        frame = frame.assign(overdue=overdue, country="UK")
        frame["as_of"] = pd.Timestamp(date(2024, 1, 1) + timedelta(days=HORIZON * number))
        frame["will_buy"] = (rng.random(customers) < chance).astype(float)
        rows.append(frame)
    return pd.concat(rows, ignore_index=True)


def test_a_blend_that_knows_more_is_trusted() -> None:
    found = train_buying(past(), HORIZON)
    assert len(found.members) == 3
    assert found.reason.startswith("Own rhythm blended with 3 models")
    new = past(1, seed=9)
    better = np.mean((found.probabilities(new) - new["will_buy"]) ** 2)
    assert better < np.mean((new[RHYTHM] - new["will_buy"]) ** 2) - 0.02


def test_where_own_rhythm_knows_all_it_is_used_alone() -> None:
    found = train_buying(past(hidden=0.0), HORIZON)
    assert found.members == ()
    assert "wasn't clearly better" in found.reason
    new = past(1, hidden=0.0, seed=9)
    assert found.probabilities(new) == pytest.approx(new[RHYTHM].to_numpy())


@pytest.mark.parametrize(("cutoffs", "customers", "said"), [(6, 50, "300 customers"), (1, 600, "too little history")])
def test_too_little_to_learn_from_is_said(cutoffs: int, customers: int, said: str) -> None:
    found = train_buying(past(cutoffs, customers), HORIZON)
    assert found.members == ()
    assert said in found.reason


def test_judged_outcomes_lie_after_all_that_was_learned() -> None:
    """Of six cutoffs a horizon apart, the sixth is evaluated with the first five, the fifth with the first four."""
    rows = past()
    pairs = time_folds(rows, rows["will_buy"], HORIZON)
    assert len(pairs) == 2
    for earlier, judged in pairs:
        assert (earlier["as_of"].max() + timedelta(days=HORIZON)) <= judged["as_of"].min()
    assert [judged["as_of"].iloc[0] for _, judged in pairs] == [pd.Timestamp("2024-05-30"), pd.Timestamp("2024-04-30")]


def test_the_level_is_met() -> None:
    new = past(1)
    assert Buying().at_level(new, 0.2).probabilities(new).mean() == pytest.approx(0.2)


def test_a_customer_is_moved_alike_whoever_else_is_scored() -> None:
    new = past(1)
    moved = Buying().at_level(new, 0.2)
    assert moved.probabilities(new.iloc[:1])[0] == pytest.approx(moved.probabilities(new)[0], abs=1e-12)


def test_it_can_be_stopped() -> None:
    def stop(_share: float, message: str) -> None:
        if message.startswith("Testing"):
            raise InterruptedError

    with pytest.raises(InterruptedError):
        train_buying(past(), HORIZON, progress=stop)


def test_a_lead_within_its_error_is_chance() -> None:
    """Leads of 3 and 1 with errors of 3 and 4 have a mean of 2 ± 2.5."""
    lead = Lead.of([(3.0, 3.0), (1.0, 4.0)])
    assert (lead.mean, lead.error, lead.real) == (2.0, 2.5, False)
    assert Lead.of([(3.0, 1.0)]).real


def test_what_is_on_its_level_already_stays_as_it_is() -> None:
    """Otherwise rounding would make own rhythm differ from itself."""
    new = past(1)
    level = float(new[RHYTHM].mean())
    assert np.array_equal(Buying().at_level(new, level + 1e-9).probabilities(new), new[RHYTHM])


def test_dates_at_which_hardly_anybody_bought_say_nothing_of_a_blend() -> None:
    rows = past()
    rare = rows.assign(will_buy=rows["will_buy"].where(rows.groupby("as_of").cumcount() < 10, 0.0))
    found = train_buying(rare, HORIZON)
    assert found.members == ()
    assert "too little history" in found.reason
