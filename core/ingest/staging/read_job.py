"""Reading a staged file as a job, for files that take longer than a page should wait."""

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
        Where, and what it may use.
    spec : dict
        `staged`, `name`, `options` (of `ReadOptions.to_json`).
    progress : callable
        See `core.progress.Progress`.

    Returns
    -------
    dict
        `rows` that were read; a second run finds the first one's result.
    """
    options = ReadOptions.from_json(spec["options"])
    read = read_staged(workspace, settings, spec["staged"], spec["name"], options, progress)
    return {"rows": sum(table.rows for table in read.tables)}
