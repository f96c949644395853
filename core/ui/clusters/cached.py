"""Cached figures for the Clusters page, keyed by ids and specs; see `core.ui.caching.cached`."""

from pathlib import Path

import pandas as pd

from core.customers.rfm import RfmSpec
from core.segments import segment_profiles, segment_registry
from core.segments.choosing.algorithm_comparison import Compared
from core.segments.choosing.algorithms_job import read_compared
from core.segments.choosing.k_comparison import Sweep, read_sweep
from core.segments.clustering.cluster_features import RFM
from core.segments.clustering.scatter_job import MAP_FILE
from core.segments.clustering.scatter_points import Plane, plane
from core.segments.segment_model import ClusterSpec, SegmentModel
from core.segments.segment_summary import summarise
from core.segments.side_by_side import SideBySide, side_by_side
from core.ui.caching import cache, cached
from core.ui.caching.cached import Key

_MOST_SILHOUETTES = 2_000  # bars that remain distinguishable in a plot


@cache.copied("Fitting segments…")
def explored(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str) -> SegmentModel:
    """Return a model with these settings: the one in use if it has them and was fitted on this version."""
    stored = _stored(key, used)
    if stored.model.spec == wanted and stored.fitted_on == key.version:
        return stored.model
    return segment_registry.fit_again(stored.model, cached.customers(key, spec), wanted)


@cache.shared("Assigning customers to segments…")
def explored_customers(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str) -> pd.DataFrame:
    """Return customers with their `segment` under the given settings. Shared by all sessions: don't modify."""
    found = cached.customers(key, spec)
    return found.assign(segment=explored(key, spec, wanted, used).assign(found))


@cache.copied()
def explored_summary(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str) -> pd.DataFrame:
    """Return cached results of `core.segments.segment_summary.summarise`."""
    return summarise(explored_customers(key, spec, wanted, used), explored(key, spec, wanted, used).names)


@cache.copied()
def levels(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str) -> pd.DataFrame:
    """Return cached results of `core.segments.segment_profiles.levels`."""
    names = explored(key, spec, wanted, used).names
    return segment_profiles.levels(explored_customers(key, spec, wanted, used), names, features_shown(wanted))


@cache.copied()
def spreads(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str) -> pd.DataFrame:
    """Return cached results of `core.segments.segment_profiles.spreads`."""
    names = explored(key, spec, wanted, used).names
    return segment_profiles.spreads(explored_customers(key, spec, wanted, used), names, features_shown(wanted))


@cache.copied()
def countries(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str) -> pd.DataFrame:
    """Return cached results of `core.segments.segment_profiles.countries`."""
    names = explored(key, spec, wanted, used).names
    return segment_profiles.countries(explored_customers(key, spec, wanted, used), names)


@cache.copied("Drawing the map…")
def customer_plane(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str) -> Plane:
    """Return cached results of `core.segments.clustering.scatter_points.plane`."""
    return plane(explored(key, spec, wanted, used), cached.customers(key, spec))


@cache.copied()
def neighbour_map(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str, folder: str) -> pd.DataFrame:
    """Return the customers on a stored map, with their segments and RFM values."""
    places = pd.read_parquet(Path(folder) / MAP_FILE)
    found: pd.DataFrame = places.merge(explored_customers(key, spec, wanted, used), on="customer_id")
    return found


@cache.copied()
def sweep(folder: str) -> Sweep:
    """Return the results for each number of segments."""
    return read_sweep(Path(folder))


@cache.copied()
def compared(folder: str) -> tuple[Compared, ...]:
    """Return the results for each algorithm."""
    return read_compared(Path(folder))


@cache.copied()
def silhouettes(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str, folder: str) -> pd.DataFrame:
    """Return sorted customers, thinned to what a plot can show: `segment`, `silhouette`."""
    found = sweep(folder).silhouettes("All", wanted.k)[["customer_id", "silhouette"]]
    joined = found.merge(explored_customers(key, spec, wanted, used)[["customer_id", "segment"]], on="customer_id")
    ordered = joined.sort_values(["segment", "silhouette"])[["segment", "silhouette"]]
    return ordered.iloc[:: max(1, len(ordered) // _MOST_SILHOUETTES)]


@cache.copied()
def difference(key: Key, spec: RfmSpec, wanted: ClusterSpec, used: str) -> SideBySide:
    """Return the customers whose segment would change."""
    before, after = _stored(key, used).model, explored(key, spec, wanted, used)
    now = cached.segmented(key, spec, used)
    wished = explored_customers(key, spec, wanted, used)
    return side_by_side(now, now["segment"], wished["segment"], (before.names, after.names))


def features_shown(wanted: ClusterSpec) -> tuple[str, ...]:
    """Return recency, frequency and monetary value, plus any other clustering features."""
    return (*RFM, *(name for name in wanted.scaling.features if name not in RFM))


def _stored(key: Key, used: str) -> segment_registry.StoredModel:
    return segment_registry.model_of(cached.workspace(), key.dataset_id, used)
