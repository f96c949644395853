"""Snapshots of customers at many dates, computed in one pass over the orders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import ibis
import ibis.expr.types as ir

from core.errors import InputError
from core.schema import CUSTOMERS

YEAR: Final = 365
"""Days before a date whose revenue is at stake."""

COLUMNS: Final = tuple(name for name in CUSTOMERS if name not in ("customer_id", "country"))
"""Columns for each customer and date; see `core.schema.CUSTOMERS`."""


@dataclass(frozen=True, kw_only=True)
class HistorySpec:
    """The dates of a history.

    Parameters
    ----------
    dates : tuple of date
        At least one, ascending and distinct. Only orders before the start of each day are used, so 1 December stands
        for the end of November.
    """

    dates: tuple[date, ...]

    def __post_init__(self) -> None:
        if not self.dates or list(self.dates) != sorted(set(self.dates)):
            message = f"`dates` must be ascending and distinct, got {', '.join(map(str, self.dates)) or 'none'}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class PairSpec:
    """Two dates between which customers move.

    Parameters
    ----------
    start, end : date
        Only orders before the start of these days are used; `start` must not be later than `end`.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.start > self.end:
            message = f"`start` must not be after `end`, got {self.start} and {self.end}. Swap them."
            raise InputError(message)

    @property
    def days(self) -> int:
        """Days between them."""
        return (self.end - self.start).days

    @property
    def year_before(self) -> date:
        """The first day of the `YEAR` days before `start`, whose revenue is at stake."""
        return self.start - timedelta(days=YEAR)


def month_ends(first: date, last: date) -> tuple[date, ...]:
    """Return the ends of the months that a log covers, as the first day of the following month.

    Parameters
    ----------
    first, last : date
        Days of the first and last order. The last month counts only if `last` is its last day.
    """
    found, month = [], _next_month(first)
    while month <= last + timedelta(days=1):
        found.append(month)
        month = _next_month(month)
    return tuple(found)


def history(orders: ir.Table, returns: ir.Table, spec: HistorySpec) -> ir.Table:
    """Compute a snapshot of the customers at each date.

    Orders are summed between successive dates. Running sums over these few rows give the state from each one on, and
    each row is repeated for all dates until the customer's next.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    spec : HistorySpec
        The dates.

    Returns
    -------
    Table
        `customer_id`, `as_of` and `COLUMNS`, with the same values as `core.customers.rfm.snapshot`.
    """
    known = _running(_between_dates(_events(orders, returns), spec.dates), len(spec.dates))
    dates = ibis.array([ibis.literal(_midnight(day)) for day in spec.dates])
    rows = known.mutate(place=ibis.range(known.step, known.until).unnest())
    rows = rows.mutate(at=dates[rows.place])
    columns = {name: value.cast(CUSTOMERS[name].lstrip("!")) for name, value in _columns(rows, "", rows.at).items()}
    return rows.select("customer_id", as_of=rows.at.date(), **columns)


def pair(orders: ir.Table, returns: ir.Table, spec: PairSpec) -> ir.Table:
    """Compute each customer's figures at two dates, side by side, in one pass over the orders.

    Returns
    -------
    Table
        `customer_id`; `COLUMNS` with the suffixes `_from` (null if the first order is between the dates) and `_to`;
        `at_stake`, the customer's gross spend in the `YEAR` days before `start`. One row per customer with an order
        before `end`.
    """
    events = _events(orders, returns)
    ends = {"from": spec.start, "to": spec.end}
    at = {side: {"where": events.happened_at < _midnight(day)} for side, day in ends.items()}
    sums = ("frequency", "monetary", "returned")
    wide = events.group_by("customer_id").agg(
        **{f"first_order_{side}": events.bought_at.min(**which) for side, which in at.items()},
        **{f"last_order_{side}": events.bought_at.max(**which) for side, which in at.items()},
        **{f"{name}_{side}": events[name].sum(**which) for side, which in at.items() for name in sums},
        at_stake=events.monetary.sum(
            where=(events.happened_at >= _midnight(spec.year_before)) & (events.happened_at < _midnight(spec.start))
        ),
    )
    wide = wide.filter(wide.last_order_to.notnull())
    columns = {
        f"{name}_{side}": value.cast(CUSTOMERS[name].lstrip("!"))
        for side, day in ends.items()
        for name, value in _columns(wide, f"_{side}", ibis.literal(_midnight(day))).items()
    }
    return wide.select("customer_id", **columns, at_stake=wide.at_stake.fill_null(0.0))


def _columns(known: ir.Table, ending: str, at: ir.TimestampValue) -> dict[str, ir.Value]:
    """Return `COLUMNS` as of a time; null if there was no earlier order."""
    last, bought = known[f"last_order{ending}"], known[f"last_order{ending}"].notnull()
    found = {name: known[f"{name}{ending}"] for name in ("frequency", "monetary", "returned")}
    return {
        "recency": (at.epoch_seconds() - last.epoch_seconds()) // 86_400,
        **{name: bought.ifelse(value, ibis.null(value.type())) for name, value in found.items()},
        "net": bought.ifelse(found["monetary"] - found["returned"], ibis.null("float64")),
        "first_order": known[f"first_order{ending}"],
        "last_order": last,
    }


def _events(orders: ir.Table, returns: ir.Table) -> ir.Table:
    """Combine orders and returns in one table with what each adds; `bought_at` is null for returns."""
    sold = orders.select(
        "customer_id",
        happened_at=orders.ordered_at,
        bought_at=orders.ordered_at,
        frequency=orders.new_order,
        monetary=orders.amount,
        returned=0.0,
    )
    back = returns.select(
        "customer_id",
        happened_at=returns.ordered_at,
        bought_at=ibis.null(returns.ordered_at.type()),
        frequency=ibis.literal(0, "int64"),
        monetary=0.0,
        returned=returns.amount,
    )
    return sold.union(back)


def _between_dates(events: ir.Table, dates: Sequence[date]) -> ir.Table:
    """Sum per customer and step; step n ends at date n and starts at the previous one."""
    stepped = events.mutate(step=_step(events.happened_at, dates))
    return (
        stepped.filter(stepped.step < len(dates))
        .group_by("customer_id", "step")
        .agg(
            first_order=stepped.bought_at.min(),
            last_order=stepped.bought_at.max(),
            **{name: stepped[name].sum() for name in ("frequency", "monetary", "returned")},
        )
    )


def _running(sums: ir.Table, end: int) -> ir.Table:
    """Compute the state from each step `until` the customer's next; returns alone don't make a customer."""
    so_far = ibis.cumulative_window(group_by="customer_id", order_by="step")
    own = ibis.window(group_by="customer_id", order_by="step")
    known = sums.select(
        "customer_id",
        "step",
        until=sums.step.lead().over(own).fill_null(end),
        first_order=sums.first_order.min().over(so_far),
        last_order=sums.last_order.max().over(so_far),
        **{name: sums[name].sum().over(so_far) for name in ("frequency", "monetary", "returned")},
    )
    return known.filter(known.last_order.notnull())


def _step(moment: ir.TimestampValue, dates: Sequence[date]) -> ir.IntegerValue:
    """Return the position of the first date after a moment; the number of dates if there is none."""
    steps = [(moment < _midnight(day), ibis.literal(n, "int64")) for n, day in enumerate(dates)]
    return ibis.cases(*steps, else_=ibis.literal(len(dates), "int64"))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time())


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)
