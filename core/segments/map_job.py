"""A map of which customers are alike, made as a job and kept."""

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine, parquet
from core.ingest.sandbox import Progress
from core.segments.maps import MOST_POINTS, neighbours
from core.segments.scaling import ScalingSpec, fit_scaler
from core.settings import Settings
from core.workspace.results import ResultKey, keep
from core.workspace.store import Workspace

MAP_FILE = "map.parquet"


def run(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Place a seeded sample of customers in a plane.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Where, and what it may use.
    spec : dict
        `ResultKey.to_json()` whose `spec` has `as_of`, `scaling` (of `ScalingSpec.to_json`) and `seed`.
    progress : callable
        See `core.ingest.sandbox.Progress`.

    Returns
    -------
    dict
        `customers` on the map. The kept folder has `map.parquet`: `customer_id`, `x`, `y`.
    """
    key = ResultKey.from_json(spec)
    version = workspace.version(key.dataset_id, key.version)
    seed = int(key.spec["seed"])
    progress(0.05, "Looking at each customer")
    engine = Engine(folders=[settings.workspace], files=[settings.demo_shop], memory_gb=settings.query_memory_gb)
    with engine.session() as connection:
        orders, returns = (parquet(connection, version.folder / f"{name}.parquet") for name in ("orders", "returns"))
        as_of = RfmSpec(as_of=date.fromisoformat(key.spec["as_of"]))
        customers = snapshot(orders, returns, as_of).order_by("customer_id").execute()
    engine.close()
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
