"""The view of the Model card page: a horizon, a model and an outcome from the URL, and its texts."""

import json
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

import streamlit as st

from core.cards.card_document import document
from core.cards.card_figures import kept_figures
from core.cards.card_words import headline, span, written
from core.cards.judgement import Judgement
from core.cards.model_card import model_card, outcomes_of
from core.errors import NotFoundError
from core.models.judging.metrics import DEFINITIONS
from core.models.judging.predictions import NEXT_SEGMENT, SPEND, WILL_BUY
from core.models.learners.predictor import OUTCOME_NAMES
from core.models.scoring import scoring_models
from core.models.training import model_registry
from core.models.training.model_labels import FIGURES, OUTCOMES
from core.models.training.model_registry import StoredPredictor
from core.numbers import day, many
from core.ui.caching import cached, model_names
from core.ui.card import cached as cached_card
from core.ui.shared import scores, state
from core.ui.shared.frame import Figure, select
from core.ui.shared.view import View

USUAL: Final = 90
_MOST: Final = 200  # models listed in the picker
_SAID: Final = {
    "brier": "Probability error (Brier)", "auc": "Ranking (AUC)", "average_precision": "Average precision",
    "ece": "Calibration error", "gini": "Ranking by spend (Gini)", "capture_20": "Spend in the top 20%",
    "predicted_over_actual": "Predicted / actual", "mae": "Error per customer", "mcc": "Agreement (MCC)",
    "f1_macro": "F1, mean of segments", "accuracy": "Accuracy",
}  # fmt: skip

QUESTIONS: Final = {
    WILL_BUY: "Calibration of the chance to buy",
    SPEND: "Predicted and actual spend",
    NEXT_SEGMENT: "Predicted and actual segments",
}
"""Titles of the main chart."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The model and outcome in view.

    Parameters
    ----------
    model : StoredPredictor
        Model on the card.
    used : bool
        Whether it is in use for its horizon.
    outcome : str
        Outcome whose figures are shown.
    folder : str
        Folder of the run that trained it; empty if it was deleted.
    """

    model: StoredPredictor
    used: bool
    outcome: str
    folder: str


def ask(view: View) -> Asked | None:
    """Draw the pickers in the sidebar and return the choice, or None if no model was trained."""
    horizons = sorted(model_registry.horizons_of(cached.workspace(), view.dataset.id))
    if not horizons:
        return None
    with st.sidebar:
        horizon = _horizon(view, horizons)
        model, used = _model(view, horizon)
        outcome = _outcome(outcomes_of(model, {}))
    run = scoring_models.run_of(cached.workspace(), model)
    return Asked(model=_named(model), used=used, outcome=outcome, folder=str(run) if run else "")


def _named(model: StoredPredictor) -> StoredPredictor:
    """Return the model with current segment names."""
    then = [str(name) for name in model.card.get("segments") or []]
    names = dict(model_names.of(model.dataset_id, then))
    return replace(model, card={**model.card, "segments": [names[name] for name in then]}) if names else model


def judged(view: View, asked: Asked, outcome: str | None = None) -> Judgement | None:
    """Return the model's results for an outcome, by default the one in view; None if missing."""
    if not asked.folder:
        return None
    return cached_card.judged(asked.folder, asked.model.name, outcome or asked.outcome, view.key, view.spec)


def sentence(view: View, asked: Asked, found: Judgement | None) -> str:
    """Summarise the model's accuracy and weaknesses."""
    return headline(found, asked.model.name, asked.model.horizon, view.money)


def figures(view: View, asked: Asked, found: Judgement | None) -> list[Figure]:
    """Return means over the past dates, with intervals and own rhythm's value in the tooltip."""
    table = found.figures if found else kept_figures(asked.model.card.get("metrics") or [], asked.outcome)
    return [_figure(row, view, found) for row in table.to_dict("records") if row["figure"] in _SAID]


def beside(view: View, found: Judgement) -> str:
    """Describe the customers and dates behind the figures, and the figures' intervals."""
    dates = " and ".join(filter(None, [", ".join(map(_day, found.dates[:-1])), _day(found.dates[-1])]))
    said = f"Judged by what {many(found.customers, 'customer')} did after {dates}."
    each = {
        _SAID[row["figure"]]: span(row["figure"], row["low"], row["high"], view.money)
        for row in found.figures.to_dict("records")
        if row["figure"] in _SAID
    }
    between = "; ".join(f"{name[:1].lower()}{name[1:]} {text}" for name, text in each.items() if text)
    return f"{said} 95% intervals: {between}." if between else said


def whole(view: View, asked: Asked) -> dict[str, Any]:
    """Return the card with all outcomes, see `core.cards.model_card.model_card`."""
    each = {name: judged(view, asked, name) for name in OUTCOME_NAMES}
    return of(view, asked, {name: found for name, found in each.items() if found is not None})


def of(view: View, asked: Asked, judgements: dict[str, Judgement]) -> dict[str, Any]:
    """Return the card with the given judgements."""
    return model_card(
        asked.model, judgements, dataset=view.dataset.name, money=view.money, used=asked.used, until=view.spec.as_of,
        version=view.key.version,
    )  # fmt: skip


def as_json(view: View, asked: Asked) -> str:
    """Return the card as JSON."""
    return json.dumps(whole(view, asked), ensure_ascii=False, indent=1, allow_nan=False)


def as_html(view: View, asked: Asked) -> str:
    """Return the card as HTML."""
    return document(whole(view, asked))


def _figure(row: dict[Any, Any], view: View, found: Judgement | None) -> Figure:
    name, money = row["figure"], view.money
    between = span(name, row["low"], row["high"], money)
    about = f"{FIGURES[name]}. {DEFINITIONS[name]} Mean over past dates."
    if between:
        about += f" 95% interval: {between}."
    if name == "predicted_over_actual" and found is not None and found.came:
        about += f" All dates together: {found.said / found.came:.2f}."
    if row["rhythm"] == row["rhythm"]:
        about += f" Own rhythm: {written(name, row['rhythm'], money)}."
    return Figure(f"card_{name}", _SAID[name], written(name, row["value"], money), about)


def _day(text: str) -> str:
    return day(date.fromisoformat(text))


def _horizon(view: View, trained: list[int]) -> int:
    """Draw the horizon picker; if the link names a model but no horizon, use the model's."""
    options = [str(days) for days in trained]
    usual = str(USUAL) if USUAL in trained else options[0]
    named = st.query_params.get(state.PREDICTOR)
    if named and state.HORIZON not in st.query_params:
        with suppress(NotFoundError):
            state.put(
                state.HORIZON, str(model_registry.predictor_of(cached.workspace(), view.dataset.id, named).horizon)
            )
    chosen = select(
        st.selectbox, "Days ahead", state.HORIZON, options, usual, shown=lambda days: f"{days} days",
        warning="No model looks “{value}” days ahead. Showing {instead} instead.",
        changed=lambda: state.put(state.PREDICTOR, ""),  # each horizon has models of its own
        help="The periods that models were trained for.",
    )  # fmt: skip
    return int(chosen)


def _model(view: View, horizon: int) -> tuple[StoredPredictor, bool]:
    """Draw the model picker; return the model and whether it is in use."""
    known = model_registry.predictors_of(cached.workspace(), view.dataset.id, horizon)
    used = model_registry.in_use(cached.workspace(), view.dataset.id, horizon)
    by_id = {model.id: model for model in known}
    in_use = used.id if used else None
    names = scores.names_of(known, used)
    ids = list(by_id)
    usual = in_use or ids[0]
    older = [model_id for model_id in ids[_MOST:] if model_id in (state.text(state.PREDICTOR), usual)]
    chosen = select(
        st.selectbox, "Model", state.PREDICTOR, ids, usual, offered=[*ids[:_MOST], *older],
        shown=names,
        help="Each with its training date. The default is the model in use.",
    )  # fmt: skip
    return by_id[chosen], chosen == in_use


def _outcome(offered: tuple[str, ...]) -> str:
    return select(
        st.selectbox, "Question", state.OUTCOME, offered, offered[0], shown=OUTCOMES,
        warning="The link asks for “{value}” under “{label}”, which this model doesn't predict.",
        help="What is predicted for each customer. Downloads contain all questions.",
    )  # fmt: skip
