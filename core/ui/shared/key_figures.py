"""Key figures of the pages, each with its definition and period."""

from datetime import timedelta
from typing import Final

import pandas as pd

from core.numbers import count, day, share
from core.ui.caching import cached
from core.ui.shared.frame import Figure
from core.ui.shared.view import View

PERIODS: Final = {"30": "30 days", "90": "90 days", "365": "12 months", "all": "All time"}
"""Periods to choose from: URL value and label."""

TREND_MONTHS: Final = 13
"""Months in a sparkline: a year plus the same month a year earlier."""


def days_of(view: View, period: str) -> int:
    """Return the length of a period in days; "all" covers all orders."""
    whole = (view.spec.as_of - cached.first_day(view.key)).days
    return whole if period == "all" else int(period)


def home_figures(view: View) -> list[Figure]:
    """Return all-time customers, orders, and gross and net revenue."""
    report, money = view.version.report, view.money
    months = complete_months(view)
    net = report["revenue"] - report["returned"]
    when = f"{day(cached.first_day(view.key))} to {day(cached.last_day(view.key))}"
    returned = f"{money.exact(net)} exactly: gross less {money.exact(report['returned'])} returned, {when}."
    gross = f"{money.exact(report['revenue'])} exactly: all orders that count, before returns, {when}."
    customers = (
        f"Different customers with at least one order that counts, {when}. The line shows who ordered per month."
    )
    orders = f"Different orders that count, {when}. Cancelled orders are excluded."
    return [
        Figure("customers", "Customers", count(report["customers"]), customers, trend=months["customers"].tolist()),
        Figure("orders", "Orders", count(report["orders"]), orders, trend=months["orders"].tolist()),
        Figure("revenue", "Revenue, gross", money.short(report["revenue"]), gross, trend=months["revenue"].tolist()),
        Figure("net", "Revenue, net", money.short(net), returned, trend=months["net"].tolist()),
    ]


def overview_figures(view: View, period: str) -> list[Figure]:
    """Return revenue, orders, active customers, average order and repeat rate, compared with the previous period."""
    days = days_of(view, period)
    figures = cached.windows(view.key, view.spec.as_of, days)
    months = cached.with_ratios(complete_months(view))
    comparable = has_period_before(view, period)
    start = view.spec.as_of - timedelta(days=days)
    when = f"{day(start)} to {day(view.spec.as_of - timedelta(days=1))}"

    compared = f"Compared with {day(start - timedelta(days=days))} to {day(start - timedelta(days=1))}."
    if not comparable:
        compared = "There is no full previous period to compare with."
    compared += " Line: up to 13 complete months."
    found = []
    for key, label, definition in _OVERVIEW:
        now = figures.get(0, {}).get(key, 0.0)
        before = figures.get(1, {}).get(key, 0.0) if comparable else 0.0
        found.append(
            Figure(
                key,
                label,
                _shown(view, key, now),
                " ".join(
                    [
                        definition,
                        f"Period: {when}.",
                        f"Exactly {view.money.exact(now)}." if key in _MONEY else "",
                        compared,
                    ]
                ),
                change=_change(key, now, before) if before else None,
                trend=months[key].tolist(),
            )
        )
    return found


def _shown(view: View, key: str, value: float) -> str:
    """Format a figure as money, a rate or a count."""
    if key in _MONEY:
        return view.money.short(value)
    return share(value) if key in _RATES else count(value)


def _change(key: str, now: float, before: float) -> str | int:
    """Return the relative change; for a rate, in percentage points."""
    change = 100 * (now - before) if key in _RATES else 100 * (now / before - 1)
    unit = "pts" if key in _RATES else "%"
    digits = 1 if abs(change) < 10 else 0  # noqa: PLR2004  three figures
    text = f"{change:+.{digits}f} {unit}"
    return 0 if float(f"{change:.{digits}f}") == 0 else text


def has_period_before(view: View, period: str) -> bool:
    """Return whether the data covers the whole previous period, so that the comparison is fair."""
    return period != "all" and view.spec.as_of - timedelta(days=2 * int(period)) >= cached.first_day(view.key)


def complete_months(view: View) -> pd.DataFrame:
    """Return the key figures of the last complete months, at most 13; of all months if none is complete."""
    months = cached.monthly(view.key)
    complete = months[months["bucket"] + pd.offsets.MonthBegin(1) <= pd.Timestamp(view.spec.as_of)]
    return (complete if len(complete) else months).tail(TREND_MONTHS)


_MONEY: Final = ("revenue", "average")
_RATES: Final = ("repeat",)
_OVERVIEW: Final = (
    ("revenue", "Revenue, gross", "Sum of all orders that count, before returns."),
    ("orders", "Orders", "Different orders that count; cancelled ones are left out."),
    ("customers", "Active customers", "Different customers who ordered in the period."),
    ("average", "Average order", "Gross revenue divided by orders."),
    ("repeat", "Repeat rate", "Share of the active customers with an order that was not their first."),
)
