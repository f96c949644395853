"""Segments' probabilities as log-odds against the average segment, and what each input adds to them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from core.explain.attribution.contributions import Contributions, Values
from core.explain.attribution.members import Member, log_probabilities, of_classes
from core.models.learners.next_segment import SMALLEST


def segment_odds(probabilities: Values) -> Values:
    """Logarithms of segments' probabilities, shape (customers, segments), less their mean.

    However small, a probability that a model has given keeps its logarithm: only a segment that it never saw, whose
    probability is 0, has that of a small one instead.
    """
    logs = np.log(np.where(probabilities > 0, probabilities, SMALLEST))
    return np.asarray(logs - logs.mean(axis=1, keepdims=True))


def odds_as_blended(probabilities: Values | None) -> Values:
    """The same as a blend takes them from own rhythm, see `core.models.learners.next_segment.NextSegment.mixed`."""
    assert probabilities is not None  # noqa: S101  the blend has own rhythm in it
    return segment_odds(np.maximum(probabilities, SMALLEST))


def chances_added(member: Member, rows: pd.DataFrame, names: Sequence[str]) -> Contributions:
    """What each input adds to the probabilities of all segments in their order; none to one that was never seen."""
    return _in_order(member, member.contributions(rows), names, 0.0)


def odds_added(member: Member, rows: pd.DataFrame, names: Sequence[str]) -> Contributions:
    """The same of log-odds against the average segment; one that was never seen stays at a small chance."""
    own = of_classes(member.contributions(rows))
    own = replace(own, base=log_probabilities(own.base[None, :])[0])
    return _in_order(member, own, names, float(np.log(SMALLEST))).centred()


def _in_order(member: Member, own: Contributions, names: Sequence[str], never: float) -> Contributions:
    places = [list(names).index(name) for name in member.trained.classes]
    values, base = np.zeros((*own.parts.shape[:2], len(names))), np.full(len(names), never)
    values[:, :, places], base[places] = own.parts, own.base
    return replace(own, parts=values, base=base)
