"""Customers and revenue of each segment."""

import pandas as pd
import pytest

from core.segments.segment_summary import by_month, summarise

CUSTOMERS = pd.DataFrame(
    {
        "customer_id": ["a", "b", "c"],
        "segment": ["Best", "Best", "Rest"],
        "recency": [1, 4, 90],
        "frequency": [5, 3, 1],
        "monetary": [60.0, 20.0, 20.0],
        "returned": [10.0, 0.0, 20.0],
        "net": [50.0, 20.0, 0.0],
    }
)


def test_one_row_per_segment_by_hand() -> None:
    found = summarise(CUSTOMERS, ("Best", "Rest"))
    assert found.to_dict("list") == {
        "segment": ["Best", "Rest"],
        "customers": [2, 1],
        "customer_share": [2 / 3, 1 / 3],
        "revenue": [80.0, 20.0],
        "returned": [10.0, 20.0],
        "net": [70.0, 0.0],
        "revenue_share": [0.8, 0.2],
        "median_recency": [2.5, 90.0],
        "median_frequency": [4.0, 1.0],
        "median_monetary": [40.0, 20.0],
    }


def test_segment_without_customers_is_kept_in_its_place() -> None:
    found = summarise(CUSTOMERS, ("Rest", "Nobody", "Best"))
    assert found["segment"].tolist() == ["Rest", "Nobody", "Best"]
    empty = found.iloc[1]
    assert (empty["customers"], empty["revenue"], empty["revenue_share"]) == (0, 0.0, 0.0)
    assert empty[["median_recency", "median_frequency", "median_monetary"]].isna().all()


def test_shares_add_up_and_nothing_is_divided_by_zero() -> None:
    found = summarise(CUSTOMERS, ("Best", "Rest"))
    assert found["customer_share"].sum() == pytest.approx(1.0)
    assert found["revenue_share"].sum() == pytest.approx(1.0)
    nobody = summarise(CUSTOMERS.head(0), ("Best", "Rest"))
    assert nobody[["customers", "customer_share", "revenue_share"]].to_numpy().tolist() == [[0, 0, 0]] * 2


def test_months_of_todays_segments_by_hand() -> None:
    months = pd.DataFrame(
        {
            "customer_id": ["a", "b", "a", "c", "gone"],
            "month": pd.to_datetime(["2024-01-01", "2024-01-01", "2024-03-01", "2024-03-01", "2024-03-01"]),
            "revenue": [10.0, 20.0, 40.0, 0.0, 99.0],
            "returned": [0.0, 5.0, 0.0, 20.0, 0.0],
            "orders": [1, 2, 1, 0, 1],
        }
    )
    found = by_month(months, CUSTOMERS, ("Best", "Rest"))
    assert found.assign(month=found["month"].dt.month).to_numpy().tolist() == [
        ["Best", 1, 30.0, 25.0, 2],
        ["Best", 2, 0.0, 0.0, 0],  # no order in February, and no hole in the chart
        ["Best", 3, 40.0, 40.0, 1],
        ["Rest", 1, 0.0, 0.0, 0],
        ["Rest", 2, 0.0, 0.0, 0],
        ["Rest", 3, 0.0, -20.0, 0],  # sent back, and did not order
    ]
