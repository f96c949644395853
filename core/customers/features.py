"""Features of each customer before a date: the input of every predictive model.

All features at all cutoffs are computed in one pass: orders are aggregated to purchase days, and each day is joined
only with later cutoffs, so that no information from after a cutoff can leak.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import ibis
import ibis.expr.types as ir

from core.customers import time_of_day

WINDOWS: Final = (30, 60, 90, 180, 365)
"""Windows before a cutoff, in days, in which purchases are counted."""

YEAR: Final = 365
SEASON: Final = 90  # days; long enough to contain purchases and short enough to be a season


@dataclass(frozen=True, kw_only=True)
class CustomerFeature:
    """A numeric feature of customers at a cutoff.

    Parameters
    ----------
    name : str
        Name of its column.
    label : str
        Its name for marketers.
    unit : str
        "days", "purchase days", "money" (the shop's currency), "lines", "units", "hours", "share" or "ratio".
    definition : str
        One sentence.
    group : str
        Topic: "recency", "frequency", "money", "rhythm", "trend", "season", "basket", "returns", "habit".
    scale_free : bool
        Whether it means the same in a shop twice as large or twice as old, so that it transfers to other years.
    """

    name: str
    label: str
    unit: str
    definition: str
    group: str
    scale_free: bool = True


def _f(name: str, label: str, unit: str, definition: str, group: str, *, scale_free: bool = True) -> CustomerFeature:
    return CustomerFeature(name=name, label=label, unit=unit, definition=definition, group=group, scale_free=scale_free)


def _windows() -> list[CustomerFeature]:
    found = []
    for days in WINDOWS:
        text = f"in the last {days} days"
        found += [
            _f(f"orders_{days}", f"purchases {text}", "purchase days", f"Days with a purchase {text}.", "frequency"),
            _f(f"spend_{days}", f"spend {text}", "money", f"Gross amount {text}.", "money", scale_free=False),
        ]
    return found


_ALL: Final = (
    _f("recency", "days since the last order", "days", "From the last purchase day to the date.", "recency"),
    _f("frequency", "purchases", "purchase days", "Days with a purchase.", "frequency", scale_free=False),
    _f("monetary", "spend", "money", "Gross amount of all orders.", "money", scale_free=False),
    _f("tenure", "days since the first order", "days", "From the first purchase day to the date.", "recency",
       scale_free=False),
    _f("active_span", "days between first and last order", "days", "From the first to the last purchase day.", "rhythm",
       scale_free=False),
    _f("rate", "purchases per day as a customer", "ratio", "Purchase days over days since the first.", "frequency"),
    _f("idle_share", "share of time since the last order", "share", "Recency over tenure.", "recency"),
    _f("gap_mean", "usual gap between orders (mean)", "days", "Mean days from one purchase day to the next.", "rhythm"),
    _f("gap_median", "usual gap between orders", "days", "Median days from one purchase day to the next.", "rhythm"),
    _f("gap_sd", "spread of the gaps", "days", "Standard deviation of the gaps between purchase days.", "rhythm"),
    _f("gap_longest", "longest gap between orders", "days", "Longest gap between two purchase days.", "rhythm"),
    _f("gap_last", "last gap between orders", "days", "Gap before the last purchase day.", "rhythm"),
    _f("overdue_mean", "days since the last order ÷ mean gap", "ratio", "Recency over the mean gap.", "rhythm"),
    _f("overdue", "days since the last order ÷ usual gap", "ratio", "Recency over the median gap.", "rhythm"),
    _f("overdue_longest", "days since the last order ÷ longest gap", "ratio",
       "Recency over the longest gap.", "rhythm"),
    *_windows(),
    _f("trend_90", "purchases in the last 90 days compared with the 90 before", "purchase days",
       "Purchase days of the last 90 days less those of the 90 days before.", "trend"),
    _f("trend_30", "purchases in the last 30 days compared with the 30 before", "purchase days",
       "Purchase days of the last 30 days less those of the 30 days before.", "trend"),
    _f("spend_trend_90", "spend in the last 90 days compared with the 90 before", "ratio",
       "Logarithm of one plus the spend of the last 90 days, less that of the 90 days before.", "trend"),
    _f("season_orders", "purchases in the same 90 days last year", "purchase days",
       "Purchase days in the 90 days after the date, one year earlier.", "season"),
    _f("season_spend", "spend in the same 90 days last year", "money",
       "Gross amount in the 90 days after the date, one year earlier.", "season"),
    _f("season_before", "purchases in the 90 days before that, last year", "purchase days",
       "Purchase days in the 90 days before the date, one year earlier.", "season"),
    _f("order_value", "amount per purchase", "money", "Mean gross amount per purchase day.", "money",
       scale_free=False),
    _f("order_value_sd", "spread of amounts", "money", "Standard deviation of the amounts per purchase day.", "money"),
    _f("order_value_largest", "largest purchase", "money", "Largest amount spent on one purchase day.", "money"),
    _f("order_value_last", "last purchase", "money", "Amount spent on the last purchase day.", "money"),
    _f("order_value_first", "first purchase", "money", "Amount spent on the first purchase day.", "money"),
    _f("last_against_mean", "last purchase compared with usual", "ratio", "Last amount over the mean amount.", "trend"),
    _f("lines_mean", "products per order", "lines", "Mean number of lines per purchase day.", "basket"),
    _f("lines_last", "products in the last order", "lines", "Number of lines on the last purchase day.", "basket"),
    _f("units_mean", "units per order", "units", "Mean number of units per purchase day.", "basket"),
    _f("price_level", "amount per unit", "money", "Gross amount over units.", "basket"),
    _f("returned", "value sent back", "money", "Value of cancelled orders and refunds.", "returns", scale_free=False),
    _f("returned_180", "value sent back in the last 180 days", "money",
       "Value of cancelled orders and refunds in the last 180 days.", "returns"),
    _f("returns", "orders sent back", "purchase days", "Days with a cancelled order or a refund.", "returns"),
    _f("returned_share", "share of spend sent back", "share", "Value sent back over gross amount.", "returns"),
    _f("hour", "hour of the day", "hours", "Mean hour at which orders were placed, on a clock face.", "habit"),
    _f("weekend_share", "share of purchases at weekends", "share", "Purchase days on a Saturday or Sunday.", "habit"),
)  # fmt: skip
CUSTOMER_FEATURES: Final[dict[str, CustomerFeature]] = {feature.name: feature for feature in _ALL}
"""All features by name, in display order."""


def features(orders: ir.Table, returns: ir.Table, cutoffs: ir.Table) -> ir.Table:
    """Compute the features of each customer at each cutoff after the first order.

    Parameters
    ----------
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    cutoffs : Table
        Dates `as_of`; only orders before the start of each day are used.

    Returns
    -------
    Table
        `as_of`, `customer_id`, `country` (of the latest purchase day; may be null), and the columns of
        `CUSTOMER_FEATURES`, float64; null if undefined, such as gaps of customers with one purchase day.
    """
    known = _before(_days(orders), cutoffs)
    summed = known.group_by("as_of", "customer_id").agg(
        country=known.country.argmax(known.day), **{name: made(known) for name, made in _SUMS.items()}
    )
    back = _before(_returned_days(returns), cutoffs)
    sent = back.group_by("as_of", "customer_id").agg(
        returned=back.amount.sum(),
        returned_180=back.amount.sum(where=back.age <= 180),  # noqa: PLR2004  as its name says
        returns=back.count(),
    )
    joined = summed.left_join(sent, ["as_of", "customer_id"]).drop("as_of_right", "customer_id_right")
    filled = joined.mutate(**{name: joined[name].fill_null(0) for name in ("returned", "returned_180", "returns")})
    full = filled.mutate(**{name: made(filled) for name, made in _RATIOS.items()})
    return full.select(
        "as_of", "customer_id", "country", **{name: full[name].cast("float64") for name in CUSTOMER_FEATURES}
    )


def _days(orders: ir.Table) -> ir.Table:
    """Aggregate orders to purchase days, with the gap since the previous one."""
    stamped = orders.mutate(day=orders.ordered_at.date())
    days = stamped.group_by("customer_id", "day").agg(
        amount=stamped.amount.sum(),
        lines=stamped.lines.sum(),
        units=stamped.units.sum(),
        hour_sine=time_of_day.sine(stamped.ordered_at.hour()).mean(),
        hour_cosine=time_of_day.cosine(stamped.ordered_at.hour()).mean(),
        country=stamped.country.max(),
    )
    before = days.day.lag().over(group_by="customer_id", order_by="day")
    return days.mutate(gap=days.day.delta(before, unit="day"))


def _returned_days(returns: ir.Table) -> ir.Table:
    stamped = returns.mutate(day=returns.ordered_at.date())
    return stamped.group_by("customer_id", "day").agg(amount=stamped.amount.sum())


def _before(days: ir.Table, cutoffs: ir.Table) -> ir.Table:
    """Join each day with each later cutoff, and add its `age` in days, at least one."""
    joined = days.inner_join(cutoffs, days.day < cutoffs.as_of)
    return joined.mutate(age=joined.as_of.delta(joined.day, unit="day"))


def _within(days: ir.Table, first: int, last: int) -> ir.BooleanValue:
    """Return whether a day's age is between two numbers, inclusive."""
    return (days.age >= first) & (days.age <= last)


def _window_sums() -> dict[str, Callable[[ir.Table], ir.Value]]:
    found: dict[str, Callable[[ir.Table], ir.Value]] = {}
    for days in WINDOWS:
        found[f"orders_{days}"] = partial(_orders_within, days)
        found[f"spend_{days}"] = partial(_spend_within, days)
    return found


def _orders_within(days: int, known: ir.Table) -> ir.IntegerScalar:
    return known.count(where=known.age <= days)


def _spend_within(days: int, known: ir.Table) -> ir.NumericValue:
    return known.amount.sum(where=known.age <= days).fill_null(0.0)


_SUMS: Final[dict[str, Callable[[ir.Table], ir.Value]]] = {
    "recency": lambda t: t.age.min(),
    "frequency": lambda t: t.count(),
    "monetary": lambda t: t.amount.sum(),
    "tenure": lambda t: t.age.max(),
    "gap_mean": lambda t: t.gap.mean(),
    "gap_median": lambda t: t.gap.median(),
    "gap_sd": lambda t: t.gap.std(how="sample"),
    "gap_longest": lambda t: t.gap.max(),
    "gap_last": lambda t: t.gap.argmax(t.day),
    **_window_sums(),
    "season_orders": lambda t: t.count(where=_within(t, YEAR - SEASON + 1, YEAR)),
    "season_spend": lambda t: t.amount.sum(where=_within(t, YEAR - SEASON + 1, YEAR)).fill_null(0.0),
    "season_before": lambda t: t.count(where=_within(t, YEAR + 1, YEAR + SEASON)),
    "order_value": lambda t: t.amount.mean(),
    "order_value_sd": lambda t: t.amount.std(how="sample"),
    "order_value_largest": lambda t: t.amount.max(),
    "order_value_last": lambda t: t.amount.argmax(t.day),
    "order_value_first": lambda t: t.amount.argmin(t.day),
    "lines_mean": lambda t: t.lines.mean(),
    "lines_last": lambda t: t.lines.argmax(t.day),
    "units_mean": lambda t: t.units.mean(),
    "units_all": lambda t: t.units.sum(),
    "hour": lambda t: time_of_day.mean_hour(t.hour_sine.mean(), t.hour_cosine.mean()),
    "weekend_share": lambda t: (t.day.day_of_week.index() >= 5).cast("float64").mean(),  # noqa: PLR2004  Monday is 0
}

_RATIOS: Final[dict[str, Callable[[ir.Table], ir.Value]]] = {
    "active_span": lambda t: t.tenure - t.recency,
    "rate": lambda t: t.frequency / t.tenure,
    "idle_share": lambda t: t.recency / t.tenure,
    "overdue_mean": lambda t: t.recency / t.gap_mean,
    "overdue": lambda t: t.recency / t.gap_median,
    "overdue_longest": lambda t: t.recency / t.gap_longest,
    "trend_90": lambda t: 2 * t.orders_90 - t.orders_180,
    "trend_30": lambda t: 2 * t.orders_30 - t.orders_60,
    "spend_trend_90": lambda t: _log1p(t.spend_90) - _log1p(t.spend_180 - t.spend_90),
    "last_against_mean": lambda t: t.order_value_last / _above_zero(t.order_value),
    "price_level": lambda t: t.monetary / _above_zero(t.units_all),
    "returned_share": lambda t: t.returned / _above_zero(t.monetary),
}


def _above_zero(value: ir.NumericValue) -> ir.NumericValue:
    """Return a divisor; null if it isn't positive."""
    return ibis.ifelse(value > 0, value, ibis.null("float64"))


def _log1p(value: ir.NumericValue) -> ir.NumericValue:
    return (ibis.greatest(value, 0.0) + 1).ln()
