"""A map of which customers are alike, made as a job and kept."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from core.progress import Progress
from core.segments.choosing.population import customers_of
from core.segments.clustering.scaling import ScalingSpec, fit_scaler
from core.segments.clustering.scatter_points import MOST_POINTS, neighbours
from core.settings import Settings
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, keep

MAP_FILE = "map.parquet"
FORM = 1
"""Of what is kept, and of how it is found: part of the spec, so that another one is asked for anew."""


def run(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Place a seeded sample of customers in a plane.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Where, and what it may use.
    spec : dict
        `ResultKey.to_json()` whose `spec` has `as_of`, `scaling` (of `ScalingSpec.to_json`) and `seed`.
    progress : callable
        See `core.progress.Progress`.

    Returns
    -------
    dict
        `customers` on the map. The kept folder has `map.parquet`: `customer_id`, `x`, `y`.
    """
    key = ResultKey.from_json(spec)
    seed = int(key.spec["seed"])
    progress(0.05, "Looking at each customer")
    customers = customers_of(workspace, settings, key, "own", date.fromisoformat(key.spec["as_of"]))
    scaled = fit_scaler(customers, ScalingSpec.from_json(key.spec["scaling"]))(customers)
    count = min(MOST_POINTS, len(customers))
    drawn = np.sort(np.random.default_rng(seed).choice(len(customers), count, replace=False))
    progress(0.1, f"Placing {count:,} customers so that those who are alike lie together")
    places = neighbours(scaled[drawn], seed)
    progress(0.95, "Keeping the map")

    def write(folder: Path) -> None:
        found = customers.iloc[drawn][["customer_id"]].assign(x=places[:, 0], y=places[:, 1])
        found.to_parquet(folder / MAP_FILE, index=False)

    keep(workspace, key, write)
    return {"customers": count}
