"""Figures, charts and tables of the Customer value page."""

from datetime import timedelta
from typing import Any, Final

import streamlit as st

from core.charts.customers import lateness_bars as rhythm_charts
from core.charts.customers import value_histograms as charts
from core.charts.sales import lorenz_curve as concentration_charts
from core.customers.concentration import TOP
from core.customers.distributions import MEASURES, Measure, Scale
from core.customers.rhythm import LATE, LONG_OVERDUE, NO_RHYTHM, OVERDUE, RhythmSpec
from core.numbers import count, customers, day, share
from core.ui.caching import cached_explore, drawn
from core.ui.caching.cached_explore import Looked
from core.ui.shared import filters, frame, state
from core.ui.shared.customer_link import list_customers
from core.ui.shared.customer_table import download
from core.ui.shared.frame import Figure
from core.ui.shared.view import View

LEAST: Final = 10
"""Fewest customers for whom deciles and distributions make sense."""

_SCALES: Final[dict[str, str]] = {"log": "Logarithmic", "linear": "Linear"}
_PAIRS: Final[tuple[tuple[Measure, Measure], ...]] = (
    ("recency", "frequency"),
    ("recency", "monetary"),
    ("frequency", "monetary"),
)


def too_few(looked: Looked) -> str:
    """Explain that there are too few customers to draw; empty if there are enough."""
    found = cached_explore.count_customers(looked)
    if found >= LEAST:
        return ""
    who = "No customer has" if found == 0 else f"Only {found} {'customer has' if found == 1 else 'customers have'}"
    return f"{who} matching orders. At least {LEAST} customers are needed."


def sentence(looked: Looked) -> str:
    """Summarise revenue concentration and overdue customers in one sentence."""
    gross, net = (cached_explore.concentration(looked, of) for of in ("monetary", "net"))
    if gross is None:
        return "These customers have generated no revenue."
    left = f" ({share(net.top_share)} of net)" if net else ""
    late = int(_late(looked)["customers"])
    overdue = f"{customers(late)} {'is' if late == 1 else 'are'}" if late else "no customers are"
    said = (
        f"The top {share(TOP)} of customers generate {share(gross.top_share)} of gross revenue{left}; "
        f"{overdue} overdue, judging by how often they usually order"
    )
    who = filters.said(looked.chosen)
    return f"{said}. Filtered: {who}." if who else f"{said}."


def figures(looked: Looked, view: View) -> list[Figure]:
    """Return the figures: customers, medians, and revenue from customers at risk."""
    middle = cached_explore.deciles(looked).iloc[4]
    until = f"To {_last_day(looked)}."
    late = _late(looked)
    at_risk = (
        f"Revenue so far from {count(late['customers'])} customers who haven't ordered for more than "
        f"{RhythmSpec().overdue:g} times their usual gap between orders: "
        f"{view.money.exact(late['revenue'])} gross and {view.money.exact(late['net'])} net. {until}"
    )
    half = "Median: half of the customers are above, half below."
    return [
        Figure(
            "rfm_customers",
            "Customers",
            count(cached_explore.count_customers(looked)),
            f"Customers with at least one order. {until}",
        ),
        Figure(
            "rfm_recency",
            "Median days since order",
            _plain(middle["recency"]),
            f"Since the last order. {half} {until}",
        ),
        Figure("rfm_frequency", "Median orders", _plain(middle["frequency"]), f"{half} {until}"),
        Figure(
            "rfm_monetary",
            "Median spent",
            view.money.short(middle["monetary"]),
            f"Gross, before returns. {half} {until}",
        ),
        Figure("rfm_late", "At risk, gross", view.money.short(late["revenue"]), at_risk),
    ]


def scale_choice() -> Scale:
    """Draw the picker for the histograms' scale."""
    chosen = frame.select(
        st.segmented_control,
        "Scale",
        state.SCALE,
        list(_SCALES),
        "log",
        shown=_SCALES.__getitem__,
        help="Logarithmic: each step multiplies, so small and large customers are both visible. Linear: each step "
        "adds, and one grey bar groups the highest 1%.",
    )
    return "linear" if chosen == "linear" else "log"


def histograms(looked: Looked, scale: Scale, view: View) -> None:
    """Draw one histogram per measure, side by side."""
    middle = cached_explore.deciles(looked)
    notes = {
        "recency": f"Whole days from a customer's last order to the end of {_last_day(looked)}.",
        "frequency": "Distinct orders of a customer.",
        "monetary": "Sum of a customer's orders, before returns.",
    }
    for column, measure in zip(st.columns(3), MEASURES, strict=True):
        bins = cached_explore.histogram(looked, measure, scale)
        with column:
            frame.chart(
                drawn.once(charts.histogram, bins, middle, measure, scale, view.money),
                key=f"rfm_{measure}",
                title=charts.TITLES[measure],
                alt=f"Histogram of customers: {charts.TITLES[measure].lower()}",
                note=f"{notes[measure]} Red: the median. Ticks above the bars: deciles, each pair enclosing a tenth of "
                "the customers.",
                data=bins,
            )


def concentration(looked: Looked) -> None:
    """Draw the Lorenz curve, with the Gini coefficients below."""
    gross, net = (cached_explore.concentration(looked, of) for of in ("monetary", "net"))
    if gross is None:
        st.info("No revenue to analyse.", icon=":material/info:")
        return
    frame.chart(
        drawn.once(concentration_charts.lorenz, gross.curve, net.curve if net else None, top=(TOP, gross.top_share)),
        key="rfm_lorenz",
        title="Revenue concentration",
        alt=f"Lorenz curve: the top {share(TOP)} of customers generate {share(gross.top_share)} of gross revenue",
        note="Lorenz curve: customers from lowest to highest spend against their cumulative share of revenue. "
        "The further below the dotted line, the more concentrated revenue is. The Gini coefficient measures this from "
        "0 (equal spending) to 1 (one customer spends everything).",
        data=cached_explore.lorenz_curves(looked),
    )
    after = f" Net of returns: {share(net.top_share)}, Gini coefficient {net.gini:.2f}." if net else ""
    st.caption(
        f"{count(gross.top_customers)} customers (the top {share(TOP)}) generate {share(gross.top_share)} of gross "
        f"revenue, and {count(gross.half)} generate half of it. Gini coefficient {gross.gini:.2f}.{after}"
    )


def rhythm(looked: Looked, view: View) -> None:
    """Draw the numbers of customers on time, due and overdue."""
    table = cached_explore.rhythm_classes(looked)
    spec = RhythmSpec()
    frame.chart(
        drawn.once(rhythm_charts.classes, table, view.money),
        key="rfm_rhythm",
        title="Overdue customers",
        alt="Customers and their gross revenue so far, by lateness",
        note=f"Days since the last order, divided by the customer's usual (median) gap between purchase days: on "
        f"time up to {spec.due:g}, due up to {spec.overdue:g}, overdue up to {spec.long_overdue:g}, then long "
        f"overdue. If gaps were purely random, one in four would be longer than {spec.overdue:g} usual ones, one in "
        f"sixteen longer than {spec.long_overdue:g}. Amounts: gross revenue so far.",
        data=table,
    )
    without = int(table.loc[table["rhythm"] == NO_RHYTHM, "customers"].sum())
    st.caption(
        f"{count(without)} customers have ordered on fewer than {spec.least_days} days: too few "
        "orders to tell whether they are late."
    )


def late_customers(looked: Looked, view: View) -> None:
    """Draw the most valuable customers at risk, with a download of all of them."""
    st.subheader("Most valuable customers at risk", anchor=False)
    if not _late(looked)["customers"]:
        st.info("No customers are overdue.", icon=":material/sentiment_satisfied:")
        return
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    with left:
        name, classes = _lateness_choice()
    number = int(_late(looked, classes)["customers"])
    with right:
        csv = lambda: cached_explore.late_csv(looked, classes)  # noqa: E731
        download(number, csv, name=name, asked=(looked, classes), key="rfm_late_download")
    table = cached_explore.late_customers(looked, classes)
    if len(table) < number:
        st.caption(f"Showing the top {count(len(table))} by net revenue. The download has all.")
    list_customers(table, _columns(view), alt="Customers at risk, highest net revenue first", key="rfm_late_customers")


def _lateness_choice() -> tuple[str, tuple[str, ...]]:
    options = {"All at risk": LATE, **{name: (name,) for name in LATE}}
    spec = RhythmSpec()
    chosen = frame.select(
        st.segmented_control,
        "Lateness",
        state.LATENESS,
        list(options),
        "All at risk",
        help=f"{OVERDUE}: {spec.overdue:g} to {spec.long_overdue:g} usual gaps without an order; a reminder may be "
        f"enough. {LONG_OVERDUE}: longer than that; some have left for good.",
    )
    return chosen, options[chosen]


def densities(looked: Looked, view: View) -> None:
    """Draw a heat map for each pair of measures."""
    for column, (x, y) in zip(st.columns(3), _PAIRS, strict=True):
        bins = cached_explore.density(looked, x, y)
        with column:
            frame.chart(
                drawn.once(charts.density, bins, x, y, view.money),
                key=f"rfm_{x}_{y}",
                title=f"{charts.SHORT[x]} and {charts.SHORT[y].lower()}",
                alt=f"Heat map of customers by {charts.TITLES[x].lower()} and {charts.TITLES[y].lower()}",
                note="Darker cells hold more customers (each colour step multiplies). Both axes are logarithmic.",
                data=bins[bins["customers"] > 0],
            )


def decile_table(looked: Looked, view: View) -> None:
    """Draw the table of deciles."""
    with st.expander("Deciles", icon=":material/table:"):
        unit = f" {view.money.symbol}" if view.money.symbol else ""
        number = st.column_config.NumberColumn
        st.dataframe(
            cached_explore.deciles(looked),
            hide_index=True,
            alt="Deciles of recency, frequency and monetary value",
            column_config={
                "share": number("Share of customers", format="percent"),
                "recency": number("Last order, days ago, at most", format="localized"),
                "frequency": number("Orders, at most", format="localized"),
                "monetary": number(f"Spent, gross{unit}, at most", format="%.2f"),
            },
            key="rfm_deciles",
        )


def as_of_note(looked: Looked) -> None:
    """State the reference date and the effect of a date filter."""
    chosen = looked.chosen
    said = f"Days since the last order are counted to the end of {_last_day(looked)}."
    if chosen.start or chosen.end:
        said += (
            " With a date filter, only orders in that period count. All figures are as of its end and ignore "
            "earlier and later orders."
        )
    st.caption(said)


def _last_day(looked: Looked) -> str:
    return day(looked.as_of - timedelta(days=1))


def _late(looked: Looked, classes: tuple[str, ...] = LATE) -> dict[str, float]:
    table = cached_explore.rhythm_classes(looked)
    sums = table.loc[table["rhythm"].isin(classes), ["customers", "revenue", "net"]].sum()
    return {str(name): float(value) for name, value in sums.items()}


def _plain(number: float) -> str:
    return count(number) if float(number).is_integer() else f"{number:,.1f}"


def _columns(view: View) -> dict[str, Any]:
    column, unit = st.column_config, f" {view.money.symbol}" if view.money.symbol else ""
    return {
        "customer_id": column.TextColumn("Customer", pinned=True),
        "rhythm": column.TextColumn("Lateness"),
        "in_words": column.TextColumn("Details"),
        "net": column.NumberColumn(f"Net{unit}", help="Gross less returns, so far.", format="%.2f"),
        "monetary": column.NumberColumn(f"Gross{unit}", help="Sum of all orders so far.", format="%.2f"),
        "returned": column.NumberColumn(f"Returned{unit}", help="Value of cancelled orders.", format="%.2f"),
        "purchase_days": column.NumberColumn("Purchase days", help="Distinct days with an order."),
        "last_order": column.DateColumn("Last order", format="D MMM YYYY"),
        "country": column.TextColumn("Country", help="Of the latest order."),
    }
