"""Actual outcomes after a cutoff, against which predictions are judged."""

import ibis
import ibis.expr.types as ir

from core.errors import InputError

LONGEST: int = 730  # days; forecasts further ahead are guesswork


def outcomes(orders: ir.Table, cutoffs: ir.Table, horizon: int) -> ir.Table:
    """Return purchases and spend within the horizon after each cutoff, for the customers who bought.

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
        `as_of`, `customer_id`, `will_buy` (1), `spend` (gross, shop's currency). Customers without a row bought
        nothing. Customers who first ordered within the window, and so weren't known at the cutoff, are included.

    Raises
    ------
    InputError
        If the horizon isn't between 1 and 730 days.
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
