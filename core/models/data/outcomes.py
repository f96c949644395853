"""What customers did after a cutoff: the only thing a prediction is judged by."""

import ibis
import ibis.expr.types as ir

from core.errors import InputError

LONGEST: int = 730  # days; no shop knows its customers longer ahead


def outcomes(orders: ir.Table, cutoffs: ir.Table, horizon: int) -> ir.Table:
    """Purchases and spend in the horizon after each cutoff, of the customers who bought in it.

    Parameters
    ----------
    orders : Table
        Columns of `core.schema.ORDERS`.
    cutoffs : Table
        `as_of`, a date.
    horizon : int
        Days: the window is [as_of, as_of + horizon).

    Returns
    -------
    Table
        `as_of`, `customer_id`, `will_buy` (1), `spend` (gross, shop's currency). Customers without a row did not buy
        and spent nothing; so do those count whose first order lies in the window, who were not known at the cutoff.

    Raises
    ------
    InputError
        Where the horizon is no number of days from 1 to 730.
    """
    if not 1 <= horizon <= LONGEST:
        message = f"`horizon` must be between 1 and {LONGEST} days, got {horizon}."
        raise InputError(message)
    dated = orders.mutate(day=orders.ordered_at.date())
    after = dated.inner_join(cutoffs, dated.day >= cutoffs.as_of)
    ahead = after.as_of.delta(after.day, unit="day") * -1
    within = after.filter(ahead < horizon)
    bought = within.group_by("as_of", "customer_id").agg(spend=within.amount.sum())
    return bought.mutate(will_buy=ibis.literal(1, "int64"))
