"""The project from Parquet to RFM, storing all files of a version on the way."""

import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from benchmarks.measure import report
from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine
from core.ingest.pipeline import write_version
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file


def main(path: str) -> None:
    """Write a version and compute RFM from Parquet."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as scratch:
        engine = Engine(folders=[Path(scratch)], files=[Path(path)])
        folder = Path(scratch) / "version"
        folder.mkdir()
        with engine.session() as connection:
            source = SourceFile(name=Path(path).name, path=Path(path))
            [raw] = read_raw(connection.con, source, Path(scratch), ReadOptions())
            planned = planned_file(connection, raw, {}, dates=None, timezone="UTC")
            now = datetime(2012, 1, 1)  # noqa: DTZ001  wall time
            found = write_version(connection, [planned], folder, now=now)
            orders, returns = (
                connection.read_parquet(str(folder / f"{name}.parquet")) for name in ("orders", "returns")
            )
            customers = snapshot(orders, returns, RfmSpec.after(datetime.fromisoformat(found.last_order))).execute()
    report(started, len(customers), int(customers["frequency"].sum()), float(customers["monetary"].sum()))


if __name__ == "__main__":
    main(sys.argv[1])
