"""Customers to segment as Parquet: those of the real shop, or any number of simulated ones.

Runs in a process of its own: a program started later would count this one's memory as its own.
"""

import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.logs import REAL
from core.customers.rfm import RfmSpec
from core.engine import Engine
from core.ingest.pipeline import write_version
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file
from core.segments.choosing.population import population

_NOW = datetime(2012, 1, 1)  # noqa: DTZ001  wall time
_DAYS = 730


def main(target: Path, customers: int) -> None:
    """Write a simulated shop, or the real one if `customers` is 0."""
    if customers:
        simulated_shop(target, customers)
    else:
        real_shop(target)


def real_shop(folder: Path) -> None:
    """Write `notebook.parquet` and `clientele.parquet`, the customers under each preset."""
    version = folder / "version"
    version.mkdir(parents=True)
    engine = Engine(folders=[folder], files=[REAL])
    with engine.session() as connection:
        [raw] = read_raw(connection.con, SourceFile(name=REAL.name, path=REAL), folder, ReadOptions())
        planned = planned_file(connection, raw, {}, dates=None, timezone="Europe/London", now=_NOW)
        report = write_version(connection, [planned], version, now=_NOW)
        spec = RfmSpec.after(datetime.fromisoformat(report.to_json()["last_order"]))
        for preset in ("notebook", "clientele"):
            population(connection, version, preset, spec).to_parquet(folder / f"{preset}.parquet")
    engine.close()


def simulated_shop(path: Path, customers: int, seed: int = 0) -> None:
    """Write RFM of simulated customers, who buy at their own rate until they leave.

    Orders follow a Poisson process at a rate drawn from a gamma distribution until the customer leaves, as in the
    Pareto/NBD model (Schmittlein, Morrison and Colombo, 1987); spend is lognormal.
    """
    rng = np.random.default_rng(seed)
    age = rng.integers(1, _DAYS, customers)
    stay = np.minimum(age, rng.exponential(250, customers))
    frequency = 1 + rng.poisson(rng.gamma(0.8, 1 / 120, customers) * stay)
    last = np.where(frequency > 1, age - stay * rng.beta(frequency, 1), age)
    spend = frequency * rng.lognormal(3.4, 0.7, customers) * rng.gamma(6, 1 / 5, customers)
    frame = pd.DataFrame({"recency": last.clip(0).astype(int), "frequency": frequency, "monetary": spend})
    frame.assign(customer_id=[f"{i:07}" for i in range(customers)]).to_parquet(path)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
