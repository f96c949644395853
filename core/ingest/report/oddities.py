"""Suspicious data in rows that count; it is reported but never removed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final

import ibis
import ibis.expr.types as ir
import pandas as pd

from core.schema import Reason

EXTREME_TIMES: Final = 50.0
"""Multiple of the 99th percentile above which a quantity is extreme: wholesale orders reach 10, typos 100."""
GAP_DAYS: Final = 7
"""More days than this without any order cause a warning: shops close for weekends and holidays, not for a week."""
_SHOWN: Final = 5


@dataclass(frozen=True, kw_only=True)
class Oddity:
    """A suspicious finding.

    Parameters
    ----------
    kind : {"future", "extreme_quantity", "missing_country", "gap"}
        Kind of finding.
    text : str
        One or two sentences: what, where, and the consequence.
    """

    kind: str
    text: str


def oddities_of(rows: ir.Table, orders: ir.Table, *, now: datetime, files: Sequence[str]) -> list[Oddity]:
    """Find future dates, extreme quantities and their cancellations, missing countries, and days without orders.

    Parameters
    ----------
    rows, orders : Table
        Columns of `ROWS` and `ORDERS`.
    now : datetime
        Current wall time in the shop's time zone.
    files : sequence of str
        Names of the files, indexed by `file_no`.
    """
    lines = rows.filter(rows.reason.isnull())
    days = orders.group_by(day=orders.ordered_at.date()).agg(
        late=(orders.ordered_at > ibis.literal(now)).sum(), last=orders.ordered_at.max()
    )
    by_day = days.order_by("day").execute()
    facts = lines.agg(
        all=lines.count(),
        missing=lines.country.isnull().sum(),
        usual=lines.quantity.quantile(0.99),
        largest=lines.quantity.max(),
    )
    fact = facts.execute().iloc[0]
    return [
        *_future(by_day),
        *_extreme(rows, lines, files, usual=fact.usual, largest=fact.largest),
        *_countries(fact),
        *_gaps(by_day.day.tolist()),
    ]


def _future(by_day: pd.DataFrame) -> list[Oddity]:
    late = by_day[by_day.late > 0]
    if late.empty:
        return []
    text = (
        f"{int(late.late.sum()):,} orders are dated in the future, the latest on {late['last'].max():%Y-%m-%d}. "
        "Recency is measured from the day after the last order, so a wrong date shifts it for every customer."
    )
    return [Oddity(kind="future", text=text)]


def _extreme(rows: ir.Table, lines: ir.Table, files: Sequence[str], *, usual: float, largest: float) -> list[Oddity]:
    if not usual or math.isnan(usual):
        return []
    limit = EXTREME_TIMES * max(float(usual), 1.0)
    if not largest > limit:
        return []
    large = lines.filter(lines.quantity > limit).order_by(ibis.desc("quantity")).limit(_SHOWN).execute()
    back = rows.filter((rows.reason == Reason.CANCELLED.value) & (rows.quantity < -limit)).execute()
    found = []
    for line in large.itertuples():
        same = (back.customer_id == line.customer_id) & (back.quantity == -line.quantity)
        product = same & ((back["product"] == line.product) | (back.product_id == line.product_id))
        fate = (
            "and was later cancelled, so it counts in gross revenue but not in net"
            if product.any()
            else ("and wasn't cancelled: check that it's correct")
        )
        text = f"{files[line.file_no]}, row {line.row:,}, order {line.order_id}: {line.quantity:,.0f} units is over "
        text += f"{EXTREME_TIMES:.0f} times the 99th percentile, {fate}."
        found.append(Oddity(kind="extreme_quantity", text=text))
    return found


def _countries(fact: pd.Series) -> list[Oddity]:
    missing, total = int(fact.missing), int(fact["all"])
    if not missing or missing == total:  # the file has no country column
        return []
    text = f"{missing:,} lines ({100 * missing / total:.1f}%) have no country and are excluded from country figures."
    return [Oddity(kind="missing_country", text=text)]


def _gaps(days: Sequence[date]) -> list[Oddity]:
    found = [
        Oddity(
            kind="gap",
            text=f"No orders from {before + timedelta(days=1):%Y-%m-%d} to {after - timedelta(days=1):%Y-%m-%d} "
            f"({(after - before).days - 1} days): closed, or is a file missing?",
        )
        for before, after in pairwise(days)
        if (after - before).days > GAP_DAYS
    ]
    return found[-_SHOWN:]
