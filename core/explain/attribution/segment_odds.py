"""Segment probabilities as log-odds against the average segment, and contributions to them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from core.explain.attribution.contributions import Contributions, Values
from core.explain.attribution.members import Member, log_probabilities, of_classes
from core.models.learners.next_segment import SMALLEST


def segment_odds(probabilities: Values) -> Values:
    """Return centred log-probabilities of segments, shape (customers, segments).

    Only a probability of 0, that of a segment the model has never seen, is replaced by a small one.
    """
    logs = np.log(np.where(probabilities > 0, probabilities, SMALLEST))
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))


def odds_as_blended(probabilities: Values | None) -> Values:
    """Return log-odds as a blend uses them; see `core.models.learners.next_segment.NextSegment.mixed`."""
    assert probabilities is not None  # noqa: S101  the blend includes own rhythm
    return segment_odds(np.maximum(probabilities, SMALLEST))


def chances_added(member: Member, rows: pd.DataFrame, names: Sequence[str]) -> Contributions:
    """Return contributions to the probabilities of all segments, in order; 0 for segments the model has never seen."""
    return _in_order(member, member.contributions(rows), names, 0.0)


def odds_added(member: Member, rows: pd.DataFrame, names: Sequence[str]) -> Contributions:
    """Return contributions to log-odds against the average segment; unseen segments keep a small probability."""
    own = of_classes(member.contributions(rows))
    own = replace(own, base=log_probabilities(own.base[None, :])[0])
    return _in_order(member, own, names, float(np.log(SMALLEST))).centred()


def _in_order(member: Member, own: Contributions, names: Sequence[str], never: float) -> Contributions:
    places = [list(names).index(name) for name in member.trained.classes]
    values, base = np.zeros((*own.parts.shape[:2], len(names))), np.full(len(names), never)
    values[:, :, places], base[places] = own.parts, own.base
    return replace(own, parts=values, base=base)
