"""Customers who were similar at a past date, and what they did next."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis.backends.duckdb import Backend

from core.errors import TooLittleDataError
from core.models.data.panel import PanelSpec, log_end, panel
from core.models.data.sampling import sample
from core.models.learners.next_segment import segment_at
from core.models.learners.predictor import Predictor
from core.models.training.backtest import first_order, latest_cutoffs
from core.stats import wilson

ALIKE: Final = ("recency", "frequency", "order_value", "tenure", "gap_median", "orders_90")
"""Inputs that measure similarity, each on a logarithmic scale and in standard deviations."""

MOST: Final = 20_000
"""Customers to search; a seeded sample if there are more."""

NEAREST: Final = 50
"""Number of similar customers."""

PAST: Final = "past.parquet"

_NO_GAP: Final = 2.0  # standard deviations between a one-time customer and any gap


@dataclass(frozen=True, kw_only=True)
class Similar:
    """Customers who were similar to one, the most similar first.

    Parameters
    ----------
    customers : DataFrame
        `customer_id`, `distance` (in standard deviations), `ALIKE`, `monetary`, `country`, `segment_then`, `bought`
        (0 or 1), `spend` (in the horizon; shop's currency), `segment_after`.
    at : date
        The past date.
    of : int
        Customers searched.
    """

    customers: pd.DataFrame
    at: date
    of: int

    @property
    def told(self) -> dict[str, Any]:
        """Summary: `customers`, `bought`, `share` with `low` and `high` (95%, Wilson), `spend` (median of buyers)."""
        bought = self.customers["bought"]
        low, high = wilson(pd.Series([bought.sum()]), pd.Series([len(bought)]))
        spent = self.customers.loc[bought == 1, "spend"]
        return {
            "customers": len(bought),
            "bought": int(bought.sum()),
            "share": float(bought.mean()),
            "low": float(low.iloc[0]),
            "high": float(high.iloc[0]),
            "spend": float(spent.median()) if len(spent) else None,
        }


def write_past(
    connection: Backend, folder: Path, orders: ir.Table, returns: ir.Table, predictor: Predictor, as_of: date
) -> None:
    """Store customers at the latest date whose horizon has passed, with their outcomes.

    Nothing is written if the log is too short for such a date. Segments are the current ones.

    Parameters
    ----------
    connection : Backend
        Connection of the tables.
    folder : Path
        Target folder.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    predictor : Predictor
        Its horizon and segments apply.
    as_of : date
        Orders from this day on are ignored.
    """
    end = min(log_end(orders), as_of)
    days = latest_cutoffs(first_order(orders), end, predictor.horizon, most=1)
    some = sample(connection, orders, returns, MOST)
    try:
        spec = PanelSpec(cutoffs=tuple(days), horizon=predictor.horizon, until=end) if days else None
        rows = panel(connection, some.orders, some.returns, spec) if spec else pd.DataFrame()
    except TooLittleDataError:
        return
    if rows.empty:
        return
    found = rows[["as_of", "customer_id", "country", "monetary", *ALIKE]].assign(
        bought=rows["will_buy"],
        spend=rows["spend"],
        segment_then=segment_at(rows, predictor.segments, "now"),
        segment_after=segment_at(rows, predictor.segments, "next"),
    )
    found.to_parquet(folder / PAST, index=False)


def similar(past: pd.DataFrame, one: pd.DataFrame, *, without: str = "", most: int = NEAREST) -> Similar:
    """Find customers who, at a past date, resembled a given customer today.

    Parameters
    ----------
    past : DataFrame
        As stored by `write_past`.
    one : DataFrame
        One row of a panel.
    without : str
        Id of the customer, to exclude their own past.
    most : int
        Maximum number of customers.
    """
    at: date = past["as_of"].iloc[0].date()
    past = past[past["customer_id"] != without]
    logs, own = (np.log1p(rows[list(ALIKE)].to_numpy(float)) for rows in (past, one))
    spread = pd.DataFrame(logs).std(ddof=0).to_numpy()  # missing if no customer has a value, such as a gap
    apart = np.abs(logs - own) / np.where(spread > 0, spread, 1.0)
    missing = np.isnan(logs) != np.isnan(own)
    apart = np.where(missing, _NO_GAP, np.nan_to_num(apart))
    distance = np.sqrt((apart**2).sum(axis=1))
    nearest = np.lexsort((past["customer_id"].to_numpy(str), distance))[:most]
    found = past.iloc[nearest].assign(distance=distance[nearest]).reset_index(drop=True)
    return Similar(customers=found.drop(columns="as_of"), at=at, of=len(past))
