"""Time-based folds, checked by hand."""

import pandas as pd
import pytest

from core.models.data.folds import FEWEST_ROWS, Lead, time_folds

DAYS = [pd.Timestamp("2024-01-01") + pd.Timedelta(days=30 * number) for number in range(9)]


def past(days: list[pd.Timestamp], each: int = FEWEST_ROWS) -> pd.DataFrame:
    """Return `each` customers per day, of whom every other one bought."""
    return pd.DataFrame({"as_of": day, "will_buy": number % 2} for day in days for number in range(each))


def told(rows: pd.DataFrame, **how: int) -> list[tuple[list[int], int]]:
    """Return the numbers of the days each fold trains on, and of the day it evaluates."""
    folds = time_folds(rows, rows["will_buy"], 90, **how)
    return [
        (sorted(DAYS.index(day) for day in set(earlier["as_of"])), DAYS.index(judged["as_of"].iloc[0]))
        for earlier, judged in folds
    ]


def test_outcomes_of_ninety_days_are_over_before_the_next_is_judged() -> None:
    """Day 8 is evaluated with days 0 to 5, which are over by then; before it day 5, whose outcome ends on day 8."""
    assert told(past(DAYS)) == [([0, 1, 2, 3, 4, 5], 8), ([0, 1, 2], 5)]
    assert told(past(DAYS), most=1) == [([0, 1, 2, 3, 4, 5], 8)]


def test_too_few_cutoffs_or_customers_judge_nothing() -> None:
    assert told(past(DAYS), cutoffs=4) == [([0, 1, 2, 3, 4, 5], 8)]
    assert told(past(DAYS, FEWEST_ROWS // 4), most=9) == [([0, 1, 2, 3, 4, 5], 8)]
    assert told(past(DAYS).assign(will_buy=1)) == []


def test_a_lead_is_real_beyond_its_standard_error() -> None:
    """Leads of 1 and 3 with errors of 3 and 4: a mean of 2, and an error of √(9 + 16) / 2."""
    lead = Lead.of([(1.0, 3.0), (3.0, 4.0)])
    assert [lead.mean, lead.error] == pytest.approx([2.0, 2.5])
    assert not lead.real
    assert Lead(mean=2.0, error=1.9).real
