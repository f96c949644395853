"""What the training page computes from a run that was kept, by its folder; see `core.ui.cached`."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from core.models import curves, leaderboard, words
from core.models.judged import judged
from core.models.train_job import TrainRun, read_run

_FEW = 3  # runs looked at in turn; one holds a row for each date, customer and model
_SOME = 128

CURVES: Final[dict[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "roc": curves.roc,
    "precision_recall": curves.precision_recall,
    "reliability": curves.reliability,
    "amounts": curves.amounts,
    "gain": curves.gain,
    "confusion": curves.confusion,
    "per_class": curves.per_class,
}
"""What can be drawn of a run."""


@st.cache_resource(max_entries=_FEW, show_spinner="Reading what was trained …")
def run(folder: str) -> TrainRun:
    """What a training left. Shared by all sessions: not to be changed."""
    return read_run(Path(folder))


def board(folder: str, outcome: str) -> pd.DataFrame | None:
    """See `core.models.leaderboard.leaderboard`; None where nothing could be judged."""
    found = run(folder).boards.get(outcome)
    return None if found is None or found.empty else found


@st.cache_data(max_entries=_SOME, show_spinner=False)
def each_date(folder: str, outcome: str) -> pd.DataFrame:
    """See `core.models.leaderboard.figures`."""
    return leaderboard.figures(run(folder).predictions, outcome)


@st.cache_data(max_entries=_SOME, show_spinner=False)
def dates(folder: str, outcome: str) -> list[str]:
    """Dates (YYYY-MM-DD) at which an outcome was judged, ascending."""
    return [f"{at:%Y-%m-%d}" for at in sorted(each_date(folder, outcome)["cutoff"].unique())]


@st.cache_data(max_entries=_SOME, show_spinner=False)
def worth(folder: str, outcome: str, model: str, baseline: str) -> str:
    """See `core.models.words.worth`."""
    return words.worth(run(folder).predictions, outcome, model, baseline)


@st.cache_data(max_entries=_SOME, show_spinner="Drawing …")
def curve(folder: str, kind: str, outcome: str, cutoff: str) -> pd.DataFrame:
    """One of `CURVES` of all models, at a date (YYYY-MM-DD) or, where it is empty, of all dates together."""
    found = run(folder).predictions
    if cutoff:
        found = found[found["cutoff"] == pd.Timestamp(cutoff)]
    return CURVES[kind](judged(found, outcome, pooled=not cutoff))
