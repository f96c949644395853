"""Training orders as Parquet: two years of the real shop, simulated shops of any size, and CDNOW's histories.

Runs in a process of its own: a program started later would count this one's memory as its own.
"""

import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.logs import CDNOW, EARLIER, REAL
from core.engine import Engine
from core.ingest.pipeline import write_version
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file

_NOW = datetime(2012, 1, 1)  # noqa: DTZ001  wall time
_FIRST, _DAYS = "2024-01-01", 730
_CALIBRATED = "1997-09-30"
_COUNTRIES = ("United Kingdom", "Germany", "France", "Netherlands", "Spain")


def main(what: str, target: Path) -> None:
    """Write the real shop, CDNOW's histories, or a number of simulated customers."""
    if what == "real":
        real_shop(target)
    elif what == "cdnow":
        cdnow_histories(target)
    else:
        simulated_shop(target, int(what))


def real_shop(folder: Path) -> None:
    """Write `orders.parquet` and `returns.parquet` of both files, read together."""
    folder.mkdir(parents=True)
    engine = Engine(folders=[folder], files=[EARLIER, REAL])
    with engine.session() as connection:
        planned = []
        for path in (EARLIER, REAL):
            [raw] = read_raw(connection.con, SourceFile(name=path.name, path=path), folder, ReadOptions())
            planned.append(planned_file(connection, raw, {}, dates=None, timezone="Europe/London", now=_NOW))
        write_version(connection, planned, folder, now=_NOW)
    engine.close()


def cdnow_histories(path: Path) -> None:
    """Write x, t_x and T in days of CDNOW's 23,570 customers until 30 September 1997."""
    table = pd.read_csv(CDNOW, sep=r"\s+", names=["id", "day"], usecols=[0, 1], skiprows=1, dtype=str)
    table["day"] = pd.to_datetime(table["day"], format="%Y%m%d")
    end = pd.Timestamp(_CALIBRATED)
    days = table[table["day"] <= end].drop_duplicates().groupby("id")["day"].agg(["min", "max", "size"])
    span, age = (days["max"] - days["min"]).dt.days, (end - days["min"]).dt.days
    pd.DataFrame({"x": days["size"] - 1, "t_x": span, "T": age}).to_parquet(path)


def simulated_shop(folder: Path, customers: int, seed: int = 0) -> None:
    """Write two years of orders of customers who buy at their own rate until, after some purchase, they stop.

    Orders follow BG/NBD (Fader, Hardie and Lee, 2005), amounts Gamma-Gamma; one order in fifty is returned.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    who, day = _purchases(rng, customers)
    amount = rng.gamma(3.0, 1 / rng.gamma(4.0, 1 / 100.0, customers)[who])
    orders = pd.DataFrame(
        {
            "order_id": np.arange(len(who)).astype(str),
            "customer_id": pd.Series(np.arange(customers)).map("{:07}".format).to_numpy()[who],
            "ordered_at": pd.Timestamp(_FIRST) + pd.to_timedelta(day.round(5), unit="D").floor("s"),
            "new_order": 1,
            "amount": amount,
            "units": 1.0 + rng.poisson(8, len(who)),
            "lines": 1 + rng.poisson(3, len(who)),
            "country": np.array(_COUNTRIES)[rng.choice(5, customers, p=[0.8, 0.05, 0.05, 0.05, 0.05])][who],
        }
    ).sort_values("ordered_at")
    orders.to_parquet(folder / "orders.parquet", index=False)
    orders.iloc[::50].to_parquet(folder / "returns.parquet", index=False)


def _purchases(rng: np.random.Generator, customers: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Draw buyers and days of purchases since the start; everyone buys at least once."""
    rate, stop = rng.gamma(0.6, 1 / 60.0, customers), rng.beta(0.4, 3.0, customers)
    clock = rng.uniform(0, _DAYS, customers)
    going = np.arange(customers)
    found = []
    while len(going):
        found.append((going, clock[going]))
        if len(found) > 1:
            going = going[rng.random(len(going)) >= stop[going]]
        clock[going] += rng.exponential(1 / np.maximum(rate[going], 1e-9))
        going = going[clock[going] < _DAYS]
    who, day = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return who, day


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
