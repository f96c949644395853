"""The filters of the Explore pages: days, country and segment, in the sidebar and the URL."""

from datetime import date, timedelta
from typing import Final

import streamlit as st

from core.customers.order_filter import OrderFilter
from core.numbers import day
from core.ui.caching import cached
from core.ui.shared import state
from core.ui.shared.frame import select
from core.ui.shared.segments_view import Segments
from core.ui.shared.view import View

ALL: Final = "All"
_DAYS: Final = "filter_days"


def order_filter(view: View, segments: Segments | None) -> OrderFilter:
    """Draw the filters and return the choice.

    Parameters
    ----------
    view : View
        The dataset in view.
    segments : Segments or None
        Its segments, or None if there are too few customers to segment; then there is no segment filter.
    """
    with st.sidebar:
        start, end = _days(view)
        country = country_filter(view)
        names = segments.names if segments else ()
        segment = _one_of("Segment", state.SEGMENT, names, "Customers' current segments.")
        if start or end or country or segment:
            st.button("Clear filters", icon=":material/filter_alt_off:", on_click=_clear, key="filters_clear")
    return OrderFilter(start=start, end=end, country=country, segment=segment)


def country_filter(view: View, about: str = "Of the latest order.") -> str | None:
    """Draw the country picker if the data has countries; return None for all."""
    return _one_of("Country", state.COUNTRY, cached.country_names(view.key, view.spec), about)


def said(chosen: OrderFilter) -> str:
    """Describe a filter in words; empty if it filters nothing."""
    last = chosen.end - timedelta(days=1) if chosen.end else None
    parts = [
        chosen.segment or "",
        f"from {chosen.country}" if chosen.country else "",
        f"since {day(chosen.start)}" if chosen.start else "",
        f"until {day(last)}" if last else "",
    ]
    return ", ".join(part for part in parts if part)


def _days(view: View) -> tuple[date | None, date | None]:
    """Draw the date picker; return the first day and the day after the last, None for the data's own limits."""
    first, last = cached.first_day(view.key), cached.last_day(view.key)
    start, end = (_day(state.text(name), first, last) for name in (state.START, state.END))
    start, end = start or first, end or last
    if start > end:
        start, end = first, last
    st.session_state[_DAYS] = (start, end)
    st.date_input(
        "Days",
        min_value=first,
        max_value=last,
        format="DD/MM/YYYY",
        key=_DAYS,
        on_change=_take_days,
        help="Includes orders on both dates. Clear the filter to see all orders.",
    )
    return (start if start > first else None, end + timedelta(days=1) if end < last else None)


def _take_days() -> None:
    chosen = st.session_state[_DAYS]
    if len(chosen) == 1:  # the second day hasn't been picked yet
        return
    start, end = (chosen[0].isoformat(), chosen[1].isoformat()) if chosen else ("", "")
    state.put(state.START, start)
    state.put(state.END, end)


def _day(text: str, first: date, last: date) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if first <= found <= last else None


def _one_of(label: str, name: str, options: tuple[str, ...], about: str) -> str | None:
    if not options:
        return None
    chosen = select(st.selectbox, label, name, [ALL, *options], ALL, help=about)
    return None if chosen == ALL else chosen


def _clear() -> None:
    for name in (state.START, state.END, state.COUNTRY, state.SEGMENT):
        state.put(name, "")
