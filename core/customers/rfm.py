"""Recency, frequency and monetary value of each customer before a date."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

import ibis
import ibis.expr.types as ir

from core.errors import InputError
from core.schema import CUSTOMERS


@dataclass(frozen=True, kw_only=True)
class RfmSpec:
    """The cutoff date of a snapshot.

    Parameters
    ----------
    as_of : date
        Only orders before the start of this day are used.
    """

    as_of: date

    def __post_init__(self) -> None:
        if isinstance(self.as_of, datetime):
            message = f"`as_of` must be a date, got the time {self.as_of}."
            raise InputError(message)

    @classmethod
    def after(cls, last_order: datetime) -> "RfmSpec":
        """Return the default: the day after the last order."""
        return cls(as_of=last_order.date() + timedelta(days=1))


def snapshot(orders: ir.Table, returns: ir.Table, spec: RfmSpec) -> ir.Table:
    """Compute recency, frequency and monetary of each customer with an order before `as_of`.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    spec : RfmSpec
        Cutoff date.

    Returns
    -------
    Table
        Columns of `core.schema.CUSTOMERS`. `recency` is the number of whole 24-hour days from the last order to
        `as_of`; `frequency` counts distinct orders; `monetary` is gross and `net` = `monetary` − `returned`, in the
        shop's currency. Returns alone, without an order before `as_of`, don't make a customer. The country is that of
        the latest order.
    """
    midnight = datetime.combine(spec.as_of, time())
    before = orders.filter(orders.ordered_at < ibis.literal(midnight))
    bought = before.group_by("customer_id").agg(
        last_order=before.ordered_at.max(),
        first_order=before.ordered_at.min(),
        frequency=before.new_order.sum(),
        monetary=before.amount.sum(),
        country=_latest_country(before),
    )
    went_back = returns.filter(returns.ordered_at < ibis.literal(midnight))
    went_back = went_back.group_by("customer_id").agg(returned=went_back.amount.sum())
    joined = bought.left_join(went_back, "customer_id").drop("customer_id_right")
    returned = joined.returned.fill_null(0.0)
    table = joined.mutate(
        recency=(ibis.literal(midnight).epoch_seconds() - joined.last_order.epoch_seconds()) // 86_400,
        returned=returned,
        net=joined.monetary - returned,
    )
    return table.select(**{name: table[name].cast(kind.lstrip("!")) for name, kind in CUSTOMERS.items()})


def _latest_country(orders: ir.Table) -> ir.StringValue:
    """Return the country of the latest order that has one, with ties broken by order id."""
    latest = orders.ordered_at.strftime("%Y%m%d%H%M%S%f") + orders.order_id
    return orders.country.argmax(latest, where=orders.country.notnull())
