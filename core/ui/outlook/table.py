"""The table of every customer's outlook, filtered and sorted on disk so that only the rows shown are sent."""

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.forecasts import outlook_queries
from core.forecasts.job import Scores
from core.forecasts.outlook_queries import ScoreFilter
from core.numbers import count, customers, day, share
from core.ui.caching import outlooks
from core.ui.caching.outlooks import NEVER
from core.ui.shared import frame, state
from core.ui.shared.customer_link import list_customers
from core.ui.shared.customer_table import download
from core.ui.shared.scores import RHYTHM, STAYED
from core.ui.shared.view import View

MOST: Final = 1_000
"""Maximum number of customers sent to the browser, after filtering and sorting; the download contains all of them."""

PLACE: Final = "every-customer"
"""Anchor of the table, for links within the page."""

ALL: Final = "All"
_SORTS: Final = {
    "spend": "Highest expected spend",
    "value": "Highest 12-month value",
    "at_stake": "Most 12-month value at risk",
    "risk": "Highest churn risk",
    "chance": "Most likely to buy",
    "next": "Soonest next order",
    "recency": "Most recent order",
}


def table(found: Scores, folder: str, view: View) -> None:
    """Draw the filters, the download and the customers.

    Parameters
    ----------
    found : Scores
        The stored outlook.
    folder : str
        Its folder.
    view : View
        The dataset in view.
    """
    st.subheader("All customers", anchor=PLACE)
    chosen, sort = _filters(found)
    rows, number = outlooks.customers(folder, chosen, sort, MOST)
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        st.caption(_shown(len(rows), number, found, sort))
    with right:
        download(
            number,
            lambda: outlooks.csv(folder, chosen, sort),
            name=f"outlook {found.totals['horizon']} days",
            asked=(folder, chosen, sort),
            key="outlook_download",
        )
    if rows.empty:
        st.info("No customers match. Clear some filters.", icon=":material/search_off:")
        return
    if said := sent_back(rows):
        st.caption(f":material/undo: {frame.escape_markdown(said)}")
    list_customers(
        _in_words(rows, view), _columns(view, found), alt="All customers with their predictions",
        key="outlook_customers", **_explained(found),
    )  # fmt: skip


def sent_back(rows: pd.DataFrame) -> str:
    """Warn about customers who returned most of their orders by value; empty if there are none.

    Parameters
    ----------
    rows : DataFrame
        Customers shown, with `customer_id`, `monetary` and `net` of `core.models.scoring.outlook.outlook`.
    """
    ids = rows.loc[rows["net"] < STAYED * rows["monetary"], "customer_id"].tolist()
    if not ids:
        return ""
    listed = ", ".join(ids[:_NAMED]) + (" …" if len(ids) > _NAMED else "")
    return (
        f"{customers(len(ids))} shown here returned more than half of what they ordered: {listed}. Expected spend "
        "and 12-month value are gross, so check Net so far first."
    )


_NAMED: Final = 5  # maximum number of customers named in a sentence
_WHY: Final = (
    "The drivers that move this customer's chance to buy most, compared with the average customer (SHAP values in "
    "log-odds, summed by driver; the download has the values). Open a customer to see all drivers."
)


def _filters(found: Scores) -> tuple[ScoreFilter, str]:
    names = {name: name for name in found.names}
    risks = {name: f"{name.capitalize()}, {_band(*bounds)}" for name, bounds in outlook_queries.RISKS.items()}
    risks[outlook_queries.AT_RISK] = f"High or very high, {_band(*outlook_queries.RISKS[outlook_queries.AT_RISK])}"
    with st.grid(3, min_column_width=210):
        segment = _one("Segment now", state.SEGMENT, names, "")
        predicted = _one("Next segment", state.PREDICTED, names, "")
        risk = _one("Churn risk", state.RISK, risks, "The chance of no purchase in this period.")
        bands = {name: name.capitalize().replace(" %", "%") for name in outlook_queries.VALUES}
        value = _one(
            "12-month value", state.VALUE, bands,
            "Bands of expected spend in the next 12 months, over all customers.",
        )  # fmt: skip
        sort = _one("Sort by", state.SORT, _SORTS, "Applies to the table and the download.", usual="spend")
        key, on_change = state.widget(state.SEARCH, state.text(state.SEARCH))
        st.text_input("Search by customer id or country", key=key, on_change=on_change, icon=":material/search:")
    search = state.text(state.SEARCH)
    return ScoreFilter(segment=segment, predicted=predicted, risk=risk, value=value, search=search), sort or "spend"


def _one(label: str, name: str, options: Mapping[str, str], about: str, *, usual: str = ALL) -> str | None:
    """Draw a filter stored in the link; None means all."""
    offered = list(options) if usual in options else [ALL, *options]
    chosen = frame.select(st.selectbox, label, name, offered, usual, shown=options, help=about or None)
    return None if chosen == ALL else chosen


def _shown(shown: int, number: int, found: Scores, sort: str) -> str:
    everybody = found.totals["customers"]
    if number > shown:
        return (
            f"Showing {count(shown)} of {count(number)} customers, sorted by {_SORTS[sort].lower()}. The download "
            "has all."
        )
    return f"{count(number)} of {count(everybody)} customers."


def _in_words(rows: pd.DataFrame, view: View) -> pd.DataFrame:
    """Format ranges as text and shares as percentages."""
    money = view.money
    known = rows["p_buy_low"].notna()
    chance = [f"{100 * low:.0f}–{100 * high:.0f}%" for low, high in _pairs(rows, "p_buy")]
    return rows.assign(
        country=rows["country"].fillna(""),
        **{name: 100 * rows[name] for name in ("p_buy", "churn_risk", "p_alive", "p_predicted")},
        past=pd.Series(chance, index=rows.index).where(known, ""),
        spend_range=[_money_range(low, high, money) for low, high in _pairs(rows, "expected_spend")],
        value_range=[_money_range(low, high, money) for low, high in _pairs(rows, outlook_queries.VALUE)],
        next_range=[_days(low, high) for low, high in _pairs(rows, "next_order")],
    )


def _explained(found: Scores) -> dict[str, str]:
    """Return query parameters so that the Customer page explains the same model."""
    return {state.HORIZON: str(found.totals["horizon"]), state.USING: found.totals["model"]["id"] or RHYTHM}


def _pairs(rows: pd.DataFrame, name: str) -> Any:
    return zip(rows[f"{name}_low"], rows[f"{name}_high"], strict=True)


def _money_range(low: float, high: float, money: Any) -> str:
    return f"{money.short(low)} – {money.short(high)}"


def _days(low: pd.Timestamp, high: pd.Timestamp) -> str:
    if pd.isna(low):
        return NEVER
    return f"{day(low)} – {NEVER if pd.isna(high) else day(high)}"


def _found(found: Scores) -> str:
    """Describe how closely the reasons follow the model."""
    how = found.totals["reasons"]
    if how["how"] == "exact":
        return "They are exact."
    fit = f" and explains {share(how['fit'])} of the variance of its log-odds (R²)" if how["fit"] is not None else ""
    return (
        "Exact reasons for all customers would take too long with this model. A tree model that imitates it gives the "
        f"reasons here{fit}. The Customer page explains the model itself."
    )


def _band(low: float, high: float) -> str:
    return f"{share(low)} or more" if high > 1 else f"{share(low)} to {share(high)}"


def _columns(view: View, found: Scores) -> dict[str, Any]:
    column, days = st.column_config, found.totals["horizon"]
    unit = f" {view.money.symbol}" if view.money.symbol else ""
    predictive = (
        "80% prediction interval for this customer: one time in ten the value is lower, one in ten higher. If it "
        "ends at "
        "0, nothing is spent nine times in ten. It covers the chance that they have stopped buying, their order rate "
        "and amounts, and luck, but not errors in the model itself."
    )
    past = len(found.totals["past_dates"])
    judged = (
        f"Share of customers with a similar score who bought, at {count(past)} past date{'' if past == 1 else 's'}: "
        "from "
        "the lowest to the highest end of each date's 95% interval (Wilson). The chance beside it can lie outside this "
        "range if seasons differ."
        if past
        else "Unknown: the data is too short for a test at a past date."
    )
    percent: dict[str, Any] = {"format": "%.0f%%"}
    found_columns = {
        "customer_id": column.TextColumn("Customer", pinned=True),
        "segment_now": column.TextColumn("Segment now"),
        "p_buy": column.ProgressColumn(
            "Chance to buy", help=f"Chance of at least one purchase in the next {days} days.",
            min_value=0, max_value=100, **percent,
        ),
        "past": column.TextColumn("At past dates", help=judged),
        "churn_risk": column.NumberColumn(
            "Churn risk", help=f"Chance of no purchase in the next {days} days: one minus the chance to buy.", **percent
        ),
        "expected_spend": column.NumberColumn(
            f"Expected spend{unit}", help=f"Expected gross spend in the next {days} days.",
            format="accounting",
        ),
        "reason_1": column.TextColumn("Main reason", help=f"{_WHY} {_found(found)}", width="large"),
        "spend_range": column.TextColumn("80% range of spend", help=predictive),
        "next_order": column.DateColumn(
            "Next order", format="D MMM YYYY",
            help="Median date of the next order if they are still a customer (BG/NBD). –: not within 3 years.",
        ),
        "next_range": column.TextColumn(
            "80% range of next order",
            help="If still a customer: one time in ten the order comes earlier, one in ten later.",
        ),
        "segment_predicted": column.TextColumn("Next segment", help=f"The segment predicted for {days} days ahead."),
        "p_predicted": column.NumberColumn(
            "Its probability", help="Probability of the predicted segment. It can be under 50% for a small segment.",
            **percent,
        ),
        outlook_queries.VALUE: column.NumberColumn(
            f"12-month value{unit}",
            help="Expected gross spend in the next 12 months based on own rhythm, without seasonality, discounted "
            "to today "
            f"({share(found.totals['discount'])} a year). Also called customer lifetime value (CLV).",
            format="accounting",
        ),
        "value_range": column.TextColumn("80% range of value", help=predictive),
        "monetary": column.NumberColumn(f"Spent so far{unit}", help="Gross.", format="accounting"),
        "net": column.NumberColumn(f"Net so far{unit}", help="Gross less returns.", format="accounting"),
        "p_alive": column.NumberColumn(
            "Still a customer", help="Chance that they haven't stopped buying for good (BG/NBD P(alive)).", **percent
        ),
        "reason_2": column.TextColumn("Second reason", help=_WHY, width="large"),
        "reason_3": column.TextColumn("Third reason", help=_WHY, width="large"),
        "recency": column.NumberColumn("Last order, days ago", format="%d"),
        "frequency": column.NumberColumn("Orders", format="localized"),
        "country": column.TextColumn("Country", help="Of the latest order."),
    }  # fmt: skip
    return {name: shown for name, shown in found_columns.items() if name != "past" or past}
