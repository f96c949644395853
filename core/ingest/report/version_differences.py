"""Differences between two versions of a dataset: orders and customers added, changed or removed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from core.engine import computed, parquet
from core.ingest.report.version_details import read_details

_SAME: Final = 1e-6  # smaller differences are floating-point noise
_LISTED: Final = ["order_id", "customer_id", "ordered_at", "amount_before", "amount", "units_before", "units"]


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Differences between an earlier and a later version.

    Parameters
    ----------
    before, after : dict
        The quality reports; see `core.ingest.report.quality_report.QualityReport`.
    orders_new, orders_gone, orders_changed : int
        Orders, counted per customer, in the later version only, in the earlier version only, and in both but with a
        different amount, number of units or lines, or time.
    customers_new, customers_gone : int
        Customers with orders in the later version only, and in the earlier version only.
    months : DataFrame
        `month` (first day), `before` and `after` (gross revenue, zero if none), in order.
    orders : dict of str to DataFrame
        The earliest orders of each kind (`new`, `gone`, `changed`): `order_id`, `customer_id`, `ordered_at` (of the
        last line), `amount_before`, `amount`, `units_before`, `units`; zero in a version without the order.
    """

    before: dict[str, Any]
    after: dict[str, Any]
    orders_new: int
    orders_gone: int
    orders_changed: int
    customers_new: int
    customers_gone: int
    months: pd.DataFrame
    orders: dict[str, pd.DataFrame]

    def gained(self, name: str) -> float:
        """Return the increase of a figure of the reports; negative if it fell."""
        return float(self.after[name] - self.before[name])

    def same(self) -> bool:
        """Return whether all orders are the same in both versions."""
        return not (self.orders_new or self.orders_gone or self.orders_changed)


def compare(connection: Backend, before: Path, after: Path, *, most: int = 50) -> Comparison:
    """Compare two versions by their orders and reports.

    Parameters
    ----------
    connection : Backend
        Connection that may read both folders.
    before, after : Path
        Folders of the versions.
    most : int
        Maximum number of orders listed of each kind.
    """
    sides = ibis.union(*(_orders(connection, folder, side) for side, folder in enumerate((before, after))))
    orders = computed(_paired(sides))
    counts = dict(orders.group_by("kind").agg(n=orders.count()).execute().set_index("kind")["n"])
    customers = orders.group_by("customer_id").agg(old=orders.in_before.any(), new=orders.in_after.any())
    moved = customers.agg(came=(~customers.old).sum(), went=(~customers.new).sum()).execute().iloc[0]
    return Comparison(
        before=_report(before),
        after=_report(after),
        orders_new=int(counts.get("new", 0)),
        orders_gone=int(counts.get("gone", 0)),
        orders_changed=int(counts.get("changed", 0)),
        customers_new=int(moved.came),
        customers_gone=int(moved.went),
        months=_months(sides),
        orders={kind: _first(orders, kind, most) for kind in ("new", "gone", "changed")},
    )


def _orders(connection: Backend, folder: Path, side: int) -> ir.Table:
    orders = parquet(connection, folder / "orders.parquet")
    columns = ("order_id", "customer_id", "ordered_at", "amount", "units", "lines")
    return orders.select(*columns, later=ibis.literal(bool(side)))


def _paired(sides: ir.Table) -> ir.Table:
    """Return one row per order in either version, with its `kind`: new, gone, changed or same."""
    figures = {}
    for name in ("amount", "units", "lines"):
        figures[f"{name}_before"] = sides[name].sum(where=~sides.later).fill_null(0)
        figures[name] = sides[name].sum(where=sides.later).fill_null(0)
    pairs = sides.group_by("customer_id", "order_id").agg(
        **figures,
        in_before=(~sides.later).any(),
        in_after=sides.later.any(),
        at_before=sides.ordered_at.max(where=~sides.later),
        at=sides.ordered_at.max(where=sides.later),
    )
    alike = ((pairs.amount - pairs.amount_before).abs() < _SAME) & ((pairs.units - pairs.units_before).abs() < _SAME)
    alike &= (pairs["lines"] == pairs.lines_before) & (pairs.at == pairs.at_before)
    kind = ibis.cases((~pairs.in_before, "new"), (~pairs.in_after, "gone"), (alike, "same"), else_="changed")
    return pairs.mutate(kind=kind, ordered_at=ibis.coalesce(pairs.at, pairs.at_before))


def _months(sides: ir.Table) -> pd.DataFrame:
    dated = sides.mutate(month=sides.ordered_at.truncate("month").cast("timestamp(6)"))
    sums = dated.group_by("month").agg(
        before=dated.amount.sum(where=~dated.later).fill_null(0), after=dated.amount.sum(where=dated.later).fill_null(0)
    )
    found: pd.DataFrame = sums.order_by("month").execute()
    return found


def _first(orders: ir.Table, kind: str, most: int) -> pd.DataFrame:
    chosen = orders.filter(orders.kind == kind).order_by("ordered_at", "order_id", "customer_id")
    found: pd.DataFrame = chosen.limit(most).select(*_LISTED).execute()
    return found


def _report(folder: Path) -> dict[str, Any]:
    details = read_details(folder)
    names = ("rows_read", "rows_kept", "removed", "customers", "orders", "revenue", "returned")
    return {name: details[name] for name in (*names, "first_order", "last_order")}
