"""Some customers with all their orders, where all would take too long."""

from dataclasses import dataclass

import ibis.expr.types as ir
import numpy as np
import pandas as pd
from ibis import util
from ibis.backends.duckdb import Backend


@dataclass(frozen=True, kw_only=True)
class Sample:
    """Orders of some customers.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`; all of a customer's, or none.
    customers, of : int
        How many there are, and of how many.
    """

    orders: ir.Table
    returns: ir.Table
    customers: int
    of: int


def sample(connection: Backend, orders: ir.Table, returns: ir.Table, most: int, *, seed: int = 0) -> Sample:
    """Draw customers, each as likely as any other; the same seed draws the same.

    Parameters
    ----------
    connection : Backend
        Of the tables.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    most : int
        Customers at most; where there are no more, all.
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
