"""Random samples of customers with all their orders, for data too large to process in full."""

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import util
from ibis.backends.duckdb import Backend


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Orders of a sample of customers.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`. Sampled customers have all their rows.
    customers, of : int
        Number of customers in the sample, and in the log.
    """

    orders: ir.Table
    returns: ir.Table
    customers: int
    of: int


def sample(connection: Backend, orders: ir.Table, returns: ir.Table, most: int, *, seed: int = 0) -> Sample:
    """Draw customers uniformly at random. The same seed draws the same customers.

    Parameters
    ----------
    connection : Backend
        Connection the tables belong to.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    most : int
        Maximum number of customers. If there are no more than that, all are returned.
    seed : int
        Random state.
    """
    of = int(orders.customer_id.nunique().execute())
    if of <= most:
        return Sample(orders=orders, returns=returns, customers=of, of=of)
    ids = orders.select("customer_id").distinct().order_by("customer_id").execute()["customer_id"].to_numpy()
    drawn = pd.DataFrame({"customer_id": np.sort(np.random.default_rng(seed).choice(ids, most, replace=False))})
    who = connection.create_table(util.gen_name("sampled"), drawn, temp=True)
    return Sample(
        orders=orders.semi_join(who, "customer_id"),
        returns=returns.semi_join(who, "customer_id"),
        customers=most,
        of=of,
    )
