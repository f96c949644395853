"""Figures, charts and tables of the Cohorts page."""

from typing import Final

import pandas as pd
import streamlit as st

from core.charts.sales import cohort_charts as charts
from core.charts.sales.cohort_charts import Topic, Unit
from core.customers.cohorts import AGAIN_DAYS
from core.numbers import count, customers, share
from core.ui.caching import drawn
from core.ui.caching.cached_explore import Cohorts, Looked
from core.ui.shared import filters, frame, state
from core.ui.shared.frame import Figure
from core.ui.shared.view import View

TOPICS: Final[tuple[tuple[Topic, str], ...]] = (("retention", "Retention"), ("revenue", "Cumulative revenue"))
"""Topics of the page, with their labels."""

_UNITS: Final[dict[str, str]] = {"relative": "Per customer", "absolute": "Whole cohort"}
_MONTHS: Final = (3, 12)  # months after the first order shown as figures
_RETENTION: Final[dict[str, str]] = {
    "relative": "Share who ordered, % by month",
    "absolute": "Customers who ordered, by month",
}
_REVENUE: Final[dict[str, str]] = {
    "relative": "Gross revenue per customer so far",
    "absolute": "Gross revenue of the cohort so far",
}
_CURVES: Final[dict[str, str]] = {
    "relative": "Share who ordered, cohort by cohort",
    "absolute": "Customers who ordered, cohort by cohort",
}


def sentence(found: Cohorts, looked: Looked) -> str:
    """Summarise how many new customers returned, overall and in the latest cohort."""
    usable = _usable(found.sizes)
    who = filters.said(looked.chosen)
    only = f" Filtered: {who}." if who else ""
    if usable.empty:
        return (
            f"{customers(found.sizes['size'].sum())} placed a first order in this period. There isn't enough history "
            f"to say how many return within {AGAIN_DAYS} days.{only}"
        )
    said = (
        f"Of {customers(usable['size'].sum())} who first ordered {_span(usable)}, {_again(usable)} ordered again "
        f"within {AGAIN_DAYS} days"
    )
    newest = usable.tail(1)
    if len(usable) > 1:
        number, month = count(newest["size"].iloc[0]), f"{newest['cohort'].iloc[0]:%b %Y}"
        said += f"; for the latest cohort ({month}, {number} customers): {_again(newest)}"
    return f"{said}.{only}"


def figures(found: Cohorts, view: View) -> list[Figure]:
    """Return the figures: customers, cohorts, repeat rate and revenue per customer."""
    sizes, usable = found.sizes, _usable(found.sizes)
    without = "Excludes the first cohort and those not observed that long. Line: by cohort."
    row = [
        Figure(
            "cohorts_customers",
            "Customers",
            count(sizes["size"].sum()),
            "Customers in all cohorts shown. Each counts once, in the month of their first order overall. "
            "Line: by cohort.",
            trend=sizes["size"].tolist(),
        ),
    ]
    if len(usable):
        row.append(
            Figure(
                "cohorts_again",
                f"Again in {AGAIN_DAYS} days",
                _again(usable),
                f"Share of customers with another purchase day within {AGAIN_DAYS} days after the first. {without}",
                trend=usable["again_share"].tolist(),
            )
        )
    return [*row, *_active_figure(found, without), *_revenue_figures(found, view, without)]


def _active_figure(found: Cohorts, without: str) -> list[Figure]:
    """Return the share of customers who ordered in the third month; empty if unknown."""
    at = found.averages[found.averages["after"] == _MONTHS[0]]
    definition = f"Share of customers who ordered in the third calendar month after that of the first order. {without}"
    trend = _by_cohort(found, _MONTHS[0], "retention")
    return [
        Figure("cohorts_active", "Active in month 3", share(value), definition, trend=trend)
        for value in at["retention"].tolist()
    ]


def _revenue_figures(found: Cohorts, view: View, without: str) -> list[Figure]:
    """Return revenue per customer after each number of months for which it is known."""
    row = []
    for months in _MONTHS:
        at = found.averages[found.averages["after"] == months]
        for gross, net in zip(at["revenue_per_customer"], at["net_per_customer"], strict=True):
            definition = (
                f"Gross revenue per customer up to month {months} after that of the first order, "
                f"{view.money.exact(gross)} exactly; {view.money.exact(net)} net of returns. {without}"
            )
            trend = _by_cohort(found, months, "revenue_per_customer")
            label = f"Spent in {months} months"
            row.append(Figure(f"cohorts_spent_{months}", label, view.money.short(gross), definition, trend=trend))
    return row


def _by_cohort(found: Cohorts, after: int, column: str) -> list[float]:
    """Return a column for all cohorts of new customers observed that long, oldest first."""
    cells = found.cells
    return cells.loc[cells["complete"] & ~cells["begins_log"] & (cells["after"] == after), column].tolist()


def unit_choice() -> Unit:
    """Draw the picker for shares or numbers."""
    chosen = frame.select(
        st.segmented_control,
        "Show",
        state.UNIT,
        list(_UNITS),
        "relative",
        shown=_UNITS.__getitem__,
        help="Per customer: shares of a cohort, and revenue for each of its customers. Whole cohort: customers and "
        "revenue of all its customers.",
    )
    return "absolute" if chosen == "absolute" else "relative"


def heat_map(found: Cohorts, topic: Topic, unit: Unit, view: View) -> None:
    """Draw the heat map of cohorts by months since the first order, or a message if no month is over."""
    if topic == "retention" and not _months_over(found):
        st.info("No month after that of the first order is over yet.", icon=":material/hourglass_top:")
        return
    title = (_RETENTION if topic == "retention" else _REVENUE)[unit]
    frame.chart(
        drawn.once(charts.heat_map, found.cells, topic, unit, view.money),
        key=f"cohorts_{topic}_map",
        title=title,
        alt=f"Heat map: {title.lower()}, a row for each month of first orders",
        note="A row holds the customers who first ordered in that month, with their number. A grey cell is a "
        "month that is not over: it counts in no average. What lies ahead is empty. "
        + ("Amounts are in " + view.money.currency + "." if topic == "revenue" and view.money.currency else ""),
        data=charts.newest(found.cells),
    )


def curves(found: Cohorts, topic: Topic, unit: Unit, view: View) -> None:
    """Draw one curve per cohort; nothing if each would be a single point."""
    if _months_over(found) < (2 if topic == "retention" else 1):
        return
    title = _CURVES[unit] if topic == "retention" else f"{_REVENUE[unit]}, cohort by cohort"
    frame.chart(
        drawn.once(charts.curves, found.cells, found.averages, topic, unit, view.money),
        key=f"cohorts_{topic}_curves",
        title=title,
        alt=f"{title}: a line for each cohort over its complete months",
        note="A line for each cohort, as far as its months are over. Average: over the cohorts that are observed that "
        "far, weighted by their customers, without the log's first one; towards the right they are ever fewer, "
        "and the line ends where fewer than three are left.",
        data=pd.concat(
            [
                charts.newest(found.cells).query("complete").assign(line="cohort"),
                found.averages.assign(line="average"),
            ],
            ignore_index=True,
        ),
    )


def caveats(found: Cohorts, looked: Looked) -> None:
    """Show the caveats that apply to these cohorts."""
    said = ["Customers are grouped by the month of their first order overall."]
    chosen = looked.chosen
    if chosen.start or chosen.end:
        said.append(
            "The days choose customers by their first order; what they did later counts whenever it was, up to the end "
            "of the log. A month that the days cut holds only those of its customers."
        )
    first = found.sizes[found.sizes["begins_log"]]
    if len(first):
        month = f"{first['cohort'].iloc[0]:%b %Y}"
        said.append(
            f"{month}* is the first month of data. It includes existing customers, so it is excluded from averages. "
            "The next few cohorts may include some of them, too."
        )
    if (found.sizes["size"] < charts.FEW).any():
        said.append(f"In cohorts of fewer than {charts.FEW} customers, percentages are mostly chance.")
    if len(found.sizes) > charts.MOST_COHORTS:
        said.append(f"The newest {charts.MOST_COHORTS} of {len(found.sizes)} cohorts are drawn.")
    if int(found.cells["after"].max()) >= charts.WRITTEN:
        said.append("Choose fewer months in the sidebar to read the numbers in the cells.")
    if chosen.segment:
        said.append(
            "Segments are those of today, which follow from what customers did: cohorts of a segment show what its "
            "members have done, and not what new customers will do."
        )
    st.caption(" ".join(frame.escape_markdown(text) for text in said))


def size_table(found: Cohorts) -> None:
    """Draw the table of cohort sizes and repeat rates."""
    column, sizes = st.column_config, found.sizes.sort_values("cohort", ascending=False)
    percent = 100 * sizes["again_share"].where(sizes["again_complete"])
    with st.expander("Cohort figures", icon=":material/table:"):
        st.dataframe(
            sizes.assign(again_share=percent),
            hide_index=True,
            alt="Cohorts, the newest first",
            column_order=["cohort", "size", "again", "again_share"],
            placeholder="not over yet",
            column_config={
                "cohort": column.DateColumn("First ordered in", format="MMM YYYY"),
                "size": column.NumberColumn("Customers", format="localized"),
                "again": column.NumberColumn(f"Ordered again within {AGAIN_DAYS} days so far", format="localized"),
                "again_share": column.NumberColumn(
                    "Share of them",
                    format="%.1f%%",
                    help=f"Given where {AGAIN_DAYS} days are over for all of them.",
                ),
            },
            key="cohorts_sizes",
        )


def _months_over(found: Cohorts) -> int:
    """Return the number of months that at least one cohort has completed since its first order."""
    cells = found.cells
    return int(cells.loc[cells["complete"], "after"].max()) if cells["complete"].any() else 0


def _usable(sizes: pd.DataFrame) -> pd.DataFrame:
    """Return cohorts of new customers observed long enough to know their repeat rate."""
    return sizes[sizes["again_complete"] & ~sizes["begins_log"]]


def _again(sizes: pd.DataFrame) -> str:
    return share(float(sizes["again"].sum()) / max(int(sizes["size"].sum()), 1))


def _span(sizes: pd.DataFrame) -> str:
    first, last = sizes["cohort"].iloc[0], sizes["cohort"].iloc[-1]
    return f"in {first:%b %Y}" if first == last else f"from {first:%b %Y} to {last:%b %Y}"
