"""Rows of a panel with everything that a prediction is computed from, in columns that can be exchanged."""

import pandas as pd

from core.explain.attribution.contributions import Values
from core.models.judging.predictions import NEXT_SEGMENT
from core.models.learners.next_segment import played_out, with_standing
from core.models.learners.predictor import Predictor


def prepared(predictor: Predictor, outcome: str, known: pd.DataFrame) -> pd.DataFrame:
    """Rows of a panel with all that the outcome is computed from, so that drivers can be exchanged column by column.

    That is what own rhythm says, the segment of today, and the segments that own rhythm leads to.
    """
    rows = known.assign(**predictor.rhythm.outputs(known, predictor.horizon)) if predictor.needs_history else known
    if outcome != NEXT_SEGMENT or predictor.following is None:
        return rows
    following = predictor.following
    if following.members:
        rows = with_standing(rows, following.segments, predictor.horizon)
    if following.rhythm is not None:
        played = played_out(following.rhythm, following.segments, known, predictor.horizon)
        rows = rows.assign(**{name: played[:, place] for place, name in enumerate(played_columns(predictor))})
    return rows


def played_columns(predictor: Predictor) -> list[str]:
    """Names of the columns that say in which segments own rhythm ends."""
    return [f"played_{place}" for place in range(len(predictor.segments.names))]


def played_in(rows: pd.DataFrame, predictor: Predictor) -> Values | None:
    """Their values; None where own rhythm is no part of it."""
    names = played_columns(predictor)
    return rows[names].to_numpy(float) if names[0] in rows else None
