"""Work that has a process of its own, done in that of the tests: starting one takes longer than a small file."""

import json
from pathlib import Path
from typing import Any

import pytest

from core.ingest import version_apart
from core.ingest.staging import reading_apart
from core.progress import Progress

_WORK = {
    reading_apart.__name__: reading_apart._do,  # noqa: SLF001  what `python -m` runs of it
    version_apart.__name__: version_apart._write,  # noqa: SLF001
}


def work_here(patch: pytest.MonkeyPatch) -> None:
    """Read files and write versions without a process of their own."""
    for module in (reading_apart, version_apart):
        patch.setattr(module, "run_apart", _run)


def _run(module: str, told: dict[str, Any], *, folders: list[Path], progress: Progress, **_limits: Any) -> Any:
    """Stand in for `core.ingest.apart.sandbox.run_apart`: plain values go in and come out."""
    assert all(folder.is_dir() for folder in folders)
    return json.loads(json.dumps(_WORK[module](json.loads(json.dumps(told)), progress)))
