"""Segments of one customer over time."""

from datetime import date, datetime

import pandas as pd

from core.explain.customer.segment_history import segments_over_time
from core.segments.clustering.fitting import fit
from core.segments.segment_model import ClusterSpec


def test_each_month_knows_what_lay_before_it() -> None:
    customers = pd.DataFrame(
        {
            "customer_id": [str(number) for number in range(80)],
            "recency": [5.0] * 40 + [300.0] * 40,
            "frequency": [10.0] * 40 + [1.0] * 40,
            "monetary": [1000.0 + number for number in range(40)] + [10.0 + number for number in range(40)],
        }
    )
    model = fit(customers, ClusterSpec(k=2))
    orders = [("2024-02-10T09:00", 40.0, 1), ("2024-02-11T09:00", 5.0, 0), ("2024-03-20T09:00", 60.0, 1)]
    history = pd.DataFrame(
        [
            {"ordered_at": datetime.fromisoformat(at), "amount": amount, "new_order": new, "went_back": False}
            for at, amount, new in orders
        ]
    )
    back = history.assign(ordered_at=pd.Timestamp("2024-02-01"), went_back=True)
    found = segments_over_time(pd.concat([history, back]), model, date(2024, 4, 5), months=4)
    assert found["as_of"].dt.strftime("%Y-%m-%d").tolist() == ["2024-03-01", "2024-04-01", "2024-04-05"]
    assert found["recency"].tolist() == [18.0, 11.0, 15.0]  # whole days of 24 hours
    assert found["frequency"].tolist() == [1.0, 2.0, 2.0]
    assert found["monetary"].tolist() == [45.0, 105.0, 105.0]
    assert set(found["segment"]) <= set(model.names)


def test_before_the_first_order_there_is_nothing() -> None:
    customers = pd.DataFrame(
        {"customer_id": ["a", "b", "c", "d"], "recency": [1.0, 2, 300, 310], "frequency": [9.0, 8, 1, 1],
         "monetary": [90.0, 80, 1, 2]}
    )  # fmt: skip
    model = fit(customers, ClusterSpec(k=2))
    history = pd.DataFrame(
        {"ordered_at": [datetime(2024, 5, 1)], "amount": [1.0], "new_order": [1], "went_back": [False]}  # noqa: DTZ001
    )
    found = segments_over_time(history, model, date(2024, 4, 5))
    assert found.empty
    assert list(found) == ["as_of", "recency", "frequency", "monetary", "segment"]
