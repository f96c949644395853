"""Time of the next order, by hand and against simulations."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.customers.btyd import BgNbd, Customers, Story, date_after, futures, next_order

BUYING = BgNbd(r=1.0, alpha=20.0, a=0.4, b=3.0)


def customers(x: list[float], t_x: list[float], T: list[float]) -> Customers:  # noqa: N803  the papers' letter
    return Customers(x=np.array(x), t_x=np.array(t_x), T=np.array(T), amounts=np.ones(len(x)))


def test_wait_by_hand() -> None:
    """With one repeat purchase and T = 80, P(wait > t) = (100 / (100 + t))², which is one half at 100 (√2 − 1)."""
    found = next_order(BUYING, customers([1.0], [40.0], [80.0])).iloc[0]
    assert found["next_days"] == pytest.approx(41.4214, abs=1e-4)
    assert found["next_days_low"] == pytest.approx(5.4093, abs=1e-4)
    assert found["next_days_high"] == pytest.approx(216.2278, abs=1e-4)


def test_the_interval_holds_four_in_five_of_the_drawn() -> None:
    """While a customer is active, the share of draws with a purchase before a day matches the wait's distribution."""
    who = customers([0.0, 3.0, 12.0], [0.0, 200.0, 350.0], [50.0, 300.0, 365.0])
    story = Story(buying=BUYING, spending=None, mean_amount=1.0)
    for name, share in (("next_days_low", 0.1), ("next_days", 0.5), ("next_days_high", 0.9)):
        for one, days in enumerate(next_order(BUYING, who)[name]):
            alone = who.part(slice(one, one + 1))
            within = np.mean([draw.purchases[0] > 0 for draw in futures(story, alone, round(days), draws=1_000)])
            exact = 1 - ((20 + who.T[one]) / (20 + who.T[one] + round(days))) ** (1 + who.x[one])
            assert within == pytest.approx(exact, abs=0.01)
            assert exact == pytest.approx(share, abs=0.04)


@given(st.integers(0, 300), st.floats(0, 1), st.floats(1, 2_000))
def test_bounds_are_in_order_and_nobody_is_waited_for_less_who_bought_less(x: int, share: float, T: float) -> None:  # noqa: N803
    who = customers([float(x), float(x + 1)], [share * T if x else 0.0, share * T], [T, T])
    found = next_order(BUYING, who)
    assert (found["next_days_low"] < found["next_days"]).all()
    assert (found["next_days"] < found["next_days_high"]).all()
    assert found["next_days"][1] < found["next_days"][0]


def test_who_hardly_ever_buys_is_waited_for_without_end_and_without_a_warning() -> None:
    rare = BgNbd(r=1e-4, alpha=20.0, a=0.4, b=3.0)
    assert next_order(rare, customers([0.0], [0.0], [80.0]))["next_days"].tolist() == [np.inf]


def test_dates_begin_with_as_of_and_end_after_three_years() -> None:
    found = date_after(date(2011, 12, 10), [0.0, 0.99, 1.0, 41.4, 1094.9, 1095.0, np.inf])
    assert found.dt.date.tolist()[:5] == [
        date(2011, 12, 10),
        date(2011, 12, 10),
        date(2011, 12, 11),
        date(2012, 1, 20),
        date(2014, 12, 8),
    ]
    assert found.isna().tolist() == [False] * 5 + [True] * 2
    assert pd.api.types.is_datetime64_any_dtype(date_after(date(2011, 12, 10), [np.inf]))
