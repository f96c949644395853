"""Contributions of orders, recency, age and money to own rhythm."""

import numpy as np
import pandas as pd
import pytest

from core.customers.btyd import BgNbd
from core.explain.attribution.own_rhythm import PARTS, chance_opened, opened
from core.models.data.repeat_buying import RepeatBuying

RHYTHM = RepeatBuying(buying=BgNbd(r=0.5, alpha=10.0, a=0.5, b=3.0), spending=None, mean_amount=10.0)


def customer(orders: int, recency: float, tenure: float, value: float = 20.0) -> dict[str, float]:
    span = tenure - recency if orders > 1 else 0.0
    return {
        "frequency": orders, "active_span": span, "tenure": tenure, "order_value": value,
        "now_recency": recency if orders > 1 else tenure, "now_frequency": orders, "now_monetary": orders * value,
    }  # fmt: skip


def test_parts_add_up_and_point_where_one_would_expect() -> None:
    known = pd.DataFrame([customer(8, 5, 200), customer(8, 150, 200), customer(1, 30, 30)])
    background = pd.DataFrame([customer(3, 60, 200), customer(2, 90, 300)])
    found = chance_opened(RHYTHM, 30, known, background)
    chance = RHYTHM.outputs(known, 30)["btyd_buy"].to_numpy(float)
    assert found.total[:, 0] == pytest.approx(np.log(chance / (1 - chance)))
    frequent, lapsed, _new = found.output(0)
    assert found.columns == ("orders", "recency", "age")
    assert frequent[0] > 0
    assert lapsed[1] < frequent[1]
    assert lapsed[1] < 0


def test_shapley_values_of_a_product_by_hand() -> None:
    """Against zero, orders × money is split in half; recency and age contribute nothing."""
    known, background = pd.DataFrame([customer(4, 5, 100, 6.0)]), pd.DataFrame([customer(0, 5, 100, 0.0)])
    found = opened(
        lambda rows: (rows["frequency"] * rows["order_value"]).to_numpy(float)[:, None], known, background, PARTS
    )
    assert found.output(0)[0].tolist() == pytest.approx([12.0, 0.0, 0.0, 12.0])
    assert found.base.tolist() == [0.0]


def test_what_cannot_be_is_not_asked() -> None:
    """No combination has a purchase before the first order, or more purchases than days."""
    seen: list[pd.DataFrame] = []

    def function(rows: pd.DataFrame) -> np.ndarray:
        seen.append(rows)
        return np.zeros((len(rows), 1))

    known, background = pd.DataFrame([customer(20, 2, 40)]), pd.DataFrame([customer(1, 300, 300)])
    opened(function, known, background, PARTS)
    rows = pd.concat(seen)
    assert (rows["active_span"] <= rows["tenure"]).all()
    assert (rows.loc[rows["frequency"] == 1, "active_span"] == 0).all()
    assert (rows.loc[rows["frequency"] > 1, "active_span"] > 0).all()
