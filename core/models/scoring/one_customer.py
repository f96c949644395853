"""What a model says of one customer from her orders: the same as in the list of all, and fast enough to type along.

Her history takes the way of the whole log: the queries of `core.models.data.panel.known_at` over her orders alone, and
the stored model, which holds the scaling and the rhythm that it was trained with. Nothing is fitted on her.
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
from core.schema import ORDERS

HISTORY: Final = (*(name for name in ORDERS if name != "customer_id"), "went_back")
"""Columns of a history: those of `core.schema.ORDERS`, and whether the row is of an order that was sent back."""

_WHO: Final = "this customer"
_SCHEMA: Final = ibis.schema({name: kind.lstrip("!") for name, kind in ORDERS.items()})
_NAMES: Final = ("one_orders", "one_returns", "one_dates")
_REMEMBERED: Final = 32  # dates whose queries are kept


def history_of(orders: ir.Table, returns: ir.Table, customer_id: str) -> pd.DataFrame:
    """All that is known of a customer of the log.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    customer_id : str
        Whose.

    Returns
    -------
    DataFrame
        `HISTORY`, the oldest first; none where there is no such customer.
    """
    sides = ((orders, False), (returns, True))
    parts = [side.filter(side.customer_id == customer_id).mutate(went_back=back) for side, back in sides]
    rows = parts[0].union(parts[1]).order_by("ordered_at", "went_back", "order_id").select(*HISTORY)
    found: pd.DataFrame = rows.execute()
    return found


def predict_one(connection: Backend, predictor: Predictor, history: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What a model says of a customer.

    Parameters
    ----------
    connection : Backend
        A session of its own.
    predictor : Predictor
        As it is stored.
    history : DataFrame
        `HISTORY`; what is not known of an order, its units or lines, is missing.
    as_of : date
        Orders from the start of this day on are not looked at.

    Returns
    -------
    DataFrame
        One row, see `core.models.learners.predictor.Predictor.predict`.

    Raises
    ------
    TooLittleDataError
        Where no order lies before the day.
    """
    return predictor.predict(known_of(connection, history, as_of))


def known_of(connection: Backend, history: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """What is known of a customer before a day: one row, as `core.models.data.panel.known_at` has it.

    Raises
    ------
    TooLittleDataError
        Where no order lies before the day.
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
        return "There is no order yet; add one, with its date and amount."
    first = pd.Timestamp(sold["ordered_at"].min()).date()
    many = "The order lies" if len(sold) == 1 else f"All {len(sold):,} orders lie"
    return (
        f"{many} on or after {as_of}, the day from which the prediction looks ahead; the first is from {first}. "
        "Correct its date, or choose a later day."
    )


@lru_cache(maxsize=_REMEMBERED)
def _queries(as_of: date) -> tuple[str, str]:
    """Both queries of `known_at` as SQL: to write them takes five times as long as to run them on a few orders."""
    orders, returns = (ibis.table(_SCHEMA, name=name) for name in _NAMES[:2])
    dates = ibis.table({"as_of": "date"}, name=_NAMES[2])
    asked = (features(orders, returns, dates), standings(orders, returns, [as_of]))
    return str(ibis.to_sql(asked[0], dialect="duckdb")), str(ibis.to_sql(asked[1], dialect="duckdb"))
