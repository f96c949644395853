"""Planned files into the workspace: a new dataset, or the next version of one."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from core.engine import Engine
from core.ingest.pipeline import Earlier, PlannedFile, write_version
from core.ingest.report.version_details import read_details
from core.progress import Progress, nobody
from core.workspace.records import By, NewDataset, Version, Writer, Written
from core.workspace.store import Workspace


def import_files(
    workspace: Workspace,
    engine: Engine,
    files: Sequence[PlannedFile],
    target: NewDataset | Version,
    *,
    now: datetime,
    by: By,
    progress: Progress = nobody,
) -> Version:
    """Make a dataset of the files, or append them to a version.

    Parameters
    ----------
    workspace, engine : Workspace, Engine
        Where to.
    files : sequence of PlannedFile
        What to read.
    target : NewDataset or Version
        What to make, or what to append to.
    now : datetime
        Wall time in the shop's zone.
    by : By
        Who does it.
    progress : callable
        See `core.progress.Progress`.

    Raises
    ------
    ClienteleError
        Where it fails; the workspace is then as it was.
    """
    earlier = earlier_of(target) if isinstance(target, Version) else None
    write = _writer(engine, files, earlier, now, progress)
    return workspace.append(target, write, by) if isinstance(target, Version) else workspace.create(target, write, by)


def earlier_of(version: Version) -> Earlier:
    """A version as one that files are appended to."""
    details = read_details(version.folder)
    return Earlier(folder=version.folder, names=version.files, rejected=details["rejected"])


def sources_of(version: Version) -> list[dict[str, Any]]:
    """Return the records of a version's files; names alone for older versions."""
    return list(version.sources) or [{"name": name, "sha256": None} for name in version.files]


def _writer(
    engine: Engine, files: Sequence[PlannedFile], earlier: Earlier | None, now: datetime, progress: Progress
) -> Writer:
    def write(folder: Path) -> Written:
        with engine.session() as connection:
            report = write_version(connection, files, folder, now=now, earlier=earlier, progress=progress)
        names = [*(earlier.names if earlier else ()), *(file.raw.name for file in files)]
        return Written(files=names, report=report.to_json())

    return write
