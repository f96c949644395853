"""A dataset's models with distinct assignments; models that differ only in names count as one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd

from core.segments.movement.transitions import NOT_YET
from core.segments.segment_registry import StoredModel


def frozen_models(models: Sequence[StoredModel]) -> list[StoredModel]:
    """Return the models with distinct assignments, newest first.

    Parameters
    ----------
    models : sequence of StoredModel
        All models of a dataset, newest first.

    Returns
    -------
    list of StoredModel
        For each assignment, the newest model. Segments with the same derived name have their name in the newest model,
        which users know; one renamed to `NOT_YET` keeps its derived name.
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
    """Return the newest model fitted as of a date or earlier; the oldest model if all are later.

    Parameters
    ----------
    models : sequence of StoredModel
        From `frozen_models`, at least one.
    when : date
        Date at which the model must exist.
    """
    return next((stored for stored in models if stored.as_of <= when), models[-1])


def names_today(models: Sequence[StoredModel], kept: Sequence[str]) -> dict[str, str]:
    """Map segment names at the time of storing to the current names.

    Parameters
    ----------
    models : sequence of StoredModel
        All models of a dataset, newest first.
    kept : sequence of str
        All stored names, in the order of the model.

    Returns
    -------
    dict
        Stored → current name; unchanged if no model ever had these names or current names would collide.
    """
    named = next((one for one in models if tuple(kept) in (one.model.names, one.model.given)), None)
    if named is None:
        return {name: name for name in kept}
    newest = next(stored for stored in frozen_models(models) if _same(stored, named))
    names = newest.model.names
    return dict(zip(kept, names if len(set(names)) == len(names) else kept, strict=True))


def renamed(column: "pd.Series[Any]", names: Mapping[str, str]) -> "pd.Series[Any]":
    """Rename the segments in a column, all at once so that two segments may swap names."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.rename_categories(dict(names))
    return column.map(dict(names)).where(column.isin(list(names)), column).astype(column.dtype)


def _same(one: StoredModel, other: StoredModel) -> bool:
    return one.model.assignment == other.model.assignment


def _named(stored: StoredModel, today: dict[str, str]) -> StoredModel:
    """Return a model with current names, unless they would collide."""
    pairs = zip(stored.model.given, stored.model.names, strict=True)
    names = tuple(today.get(given, name) for given, name in pairs)
    usable = len(set(names)) == len(names)
    return replace(stored, model=replace(stored.model, names=names)) if usable else stored
