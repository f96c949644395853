"""Trained models of a dataset on the training page: which one is used for a horizon, and what each card says."""

import json
from typing import Final

import pandas as pd
import streamlit as st

from core.errors import ClienteleError
from core.models.judging.leaderboard import MAIN
from core.models.judging.predictions import WILL_BUY
from core.models.training import model_registry
from core.models.training.model_labels import label
from core.models.training.model_registry import StoredPredictor
from core.numbers import day, many
from core.ui.caching import cached
from core.ui.shared import frame, state
from core.ui.shared.view import View
from core.ui.shared.visitor import who
from core.ui.train.balancing import figure_columns
from core.workspace.records import By

_DONE: Final = "train_models_done"
_FAILED: Final = "train_models_failed"
_MOST: Final = 200  # models listed


def models(view: View, horizon: int) -> None:
    """The models of a horizon, the one in use marked; one of them is looked at.

    Parameters
    ----------
    view : View
        The dataset in view.
    horizon : int
        Days.
    """
    st.subheader("Models of this dataset", anchor=False)
    known = model_registry.predictors_of(cached.workspace(), view.dataset.id, horizon)
    if not known:
        st.info(
            f"No model looks {horizon} days ahead yet. Each training adds its models here, and the newest champion is "
            "used unless you choose another one.",
            icon=":material/inventory_2:",
        )
        return
    _say()
    used = model_registry.in_use(cached.workspace(), view.dataset.id, horizon)
    st.caption(
        f"{many(len(known), 'model')} for {horizon} days. The one in use predicts on the other pages; it scores later "
        "versions of the dataset, too, as it is."
    )
    shown = [*known[:_MOST], *(model for model in known[_MOST:] if model.in_use)]  # it is looked at first
    _list(shown, used)
    _look_at(view, shown, used)


def _list(known: list[StoredPredictor], used: StoredPredictor | None) -> None:
    rows = [
        {
            "in_use": used is not None and model.id == used.id,
            "name": label(model.name),
            **{figure: _figure(model, outcome, figure) for outcome, figure in MAIN.items()},
            "as_of": model.as_of,
            "version": model.version,
            "created_at": model.created_at,
            "id": model.id,
        }
        for model in known
    ]
    by = ["in_use", "version", "as_of", MAIN[WILL_BUY]]
    shown = pd.DataFrame(rows).sort_values(by, ascending=[False, False, False, True], kind="stable")
    st.dataframe(
        shown, hide_index=True, key="train_models", alt="Models of this dataset, the one in use first",
        column_config={
            "in_use": st.column_config.CheckboxColumn("In use", width="small"),
            "name": st.column_config.TextColumn("Model", width="medium"),
            **figure_columns(list(MAIN.values())),
            "as_of": st.column_config.DateColumn("Knows orders before", format="D MMM YYYY"),
            "version": st.column_config.NumberColumn("Version", help="Of the dataset that it was trained on."),
            "created_at": st.column_config.DatetimeColumn("Trained", format="D MMM YYYY, HH:mm"),
            "id": st.column_config.TextColumn("Id", help="Names the model on the command line."),
        },
    )  # fmt: skip


def _figure(model: StoredPredictor, outcome: str, figure: str) -> float:
    """The main figure of a question on past dates, as the model's card has it; missing where it was not judged."""
    row = (model.card.get("leads") or {}).get(outcome) or {}
    value = row.get(figure)
    return float("nan") if value is None else float(value)


def _look_at(view: View, known: list[StoredPredictor], used: StoredPredictor | None) -> None:
    """One model: use it, take its card along, read it."""
    by_id = {model.id: model for model in known}
    first = used.id if used else known[0].id
    chosen, unknown = state.choice(state.PREDICTOR, list(by_id), first)
    if unknown is not None:
        st.warning(f"The link names the model “{frame.escape_markdown(unknown)}”, which is not there.")
    key, on_change = state.widget(state.PREDICTOR, chosen)
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
    left.selectbox(
        "Look at a model", list(by_id), format_func=lambda model_id: _title(by_id.get(model_id)), key=key,
        on_change=on_change,
    )  # fmt: skip
    model = by_id[chosen]
    middle.button(
        "In use" if used and used.id == model.id else "Use this model",
        icon=":material/check:",
        key="train_crown",
        disabled=used is not None and used.id == model.id,
        on_click=_crown,
        args=(view, model),
        width="stretch",
    )
    text = json.dumps(model.card, ensure_ascii=False, indent=1)
    right.download_button(
        "Card (JSON)", text, file_name=frame.file_name(f"{model.name}-{model.id}", text, "json"),
        mime="application/json", icon=":material/download:", on_click="ignore", key="train_card", width="stretch",
    )  # fmt: skip
    frame.next_step(
        "pages/explain/card.py", "Model card: how true it is, and where it is weak", "id_card",
        **{state.PREDICTOR: model.id, state.HORIZON: str(model.horizon)},
    )  # fmt: skip
    if any(one.in_use for one in known):
        st.button(
            "Use the newest champion again", type="tertiary", icon=":material/undo:", key="train_uncrown",
            on_click=_uncrown, args=(view, model.horizon),
            help="Takes back the choice of a model: each training's champion is then used as it comes.",
        )  # fmt: skip
    with st.expander("What its card says", icon=":material/badge:"):
        st.json(model.card, expanded=1)


def _title(model: StoredPredictor | None) -> str:
    return f"{label(model.name)}, orders before {day(model.as_of)}, {model.id}" if model else ""


def _crown(view: View, model: StoredPredictor) -> None:
    try:
        model_registry.crown(cached.workspace(), view.dataset.id, model.id, By(who=who()))
    except ClienteleError as error:
        st.session_state[_FAILED] = str(error)
        return
    st.session_state[_DONE] = f"{label(model.name)} is used from now on for {model.horizon} days ahead."


def _uncrown(view: View, horizon: int) -> None:
    model_registry.uncrown(cached.workspace(), view.dataset.id, horizon, By(who=who()))
    st.session_state[_DONE] = f"The newest champion is used from now on for {horizon} days ahead."


def _say() -> None:
    if done := st.session_state.pop(_DONE, None):
        st.success(frame.escape_markdown(done), icon=":material/check:")
    if failed := st.session_state.pop(_FAILED, None):
        frame.error(failed)
