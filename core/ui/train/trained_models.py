"""Trained models of a dataset on the training page: the one in use, and each model's card."""

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
    """Draw a list of models for a horizon, with the one in use marked, and details of one of them.

    Parameters
    ----------
    view : View
        The dataset in view.
    horizon : int
        Days ahead.
    """
    st.subheader("Trained models", anchor=False)
    known = model_registry.predictors_of(cached.workspace(), view.dataset.id, horizon)
    if not known:
        st.info(
            f"No models for {horizon} days ahead yet. Each training adds its models here. The newest champion is "
            "used unless you choose another.",
            icon=":material/inventory_2:",
        )
        return
    _say()
    used = model_registry.in_use(cached.workspace(), view.dataset.id, horizon)
    st.caption(
        f"{many(len(known), 'model')} for {horizon} days. The one in use makes the predictions on other pages, "
        "including for later versions of the dataset."
    )
    shown = [*known[:_MOST], *(model for model in known[_MOST:] if model.in_use)]  # always list the model in use
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
        shown, hide_index=True, key="train_models", alt="Trained models of this dataset, the one in use first",
        column_config={
            "in_use": st.column_config.CheckboxColumn("In use", width="small"),
            "name": st.column_config.TextColumn("Model", width="medium"),
            **figure_columns(list(MAIN.values())),
            "as_of": st.column_config.DateColumn("Trained on orders before", format="D MMM YYYY"),
            "version": st.column_config.NumberColumn("Version", help="Version of the dataset it was trained on."),
            "created_at": st.column_config.DatetimeColumn("Trained", format="D MMM YYYY, HH:mm"),
            "id": st.column_config.TextColumn("Id", help="Identifies the model on the command line."),
        },
    )  # fmt: skip


def _figure(model: StoredPredictor, outcome: str, figure: str) -> float:
    """Return an outcome's main metric from the model's card, or NaN if it wasn't tested."""
    row = (model.card.get("leads") or {}).get(outcome) or {}
    value = row.get(figure)
    return float("nan") if value is None else float(value)


def _look_at(view: View, known: list[StoredPredictor], used: StoredPredictor | None) -> None:
    """Draw one model, with buttons to use it and to download its card."""
    by_id = {model.id: model for model in known}
    first = used.id if used else known[0].id
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
    chosen = frame.select(
        left.selectbox, "Model details", state.PREDICTOR, list(by_id), first,
        shown=lambda model_id: _title(by_id.get(model_id)),
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
        "Download card", text, file_name=frame.file_name(f"{model.name}-{model.id}", text, "json"),
        mime="application/json", icon=":material/download:", on_click="ignore", key="train_card", width="stretch",
    )  # fmt: skip
    frame.next_step(
        "pages/explain/card.py", "Model card: accuracy and weak spots", "id_card",
        **{state.PREDICTOR: model.id, state.HORIZON: str(model.horizon)},
    )  # fmt: skip
    if any(one.in_use for one in known):
        st.button(
            "Use newest champion", type="tertiary", icon=":material/undo:", key="train_uncrown",
            on_click=_uncrown, args=(view, model.horizon),
            help="Undoes your choice, so that each training's champion is used automatically.",
        )  # fmt: skip
    with st.expander("Model card", icon=":material/badge:"):
        st.json(model.card, expanded=1)


def _title(model: StoredPredictor | None) -> str:
    return f"{label(model.name)}, orders before {day(model.as_of)}, {model.id}" if model else ""


def _crown(view: View, model: StoredPredictor) -> None:
    try:
        model_registry.crown(cached.workspace(), view.dataset.id, model.id, By(who=who()))
    except ClienteleError as error:
        st.session_state[_FAILED] = str(error)
        return
    st.session_state[_DONE] = f"{label(model.name)} is now used for {model.horizon} days ahead."


def _uncrown(view: View, horizon: int) -> None:
    model_registry.uncrown(cached.workspace(), view.dataset.id, horizon, By(who=who()))
    st.session_state[_DONE] = f"The newest champion is now used for {horizon} days ahead."


def _say() -> None:
    if done := st.session_state.pop(_DONE, None):
        st.success(frame.escape_markdown(done), icon=":material/check:")
    if failed := st.session_state.pop(_FAILED, None):
        frame.error(failed)
