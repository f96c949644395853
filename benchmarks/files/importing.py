"""Repeated imports of one file at a worker's priority, as background load, until the process is ended."""

import os
import sys
import tempfile
from contextlib import closing
from datetime import datetime
from itertools import count
from pathlib import Path

from core.engine import Engine
from core.ingest.apart.sandbox import Limits
from core.ingest.importing import import_files
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.reading_apart import read_apart
from core.ingest.unattended import planned_file
from core.settings import Settings
from core.workspace.records import By, NewDataset
from core.workspace.store import Workspace

_NICE = 10  # as `python -m core.jobs`
_NOW = datetime(2012, 1, 1)  # noqa: DTZ001  wall time


def main(path: Path, folder: Path) -> None:
    """Import until ended, printing a line after each import."""
    os.nice(_NICE)
    settings = Settings(workspace=folder)
    workspace = Workspace(folder)
    limits = Limits(memory_gb=settings.read_memory_gb, minutes=settings.read_minutes)
    for number in count():
        with (
            tempfile.TemporaryDirectory(dir=folder / "uploads") as scratch,
            closing(Engine(folders=[folder], files=[path], memory_gb=settings.query_memory_gb)) as engine,
            engine.session() as connection,
        ):
            [raw] = read_apart(SourceFile(name=path.name, path=path), Path(scratch), ReadOptions(), limits=limits)
            planned = planned_file(connection, raw, {}, dates=None, timezone="Europe/London", now=_NOW)
            new = NewDataset(name=f"Import {number}", timezone="Europe/London")
            import_files(workspace, engine, [planned], new, now=_NOW, by=By(who="benchmark"))
        print("imported", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
