"""Current segment names for stored results and models, which contain the names they were made with."""

from collections.abc import Sequence
from pathlib import Path

from core.segments import segment_registry
from core.segments.movement.frozen_models import names_today
from core.ui.caching import cache, cached
from core.workspace import stored_results

Names = tuple[tuple[str, str], ...]
"""Pairs of an old and a current segment name of a model; empty if nothing changed. Part of cache keys."""


def since(folder: str, then: Sequence[str]) -> Names:
    """Return old and current segment names for a stored result, by its folder."""
    return of(_dataset(folder), then)


def of(dataset_id: str, then: Sequence[str]) -> Names:
    """Return old and current segment names for a model of a dataset."""
    newest = segment_registry.newest_of(cached.workspace(), dataset_id)
    if newest is None or newest.model.names == tuple(then):  # the usual case
        return ()
    now = names_today(segment_registry.models_of(cached.workspace(), dataset_id), then)
    return tuple(now.items()) if any(name != new for name, new in now.items()) else ()


@cache.copied()
def _dataset(folder: str) -> str:
    return stored_results.recipe_of(Path(folder)).dataset_id
