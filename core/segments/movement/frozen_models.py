"""The models of a dataset that customers move under; renaming a segment moves no customers."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from core.segments.movement.transitions import NOT_YET
from core.segments.segment_registry import StoredModel


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


def names_today(models: Sequence[StoredModel], kept: Sequence[str]) -> dict[str, str]:
    """Map segment names at the time of storing to the current names.

    Parameters
    ----------
    models : sequence of StoredModel
        All of a dataset, newest first.
    kept : sequence of str
        All names of then, in the order of the model.

    Returns
    -------
    dict
        As `kept`, where no model of the dataset ever had these names or some would now be alike.
    """
    named = next((one for one in models if tuple(kept) in (one.model.names, one.model.given)), None)
    if named is None:
        return {name: name for name in kept}
    newest = next(stored for stored in frozen_models(models) if _same(stored, named))
    names = newest.model.names
    return dict(zip(kept, names if len(set(names)) == len(names) else kept, strict=True))


def renamed(column: "pd.Series[Any]", names: Mapping[str, str]) -> "pd.Series[Any]":
    """A column of segments with new names for old ones, all at once, so that two may change places."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.rename_categories(dict(names))
    return column.map(dict(names)).where(column.isin(list(names)), column).astype(column.dtype)


def _same(one: StoredModel, other: StoredModel) -> bool:
    return one.model.assignment == other.model.assignment


def _named(stored: StoredModel, today: dict[str, str]) -> StoredModel:
    """Under today's names, where that leaves them unique."""
    pairs = zip(stored.model.given, stored.model.names, strict=True)
    names = tuple(today.get(given, name) for given, name in pairs)
    usable = len(set(names)) == len(names)
    return replace(stored, model=replace(stored.model, names=names)) if usable else stored
