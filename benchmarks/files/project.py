"""The project's import: a file read in a child process, then a stored version, or orders and RFM only."""

import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from benchmarks.logs import SCRATCH
from benchmarks.measure import report
from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine, parquet
from core.ingest.apart.sandbox import Limits
from core.ingest.pipeline import PlannedFile, count_orders, write_version
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.reading_apart import read_apart
from core.ingest.unattended import planned_file
from core.settings import Settings

_NOW = datetime(2012, 1, 1)  # noqa: DTZ001  wall time


def main(path: Path, *, storing: bool) -> None:
    """Compute RFM from a file."""
    started = time.perf_counter()
    settings = Settings()
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        scratch = Path(folder)
        source = SourceFile(name=path.name, path=path)
        limits = Limits(memory_gb=settings.read_memory_gb, minutes=settings.read_minutes)
        [raw] = read_apart(source, scratch, ReadOptions(), limits=limits)
        engine = Engine(folders=[scratch], files=[path], memory_gb=settings.query_memory_gb)
        with engine.session() as connection:
            planned = planned_file(connection, raw, {}, dates=None, timezone="Europe/London", now=_NOW)
            orders, returns = (
                _stored(connection, planned, scratch) if storing else _reduced(connection, planned, scratch)
            )
            spec = RfmSpec.after(orders.ordered_at.max().execute())
            customers = snapshot(orders, returns, spec).execute()
    report(started, len(customers), int(customers["frequency"].sum()), float(customers["monetary"].sum()))


def _stored(connection: Backend, planned: PlannedFile, scratch: Path) -> tuple[ir.Table, ir.Table]:
    folder = scratch / "version"
    folder.mkdir()
    write_version(connection, [planned], folder, now=_NOW)
    return parquet(connection, folder / "orders.parquet"), parquet(connection, folder / "returns.parquet")


def _reduced(connection: Backend, planned: PlannedFile, scratch: Path) -> tuple[ir.Table, ir.Table]:
    folder = scratch / "counted"
    folder.mkdir()
    count_orders(connection, [planned], folder)
    return parquet(connection, folder / "orders.parquet"), parquet(connection, folder / "returns.parquet")


if __name__ == "__main__":
    main(Path(sys.argv[2]), storing=sys.argv[1] == "storing")
