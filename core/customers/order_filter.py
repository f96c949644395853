"""Order filters: a range of days, and the customers of a country or a segment."""

from dataclasses import dataclass
from datetime import date, datetime, time

import ibis.expr.types as ir

from core.errors import InputError
from core.plain import Plain


@dataclass(frozen=True, kw_only=True)
class OrderFilter(Plain):
    """A filter on orders; None means all.

    Parameters
    ----------
    start : date or None
        First day.
    end : date or None
        The day after the last one.
    country : str or None
        Only customers whose latest order went there.
    segment : str or None
        Only customers who are in this segment today.
    """

    start: date | None = None
    end: date | None = None
    country: str | None = None
    segment: str | None = None

    def __post_init__(self) -> None:
        if self.start is not None and self.end is not None and self.start >= self.end:
            message = f"The first day must be before the end, got {self.start} and {self.end}."
            raise InputError(message)

    @property
    def by_customer(self) -> bool:
        """Return whether it excludes customers, not only days."""
        return self.country is not None or self.segment is not None


def filtered(table: ir.Table, chosen: OrderFilter, members: ir.Table | None = None) -> ir.Table:
    """Return the rows that match a filter.

    Parameters
    ----------
    table : Table
        Table with `ordered_at` and `customer_id`, such as `orders`, `returns` or `lines`.
    chosen : OrderFilter
        The filter, of which only the days are applied.
    members : Table, optional
        `customer_id` of the matching customers; all by default.
    """
    if chosen.start is not None:
        table = table.filter(table.ordered_at >= datetime.combine(chosen.start, time()))
    if chosen.end is not None:
        table = table.filter(table.ordered_at < datetime.combine(chosen.end, time()))
    return table if members is None else table.semi_join(members, "customer_id")
