"""The parts of the outlook page: charts of what is expected, and what to know of the model behind it."""

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
    """Where to see what these predictions come from, and how far they can be trusted."""
    model, horizon = asked.model, str(asked.horizon)
    using = {state.HORIZON: horizon, state.USING: model.id if model else RHYTHM}
    frame.next_step("pages/explain/drivers.py", "What these predictions come from", "tune", **using)
    if model is not None:
        card = {state.HORIZON: horizon, state.PREDICTOR: model.id}
        frame.next_step("pages/explain/card.py", "How true they are, and where they are weak", "id_card", **card)


def untrained(asked: Asked) -> None:
    """Say that this is own rhythm, and how to get more; nothing where a trained model speaks."""
    if asked.model is not None:
        return
    if asked.used is None:
        why = f"No model was trained for {asked.horizon} days yet, so this is each customer's own rhythm alone"
    else:
        why = "You see each customer's own rhythm alone"
    with st.container(border=True, key="outlook_untrained"):
        st.markdown(
            f":material/info: {why}: how often and how much they bought, carried on.",
            help="BG/NBD for how often, Gamma-Gamma for how much, fitted on this log just now. It knows no season, no "
            "baskets and no returns.",
        )
        frame.next_step("pages/predict/train.py", "Train models, and see whether they know more", "model_training")


def about_model(found: Scores, view: View, asked: Asked) -> None:
    """What to know of the model, where there is something."""
    for icon, text in outlook_view.about_model(found, view, asked):
        st.caption(f":material/{icon}: {frame.escape_markdown(text)}")


def beside(found: Scores, view: View) -> None:
    """How sure expected revenue is, and what came in before: whether it is much or little."""
    said = [outlook_view.range_short(found, view), outlook_view.came_before(found, view)]
    st.caption(frame.escape_markdown(" ".join(text for text in said if text)))


def revenue(found: Scores, view: View) -> None:
    """The main chart: what each segment is expected to bring."""
    days = found.totals["horizon"]
    columns = ["segment", "customers", "buyers", "revenue", "revenue_share", "low", "high"]
    frame.chart(
        drawn.once(charts.revenue, found.segments, view.money, days),
        key="outlook_by_segment",
        title=f"Expected revenue of the next {days} days, by segment of today",
        alt="Expected revenue by segment, with ranges",
        note="Gross, from customers known today. Grey lines: 80% ranges from how far the same model's totals for the "
        "segment were off at past dates; no line where there is no such date.",
        data=found.segments[columns],
    )
    _by_segment(found, view)


def _by_segment(found: Scores, view: View) -> None:
    column, days, money = st.column_config, found.totals["horizon"], view.money
    unit = f" {money.symbol}" if money.symbol else ""
    ranges = zip(found.segments["low"], found.segments["high"], strict=True)
    shown = found.segments.assign(
        revenue_share=100 * found.segments["revenue_share"],
        revenue=found.segments["revenue"].round(),  # to the penny nobody knows it
        value=found.segments["value"].round(),
        range=["–" if pd.isna(low) else f"{money.short(low)} – {money.short(high)}" for low, high in ranges],
    )
    columns = {
        "segment": column.TextColumn("Segment", pinned=True),
        "customers": column.NumberColumn("Customers", format="localized"),
        "buyers": column.NumberColumn("Expected buyers", help="Sum of their chances to buy.", format="%.0f"),
        "revenue": column.NumberColumn(f"Expected revenue{unit}", help=f"In {days} days, gross.", format="localized"),
        "range": column.TextColumn(
            "80% range of revenue", help="From how far the same model's totals for the segment were off at past dates."
        ),
        "revenue_share": column.NumberColumn("Share", help="Of all expected revenue.", format="%.1f%%"),
        "lapsing": column.NumberColumn(
            "Likely to lapse",
            help=f"Bought in the last {days} days, and likelier than not to buy nothing in the next {days}.",
            format="localized",
        ),
        "saving": column.NumberColumn(
            "Worth saving",
            help="Of the quarter with the highest 12-month value, and likelier than not to buy nothing.",
            format="localized",
        ),
        "value": column.NumberColumn(
            f"12-month value{unit}", help="Of all its customers together (customer lifetime value).", format="localized"
        ),
    }
    st.dataframe(
        shown, hide_index=True, alt="What is expected of each segment", column_config=columns,
        column_order=list(columns), key="outlook_segments",
    )  # fmt: skip


def worth_saving(found: Scores, view: View) -> None:
    """Value against churn risk, and a way to the customers in the corner."""
    worthy = _worthy(found)
    saving, value = (found.segments[name].sum() for name in ("saving", "saving_value"))
    frame.chart(
        drawn.once(charts.worth_and_risk, found.plane, view.money, likely=outlook_queries.LIKELY, worthy=worthy),
        key="outlook_plane",
        title="Who is worth saving",
        alt="12-month value against churn risk; the darker, the more value",
        note="Churn risk: the chance to buy nothing in these days. 12-month value: what a customer is expected to "
        "spend in 12 months, worth today (customer lifetime value). The darker a cell, the more value all its "
        f"customers have together. Framed: the quarter with the highest value ({view.money.short(worthy)} or more) "
        "where no purchase is likelier than one.",
        data=found.plane,
    )
    if saving:
        st.button(
            f"Show {customers(saving)} worth {view.money.short(value)}",
            icon=":material/filter_alt:",
            key="outlook_show_saving",
            on_click=_show_saving,
            help="In the table below: at risk, the most value at stake first.",
        )
        if state.text(state.RISK) == outlook_queries.AT_RISK and state.text(state.VALUE) == outlook_queries.TOP_QUARTER:
            st.markdown(f":material/arrow_downward: They are in [the table below](#{outlook_table.PLACE}).")


def chances(found: Scores) -> None:
    """How chances to buy are spread in each segment."""
    frame.chart(
        drawn.once(charts.chances, found.chances, found.names),
        key="outlook_chances",
        title="How likely customers of each segment are to buy",
        alt="Distribution of the chance to buy, a row a segment",
        note="Each bar: share of the segment's customers with such a chance. Two hills in one row are two kinds of "
        "customers, who may deserve two messages.",
        data=found.chances,
    )


def moves(found: Scores) -> None:
    """Where customers are expected to be."""
    days = found.totals["horizon"]
    frame.chart(
        drawn.once(charts.moves, found.moves, found.names, days),
        key="outlook_moves",
        title=f"Where customers are expected to be in {days} days",
        alt="Expected customers by segment now, in rows, and after the horizon, in columns",
        note="Rows: the segment now. Columns: in these days, by number where there are many. Probabilities added up, "
        "so that it says how many, not who; the table names the likeliest segment of each customer.",
        data=found.moves,
    )
    st.markdown("\n".join(f"- {line}" for line in _moves_in_words(found)))


def how(found: Scores) -> None:
    """Which model speaks, and by what it was judged."""
    model, dates = found.totals["model"], found.totals["past_dates"]
    trained = f"{label(model['name'])}, as of {day(date.fromisoformat(model['as_of']))}"
    judged = " and ".join([", ".join(_days(dates[:-1])), *_days(dates[-1:])] if len(dates) > 1 else _days(dates))
    said = f"judged by what happened after {judged}" if dates else outlook_view.unjudged(found.totals)
    st.caption(f"{trained}; {said}. Spend is gross; who orders for the first time later is not in it.")


def _days(dates: list[str]) -> list[str]:
    return [day(date.fromisoformat(text)) for text in dates]


def _moves_in_words(found: Scores) -> list[str]:
    """Of each segment, how many stay, and where most others go."""
    said = []
    for name in found.names:
        own = found.moves[found.moves["segment_now"] == name].set_index("segment_next")["customers"]
        if own.sum() < 1:
            continue
        others = own.drop(name)
        line = f"About {share(own[name] / own.sum())} of **{frame.escape_markdown(name)}** stay"
        if len(others) and others.max() >= 0.5:  # noqa: PLR2004  what does not round to nobody
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
