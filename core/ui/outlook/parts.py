"""Charts of the outlook page, and notes on the model behind them."""

from datetime import date

import pandas as pd
import streamlit as st

from core.charts.predictions import outlook_charts as charts
from core.forecasts import outlook_queries
from core.forecasts.job import Scores
from core.models.training.model_labels import label
from core.numbers import count, customers, day, share
from core.ui.caching import drawn
from core.ui.outlook import table as outlook_table
from core.ui.outlook import view as outlook_view
from core.ui.shared import frame, state
from core.ui.shared.scores import RHYTHM, Asked
from core.ui.shared.view import View


def explained(asked: Asked) -> None:
    """Link to the drivers and the model card."""
    model, horizon = asked.model, str(asked.horizon)
    using = {state.HORIZON: horizon, state.USING: model.id if model else RHYTHM}
    frame.next_step("pages/explain/drivers.py", "See what drives these predictions", "tune", **using)
    if model is not None:
        card = {state.HORIZON: horizon, state.PREDICTOR: model.id}
        frame.next_step("pages/explain/card.py", "Check accuracy on the model card", "id_card", **card)


def untrained(asked: Asked) -> None:
    """Explain that the baseline is in use and link to training; nothing if a trained model is used."""
    if asked.model is not None:
        return
    if asked.used is None:
        why = f"No model has been trained for {asked.horizon} days yet, so this uses each customer's own rhythm"
    else:
        why = "This uses each customer's own rhythm only"
    with st.container(border=True, key="outlook_untrained"):
        st.markdown(
            f":material/info: {why}: how often and how much they have bought so far.",
            help="BG/NBD for frequency and Gamma-Gamma for spend, fitted on this data. It ignores seasons, baskets and "
            "returns.",
        )
        frame.next_step("pages/predict/train.py", "Train models for a better forecast", "model_training")


def about_model(found: Scores, view: View, asked: Asked) -> None:
    """Draw notes about the model, if any."""
    for icon, text in outlook_view.about_model(found, view, asked):
        st.caption(f":material/{icon}: {frame.escape_markdown(text)}")


def beside(found: Scores, view: View) -> None:
    """Draw the range of expected revenue and earlier revenue for comparison."""
    said = [outlook_view.range_short(found, view), outlook_view.came_before(found, view)]
    st.caption(frame.escape_markdown(" ".join(text for text in said if text)))


def revenue(found: Scores, view: View) -> None:
    """Draw the main chart: expected revenue by segment."""
    days = found.totals["horizon"]
    columns = ["segment", "customers", "buyers", "revenue", "revenue_share", "low", "high"]
    frame.chart(
        drawn.once(charts.revenue, found.segments, view.money, days),
        key="outlook_by_segment",
        title=f"Expected revenue in the next {days} days, by current segment",
        alt="Expected revenue by segment, with ranges",
        note="Gross, from existing customers. Grey lines: 80% ranges based on the model's forecast errors for the "
        "segment at past dates; no line without a past date.",
        data=found.segments[columns],
    )
    _by_segment(found, view)


def _by_segment(found: Scores, view: View) -> None:
    column, days, money = st.column_config, found.totals["horizon"], view.money
    unit = f" {money.symbol}" if money.symbol else ""
    ranges = zip(found.segments["low"], found.segments["high"], strict=True)
    shown = found.segments.assign(
        revenue_share=100 * found.segments["revenue_share"],
        revenue=found.segments["revenue"].round(),  # pennies would suggest false precision
        value=found.segments["value"].round(),
        range=["–" if pd.isna(low) else f"{money.short(low)} – {money.short(high)}" for low, high in ranges],
    )
    columns = {
        "segment": column.TextColumn("Segment", pinned=True),
        "customers": column.NumberColumn("Customers", format="localized"),
        "buyers": column.NumberColumn("Expected buyers", help="Sum of their chances to buy.", format="%.0f"),
        "revenue": column.NumberColumn(f"Expected revenue{unit}", help=f"In {days} days, gross.", format="localized"),
        "range": column.TextColumn(
            "80% range of revenue", help="Based on the model's forecast errors for the segment at past dates."
        ),
        "revenue_share": column.NumberColumn("Share", help="Of all expected revenue.", format="%.1f%%"),
        "lapsing": column.NumberColumn(
            "Likely to lapse",
            help=f"Recent buyers (last {days} days) with under 50% chance to order again in the next {days}.",
            format="localized",
        ),
        "saving": column.NumberColumn(
            "Worth saving",
            help="Top 25% by 12-month value, with under 50% chance to order again.",
            format="localized",
        ),
        "value": column.NumberColumn(
            f"12-month value{unit}", help="Total of all its customers (customer lifetime value).", format="localized"
        ),
    }
    st.dataframe(
        shown, hide_index=True, alt="Forecast for each segment", column_config=columns,
        column_order=list(columns), key="outlook_segments",
    )  # fmt: skip


def worth_saving(found: Scores, view: View) -> None:
    """Draw value against churn risk, with a button to list the customers worth saving."""
    worthy = _worthy(found)
    saving, value = (found.segments[name].sum() for name in ("saving", "saving_value"))
    frame.chart(
        drawn.once(charts.worth_and_risk, found.plane, view.money, likely=outlook_queries.LIKELY, worthy=worthy),
        key="outlook_plane",
        title="Customers worth saving",
        alt="12-month value against churn risk; darker means more value",
        note="Churn risk: the chance of no purchase in this period. 12-month value: expected spend in the next "
        "12 months, discounted to today (customer lifetime value). Darker cells hold more total value. "
        f"Framed: top 25% by value ({view.money.short(worthy)} or more) "
        "with under 50% chance to buy.",
        data=found.plane,
    )
    if saving:
        st.button(
            f"Show {customers(saving)} worth {view.money.short(value)}",
            icon=":material/filter_alt:",
            key="outlook_show_saving",
            on_click=_show_saving,
            help="Filters the table below: at risk, most value at stake first.",
        )
        if state.text(state.RISK) == outlook_queries.AT_RISK and state.text(state.VALUE) == outlook_queries.TOP_QUARTER:
            st.markdown(f":material/arrow_downward: Listed in [the table below](#{outlook_table.PLACE}).")


def chances(found: Scores) -> None:
    """Draw the distribution of the chance to buy in each segment."""
    frame.chart(
        drawn.once(charts.chances, found.chances, found.names),
        key="outlook_chances",
        title="Chance to buy by segment",
        alt="Distribution of the chance to buy, one row per segment",
        note="Each bar: share of the segment's customers with that chance. Two peaks in one row mean two kinds of "
        "customers, who may need different messages.",
        data=found.chances,
    )


def moves(found: Scores) -> None:
    """Draw the expected moves between segments."""
    days = found.totals["horizon"]
    frame.chart(
        drawn.once(charts.moves, found.moves, found.names, days),
        key="outlook_moves",
        title=f"Expected segments in {days} days",
        alt="Expected customers by segment now, in rows, and after the horizon, in columns",
        note="Rows: segment now. Columns: segment then, numbered if there are many. Counts are sums of "
        "probabilities; the table below has each customer's predicted segment.",
        data=found.moves,
    )
    st.markdown("\n".join(f"- {line}" for line in _moves_in_words(found)))


def how(found: Scores) -> None:
    """Describe the model used and how it was evaluated."""
    model, dates = found.totals["model"], found.totals["past_dates"]
    trained = f"{label(model['name'])}, as of {day(date.fromisoformat(model['as_of']))}"
    judged = " and ".join([", ".join(_days(dates[:-1])), *_days(dates[-1:])] if len(dates) > 1 else _days(dates))
    said = f"tested on what happened after {judged}" if dates else outlook_view.unjudged(found.totals)
    st.caption(f"{trained}; {said}. Spend is gross. New customers not included.")


def _days(dates: list[str]) -> list[str]:
    return [day(date.fromisoformat(text)) for text in dates]


def _moves_in_words(found: Scores) -> list[str]:
    """Describe how many of each segment stay, and where most others go."""
    said = []
    for name in found.names:
        own = found.moves[found.moves["segment_now"] == name].set_index("segment_next")["customers"]
        if own.sum() < 1:
            continue
        others = own.drop(name)
        line = f"About {share(own[name] / own.sum())} of **{frame.escape_markdown(name)}** stay"
        if len(others) and others.max() >= 0.5:  # noqa: PLR2004  rounds to at least one
            line += f"; about {count(others.max())} go to {frame.escape_markdown(str(others.idxmax()))}"
        said.append(f"{line}.")
    return said


def _worthy(found: Scores) -> float:
    place = [low for low, _ in outlook_queries.VALUES.values()].index(outlook_queries.WORTHY)
    return float(found.totals["edges"][place])


def _show_saving() -> None:
    state.put(state.RISK, outlook_queries.AT_RISK)
    state.put(state.VALUE, outlook_queries.TOP_QUARTER)
    state.put(state.SORT, "at_stake")
    for name in (state.SEGMENT, state.PREDICTED, state.SEARCH):
        state.put(name, "")
