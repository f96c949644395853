"""The headline of each page, computed from its data."""

from typing import Final

import pandas as pd

from core.numbers import count, day, share
from core.schema import Reason
from core.ui.caching import cached
from core.ui.shared.key_figures import PERIODS, days_of, has_period_before
from core.ui.shared.segments_view import Segments
from core.ui.shared.view import View

REASON_LABELS: Final[dict[str, str]] = {
    Reason.DUPLICATE: "Duplicate",
    Reason.MISSING_CUSTOMER: "Missing customer",
    Reason.CANCELLED: "Cancelled",
    Reason.NON_POSITIVE_QUANTITY: "Quantity not above zero",
    Reason.NON_POSITIVE_PRICE: "Price not above zero",
    Reason.UNREADABLE: "Unreadable",
}


def home_sentence(view: View, segments: Segments | None) -> str:
    """Summarise revenue by segment."""
    report = view.version.report
    until = day(cached.last_day(view.key))
    if segments is None:
        return (
            f"{count(report['customers'])} customers generated {view.money.short(report['revenue'])} in revenue "
            f"(to {until})."
        )
    top = max(segments.summary.to_dict("records"), key=lambda row: row["revenue"])
    return (
        f"{top['segment']} ({share(top['customer_share'])} of customers) generate {share(top['revenue_share'])} of "
        f"your {view.money.short(report['revenue'])} revenue (to {until})."
    )


def overview_sentence(view: View, period: str) -> str:
    """Compare revenue with the previous period."""
    figures = cached.windows(view.key, view.spec.as_of, days_of(view, period))
    until = day(cached.last_day(view.key))
    now = figures.get(0, {}).get("revenue", 0.0)
    if period == "all":
        return f"Revenue was {view.money.short(now)} from {day(cached.first_day(view.key))} to {until}."
    said = f"Revenue was {view.money.short(now)} in the {PERIODS[period]} to {until}"
    if not has_period_before(view, period):
        return f"{said}. There is no full previous period to compare with."
    before = figures.get(1, {}).get("revenue", 0.0)
    if not before:
        return f"{said}, up from nothing in the previous {PERIODS[period]}."
    change = now / before - 1
    return f"{said}, {'up' if change >= 0 else 'down'} {share(abs(change))} on the previous {PERIODS[period]}."


def segments_sentence(segments: Segments) -> str:
    """Summarise revenue by segment and the customers who have slipped."""
    filled = [row for row in segments.summary.to_dict("records") if row["customers"]]
    top, away = filled[0], max(filled, key=lambda row: row["median_recency"])
    said = f"{count(top['customers'])} {top['segment']} generate {share(top['revenue_share'])} of revenue"
    if away["median_recency"] == top["median_recency"]:  # no segment has been away for longer
        return f"{said}."
    last = f"last ordered about {count(away['median_recency'])} days ago"
    return f"{said}; {count(away['customers'])} {away['segment']} {last}."


def quality_sentence(view: View) -> str:
    """Summarise the share of valid rows and the main reason for exclusion."""
    report = view.version.report
    kept = report["rows_kept"] / report["rows_read"]
    said = f"{share(kept)} of {count(report['rows_read'])} rows count"
    removed = pd.Series(report["removed"])
    if removed.sum() == 0:
        return f"{said}. No rows were excluded."
    reason = REASON_LABELS[str(removed.idxmax())].lower()
    return f"{said}. Main reason for exclusion: {reason} ({count(removed.max())} rows)."
