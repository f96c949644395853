"""The project from Parquet to RFM, without storing a version."""

import sys
import tempfile
import time
from pathlib import Path

from benchmarks.measure import report
from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine
from core.ingest.cleaning.exclusion_reasons import clean
from core.ingest.cleaning.orders import orders_and_returns
from core.ingest.pipeline import rows_of
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file


def main(path: str) -> None:
    """Compute RFM from Parquet."""
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
