"""Cached reads of stored drivers, keyed by their folder; see `core.ui.caching.cached`."""

from pathlib import Path

import pandas as pd

from core.explain.overall import swarm
from core.explain.overall.stored_drivers import Drivers, read_drivers
from core.explain.overall.swarm import Closer
from core.models.judging.predictions import NEXT_SEGMENT
from core.ui.caching import cache, model_names
from core.ui.caching.model_names import Names


def drivers(folder: str) -> Drivers:
    """Return stored drivers with current segment names, see `core.explain.overall.stored_drivers.read_drivers`.

    Shared by all sessions: don't modify.
    """
    found = _drivers(folder)
    changed = _names(folder)
    return _renamed(folder, changed) if changed else found


@cache.copied(also=lambda folder, *_: _names(folder))
def dots(folder: str, output: str) -> pd.DataFrame:
    """Return cached results of `core.explain.overall.swarm.swarm`."""
    return swarm.swarm(drivers(folder), output)


@cache.copied(also=lambda folder, *_: _names(folder))
def closer(folder: str, name: str, output: str) -> Closer:
    """Return cached results of `core.explain.overall.swarm.closer`."""
    return swarm.closer(drivers(folder), name, output)


def _names(folder: str) -> Names:
    facts = _drivers(folder).facts
    return model_names.since(folder, facts["outputs"]) if facts["outcome"] == NEXT_SEGMENT else ()


@cache.shared("Loading results…")
def _drivers(folder: str) -> Drivers:
    return read_drivers(Path(folder))


@cache.shared()
def _renamed(folder: str, changed: Names) -> Drivers:
    return _drivers(folder).renamed(dict(changed))
