"""Distributions of order sizes in units, distinct products and amount."""

from dataclasses import dataclass
from typing import Final

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

Vector = npt.NDArray[np.float64]

_BARS: Final = 20
_WHOLE: Final = 0.95  # share of orders in regular bars; the rest are in the last one
_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """The distribution of one measure of orders.

    Parameters
    ----------
    bars : DataFrame
        `at_least`, `below` (infinite if the last bar includes all larger orders), `orders`, `share`.
    median, mean : float
        Over all orders; NaN without orders.
    orders : int
        Number of orders.
    """

    bars: pd.DataFrame
    median: float
    mean: float
    orders: int


def order_totals(orders: ir.Table) -> pd.DataFrame:
    """Sum `amount` and `units` of each order over its days, from the columns of `core.schema.ORDERS`."""
    whole = orders.group_by("customer_id", "order_id").agg(amount=orders.amount.sum(), units=orders.units.sum())
    found: pd.DataFrame = whole.select("amount", "units").execute()
    return found


def products_in_orders(items: ir.Table) -> ir.Table:
    """Count orders by number of distinct products: `products`, `orders`; from `basket_items`."""
    per_order = items.group_by("order").agg(products=items.count())
    return per_order.group_by("products").agg(orders=per_order.count())


def distribution(values: pd.Series, orders: pd.Series | None = None) -> Sizes:
    """Count orders in bars with a round width, starting at 0, or at 1 for positive whole numbers.

    Parameters
    ----------
    values : Series of float
        Values of orders; negative ones count in the first bar.
    orders : Series of int, optional
        Number of orders with each value; one by default.
    """
    weights: Vector = np.ones(len(values)) if orders is None else orders.to_numpy(dtype=np.float64)
    data: Vector = values.to_numpy(dtype=np.float64)
    number = int(weights.sum())
    if not number:
        return Sizes(bars=pd.DataFrame(columns=["at_least", "below", "orders", "share"]), median=np.nan, mean=np.nan,
                     orders=0)  # fmt: skip
    step, whole = _step(data, _quantile(data, weights, _WHOLE))
    first = 1.0 if whole and data.min() >= 1 else 0.0
    reach = max(_quantile(data, weights, _WHOLE), first)
    edges = first + step * np.arange(int((reach - first) // step) + 2)
    ends = np.append(edges, np.inf) if data.max() >= edges[-1] else edges
    inside = np.clip(np.searchsorted(ends, data, side="right") - 1, 0, len(ends) - 2)
    counts = np.bincount(inside, weights=weights, minlength=len(ends) - 1).astype("int64")
    bars = pd.DataFrame({"at_least": ends[:-1], "below": ends[1:], "orders": counts, "share": counts / number})
    mean = float(np.average(data, weights=weights))
    return Sizes(bars=bars, median=_quantile(data, weights, 0.5), mean=mean, orders=number)


def _step(data: Vector, reach: float) -> tuple[float, bool]:
    """Return a round width of the bars, and whether values are whole numbers."""
    whole = bool(np.all(data == np.floor(data)))
    rough = max(reach / _BARS, 1e-9)
    size = 10.0 ** np.floor(np.log10(rough))
    step = float(next(size * round_ for round_ in _STEPS if size * round_ >= rough * (1 - 1e-9)))
    return (max(1.0, float(np.ceil(step))) if whole else step), whole


def _quantile(
    data: Vector,
    weights: Vector,
    part: float,
) -> float:
    """Return the smallest value that at least this share of orders doesn't exceed."""
    ranked = np.argsort(data, kind="stable")
    reached = np.cumsum(weights[ranked]) >= part * weights.sum() * (1 - 1e-12)
    return float(data[ranked][int(np.argmax(reached))])
