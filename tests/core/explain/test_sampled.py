"""Sampled contributions: exact for sums, close for products, always adding up."""

import numpy as np
import pandas as pd
import pytest

from core.explain.attribution.sampled import sampled

PLAYERS = {"recency": ("recency", "overdue"), "orders": ("frequency",), "country": ("country",)}


def rows_of(*rows: tuple[float, float, float, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["recency", "overdue", "frequency", "country"])


def test_what_adds_up_is_found_exactly() -> None:
    def function(rows: pd.DataFrame) -> np.ndarray:
        here = (rows["country"] == "FR").to_numpy(float)
        return (2 * rows["recency"] + rows["overdue"] - rows["frequency"]).to_numpy(float)[:, None] + here[:, None]

    background = rows_of((0, 0, 0, "GB"), (2, 4, 6, "FR"))
    found = sampled(function, rows_of((10, 1, 3, "FR")), background, PLAYERS, orders=8)
    # means of the background: recency 1, overdue 2, frequency 3, half in FR
    assert found.contributions.columns == ("recency", "orders", "country")
    assert found.contributions.output(0)[0].tolist() == pytest.approx([2 * 9 - 1, 0.0, 0.5])
    assert found.contributions.base.tolist() == pytest.approx([2 * 1 + 2 - 3 + 0.5])
    assert found.orders == 8


def test_a_product_is_shared_alike_and_its_error_is_told() -> None:
    def function(rows: pd.DataFrame) -> np.ndarray:
        return (rows["recency"] * rows["frequency"]).to_numpy(float)[:, None]

    background = rows_of((0, 0, 0, "GB"))
    found = sampled(function, rows_of((4, 0, 5, "GB")), background, PLAYERS, orders=64)
    assert found.contributions.output(0)[0].tolist() == pytest.approx([10.0, 10.0, 0.0])  # antithetic pairs: exact
    assert found.error[0, :, 0].tolist() == pytest.approx([0.0, 0.0, 0.0], abs=1e-9)

    def three(rows: pd.DataFrame) -> np.ndarray:
        both = rows["recency"] * rows["frequency"]
        return (both * (rows["country"] == "FR")).to_numpy(float)[:, None]

    uneven = sampled(three, rows_of((4, 0, 5, "FR")), background, PLAYERS, orders=64)
    assert uneven.contributions.total[0, 0] == pytest.approx(20.0)
    off = np.abs(uneven.contributions.output(0)[0] - 20 / 3)
    assert (off <= 3 * uneven.error[0, :, 0] + 1e-9).all()
    assert uneven.error.max() > 0


def test_every_order_and_its_reverse_are_walked() -> None:
    """The function is called for each step of an order and its reverse, with the mixed rows."""
    asked: list[tuple[float, float]] = []

    def function(rows: pd.DataFrame) -> np.ndarray:
        asked.extend(zip(rows["recency"], rows["frequency"], strict=True))
        return rows[["recency"]].to_numpy(float)

    players = {"recency": ("recency", "overdue"), "orders": ("frequency",)}
    sampled(function, rows_of((1, 1, 1, "GB")), rows_of((0, 0, 0, "GB")), players, orders=4)
    assert sorted(set(asked)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
