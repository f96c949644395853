"""Credentials of jobs, each in a file of its own until the job ends, never in the catalog.

A database retains deleted data for a while, in free pages and in its log. An ended job that is retried needs its
credentials again.
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
    """Store the secret values of a job's spec, by name, until `drop`."""
    path = _file(workspace, job_id)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  the descriptor is readable by the owner only
        json.dump(dict(secret), file)


def added(workspace: Path, job_id: str, spec: dict[str, Any]) -> dict[str, Any]:
    """Return a job's spec with its secret values, if they still exist."""
    try:
        return {**spec, **json.loads(_file(workspace, job_id).read_text(encoding="utf-8"))}
    except (OSError, ValueError):
        return spec


def drop(workspace: Path, job_id: str) -> None:
    """Delete the secret of a job that has ended."""
    with suppress(OSError):
        _file(workspace, job_id).unlink()


def clear(workspace: Path, needed: Collection[str]) -> None:
    """Delete the secrets of all other jobs, which killed processes may have left.

    Very recent files stay, as their jobs may be about to be recorded.
    """
    kept = {_file(workspace, job_id).name for job_id in needed}
    for path in (workspace / _FOLDER).glob("*"):
        with suppress(OSError):
            if path.name not in kept and time.time() - path.stat().st_mtime > _JUST_NOW_SECONDS:
                path.unlink()


def _file(workspace: Path, job_id: str) -> Path:
    return workspace / _FOLDER / hashlib.sha256(job_id.encode()).hexdigest()[:32]
