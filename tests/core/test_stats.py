"""Intervals compared with published ones."""

import pandas as pd

from core.stats import wilson


def test_wilson_interval_as_printed() -> None:
    low, high = wilson(pd.Series([0, 15, 81]), pd.Series([29, 148, 263]))  # Newcombe (1998), table I, method 3
    assert low.round(4).tolist() == [0.0, 0.0624, 0.2553]
    assert high.round(4).tolist() == [0.1170, 0.1605, 0.3662]


def test_wilson_interval_stays_between_none_and_all() -> None:
    trials = pd.Series(range(1, 200))
    for share in (0, 1):
        low, high = wilson(share * trials, trials)
        assert low.min() >= 0
        assert high.max() <= 1
