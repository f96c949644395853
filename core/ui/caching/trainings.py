"""Cached figures of a stored training run, keyed by its folder; see `core.ui.caching.cached`."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import pandas as pd

from core.models.judging import curves, leaderboard
from core.models.judging.predictions import judged
from core.models.training import model_labels
from core.models.training.stored_training import StoredTraining, read_training
from core.ui.caching import cache, model_names
from core.ui.caching.model_names import Names

CURVES: Final[dict[str, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "roc": curves.roc,
    "precision_recall": curves.precision_recall,
    "reliability": curves.reliability,
    "amounts": curves.amounts,
    "gain": curves.gain,
    "confusion": curves.confusion,
    "per_class": curves.per_class,
}
"""Curves that can be drawn of a run."""


def run(folder: str) -> StoredTraining:
    """Return a training run with current segment names. Shared by all sessions; don't modify it."""
    changed = names(folder)
    return _renamed(folder, changed) if changed else _run(folder)


def names(folder: str) -> Names:
    """Return segment names that have changed since the training."""
    return model_names.since(folder, _run(folder).told.get("segments", []))


@cache.shared("Reading what was trained…")
def _run(folder: str) -> StoredTraining:
    return read_training(Path(folder))


@cache.shared()
def _renamed(folder: str, changed: Names) -> StoredTraining:
    return _run(folder).renamed(dict(changed))


def board(folder: str, outcome: str) -> pd.DataFrame | None:
    """Return a leaderboard, see `core.models.judging.leaderboard.leaderboard`; None if nothing could be judged."""
    found = run(folder).boards.get(outcome)
    return None if found is None or found.empty else found


@cache.copied()
def each_date(folder: str, outcome: str) -> pd.DataFrame:
    """Return cached results of `core.models.judging.leaderboard.figures`."""
    return leaderboard.figures(run(folder).predictions, outcome)


@cache.copied()
def dates(folder: str, outcome: str) -> list[str]:
    """Return the dates (YYYY-MM-DD) at which an outcome was judged, ascending."""
    return [f"{at:%Y-%m-%d}" for at in sorted(each_date(folder, outcome)["cutoff"].unique())]


@cache.copied()
def worth(folder: str, outcome: str, model: str, baseline: str) -> str:
    """Return a cached sentence of `core.models.training.model_labels.worth`."""
    return model_labels.worth(run(folder).predictions, outcome, model, baseline)


@cache.copied("Drawing…", also=lambda folder, *_: names(folder))
def curve(folder: str, kind: str, outcome: str, cutoff: str) -> pd.DataFrame:
    """Return one of `CURVES` for all models at a date (YYYY-MM-DD), or pooled over all dates if it is empty."""
    found = run(folder).predictions
    if cutoff:
        found = found[found["cutoff"] == pd.Timestamp(cutoff)]
    return CURVES[kind](judged(found, outcome, pooled=not cutoff))
