"""Settings of the training page (outcome, horizon, models, resampling, search), all stored in the link."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from core.models.judging.predictions import WILL_BUY
from core.models.learners.candidates import BALANCING, CANDIDATES
from core.models.training.model_labels import OUTCOMES, label
from core.ui.shared import state
from core.ui.shared.frame import escape_markdown, select
from core.ui.shared.scores import HORIZONS, USUAL

USUAL_BALANCING: Final = ("none",)
MINUTES: Final = ("0", "1", "2", "5", "10", "20")
_BALANCINGS: Final = {"none": "None", "weights": "Weights", "smote": "SMOTE", "smotetomek": "SMOTE and Tomek"}
_ABOUT_BALANCING: Final = (
    "How training handles rare classes. Choose two to compare them. Resampling finds more "
    "rare cases but distorts probabilities, so it is off by default. "
)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Settings of a training.

    Parameters
    ----------
    outcome : str
        The outcome shown; all are trained.
    horizon : int
        Days ahead.
    models : tuple of str
        Models that compete with the champion and the baselines.
    balancing : tuple of str
        Resampling methods; each model is trained with each.
    minutes : float
        Minutes for the parameter search; 0 for none.
    """

    outcome: str
    horizon: int
    models: tuple[str, ...]
    balancing: tuple[str, ...]
    minutes: float


def ask() -> Asked:
    """Draw the sidebar and return the settings."""
    with st.sidebar:
        outcome = select(
            st.selectbox, "Question", state.OUTCOME, list(OUTCOMES), WILL_BUY, shown=OUTCOMES,
            help="What to predict for each customer.",
        )  # fmt: skip
        horizon = select(
            st.selectbox, "Days ahead", state.HORIZON, [str(days) for days in HORIZONS], str(USUAL),
            shown=lambda days: f"{days} days", help="The period after the prediction date that predictions cover.",
        )  # fmt: skip
        models = _several(
            "Models", state.MODELS, list(CANDIDATES), tuple(CANDIDATES), {name: label(name) for name in CANDIDATES},
            "They compete with the champion and with simple baselines, which are always included.",
        )  # fmt: skip
        balancing = _several(
            "Class imbalance", state.BALANCING, list(BALANCING), USUAL_BALANCING, _BALANCINGS,
            _ABOUT_BALANCING + "\n\n".join(f"**{_BALANCINGS[name]}**: {text}." for name, text in BALANCING.items()),
        )  # fmt: skip
        minutes = _minutes()
    return Asked(outcome=outcome, horizon=int(horizon), models=models, balancing=balancing, minutes=float(minutes))


def link_of(asked: Asked) -> dict[str, str]:
    """Return all query parameters of these settings; any left out would keep its last value."""
    return {
        state.OUTCOME: asked.outcome,
        state.HORIZON: str(asked.horizon),
        state.MODELS: ",".join(asked.models),
        state.BALANCING: ",".join(asked.balancing),
        state.MINUTES: f"{asked.minutes:g}",
    }


def said(asked: Asked) -> str:
    """Describe the settings."""
    how = [_BALANCINGS[name] for name in asked.balancing if name != "none"]
    parts = [
        f"{asked.horizon} days ahead",
        f"{len(asked.models)} model{'' if len(asked.models) == 1 else 's'}",
        *([f"with {' and '.join(how)}"] if how else []),
        *([f"{asked.minutes:g} min parameter search"] if asked.minutes else []),
    ]
    return ", ".join(parts)


def _several(
    label: str, name: str, options: list[str], default: Sequence[str], labels: Mapping[str, str], about: str
) -> tuple[str, ...]:
    """Draw a picker of several options and return at least one, in order."""
    asked = [value for value in state.text(name).split(",") if value]
    strange = [value for value in asked if value not in options]
    if strange:
        st.warning(f"The link asks for “{escape_markdown(', '.join(strange))}” under “{label}”, which does not exist.")
    chosen = tuple(option for option in options if option in asked) or tuple(default)
    key = f"{name}_widget"
    st.session_state[key] = list(chosen)

    def take() -> None:
        taken = [option for option in options if option in st.session_state[key]]
        state.put(name, "" if taken in ([], list(default)) else ",".join(taken))

    st.pills(
        label, options, selection_mode="multi", format_func=lambda o: labels.get(o, o), key=key, on_change=take,
        help=about,
    )  # fmt: skip
    state.put(name, "" if chosen == tuple(default) else ",".join(chosen))
    return chosen


def _minutes() -> str:
    return select(
        st.select_slider,
        "Search for better parameters",
        state.MINUTES,
        MINUTES,
        MINUTES[0],
        shown=lambda value: "off" if value == "0" else f"{value} min",
        help="Extra minutes for trying model parameters on earlier dates. The defaults suit order data, so searching "
        "longer rarely helps much.",
    )
