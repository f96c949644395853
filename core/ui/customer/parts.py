"""Parts of the Customer page: orders and segments over time, comparison with others, similar customers."""

from datetime import date
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.customers import one_customer_charts as charts
from core.explain.customer.similar_customers import Similar
from core.explain.explained_outlook import EVERYBODY
from core.forecasts.outlook_queries import AT_RISK, RISKS
from core.numbers import Money, count, day, day_of_year, share
from core.segments.clustering.cluster_features import RFM
from core.ui.caching import drawn, predictors
from core.ui.customer import cached as cached_customer
from core.ui.customer.view import Looked, stretches
from core.ui.shared import frame, state
from core.ui.shared.customer_link import list_customers
from core.ui.shared.frame import escape_markdown

_SHOWN: Final = 50


def timeline(looked: Looked) -> None:
    """Draw orders, returns, the next order, and segments over time."""
    view, row = looked.view, looked.row
    history = _before(looked)
    first = history.loc[~history["went_back"], "ordered_at"].min()
    runs = stretches(cached_customer.segments(view.key, looked.folder, looked.customer_id), first)
    ends = [pd.Timestamp(row[f"next_order{end}"]) for end in ("", "_low", "_high")]
    expected = None if pd.isna(ends[1]) else (ends[0], ends[1], ends[2])
    frame.chart(
        drawn.once(charts.timeline, history, runs, expected, looked.explaining.as_of, view.money),
        key="customer_timeline",
        title="Orders, and segments over time",
        alt="Orders by date and amount, with the segment of each month below",
        note="Blue: orders, by date and amount. Red, below the line: returns. Green: 80% range for the next order, "
        "if they are still a customer. Band: the segment at each month’s end, using today’s segment definitions.",
        data=history[["ordered_at", "amount", "units", "lines", "went_back", "country"]],
    )


def compared(looked: Looked) -> None:
    """Compare recency, frequency and monetary value with the segment's and the overall median."""
    segment = str(looked.row["segment_now"])
    own = cached_customer.known(looked.view.key, looked.folder, looked.customer_id)
    table = against(own, looked.explaining.typical, segment)
    frame.chart(
        drawn.once(charts.compared, table, segment, looked.view.money),
        key="customer_compared",
        title="Against others",
        alt="Recency, orders and money of the customer, a typical segment member and a typical customer",
        note=f"Circle: this customer. Diamond: median of {segment}. Line: median of all customers.",
        data=table,
    )


def against(own: pd.DataFrame, typical: pd.DataFrame, segment: str) -> pd.DataFrame:
    """Return the customer's RFM values and medians: `measure`, `own`, `middle` (the segment's) and `everyone`.

    Parameters
    ----------
    own : DataFrame
        The customer's row of a panel.
    typical : DataFrame
        Medians, see `core.explain.explained_outlook.Explaining`.
    segment : str
        The customer's segment.
    """
    return pd.DataFrame(
        {
            "measure": list(RFM),
            "own": own[_STOOD].iloc[0].to_numpy(dtype="float64"),
            "middle": typical.loc[segment, _STOOD].to_numpy(dtype="float64"),
            "everyone": typical.loc[EVERYBODY, _STOOD].to_numpy(dtype="float64"),
        }
    )


_STOOD: Final = ["recency", "now_frequency", "now_monetary"]  # in the units that sentences and drivers use


def alike(looked: Looked) -> None:
    """Show similar customers and their later orders."""
    st.subheader("Similar customers and their next orders", anchor=False)
    found = cached_customer.alike(looked.view.key, looked.folder, looked.customer_id)
    if found is None or found.customers.empty:
        st.caption("There isn't enough history to compare with past customers.")
        return
    st.markdown(escape_markdown(in_words(found, looked.horizon, looked.view.money)))
    st.caption(
        f"Customers who on {day(found.at)} were most like this customer today in recency, total and recent orders, "
        f"amounts, gaps and age, out of {count(found.of)}. No model is "
        f"involved.{other_season(found.at, looked.explaining.as_of)}"
    )
    shown = found.customers.head(_SHOWN)
    list_customers(
        shown.assign(bought=shown["bought"].astype(bool)), _columns(looked, found),
        alt="Similar customers at a past date, with their next orders", key="customer_alike", **looked.link,
    )  # fmt: skip


def other_season(then: date, now: date) -> str:
    """Return a caveat if the similar customers were observed at another time of year, else ""."""
    apart = abs((now - then).days) % _YEAR
    if min(apart, _YEAR - apart) <= _SEASON:
        return ""
    return (
        f" That was a different season: their orders came after {day_of_year(then)}, this customer's would come "
        f"after {day_of_year(now)}, so shares may differ."
    )


_YEAR: Final = 365  # days
_SEASON: Final = 30  # days apart in the year that still count as the same season


def in_words(found: Similar, horizon: int, money: Money) -> str:
    """Summarise how many similar customers bought and what they spent."""
    told = found.told
    number, bought = told["customers"], told["bought"]
    low, high = (f"{100 * told[end]:.0f}" for end in ("low", "high"))
    who = f"Of {count(number)} customers like this one" if number > 1 else "Of the one customer like this one"
    said = f"{who} on {day(found.at)}, {count(bought)} ({share(told['share'])}; 95%: {low} to {high}) bought within "
    spent = f"; median spend {money.short(told['spend'])}" if told["spend"] is not None else ""
    return f"{said}{horizon} days{spent}."


def next_steps(looked: Looked) -> None:
    """Show links to the next steps."""
    row, link = looked.row, looked.link
    segment, risk = escape_markdown(str(row["segment_now"])), risk_of(float(row["churn_risk"]))
    frame.next_step(
        "pages/predict/outlook.py", f"{segment} with {risk} churn risk, in the outlook", "filter_alt",
        **{**link, state.SEGMENT: str(row["segment_now"]), state.RISK: risk},
    )  # fmt: skip
    if looked.asked.is_used:
        wanted = {state.WAY: "customer", state.CUSTOMER: looked.customer_id, state.HORIZON: str(looked.horizon)}
        frame.next_step("pages/predict/score.py", "Edit orders and rescore", "speed", **wanted)


def risk_of(risk: float) -> str:
    """Return the churn risk band, as used by the outlook's filter."""
    return next(name for name, (low, high) in RISKS.items() if name != AT_RISK and low <= risk < high)


def _before(looked: Looked) -> pd.DataFrame:
    """Return orders and returns before the date of the scores."""
    history = predictors.history(looked.view.key, looked.customer_id)
    before = history[history["ordered_at"] < pd.Timestamp(looked.explaining.as_of)]
    return before.assign(went_back=before["went_back"].astype(bool))


def _columns(looked: Looked, found: Similar) -> dict[str, Any]:
    column, money, days = st.column_config, looked.view.money, looked.horizon
    unit = f" {money.symbol}" if money.symbol else ""
    then = f"On {day(found.at)}."
    return {
        "customer_id": column.TextColumn("Customer", pinned=True),
        "bought": column.CheckboxColumn(f"Bought within {days} days"),
        "spend": column.NumberColumn(f"Spent then{unit}", format="accounting", help=f"Within {days} days, gross."),
        "segment_then": column.TextColumn("Segment then", help=then),
        "segment_after": column.TextColumn(f"Segment {days} days later"),
        "recency": column.NumberColumn("Last order, days ago", format="%d", help=then),
        "frequency": column.NumberColumn("Days with an order", format="localized", help=then),
        "order_value": column.NumberColumn(f"Usual order{unit}", format="accounting", help=f"Mean. {then}"),
        "country": column.TextColumn("Country"),
    }
