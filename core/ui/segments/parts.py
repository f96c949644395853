"""Cards, charts and tables of the segments page."""

from collections.abc import Hashable, Sequence
from typing import Any, Final

import streamlit as st

from core.charts.theme import segment_colours
from core.numbers import count, day, share
from core.segments.advice import advice_for
from core.ui.caching import cached
from core.ui.shared import customer_table, frame, state
from core.ui.shared.segments_view import Segments
from core.ui.shared.view import View

_CARDS: Final = 4  # cards per row on a desktop


def clickable(figure: Any, *, key: str, title: str, definition: str, data: Any) -> None:
    """Draw a chart of segments; clicking one selects it."""

    def choose() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points:
            state.put(state.SEGMENT, points[0]["customdata"][0])

    frame.chart(
        figure,
        key=key,
        title=title,
        alt=f"{title} by segment",
        note=f"{definition} Click a segment to see its customers below.",
        data=data,
        on_select=choose,
    )


def cards(segments: Segments, view: View) -> None:
    """Draw a card per segment: medians, meaning and advice."""
    colours = segment_colours(segments.names)
    with st.grid(min(len(segments.names), _CARDS), min_column_width=215, border=True) as grid:
        for row in segments.summary.to_dict("records"):
            advice = advice_for(segments.given(row["segment"]))
            with grid.cell():
                st.html(f'<div style="height:6px;border-radius:3px;background:{colours[row["segment"]]}"></div>')
                st.markdown(f"**{frame.escape_markdown(row['segment'])}**")
                st.caption(
                    f"{count(row['customers'])} customers ({share(row['customer_share'])}) · "
                    f"{share(row['revenue_share'])} of revenue"
                )
                if row["customers"]:
                    until = day(cached.last_day(view.key))
                    st.caption(
                        "Typical customer", help=f"Medians: half of the segment is above, half below. To {until}."
                    )
                    st.table(_medians(row, view), border="horizontal")
                    st.caption("Segment total", help=f"Sums over the segment. Net is gross less returns. To {until}.")
                    st.table(_sums(row, view), border="horizontal")
                st.markdown(advice.meaning)
                st.markdown(f":material/arrow_forward: {advice.action}")


def customers(segments: Segments, view: View, *, chosen: str | None, options: Sequence[str]) -> None:
    """Draw the customers of the chosen segment, with search and download."""
    st.subheader("Customers", anchor=False)
    key, on_change = state.widget(state.SEGMENT, chosen or options[0])
    st.pills("Segment", options, format_func=frame.escape_markdown, key=key, on_change=on_change,
             label_visibility="collapsed")  # fmt: skip
    customer_table.customer_table(
        cached.find_customers,
        cached.customers_csv,
        (view.key, view.spec, segments.content, chosen),
        name=chosen or "all",
        key="segments",
        empty="No customers match. Clear the search, or choose another segment.",
        columns=_columns(view),
    )


def model_note(segments: Segments, view: View) -> None:
    """Describe the segment model and any drift, with a link to update it."""
    stored = segments.stored
    drift = cached.drift(view.key, view.spec, stored.content)
    st.divider()
    if drift is not None and drift.verdict == "moved":
        st.warning(
            "Your customer base has changed since these segments were built. Preview an update.",
            icon=":material/warning:",
        )
    st.caption(
        f"Segment model {stored.model_version}: K-Means with {stored.model.spec.k} segments, fitted on version "
        f"{stored.fitted_on} as of {day(stored.as_of)}, applied unchanged to later orders, so customers "
        "only move when their behaviour changes."
    )
    frame.next_step(
        "pages/segment/clusters.py",
        "Change, refit or rename segments",
        "tune",
        show="Compare and adopt",
    )


def _medians(row: dict[Hashable, Any], view: View) -> dict[str, str]:
    return {
        "Last order": f"{count(row['median_recency'])} days ago",
        "Orders": count(row["median_frequency"]),
        "Spent, gross": view.money.short(row["median_monetary"]),
    }


def _sums(row: dict[Hashable, Any], view: View) -> dict[str, str]:
    return {
        "Gross": view.money.short(row["revenue"]),
        "Returned": view.money.short(row["returned"]),
        "Net": view.money.short(row["net"]),
    }


def _columns(view: View) -> dict[str, Any]:
    column, unit = st.column_config, f" {view.money.symbol}" if view.money.symbol else ""
    until = day(cached.last_day(view.key))
    money = {
        "monetary": ("Gross", "Sum of all orders"),
        "returned": ("Returned", "Value of cancelled orders"),
        "net": ("Net", "Gross less returns"),
    }
    return {
        "customer_id": column.TextColumn("Customer", pinned=True),
        "segment": column.TextColumn("Segment"),
        "recency": column.NumberColumn("Last order, days ago", help=f"Whole days from the last order to {until}."),
        "frequency": column.NumberColumn("Orders", help="Distinct orders.", format="localized"),
        **{
            name: column.NumberColumn(f"{label}{unit}", help=f"{text}, to {until}.", format="%.2f")
            for name, (label, text) in money.items()
        },
        "first_order": column.DateColumn("First order", format="D MMM YYYY"),
        "last_order": column.DateColumn("Last order", format="D MMM YYYY"),
        "country": column.TextColumn("Country", help="Of the latest order."),
    }
