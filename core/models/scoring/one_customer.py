"""Predictions for one customer from their orders: identical to those in the full list, and fast enough to type along.

The history is processed like the full log, by the queries of `core.models.data.panel.known_at` on the customer's orders
alone and by the stored model with the scaling and rhythm it was trained with. Nothing is fitted on the customer.
"""

from datetime import date, datetime, time
from functools import lru_cache
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from core.customers.features import features
from core.errors import TooLittleDataError
from core.models.data.panel import put_together, standings
from core.models.learners.predictor import Predictor
from core.schema import HISTORY, ORDERS

_WHO: Final = "this customer"
_SCHEMA: Final = ibis.schema({name: kind.lstrip("!") for name, kind in ORDERS.items()})
_NAMES: Final = ("one_orders", "one_returns", "one_dates")
_REMEMBERED: Final = 32  # dates whose queries are cached


def history_of(orders: ir.Table, returns: ir.Table, customer_id: str) -> pd.DataFrame:
    """Return the order history of a customer in the log.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    customer_id : str
        Id of the customer.

    Returns
    -------
    DataFrame
        `core.schema.HISTORY`, oldest first; empty if there is no such customer.
    """
    sides = ((orders, False), (returns, True))
    parts = [side.filter(side.customer_id == customer_id).mutate(went_back=back) for side, back in sides]
    rows = parts[0].union(parts[1]).order_by("ordered_at", "went_back", "order_id").select(*HISTORY)
    found: pd.DataFrame = rows.execute()
    return found


def predict_one(connection: Backend, predictor: Predictor, history: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Predict for one customer.

    Parameters
    ----------
    connection : Backend
        A session not shared with others.
    predictor : Predictor
        The model.
    history : DataFrame
        `core.schema.HISTORY`; units and lines are missing if unknown.
    as_of : date
        Orders from the start of this day on are ignored.

    Returns
    -------
    DataFrame
        One row, see `core.models.learners.predictor.Predictor.predict`.

    Raises
    ------
    TooLittleDataError
        If there are no orders before the day.
    """
    return predictor.predict(known_of(connection, history, as_of))


def known_of(connection: Backend, history: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """Return what is known of a customer before a day, as one row of `core.models.data.panel.known_at`.

    Raises
    ------
    TooLittleDataError
        If there are no orders before the day.
    """
    sold = history[~history["went_back"].astype(bool)]
    if not (sold["ordered_at"] < datetime.combine(as_of, time())).any():
        raise TooLittleDataError(_nothing_before(sold, as_of))
    schema = _SCHEMA.to_pyarrow()
    tables = (sold, history[history["went_back"].astype(bool)])
    for name, rows in zip(_NAMES, tables, strict=False):
        table = pa.Table.from_pandas(rows.assign(customer_id=_WHO)[list(ORDERS)], schema=schema, preserve_index=False)
        connection.con.register(name, table)
    connection.con.register(_NAMES[-1], pa.table({"as_of": pa.array([as_of], pa.date32())}))
    known, stood = (connection.con.execute(sql).df() for sql in _queries(as_of))
    return put_together(known, stood)


def _nothing_before(sold: pd.DataFrame, as_of: date) -> str:
    if sold.empty:
        return "There are no orders yet; add one with its date and amount."
    first = pd.Timestamp(sold["ordered_at"].min()).date()
    many = "The order is" if len(sold) == 1 else f"All {len(sold):,} orders are"
    return (
        f"{many} dated on or after {as_of}, the day the prediction starts from; the first is from {first}. "
        "Correct its date, or choose a later day."
    )


@lru_cache(maxsize=_REMEMBERED)
def _queries(as_of: date) -> tuple[str, str]:
    """Return both queries of `known_at` as SQL, since compiling takes five times as long as running on a few orders."""
    orders, returns = (ibis.table(_SCHEMA, name=name) for name in _NAMES[:2])
    dates = ibis.table({"as_of": "date"}, name=_NAMES[2])
    asked = (features(orders, returns, dates), standings(orders, returns, [as_of]))
    return str(ibis.to_sql(asked[0], dialect="duckdb")), str(ibis.to_sql(asked[1], dialect="duckdb"))
