"""Rows of a panel with all inputs of a prediction, in columns that can be exchanged."""

import pandas as pd

from core.explain.attribution.contributions import Values
from core.models.judging.predictions import NEXT_SEGMENT
from core.models.learners.next_segment import played_out, with_standing
from core.models.learners.predictor import Predictor


def prepared(predictor: Predictor, outcome: str, known: pd.DataFrame) -> pd.DataFrame:
    """Add the derived inputs of an outcome to rows of a panel, so that drivers can be exchanged column by column.

    They are own rhythm's predictions, the current segment, and the segments that own rhythm leads to.
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
    """Return the names of the columns with the segments that own rhythm leads to."""
    return [f"played_{place}" for place in range(len(predictor.segments.names))]


def played_in(rows: pd.DataFrame, predictor: Predictor) -> Values | None:
    """Return the values of these columns; None if own rhythm isn't part of the model."""
    names = played_columns(predictor)
    return rows[names].to_numpy(float) if names[0] in rows else None
