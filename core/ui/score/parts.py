"""The live Score form: customer details on the left, the prediction on the right."""

from datetime import date
from typing import Final

import pandas as pd
import streamlit as st

from core.charts.predictions import chance_bars as charts
from core.errors import ClienteleError, TooLittleDataError
from core.forecasts import outlook_queries
from core.models.scoring.one_customer import known_of
from core.models.scoring.outlook import outlook, whole
from core.models.training.model_labels import OUTCOMES, label
from core.numbers import day, many
from core.segments.advice import advice_for
from core.ui.caching import cached, drawn, predictors
from core.ui.score import form_inputs, order_history
from core.ui.score.beyond import beyond
from core.ui.score.view import (
    CUSTOMER,
    NUMBERS,
    Answer,
    Models,
    answer,
    figures,
    mean_figure,
    sentence,
    spoken_by,
)  # fmt: skip
from core.ui.shared import frame, state
from core.ui.shared.customer_link import PAGE
from core.ui.shared.frame import escape_markdown
from core.ui.shared.view import View

_ASK: Final = "Enter a customer's details to predict what they'll do next."
_CANNOT: Final = (
    "It doesn't know the customer's rhythm, order trend, season, basket contents or "
    "returns. Enter their orders to include these."
)
_FIGURES: Final = (
    ("will_buy", "auc", "Ranking", "AUC: share of buyer and non-buyer pairs ranked correctly; .5 is chance."),
    (
        "will_buy",
        "ece",
        "Calibration error",
        "ECE: mean gap between predicted and actual share of buyers; 0 is perfect.",
    ),
    ("next_segment", "f1_macro", "Macro F1", "Macro F1: all segments count equally; 1 is perfect."),
    (
        "next_segment",
        "mcc",
        "Agreement",
        "MCC: agreement of predicted and actual segments beyond chance; 1 is perfect.",
    ),
)


def live(view: View, models: Models) -> None:
    """Draw the page below the sidebar."""
    head = st.container()
    way = form_inputs.way()
    left, right = st.columns([9, 11] if way == NUMBERS else [11, 9], gap="medium")
    found: Answer | None = None
    try:
        with left:
            found = _by_numbers(view, models) if way == NUMBERS else _by_orders(view, models, way)
    except TooLittleDataError as error:
        with right:
            st.info(escape_markdown(str(error)), icon=":material/event_busy:")
    except ClienteleError as error:
        with right:
            frame.error(str(error))
    with head:
        frame.header("Score a customer", sentence(found, view) if found else _ASK, simulated=view.dataset.simulated)
        if found:
            frame.figures(figures(found, view), exact=True)  # segment names need room
    if found:
        with right, st.container():  # keeps charts from stretching to the height of the left column
            _charts(found, models)
            if way != NUMBERS:
                beyond(found, view)
            _about(found, models, way)
        if way == CUSTOMER:
            _explain(found, view)
        _what_to_do(found)


def _explain(found: Answer, view: View) -> None:
    """Link to the explanation of an existing customer's prediction."""
    who = state.text(state.CUSTOMER).strip() or predictors.customer_ids(view.key, view.spec)[0]
    frame.next_step(
        PAGE, "See the reasons behind this prediction", "person_search",
        **{
            state.CUSTOMER: who, state.HORIZON: str(found.model.horizon),
            state.USING: found.model.id,
        },
    )  # fmt: skip


def _by_numbers(view: View, models: Models) -> Answer | None:
    if models.simple is None:
        st.info(
            "The training in use has no model based only on recency, frequency, monetary and country. Train again.",
            icon=":material/model_training:",
        )
        return None
    predictor = predictors.predictor(view.dataset.id, models.simple.id)
    return answer(models.simple, predictor.predict(form_inputs.four_numbers(view).known()))


def _by_orders(view: View, models: Models, way: str) -> Answer | None:
    if way == CUSTOMER:
        left, right = st.columns(2)
        with left:
            wanted = form_inputs.ask_customer(view)
        with right:
            as_of = form_inputs.ahead_from(view)
        who = form_inputs.known_customer(view, wanted)
        if who is None:
            return None
        start, name = predictors.history(view.key, who), f"{view.key.version}_{who}"
    else:
        as_of = form_inputs.ahead_from(view)
        given = order_history.give(view)
        if given is None:
            return None
        start, name = given
    history = order_history.edit(view, start, name)
    if history is None:
        return None
    _say_left_out(history, as_of)
    predictor, filled = whole(predictors.predictor(view.dataset.id, models.used.id))
    with cached.engine().session() as connection:
        found = answer(models.used, outlook(predictor, known_of(connection, history, as_of)))
    if filled:
        listed = " and ".join(OUTCOMES[name].rstrip("?").lower() for name in filled)
        st.caption(
            f"{label(models.used.name)} doesn't predict: {listed}. Own rhythm is used instead, here and in the list."
        )
    if way == CUSTOMER:
        _say_same(view, history, start, as_of)
    return found


def _say_left_out(history: pd.DataFrame, as_of: date) -> None:
    late = int((history["ordered_at"] >= pd.Timestamp(as_of)).sum())
    if late and late < len(history):
        verb = "is" if late == 1 else "are"
        st.caption(f":material/event_busy: {many(late, 'order')} {verb} on or after {day(as_of)} and ignored.")


def _say_same(view: View, history: pd.DataFrame, start: pd.DataFrame, as_of: date) -> None:
    """State whether the figures match the list of all customers."""
    columns = ["ordered_at", "amount", "units", "lines", "country", "went_back"]
    same = len(history) == len(start) and all(
        (history[name].reset_index(drop=True).astype("str") == start[name].reset_index(drop=True).astype("str")).all()
        for name in columns
    )
    if same and as_of == view.spec.as_of:
        st.caption(":material/check_circle: Matches the list of all customers: same orders, model, date and figures.")
    else:
        changed = "The orders were changed" if not same else f"The prediction starts from {day(as_of)}"
        st.caption(f":material/edit: {changed}, so figures differ from the list of all customers.")


def _charts(found: Answer, models: Models) -> None:
    days = found.model.horizon
    if found.chance is not None:
        frame.chart(
            drawn.once(charts.chance, found.chance, models.usual, days),
            key="score_chance_chart",
            title=f"Chance to buy within {days} days",
            alt="Chance to buy on a scale from 0 to 100%",
            note="Grey line: the share of all customers expected to buy when the model was trained.",
        )
    table = found.futures
    if len(table):
        frame.chart(
            drawn.once(charts.next_segments, table, days),
            key="score_segments_chart",
            title=f"Segment in {days} days",
            alt="Probability of each segment after the horizon",
            note="Probabilities add up to 100%. “Predicted” marks the predicted segment, “now” the current one.",
            data=table,
        )


def _about(found: Answer, models: Models, way: str) -> None:
    if way == NUMBERS:
        _worth(found, models)
    else:
        st.caption(escape_markdown(spoken_by(found)))


def _worth(found: Answer, models: Models) -> None:
    """Draw the accuracy and the limits of the four-number model."""
    with st.container(border=True, key="score_worth"):
        st.markdown("**Accuracy of this form**")
        rows = [
            (name, about, mean_figure(found.model, outcome, key), mean_figure(models.used, outcome, key))
            for outcome, key, name, about in _FIGURES
        ]
        judged = [row for row in rows if row[2] is not None]
        if judged:
            with st.grid(2, min_column_width=150):
                for name, about, own, _full in judged:
                    st.metric(name, f"{own:.3f}", help=escape_markdown(about))
            full = [
                f"{name[:1].lower()}{name[1:]} {value:.3f}" for name, _about, _own, value in judged if value is not None
            ]
            beside = f" With all orders: {', '.join(full)}." if full else ""
            st.caption(escape_markdown(f"Averages over past test dates.{beside}"))
        else:
            st.caption("Accuracy unknown: the data was too short for a test at a past date.")
        st.caption(f"{_CANNOT} {escape_markdown(spoken_by(found))}")


def at_risk_among_best(found: Answer) -> bool:
    """Return whether the customer is in the best segment but has under 50% chance to buy."""
    best = found.predictor.segments.names[0]
    return found.now == best and found.chance is not None and 1 - found.chance > outlook_queries.LIKELY


def _what_to_do(found: Answer) -> None:
    """Draw advice by segment and the next step."""
    given = dict(zip(found.predictor.segments.names, found.predictor.segments.given, strict=True))
    with st.container(border=True, key="score_advice"):
        st.markdown("**What to do**")
        for name in dict.fromkeys(name for name in (found.now, found.then) if name is not None):
            advice = advice_for(given.get(name, name))
            when = "Now" if name == found.now else f"Predicted in {found.model.horizon} days"
            st.markdown(f"{when}: **{escape_markdown(name)}**. {escape_markdown(advice.action)}", help=advice.meaning)
        if at_risk_among_best(found):
            st.markdown(
                f"But the chance to buy within {found.model.horizon} days is under 50%: find out what is missing "
                "before you "
                "offer a reward."
            )
    frame.next_step(
        "pages/predict/outlook.py", "Next: see the outlook for all customers", "arrow_forward",
        **{state.HORIZON: str(found.model.horizon)},
    )  # fmt: skip
