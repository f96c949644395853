"""The project: BG/NBD fitted to histories, and features of a shop's customers at some cutoffs."""

import json
import sys
import time
from datetime import timedelta
from pathlib import Path

import ibis
import pandas as pd

from core.customers.btyd import BgNbd, Histories
from core.customers.features import features
from core.engine import Engine, parquet

_STEP = 30  # days between cutoffs


def main(what: str, path: Path, cutoffs: int) -> None:
    """Print seconds of work, and what was found."""
    work, answer = _fit(path) if what == "fit" else _features(path, cutoffs)
    print(json.dumps({"work": work, "answer": answer}))


def _fit(path: Path) -> tuple[float, str]:
    table = pd.read_parquet(path)
    started = time.perf_counter()
    found = BgNbd.fit(Histories.of(table["x"], table["t_x"], table["T"]))
    work = time.perf_counter() - started
    return work, json.dumps({"r": found.r, "alpha": found.alpha, "a": found.a, "b": found.b})


def _features(folder: Path, cutoffs: int) -> tuple[float, str]:
    """At the end of the log, and every thirty days before it."""
    engine = Engine(folders=[folder])
    started = time.perf_counter()
    with engine.session() as connection:
        orders, returns = (parquet(connection, folder / f"{name}.parquet") for name in ("orders", "returns"))
        last = pd.Timestamp(orders.ordered_at.max().execute()).normalize() + timedelta(days=1)
        days = [last - timedelta(days=_STEP * back) for back in range(cutoffs)]
        table = ibis.memtable(pd.DataFrame({"as_of": days}))
        found = features(orders, returns, table.select(as_of=table.as_of.date())).execute()
    work = time.perf_counter() - started
    engine.close()
    return work, f"{len(found):,} rows, {found['monetary'].sum():,.2f}"


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]) if len(sys.argv) > 3 else 1)  # noqa: PLR2004
