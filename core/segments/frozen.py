"""Which of a dataset's models customers move under: renaming a segment makes a new version, but moves nobody."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from core.segments.movement import NOT_YET
from core.segments.registry import StoredModel


def frozen_models(models: Sequence[StoredModel]) -> list[StoredModel]:
    """Models that put customers differently, newest first.

    Parameters
    ----------
    models : sequence of StoredModel
        All of a dataset, newest first.

    Returns
    -------
    list of StoredModel
        Of those that differ in names only, the newest. Segments that the centroids call the same carry the names
        that they have in the newest model, as people know them; one that somebody called `NOT_YET` is called by what
        its centroid says.
    """
    if not models:
        return []
    pairs = zip(models[0].model.given, models[0].model.names, strict=True)
    today = {given: given if name == NOT_YET else name for given, name in pairs}
    found: list[StoredModel] = []
    for stored in models:
        if not any(_same(stored, other) for other in found):
            found.append(stored)
    return [_named(stored, today) for stored in found]


def in_force(models: Sequence[StoredModel], when: date) -> StoredModel:
    """The newest model that was fitted as of a date or before; the oldest where all are younger.

    Parameters
    ----------
    models : sequence of StoredModel
        From `frozen_models`, at least one.
    when : date
        As of when.
    """
    return next((stored for stored in models if stored.as_of <= when), models[-1])


def _same(one: StoredModel, other: StoredModel) -> bool:
    return (one.model.scaler, one.model.centroids) == (other.model.scaler, other.model.centroids)


def _named(stored: StoredModel, today: dict[str, str]) -> StoredModel:
    """Under today's names, where that leaves them unique."""
    pairs = zip(stored.model.given, stored.model.names, strict=True)
    names = tuple(today.get(given, name) for given, name in pairs)
    usable = len(set(names)) == len(names)
    return replace(stored, model=replace(stored.model, names=names)) if usable else stored
