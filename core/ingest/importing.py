"""Import of planned files as a new dataset or a dataset's next version, in this process."""

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
    """Create a dataset from files, or append them to a version.

    Parameters
    ----------
    workspace, engine : Workspace, Engine
        Target workspace, and engine to use.
    files : sequence of PlannedFile
        Files to read.
    target : NewDataset or Version
        Dataset to create, or version to append to.
    now : datetime
        Current wall time in the shop's time zone.
    by : By
        Who imports.
    progress : callable
        See `core.progress.Progress`.

    Raises
    ------
    ClienteleError
        If it fails; the workspace is then unchanged.
    """
    earlier = earlier_of(target) if isinstance(target, Version) else None
    write = _writer(engine, files, earlier, now, progress)
    return workspace.append(target, write, by) if isinstance(target, Version) else workspace.create(target, write, by)


def earlier_of(version: Version) -> Earlier:
    """Describe a version that files will be appended to."""
    details = read_details(version.folder)
    return Earlier(folder=version.folder, names=version.files, rejected=details["rejected"])


def sources_of(version: Version) -> list[dict[str, Any]]:
    """Return the records of a version's files; versions of older releases have names only."""
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
