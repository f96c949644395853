"""Charts, tables and notes of the movement page."""

from collections.abc import Hashable
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.segments import segment_flow as charts
from core.charts.segments import segment_growth as change
from core.customers.snapshots import YEAR
from core.numbers import count, day
from core.ui.caching import drawn
from core.ui.movement import cached as cached_movement
from core.ui.movement.view import MOST_MONTHS, Movement, shown
from core.ui.shared import frame, state
from core.ui.shared.customer_link import list_customers
from core.ui.shared.customer_table import MOST_ROWS, download
from core.ui.shared.view import View

_ARROW: Final = " → "
_TOOK: Final = {
    "clock": ("{} joined through inactivity", "{} left through inactivity"),
    "orders": ("{} joined by ordering", "{} left by ordering"),
    "new": ("{} joined with a first order", "{} fewer joined with a first order"),
    "refit": ("the refit added {}", "the refit removed {}"),
}


def flow(chosen: Movement) -> None:
    """Draw the Sankey diagram."""
    cells = chosen.moves.cells
    frame.chart(
        drawn.once(charts.flow, cells, chosen.names, chosen.view.money),
        key="movement_flow",
        title=f"From {shown(chosen.spec.start)} to {shown(chosen.spec.end)}",
        alt="Flow of customers from their segments on the first day to those on the second",
        note="Left: segments at the start. Right: segments at the end. A band's width is its number of customers, "
        "its colour the segment they came from.",
        data=cells,
    )


def where_to(chosen: Movement, cell: tuple[str, str] | None) -> None:
    """Draw the matrix behind the flow; clicking a cell selects it."""

    def choose() -> None:
        points = st.session_state["movement_cells"]["selection"]["points"]
        if points:
            state.put(state.CELL, _ARROW.join(points[0]["customdata"][:2]))

    frame.chart(
        drawn.once(charts.where_to, chosen.moves.cells, list(chosen.names), chosen.view.money, chosen=cell),
        key="movement_cells",
        title="Segment at the start and at the end",
        alt="Customers by segment on the first day, in rows, and on the second, in columns",
        note="Rows: segment on the first day. Columns: segment on the second, numbered if there are many. "
        "Darker means a larger share of the row. "
        "Click a cell to see its customers below.",
        data=chosen.moves.cells,
        on_select=choose,
    )


def causes(chosen: Movement) -> None:
    """Draw each segment's change by cause."""
    changes = chosen.moves.changes
    frame.chart(
        drawn.once(change.causes, changes),
        key="movement_causes",
        title="Why segments grew or shrank",
        alt="Change of each segment by cause: inactivity, orders, new customers, a refit",
        note="The clock: changes that passing time alone would have caused. Orders: changes caused by existing "
        "customers' "
        "orders. New customers: first order between the two dates. A refit: changes made by a later version of the "
        "model. Together they add up to the total change (diamond).",
        data=changes,
    )


def matrix_and_causes(chosen: Movement, cell: tuple[str, str] | None) -> None:
    """Draw the matrix and the causes, side by side if their labels fit."""
    few = max(len(chosen.names), len(chosen.moves.changes) - 1) <= charts.FEW
    left, right = st.columns(2) if few else (st.container(), st.container())
    with left:
        where_to(chosen, cell)
    with right:
        causes(chosen)


def causes_in_words(chosen: Movement) -> None:
    """Describe the causes, one sentence per segment."""
    rows = [row for row in chosen.moves.changes.to_dict("records") if row["before"] or row["after"]]
    st.markdown("\n".join(f"- {_in_words(row)}" for row in rows))
    if chosen.replaced:
        st.caption(
            f"Version {chosen.newest.model_version} of the segment model has entirely different segments, so its refit "
            "can't be compared with these. Choose it in the sidebar to see movement between its segments."
        )


def over_time(chosen: Movement) -> None:
    """Draw the sizes of segments at month ends."""
    view = chosen.view
    sizes = cached_movement.sizes(view.key, view.spec, chosen.dates, chosen.under, chosen.country)
    few = len(chosen.dates) > MOST_MONTHS
    frame.chart(
        drawn.once(change.sizes_over_time, sizes, chosen.names, [chosen.spec.start, chosen.spec.end]),
        key="movement_sizes",
        title="Segments at each month end",
        alt="Customers by segment at each month end, stacked",
        note="Every customer who had ordered by then is in exactly one segment, using the same model at every date. "
        f"Dotted lines mark the two dates compared.{f' Latest {MOST_MONTHS} months only.' if few else ''}",
        data=sizes,
    )


def pick_cell(chosen: Movement) -> tuple[str, str] | None:
    """Return the selected cell; by default the downward move with the most revenue at stake."""
    cells = _filled(chosen)
    if not cells:
        return None
    rank = {name: place for place, name in enumerate(chosen.names)}
    worse = [row for row in cells.values() if rank.get(row["segment_from"], len(rank)) < rank[row["segment_to"]]]
    usual = max(worse or cells.values(), key=lambda row: (row["at_stake"], row["customers"]))
    picked, _ = state.choice(state.CELL, list(cells), _cell_name(usual))
    return cells[picked]["segment_from"], cells[picked]["segment_to"]


def behind(chosen: Movement, cell: tuple[str, str]) -> None:
    """Draw the customers behind a cell, with a picker and a download."""
    st.subheader("Customers behind this move", anchor=False)
    cells = _filled(chosen)
    key, on_change = state.widget(state.CELL, _ARROW.join(cell))
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    left.selectbox(
        "Movement",
        list(cells),
        format_func=lambda name: f"{name} ({count(cells[name]['customers'])})" if name in cells else name,
        key=key,
        on_change=on_change,
    )
    table = cached_movement.behind(*chosen.asked, chosen.country, cell)
    name = f"{cell[0]} to {cell[1]}"
    with right:
        _download(table, name, chosen, key="movement_download")
    words = " ".join(charts.cell_words(cells[_ARROW.join(cell)], chosen.view.money))
    st.caption(frame.escape_markdown(words))
    list_customers(
        table.head(MOST_ROWS), _cell_columns(chosen), alt="Customers behind the chosen cell", key="movement_customers"
    )


def just_slipped(chosen: Movement) -> None:
    """List customers who slipped since their last order, newest first."""
    view, until = chosen.view, shown(chosen.spec.end)
    table = cached_movement.who_slipped(view.key, view.spec, chosen.spec.end, chosen.under, chosen.country)
    since = int((table["slipped_on"] >= pd.Timestamp(chosen.spec.start)).sum())
    left, right = st.columns([2, 1], vertical_alignment="bottom")
    left.subheader("Customers who recently slipped", anchor=False)
    with right:
        _download(table, f"slipped until {until}", chosen, key="movement_slipped_download")
    if table.empty:
        st.info(f"By {until} no customers had slipped from a better segment.", icon=":material/thumb_up:")
        return
    st.caption(
        f"{count(len(table))} customers were in a lower segment on {until} than at their last order; "
        f"{count(since)} dropped after {shown(chosen.spec.start)}. Newest first."
    )
    list_customers(
        table.head(MOST_ROWS),
        _slipped_columns(view, until),
        alt="Customers who slipped from a better segment, newest first",
        key="movement_slipped",
    )


def model_note(chosen: Movement) -> None:
    """Explain why segment definitions stay fixed."""
    stored, newest = chosen.stored, chosen.newest
    with st.expander("Why segment definitions stay fixed", icon=":material/ac_unit:"):
        st.markdown(
            f"Both dates use the same segment model, version {stored.model_version}, fitted as of "
            f"{day(stored.as_of)} and frozen since. So customers only move when they order, or don't for a while.\n\n"
            "Refitting the model every month would shift its boundaries and move customers who did nothing. On the "
            "orders of a real gift shop, segments refitted monthly agreed to an adjusted Rand index of only "
            ".837 on average (1 is full agreement). That would look like movement but isn't.\n\n"
            "When you refit the model, it becomes a new version. Its effect is shown separately, as “a refit "
            "of the model”, never mixed with what customers did."
        )
        if newest.model_version > stored.model_version:
            st.markdown(f"Version {newest.model_version}, as of {day(newest.as_of)}, is in use today.")
        names = frame.escape_markdown(", ".join(chosen.names))
        st.markdown(
            f"**At stake** is gross revenue in the {YEAR} days before the first date; new customers have none. "
            f"**Better** means higher up this list: {names}."
        )


def _filled(chosen: Movement) -> dict[str, dict[Hashable, Any]]:
    """Return the cells that have customers, by name."""
    rows = chosen.moves.cells[chosen.moves.cells["customers"] > 0].to_dict("records")
    return {_cell_name(row): row for row in rows}


def _cell_name(row: dict[Hashable, Any]) -> str:
    return f"{row['segment_from']}{_ARROW}{row['segment_to']}"


def _in_words(row: dict[Hashable, Any]) -> str:
    change = row["after"] - row["before"]
    if not change and not any(row[cause] for cause in _TOOK):
        return f"**{frame.escape_markdown(row['segment'])}** stayed at {count(row['after'])} customers."
    grew = (
        f"grew by {count(change)}"
        if change > 0
        else f"shrank by {count(-change)}"
        if change
        else "stayed the same size"
    )
    parts = [words[row[cause] < 0].format(count(abs(row[cause]))) for cause, words in _TOOK.items() if row[cause]]
    name = frame.escape_markdown(row["segment"])
    return (
        f"**{name}** {grew}, from {count(row['before'])} to {count(row['after'])}{': ' if parts else ''}{_list(parts)}."
    )


def _list(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def _download(table: pd.DataFrame, name: str, chosen: Movement, *, key: str) -> None:
    asked = (chosen.asked, chosen.country, name)
    download(len(table), lambda: cached_movement.csv_of(table), name=name, asked=asked, key=key, primary=False)


def _cell_columns(chosen: Movement) -> dict[str, Any]:
    column, unit = st.column_config, _unit(chosen.view)
    start, end = shown(chosen.spec.start), shown(chosen.spec.end)
    return {
        "customer_id": column.TextColumn("Customer", pinned=True),
        "at_stake": column.NumberColumn(
            f"At stake{unit}", help=f"Gross spend in the {YEAR} days to {start}.", format="%.2f"
        ),
        "recency_from": column.NumberColumn(
            "Days since order, start", help=f"Whole days from the last order to {start}."
        ),
        "recency_to": column.NumberColumn("Days since order, end", help=f"Whole days from the last order to {end}."),
        "frequency_from": column.NumberColumn("Orders, start", format="localized"),
        "frequency_to": column.NumberColumn("Orders, end", format="localized"),
        "monetary_from": column.NumberColumn(f"Gross, start{unit}", format="%.2f"),
        "monetary_to": column.NumberColumn(f"Gross, end{unit}", format="%.2f"),
        "net_to": column.NumberColumn(f"Net, end{unit}", help="Gross less returns.", format="%.2f"),
        "country": column.TextColumn("Country", help="Of the latest order."),
    }


def _slipped_columns(view: View, until: str) -> dict[str, Any]:
    column, unit = st.column_config, _unit(view)
    return {
        "customer_id": column.TextColumn("Customer", pinned=True),
        "slipped_on": column.DateColumn("Slipped on", format="D MMM YYYY", help="First day in the lower segment."),
        "segment_from": column.TextColumn("From"),
        "segment_to": column.TextColumn("To"),
        "recency": column.NumberColumn("Last order, days ago", help=f"Whole days from the last order to {until}."),
        "frequency": column.NumberColumn("Orders", format="localized"),
        "monetary": column.NumberColumn(f"Gross{unit}", format="%.2f"),
        "net": column.NumberColumn(f"Net{unit}", help="Gross less returns.", format="%.2f"),
        "country": column.TextColumn("Country", help="Of the latest order."),
    }


def _unit(view: View) -> str:
    return f" {view.money.symbol}" if view.money.symbol else ""
