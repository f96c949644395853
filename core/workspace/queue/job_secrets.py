"""What a job needs to get in somewhere: in a file of its own until the job has ended, never in the catalog.

A database keeps what was deleted from it for a while, in free pages and in its log; a file is gone with its name. A job
that is tried again after it ended has to be given its secret anew.
"""

import hashlib
import json
import os
import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

_FOLDER: Final = "secrets"
_OWNER_ONLY: Final = 0o600
_JUST_NOW_SECONDS: Final = 60.0


def put(workspace: Path, job_id: str, secret: Mapping[str, str]) -> None:
    """Keep the secret values of a job's spec, by name, until `drop`."""
    path = _file(workspace, job_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  opened so that nobody else may read it
        json.dump(dict(secret), file)


def added(workspace: Path, job_id: str, spec: dict[str, Any]) -> dict[str, Any]:
    """A job's spec with its secret values, where it has any left."""
    try:
        return {**spec, **json.loads(_file(workspace, job_id).read_text(encoding="utf-8"))}
    except (OSError, ValueError):
        return spec


def drop(workspace: Path, job_id: str) -> None:
    """Delete the secret of a job that has ended."""
    with suppress(OSError):
        _file(workspace, job_id).unlink()


def clear(workspace: Path, needed: Collection[str]) -> None:
    """Delete the secrets of all jobs but these: a process that was killed may have left some.

    One that was put there just now may be of a job that is about to be recorded.
    """
    kept = {_file(workspace, job_id).name for job_id in needed}
    for path in (workspace / _FOLDER).glob("*"):
        with suppress(OSError):
            if path.name not in kept and time.time() - path.stat().st_mtime > _JUST_NOW_SECONDS:
                path.unlink()


def _file(workspace: Path, job_id: str) -> Path:
    return workspace / _FOLDER / hashlib.sha256(job_id.encode()).hexdigest()[:32]
