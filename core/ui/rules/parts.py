"""Figures, charts and tables of the RFM rules page."""

from typing import Any, Final, Literal

import pandas as pd
import streamlit as st

from core.charts.segments import rfm_grid
from core.charts.segments.treemap import share_bars
from core.errors import TooLittleDataError
from core.numbers import count, day, share
from core.segments.rules.map_check import codes
from core.segments.rules.rfm_scores import RFM_COLUMNS, column
from core.ui.caching import cached, drawn
from core.ui.rules import cached as cached_rules
from core.ui.rules.view import ALL, Rules, summary_of
from core.ui.shared import customer_table, frame, state
from core.ui.shared.frame import Figure
from core.ui.shared.segments_view import segments_of
from core.ui.shared.view import View

_CUSTOMERS: Final = "Customers"
_REVENUE: Final = "Revenue, gross"
_OF: Final = "rules_of"
_PAIR: Final = 2


def figures(view: View, rules: Rules) -> None:
    """Draw the figures: customers, revenue, top segment and lapsed customers."""
    rows = summary_of(view, rules).to_dict("records")
    customers, revenue = (sum(row[name] for row in rows) for name in ("customers", "revenue"))
    top = max(rows, key=lambda row: row["revenue"])
    lost = cached_rules.cells(view.key, view.spec, rules.rfm_map, rules.country)
    away = lost[lost["recency_score"] == 1]
    until = day(cached.last_day(view.key))
    whom = f"customers from {rules.country}" if rules.country else "customers"
    frame.figures(
        [
            Figure("customers", "Customers", count(customers), f"All {whom} with an order by {until}."),
            Figure("revenue", _REVENUE, view.money.short(revenue), f"{view.money.exact(revenue)}, to {until}."),
            Figure("top", "Revenue, top segment", share(top["revenue_share"]), f"{top['segment']}'s share of revenue."),
            Figure(
                "away",
                "Revenue, lapsed",
                share(away["revenue_share"].sum()),
                f"Share of revenue from {whom} with recency score 1, {share(away['customer_share'].sum())} of all "
                f"{whom}.",
            ),
        ]
    )


def grids(view: View, rules: Rules, segment: str | None, cell: str | None) -> None:
    """Draw the heat map with its switch, and the segment map beside it."""
    st.segmented_control(
        "Shade by", [_CUSTOMERS, _REVENUE], default=_CUSTOMERS, key=_OF, required=True, label_visibility="collapsed"
    )
    cells = cached_rules.cells(view.key, view.spec, rules.rfm_map, rules.country)
    limits = cached_rules.bins(view.key, view.spec, rules.rfm_map.scores)
    of: Literal["customers", "revenue"] = "revenue" if st.session_state[_OF] == _REVENUE else "customers"
    left, right = st.columns(2)
    with left:
        frame.chart(
            drawn.once(rfm_grid.heat, cells, limits, view.money, of=of, chosen=cell),
            key="rules_heat",
            title=f"{'Revenue' if of == 'revenue' else 'Customers'} by recency and frequency",
            alt="Heat map of recency score by frequency score",
            note="Each tile: customers with these two scores. Click a tile to see them below.",
            data=cells,
            on_select=lambda: _clicked("rules_heat", state.RFM_CELL, state.RFM_SEGMENT),
        )
    with right:
        map_chart(rules, limits, chosen=segment)


def map_chart(rules: Rules, limits: pd.DataFrame, *, chosen: str | None) -> None:
    """Draw the segment of each pair of scores."""
    found, key = codes(rules.rfm_map), "rules_map"
    strips = "Strips within a tile: monetary scores, from 1 on the left. " if rules.check.parts > _PAIR else ""
    frame.chart(
        drawn.once(rfm_grid.rule_map, found, rules.rfm_map.segments, limits, chosen=chosen),
        key=key,
        title=f"Segment map: {rules.rfm_map.name}",
        alt="Segments by recency score and frequency score",
        note=f"{strips}Click a segment to see its customers below.",
        data=found.assign(segments=found["segments"].map(" / ".join)),
        on_select=lambda: _clicked(key, state.RFM_SEGMENT, state.RFM_CELL),
    )


def segments(view: View, rules: Rules, chosen: str | None) -> None:
    """Draw bars and a table of the segments."""
    found = summary_of(view, rules)
    shares: list[Literal["customers", "revenue"]] = ["customers", "revenue"]
    for place, of in zip(st.columns(2), shares, strict=True):
        with place:
            frame.chart(
                drawn.once(share_bars, found, view.money, of=of, chosen=chosen),
                key=f"rules_{of}_bars",
                title=f"Share of {of}",
                alt=f"Share of {of} by segment",
                note="Click a segment to see its customers below.",
                data=found,
                on_select=lambda of=of: _clicked(f"rules_{of}_bars", state.RFM_SEGMENT, state.RFM_CELL),
            )
    st.subheader("Segments", anchor=False)
    st.dataframe(
        found.round({"revenue": 0, "net": 0, "median_recency": 0, "median_frequency": 1, "median_monetary": 0}),
        hide_index=True,
        column_config=_segment_columns(view),
        column_order=list(_segment_columns(view)),
        alt="Rule-based segments with their revenue and medians",
        key="rules_segments",
    )


def cut_offs(view: View, rules: Rules) -> None:
    """Draw the limits and sizes of the scores, and the effect of ties."""
    scores = rules.rfm_map.scores
    table = cached_rules.bins(view.key, view.spec, scores)
    shared = cached_rules.ties(view.key, view.spec).set_index("feature")
    st.subheader("Scores", anchor=False, help=_RULE)
    st.caption("Based on all customers, whatever country is selected. Equal values always get equal scores.")
    for place, feature in zip(st.columns(3), RFM_COLUMNS, strict=True):
        part = table[table["feature"] == feature]
        with place, st.container(border=True, height="stretch"):
            st.markdown(f"**{_TITLES[feature].format(unit=view.money.symbol).strip()}**")
            st.dataframe(
                part.drop(columns="feature"),
                hide_index=True,
                column_config=_score_columns(feature),
                column_order=["score", "low", "high", "customers"],
                alt=f"Limits and sizes of the scores of {feature}",
                key=f"rules_bins_{feature}",
            )
            value, same = float(shared.loc[feature, "value"]), int(shared.loc[feature, "customers"])  # type: ignore[arg-type]
            st.caption(_about_ties(part, bool(scores.cuts(feature)), _value(view, feature, value), same))


def against_model(view: View, rules: Rules) -> None:
    """Draw how the rule-based segments compare with the fitted ones."""
    try:
        fitted = segments_of(view)
    except TooLittleDataError as error:
        st.info(
            frame.escape_markdown(f"There are no fitted segments to compare with. {error}"), icon=":material/groups:"
        )
        return
    asked = (view.key, view.spec, rules.rfm_map, rules.country, fitted.content, fitted.names)
    found = cached_rules.split(*asked)
    frame.chart(
        drawn.once(rfm_grid.split_bars, found, rules.rfm_map.segments, fitted.names),
        key="rules_split",
        title="Rule-based segments vs segments in use",
        alt="Share of each rule-based segment in each segment in use",
        note="Rules split customers one score at a time. The segments in use (K-Means) group by all three values "
        "together. A single-colour bar means both agree.",
        data=found,
    )


def customers(view: View, rules: Rules, segment: str | None, cell: str | None) -> None:
    """Draw the customers of the chosen segment or cell, with search and download."""
    st.subheader("Customers", anchor=False)
    key, on_change = state.widget(state.RFM_SEGMENT, segment or ALL)

    def take() -> None:
        on_change()
        state.put(state.RFM_CELL, "")

    names = [ALL, *rules.rfm_map.segments]
    st.pills("Segment", names, format_func=frame.escape_markdown, key=key, on_change=take,
             label_visibility="collapsed")  # fmt: skip
    if cell is not None:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"Filtered to recency {cell[0]} and frequency {cell[1]}", width="content")
            st.button(
                "Show all",
                icon=":material/close:",
                type="tertiary",
                key="rules_clear_cell",
                on_click=lambda: state.put(state.RFM_CELL, ""),
            )
    customer_table.customer_table(
        cached_rules.find,
        cached_rules.find_csv,
        (view.key, view.spec, rules.rfm_map, rules.country, segment, cell),
        name=segment or cell or "all",
        key="rules",
        empty="No customers match. Clear the search, or choose another segment or tile.",
        columns=_customer_columns(view),
    )


_RULE: Final = (
    "Without cut-offs: score = 1 + ⌊scores × customers who rank lower ÷ all customers⌋. So the top score of five "
    "means that at least 80% of customers rank lower: longer since their last order, fewer orders, or lower spend."
)
_TITLES: Final = {"recency": "Recency, days", "frequency": "Frequency, orders", "monetary": "Monetary, gross {unit}"}


def _about_ties(part: pd.DataFrame, fixed: bool, value: str, same: int) -> str:  # noqa: FBT001
    empty = ", ".join(str(score) for score in part.loc[part["customers"] == 0, "score"])
    none = f" No customers have score {empty}." if empty else ""
    if fixed:
        return f"Fixed cut-offs.{none}"
    if part["customers"].max() - part["customers"].min() <= 1:
        return "Equal groups."
    return f"Groups differ in size because of ties: {count(same)} customers have {value} and share a score.{none}"


def _value(view: View, feature: str, value: float) -> str:
    if feature == "monetary":
        return view.money.exact(value)
    unit = "day" if feature == "recency" else "order"
    return f"{count(value)} {unit}{'' if value == 1 else 's'}"


def _clicked(key: str, name: str, other: str) -> None:
    points = st.session_state[key]["selection"]["points"]
    if points and points[0]["customdata"][0]:
        state.put(name, points[0]["customdata"][0])
        state.put(other, "")


def _score_columns(feature: str) -> dict[str, Any]:
    at, form = st.column_config, "%.2f" if feature == "monetary" else "localized"
    return {
        "score": at.NumberColumn("Score", pinned=True, width=46),
        "low": at.NumberColumn("From", format=form, width=64),
        "high": at.NumberColumn("To", format=form, width=76),
        "customers": at.NumberColumn("Customers", format="localized", width=78),
    }


def _segment_columns(view: View) -> dict[str, Any]:
    at, unit = st.column_config, f" {view.money.symbol}" if view.money.symbol else ""
    return {
        "segment": at.TextColumn("Segment", pinned=True),
        "patterns": at.TextColumn("Scores", help="Recency, frequency and, if used, monetary; * means any."),
        "customers": at.NumberColumn("Customers", format="localized"),
        "customer_share": at.NumberColumn("Share of customers", format="percent"),
        "revenue": at.NumberColumn(f"Gross{unit}", format="localized", help="Sum of all orders."),
        "revenue_share": at.NumberColumn("Share of revenue", format="percent"),
        "net": at.NumberColumn(f"Net{unit}", format="localized", help="Gross less returns."),
        "median_recency": at.NumberColumn(
            "Median days since order", format="localized", help="Days since the last order."
        ),
        "median_frequency": at.NumberColumn("Median orders", format="localized"),
        "median_monetary": at.NumberColumn(f"Median gross{unit}", format="localized"),
    }


def _customer_columns(view: View) -> dict[str, Any]:
    at, unit = st.column_config, f" {view.money.symbol}" if view.money.symbol else ""
    short = dict(zip(RFM_COLUMNS, ("R", "F", "M"), strict=True))
    return {
        "customer_id": at.TextColumn("Customer", pinned=True),
        "segment": at.TextColumn("Segment"),
        **{
            column(name): at.NumberColumn(short[name], help=f"{name.capitalize()} score.", width=40)
            for name in RFM_COLUMNS
        },
        "recency": at.NumberColumn("Last order, days ago", format="localized"),
        "frequency": at.NumberColumn("Orders", format="localized"),
        "monetary": at.NumberColumn(f"Gross{unit}", format="%.2f"),
        "returned": at.NumberColumn(f"Returned{unit}", format="%.2f"),
        "net": at.NumberColumn(f"Net{unit}", format="%.2f", help="Gross less returns."),
        "last_order": at.DateColumn("Last order", format="D MMM YYYY"),
        "country": at.TextColumn("Country", help="Of the latest order."),
    }
