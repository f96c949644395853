"""A job that maps customers by similarity and stores the map."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from core.plain import Plain
from core.segments.choosing.population import customers_of
from core.segments.clustering.scaling import ScalingSpec, fit_scaler
from core.segments.clustering.scatter_points import MOST_POINTS, neighbours
from core.workspace.stored_job import Work, stored_job

MAP_FILE = "map.parquet"


@dataclass(frozen=True, kw_only=True)
class ScatterSpec(Plain, form=1):
    """Parameters of a map of customers.

    Parameters
    ----------
    as_of : date
        Cutoff; only earlier orders are used.
    scaling : ScalingSpec
        Features and scaling that define similarity.
    seed : int
        Random state of the sample and the layout.
    """

    as_of: date
    scaling: ScalingSpec
    seed: int = 0


@stored_job(ScatterSpec, lambda folder: {"customers": pq.read_metadata(folder / MAP_FILE).num_rows})
def run(work: Work[ScatterSpec], folder: Path) -> None:
    """Map a seeded sample of customers to a plane.

    Returns
    -------
    dict
        `customers`: number of customers on the map, which is stored as `map.parquet` with `customer_id`, `x`, `y`.
    """
    spec, progress = work.spec, work.progress
    progress(0.05, "Loading customers")
    customers = customers_of(work, "own", spec.as_of)
    scaled = fit_scaler(customers, spec.scaling)(customers)
    count = min(MOST_POINTS, len(customers))
    drawn = np.sort(np.random.default_rng(spec.seed).choice(len(customers), count, replace=False))
    progress(0.1, f"Arranging {count:,} customers by similarity")
    places = neighbours(scaled[drawn], spec.seed)
    progress(0.95, "Writing")
    found = customers.iloc[drawn][["customer_id"]].assign(x=places[:, 0], y=places[:, 1])
    found.to_parquet(folder / MAP_FILE, index=False)
