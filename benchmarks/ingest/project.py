"""The project, from Parquet to RFM, without storing a version."""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import report
from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine
from core.ingest.cleaning import clean
from core.ingest.files import SourceFile
from core.ingest.loading import planned_file
from core.ingest.options import ReadOptions
from core.ingest.orders import orders_and_returns
from core.ingest.pipeline import rows_of
from core.ingest.reading import read_raw


def main(path: str) -> None:
    """Parquet to RFM."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(folders=[Path(scratch)], files=[Path(path)])
        with engine.session() as connection:
            source = SourceFile(name=Path(path).name, path=Path(path))
            [raw] = read_raw(connection.con, source, Path(scratch), ReadOptions())
            planned = planned_file(connection, raw, {}, dates=None, timezone="UTC")
            rows = clean(rows_of(connection, [planned]))
            orders, returns = orders_and_returns(rows)
            last = orders.ordered_at.max().execute()
            customers = snapshot(orders, returns, RfmSpec.after(last)).execute()
    report(started, len(customers), int(customers["frequency"].sum()), float(customers["monetary"].sum()))


if __name__ == "__main__":
    main(sys.argv[1])
