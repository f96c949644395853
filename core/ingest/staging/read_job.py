"""A job that reads a staged file, for files that take longer than a page should wait."""

from typing import Any

from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.staged_files import read_staged
from core.progress import Progress
from core.settings import Settings
from core.workspace.store import Workspace


def run(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Read a staged file.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Workspace with the file, and limits for reading.
    spec : dict
        `staged`, `name`, `options` (from `ReadOptions.to_json`).
    progress : callable
        See `core.progress.Progress`.

    Returns
    -------
    dict
        `rows`: number of rows read. A second run returns the first one's result.
    """
    options = ReadOptions.from_json(spec["options"])
    read = read_staged(workspace, settings, spec["staged"], spec["name"], options, progress)
    return {"rows": sum(table.rows for table in read.tables)}
