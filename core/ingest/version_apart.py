"""Writing of versions in a child process, so that large imports don't use up the memory of the pages or the worker."""

from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

from core.engine import Engine
from core.ingest.apart.sandbox import Limits, run_apart, serve
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.pipeline import Earlier, PlannedFile, write_version
from core.ingest.reading.raw_table import RawTable
from core.progress import Progress


def write_version_apart(
    files: Sequence[PlannedFile],
    folder: Path,
    *,
    now: datetime,
    earlier: Earlier | None,
    scratch: Path,
    limits: Limits,
    progress: Progress,
) -> dict[str, Any]:
    """Run `core.ingest.pipeline.write_version` in a child process.

    Parameters
    ----------
    files, folder, now, earlier, progress
        See there.
    scratch : Path
        Folder for data that doesn't fit in memory.
    limits : Limits
        Limits of the child.

    Returns
    -------
    dict
        The quality report.
    """
    told = {
        "files": [{"raw": file.raw.to_json(), "plan": file.plan.to_json()} for file in files],
        "folder": str(folder.resolve()),
        "now": now.isoformat(),
        "earlier": _told(earlier) if earlier else None,
        "memory_gb": limits.for_queries(),
    }
    names = ", ".join(file.raw.name for file in files)
    found: dict[str, Any] = run_apart(
        __name__, told, files=names, limits=limits, folders=[scratch, folder], progress=progress
    )
    return found


def _told(earlier: Earlier) -> dict[str, Any]:
    return {"folder": str(earlier.folder.resolve()), "names": list(earlier.names), "rejected": earlier.rejected}


def _write(told: dict[str, Any], progress: Progress) -> dict[str, Any]:
    files = [
        PlannedFile(raw=RawTable.from_json(file["raw"]), plan=ReadPlan.from_json(file["plan"]))
        for file in told["files"]
    ]
    folder = Path(told["folder"])
    earlier = None
    if said := told["earlier"]:
        earlier = Earlier(folder=Path(said["folder"]), names=tuple(said["names"]), rejected=said["rejected"])
    folders = {folder, *(file.raw.path.parent for file in files), *([earlier.folder] if earlier else [])}
    now = datetime.fromisoformat(told["now"])
    with closing(Engine(folders=folders, memory_gb=told["memory_gb"])) as engine, engine.session() as connection:
        return write_version(connection, files, folder, now=now, earlier=earlier, progress=progress).to_json()


if __name__ == "__main__":
    serve(_write)
