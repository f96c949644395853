"""The choice of horizon and model that several pages share, and the matching forecast."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core.errors import TooLittleDataError
from core.forecasts.job import KIND, ScoreSpec
from core.models.training import model_registry
from core.models.training.model_labels import label
from core.models.training.model_registry import StoredPredictor
from core.numbers import customers, day
from core.ui.caching import cached
from core.ui.shared import frame, results, state
from core.ui.shared.frame import escape_markdown
from core.ui.shared.view import View

HORIZONS: Final = (30, 60, 90, 180)
USUAL: Final = 90
RHYTHM: Final = "own_rhythm"
"""Value that stands for the model without training in links."""
STAYED: Final = 0.5
"""Share of ordered amounts not returned; below it, gross figures mislead."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """The horizon and model of an outlook.

    Parameters
    ----------
    horizon : int
        Days ahead.
    model : StoredPredictor or None
        Chosen model; None for own rhythm.
    used : StoredPredictor or None
        Model in use for the horizon; None if none was trained.
    """

    horizon: int
    model: StoredPredictor | None
    used: StoredPredictor | None

    @property
    def is_used(self) -> bool:
        """Return whether this is the model in use, so that the Score page agrees."""
        return self.model is not None and self.used is not None and self.model.id == self.used.id


def ask(view: View) -> Asked:
    """Draw the pickers in the sidebar and return the choice."""
    with st.sidebar:
        horizon = _horizon(view)
        known = model_registry.predictors_of(cached.workspace(), view.dataset.id, horizon)
        used = model_registry.in_use(cached.workspace(), view.dataset.id, horizon)
        model = _model(known, used)
    return Asked(horizon=horizon, model=model, used=used)


def spec_of(view: View, asked: Asked) -> ScoreSpec:
    """Return the spec of the scoring job.

    Raises
    ------
    TooLittleDataError
        If own rhythm is chosen and there are too few customers for segments.
    """
    as_of = view.spec.as_of
    if asked.model is not None:
        return ScoreSpec(as_of=as_of, horizon=asked.horizon, model=asked.model.id)
    segments = cached.segment_model(view.key, view.spec)
    return ScoreSpec(as_of=as_of, horizon=asked.horizon, segment_model=segments.model.assignment)


def opened(view: View, title: str) -> tuple[Asked, str, Any]:
    """Start a page about the outlook: draw the settings, load the stored outlook and reserve a place for the header.

    Ends the page with a message if there are too few customers or the outlook is still being computed.

    Parameters
    ----------
    view : View
        The dataset in view.
    title : str
        Title of the page.

    Returns
    -------
    asked : Asked
        Horizon and model chosen.
    folder : str
        Folder of the stored outlook.
    top : DeltaGenerator
        Container for the header.
    """
    asked = ask(view)
    try:
        spec = spec_of(view, asked)
    except TooLittleDataError as error:
        frame.header(title, "There are too few customers for a forecast.", simulated=view.dataset.simulated)
        st.info(escape_markdown(str(error)), icon=":material/groups:")
        frame.next_step("pages/data/upload.py", "Add more orders", "upload")
        st.stop()
    top = st.container()
    folder = made(view, spec)
    if folder is None:
        with top:
            frame.header(title, waiting(view, asked), simulated=view.dataset.simulated)
        st.stop()
    return asked, str(folder), top


def made(view: View, spec: ScoreSpec) -> Path | None:
    """Return the folder of the stored outlook; show its job's progress and return None if it isn't ready."""
    return results.result(view, KIND, spec.to_json(), title=f"Looking {spec.horizon} days ahead")


def waiting(view: View, asked: Asked) -> str:
    """Return the sentence shown while the outlook is computed."""
    who = customers(view.version.report["customers"])
    return f"Forecasting the next {asked.horizon} days for {who}…"


def _horizon(view: View) -> int:
    trained = model_registry.horizons_of(cached.workspace(), view.dataset.id)
    options = [str(days) for days in sorted({*HORIZONS, *trained})]
    chosen = frame.select(
        st.selectbox, "Days ahead", state.HORIZON, options, str(USUAL), shown=lambda days: f"{days} days",
        warning="A forecast of “{value}” days isn't offered. Showing {instead} instead.",
        changed=lambda: state.put(state.USING, ""),  # each horizon has models of its own
        help="Days after the last order that the forecast covers.",
    )  # fmt: skip
    return int(chosen)


def _model(known: list[StoredPredictor], used: StoredPredictor | None) -> StoredPredictor | None:
    if not known:
        return None
    by_id = {model.id: model for model in known}
    usual = used.id if used else RHYTHM
    names = names_of(known, used)
    chosen = frame.select(
        st.selectbox, "Model", state.USING, [*by_id, RHYTHM], usual,
        shown=lambda model_id: names.get(model_id, f"{label('btyd')}, fitted now"),
        help="Each with its training date. The default is the model in use; see Train for the ranking.",
    )  # fmt: skip
    return by_id.get(chosen)


def names_of(known: list[StoredPredictor], used: StoredPredictor | None) -> dict[str, str]:
    """Return the models' names for a picker, by id."""
    in_use = used.id if used else None
    return frame.distinct(
        {model.id: f"{label(model.name)}{' (in use)' * (model.id == in_use)}, {day(model.as_of)}" for model in known}
    )
