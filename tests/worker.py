"""A fast worker with job kinds for tests: `python -m tests.worker`."""

import os
import sys
import time
from pathlib import Path
from typing import Any, Final

from core import jobs
from core.errors import InputError
from core.progress import Progress
from core.settings import Settings
from core.workspace.queue.job_worker import Pace
from core.workspace.store import Workspace

PACE: Final = Pace(heartbeat=0.1, stale=2.0, recover=0.3, grace=0.5)
KINDS: Final = {name: f"tests.worker:{name}" for name in ("note", "wait", "deaf", "fail", "defect", "unfit", "steps")}


def note(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Append a line that records the run."""
    with Path(spec["file"]).open("a", encoding="utf-8") as file:
        file.write(f"{os.getpid()}\n")
    progress(1.0, "Noted")
    return {"noted": True}


def wait(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Record the run, and wait for a file, reporting progress."""
    note(workspace, settings, spec, lambda _share, _message: None)
    while not Path(spec["until"]).exists():
        progress(0.5, "Waiting")
        time.sleep(0.02)
    return {"waited": True}


def deaf(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Record the run, and ignore cancellation for a long time."""
    note(workspace, settings, spec, lambda _share, _message: None)
    time.sleep(100)
    return {}


def fail(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Fail because of the input."""
    progress(0.25, "Reading rows")
    message = "orders.csv, row 3: the date is missing; fill it in."
    raise InputError(message)


def defect(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Fail because of a bug."""
    message = "secret of ours"
    raise ZeroDivisionError(message)


def unfit(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Return a value that isn't JSON."""
    return {"when": object()}


def steps(workspace: Workspace, settings: Settings, spec: dict[str, Any], progress: Progress) -> dict[str, Any]:
    """Report each share of the spec in turn."""
    for share in spec["shares"]:
        progress(float(share), f"At {share}")
    return {"settings": str(settings.workspace)}


if __name__ == "__main__":
    jobs.KINDS.update(KINDS)
    sys.exit(jobs.main(PACE))
