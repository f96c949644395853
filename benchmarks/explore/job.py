"""One step of the benchmark: importing a log into a workspace, or running one job on it."""

import json
import sys
import tempfile
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path

from core.customers.order_filter import OrderFilter
from core.engine import Engine
from core.explore import products_job, profile_job
from core.ingest.importing import import_files
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.unattended import planned_file
from core.settings import Settings
from core.workspace.records import By, NewDataset
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey

_NOW = datetime(2012, 1, 1)  # noqa: DTZ001  wall time
_JOBS = {
    "products": (products_job.run, products_job.ProductsSpec(chosen=OrderFilter())),
    "profile": (profile_job.run, profile_job.ProfileJobSpec(chosen=OrderFilter(), rows=profile_job.ALL)),
}


def main(step: str, folder: Path, log: Path | None = None) -> None:
    """Run the step and print what `benchmarks.measure` reads."""
    started = time.perf_counter()
    workspace = Workspace(folder)
    answer = _read(workspace, log) if log else _run(workspace, step)
    print(json.dumps({"work": time.perf_counter() - started, "answer": answer}))


def _read(workspace: Workspace, log: Path) -> str:
    with (
        tempfile.TemporaryDirectory(dir=workspace.folder / "uploads") as scratch,
        closing(Engine(folders=[workspace.folder], files=[log])) as engine,
        engine.session() as connection,
    ):
        [raw] = read_raw(connection.con, SourceFile(name=log.name, path=log), Path(scratch), ReadOptions())
        planned = planned_file(connection, raw, {}, dates=None, timezone="Europe/London", now=_NOW)
        new = NewDataset(name="Benchmark", id="log", timezone="Europe/London")
        return str(import_files(workspace, engine, [planned], new, now=_NOW, by=By(who="benchmark")).report)


def _run(workspace: Workspace, name: str) -> str:
    run, spec = _JOBS[name]
    key = ResultKey(dataset_id="log", version=1, generation=0, kind=name, spec=spec.to_json())
    found = run(workspace, Settings(workspace=workspace.folder), key.to_json(), lambda _share, _what: None)
    return ", ".join(f"{number:,} {what}" for what, number in found.items())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), *map(Path, sys.argv[3:]))
