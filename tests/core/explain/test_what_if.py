"""Hypothetical order histories."""

from datetime import date, datetime

import pandas as pd
import pytest

from core.errors import InputError, TooLittleDataError
from core.explain.customer.changed_history import WhatIf, changed

AS_OF = date(2024, 6, 1)


def history(*rows: tuple[str, float, bool]) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {
                "order_id": f"o{number}", "ordered_at": datetime.fromisoformat(at), "new_order": 1, "amount": amount,
                "units": 2.0, "lines": 3, "country": "France", "went_back": back,
            }
            for number, (at, amount, back) in enumerate(rows)
        ]
    )  # fmt: skip


def test_orders_are_spread_over_two_weeks_and_are_like_the_usual_one() -> None:
    before = history(("2024-03-01T10:00", 10, False), ("2024-05-01T12:00", 30, False), ("2024-05-02T12:00", 99, True))
    after, day = changed(before, AS_OF, WhatIf(orders=2, amount=1.5))
    assert day == date(2024, 6, 15)
    new = after.iloc[3:]
    assert new["ordered_at"].tolist() == [pd.Timestamp("2024-06-01T11:00"), pd.Timestamp("2024-06-08T11:00")]
    assert new["amount"].tolist() == [30.0, 30.0]  # 1.5 times the median of 10 and 30; what went back is no order
    assert new["units"].tolist() == [3.0, 3.0]
    assert new["lines"].tolist() == [3, 3]
    assert not new["went_back"].any()
    assert new["order_id"].is_unique
    pd.testing.assert_frame_equal(after.iloc[:3], before, check_dtype=False)


def test_waiting_moves_the_date_and_nothing_else() -> None:
    before = history(("2024-03-01T10:00", 10, False))
    after, day = changed(before, AS_OF, WhatIf(days=60))
    assert day == date(2024, 7, 31)
    pd.testing.assert_frame_equal(after, before)


def test_orders_come_first_and_then_the_wait() -> None:
    assert WhatIf(orders=1, days=30).later == 44
    assert WhatIf(days=30).later == 30


def test_what_came_after_today_is_not_known() -> None:
    before = history(("2024-03-01T10:00", 10, False), ("2024-06-01T00:00", 500, False))
    after, _ = changed(before, AS_OF, WhatIf())
    assert len(after) == 1


def test_without_an_order_there_is_no_usual_one() -> None:
    with pytest.raises(TooLittleDataError, match="no usual order"):
        changed(history(("2024-07-01T10:00", 10, False)), AS_OF, WhatIf(orders=1))


@pytest.mark.parametrize("wrong", [{"orders": 6}, {"orders": -1}, {"days": 400}, {"amount": 0.0}])
def test_what_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"`{next(iter(wrong))}` must be"):
        WhatIf(**wrong)  # type: ignore[arg-type]
