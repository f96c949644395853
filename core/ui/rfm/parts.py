"""The parts of the page on recency, frequency and monetary value."""

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
"""Customers below which a tenth of them is nobody, and a distribution is a list."""

_SCALES: Final[dict[str, str]] = {"log": "Logarithmic", "linear": "Linear"}
_PAIRS: Final[tuple[tuple[Measure, Measure], ...]] = (
    ("recency", "frequency"),
    ("recency", "monetary"),
    ("frequency", "monetary"),
)


def too_few(looked: Looked) -> str:
    """Why there is nothing to draw; empty where there is."""
    found = cached_explore.count_customers(looked)
    if found >= LEAST:
        return ""
    who = "No customer has" if found == 0 else f"Only {found} {'customer has' if found == 1 else 'customers have'}"
    return f"{who} orders that fit; with {LEAST} there is something to see."


def sentence(looked: Looked) -> str:
    """How few bring most, and how many are late."""
    gross, net = (cached_explore.concentration(looked, of) for of in ("monetary", "net"))
    if gross is None:
        return "These customers have brought no revenue."
    left = f" ({share(net.top_share)} of net)" if net else ""
    late = int(_late(looked)["customers"])
    at_risk = f"{customers(late)} {'is' if late == 1 else 'are'}" if late else "nobody is"
    said = (
        f"The top {share(TOP)} of customers bring {share(gross.top_share)} of gross revenue{left}; "
        f"{at_risk} at risk, late by their own rhythm"
    )
    who = filters.said(looked.chosen)
    return f"{said}. Filtered: {who}." if who else f"{said}."


def figures(looked: Looked, view: View) -> list[Figure]:
    """Customers, their medians, and what those at risk have brought."""
    middle = cached_explore.deciles(looked).iloc[4]
    until = f"Until {_last_day(looked)}."
    late = _late(looked)
    at_risk = (
        f"{count(late['customers'])} customers who have not ordered for more than "
        f"{RhythmSpec().overdue:g} times their own usual gap; what they have brought so far, "
        f"{view.money.exact(late['revenue'])} gross and {view.money.exact(late['net'])} net. {until}"
    )
    half = "Half of the customers are above this, half below (median)."
    return [
        Figure(
            "rfm_customers", "Customers", count(cached_explore.count_customers(looked)), f"Who ordered at all. {until}"
        ),
        Figure("rfm_recency", "Median days away", _plain(middle["recency"]), f"Since the last order. {half} {until}"),
        Figure("rfm_frequency", "Median orders", _plain(middle["frequency"]), f"{half} {until}"),
        Figure(
            "rfm_monetary",
            "Median spent",
            view.money.short(middle["monetary"]),
            f"Gross: before returns. {half} {until}",
        ),
        Figure("rfm_late", "At risk, gross", view.money.short(late["revenue"]), at_risk),
    ]


def scale_choice() -> Scale:
    """Draw the choice of the histograms' scale."""
    chosen, _ = state.choice(state.SCALE, list(_SCALES), "log")
    key, on_change = state.widget(state.SCALE, chosen)
    st.segmented_control(
        "Scale",
        list(_SCALES),
        format_func=lambda name: _SCALES[name],
        key=key,
        on_change=on_change,
        help="Logarithmic: each step is a multiple, so small and large customers are both seen. Linear: each step is "
        "a sum, and the highest 1% stand together in one grey bar.",
    )
    return "linear" if chosen == "linear" else "log"


def histograms(looked: Looked, scale: Scale, view: View) -> None:
    """A histogram per measure, beside each other."""
    middle = cached_explore.deciles(looked)
    notes = {
        "recency": f"Whole days from a customer's last order to the end of {_last_day(looked)}.",
        "frequency": "Different orders of a customer.",
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
                note=f"{notes[measure]} Red: the median. The ticks above the bars: the deciles, each with a tenth of "
                "the customers between it and the next.",
                data=bins,
            )


def concentration(looked: Looked) -> None:
    """The Lorenz curve, with the Gini coefficients below."""
    gross, net = (cached_explore.concentration(looked, of) for of in ("monetary", "net"))
    if gross is None:
        st.info("There is no revenue to be shared out.", icon=":material/info:")
        return
    frame.chart(
        drawn.once(concentration_charts.lorenz, gross.curve, net.curve if net else None, top=(TOP, gross.top_share)),
        key="rfm_lorenz",
        title="How few bring most",
        alt=f"Lorenz curve: the top {share(TOP)} of customers bring {share(gross.top_share)} of gross revenue",
        note="Lorenz curve: customers from the smallest spender to the largest, and the share of revenue they bring "
        "together. The further below the dotted line, the more hangs on a few; the Gini coefficient measures it, from "
        "0 (all alike) to 1 (one brings all).",
        data=cached_explore.lorenz_curves(looked),
    )
    after = f" Net of returns: {share(net.top_share)}, Gini coefficient {net.gini:.2f}." if net else ""
    st.caption(
        f"{count(gross.top_customers)} customers (the top {share(TOP)}) bring {share(gross.top_share)} of gross "
        f"revenue, "
        f"{count(gross.half)} bring half of it. Gini coefficient {gross.gini:.2f}.{after}"
    )


def rhythm(looked: Looked, view: View) -> None:
    """How many are late by their own rhythm."""
    table = cached_explore.rhythm_classes(looked)
    spec = RhythmSpec()
    frame.chart(
        drawn.once(rhythm_charts.classes, table, view.money),
        key="rfm_rhythm",
        title="Who is late by their own rhythm",
        alt="Customers and their gross revenue so far by how late they are",
        note=f"Days since the last order, divided by the customer's own usual (median) gap between purchase days: on "
        f"time up to {spec.due:g}, due up to {spec.overdue:g}, overdue up to {spec.long_overdue:g}, then long "
        f"overdue. Were gaps purely random, one in four would be longer than {spec.overdue:g} usual ones, one in "
        f"sixteen longer than {spec.long_overdue:g}. Amounts: gross revenue so far.",
        data=table,
    )
    without = int(table.loc[table["rhythm"] == NO_RHYTHM, "customers"].sum())
    st.caption(
        f"{count(without)} customers have ordered on fewer than {spec.least_days} days: they have no "
        "rhythm yet, and nobody can say whether they are late."
    )


def late_customers(looked: Looked, view: View) -> None:
    """The most valuable customers at risk, with a download of all of them."""
    st.subheader("Most valuable customers at risk", anchor=False)
    if not _late(looked)["customers"]:
        st.info("Nobody with a rhythm of buying is overdue.", icon=":material/sentiment_satisfied:")
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
        st.caption(f"The {count(len(table))} with most net revenue; the download has all.")
    list_customers(
        table, _columns(view), alt="Customers at risk, those with most net revenue first", key="rfm_late_customers"
    )


def _lateness_choice() -> tuple[str, tuple[str, ...]]:
    options = {"All at risk": LATE, **{name: (name,) for name in LATE}}
    chosen, _ = state.choice(state.LATENESS, list(options), "All at risk")
    key, on_change = state.widget(state.LATENESS, chosen)
    spec = RhythmSpec()
    st.segmented_control(
        "How late",
        list(options),
        key=key,
        on_change=on_change,
        help=f"{OVERDUE}: {spec.overdue:g} to {spec.long_overdue:g} usual gaps without an order, a nudge may do. "
        f"{LONG_OVERDUE}: more than that, some have gone for good.",
    )
    return chosen, options[chosen]


def densities(looked: Looked, view: View) -> None:
    """How two measures go together, for each pair."""
    for column, (x, y) in zip(st.columns(3), _PAIRS, strict=True):
        bins = cached_explore.density(looked, x, y)
        with column:
            frame.chart(
                drawn.once(charts.density, bins, x, y, view.money),
                key=f"rfm_{x}_{y}",
                title=f"{charts.SHORT[x]} and {charts.SHORT[y].lower()}",
                alt=f"Heat map of customers by {charts.TITLES[x].lower()} and {charts.TITLES[y].lower()}",
                note="The darker a cell, the more customers (each step of colour is a multiple). Both axes are "
                "logarithmic; empty cells are empty.",
                data=bins[bins["customers"] > 0],
            )


def decile_table(looked: Looked, view: View) -> None:
    """The deciles, for those who want the figures."""
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
    """As of when all this is, and what a filter does to it."""
    chosen = looked.chosen
    said = f"Days since the last order count to the end of {_last_day(looked)}."
    if chosen.start or chosen.end:
        said += (
            " With days chosen, only orders of these days count: recency, orders, amounts and rhythms are those "
            "that somebody would have seen at their end who knew nothing from before or after."
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
        "rhythm": column.TextColumn("How late"),
        "in_words": column.TextColumn("In words"),
        "net": column.NumberColumn(f"Net{unit}", help="Gross less returned, so far.", format="%.2f"),
        "monetary": column.NumberColumn(f"Gross{unit}", help="Sum of all orders so far.", format="%.2f"),
        "returned": column.NumberColumn(f"Returned{unit}", help="Value of cancelled orders.", format="%.2f"),
        "purchase_days": column.NumberColumn("Purchase days", help="Different days with an order."),
        "last_order": column.DateColumn("Last order", format="D MMM YYYY"),
        "country": column.TextColumn("Country", help="Of the latest order."),
    }
