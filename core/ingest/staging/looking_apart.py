"""Inspection of raw tables in a child process, because their content is still untrusted."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pandas as pd

from core.ingest.apart.frames_as_text import frame_of_text
from core.ingest.apart.sandbox import Limits, run_apart
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.reading.raw_table import RawTable
from core.ingest.recognising.column_mapping import ColumnMapping
from core.progress import Progress
from core.scratch import new_name

_CHILD: Final = "core.ingest.staging.reading_apart"  # has read the file and may be idle, ready for more tasks


def proposal_apart(raw: RawTable, limits: Limits, progress: Progress) -> ColumnMapping:
    """Run `core.ingest.cleaning.parsing.propose_mapping` in a child process."""
    return ColumnMapping(**_look("propose", raw, limits, progress))


def plan_apart(raw: RawTable, mapping: ColumnMapping, limits: Limits, progress: Progress, **asked: Any) -> ReadPlan:
    """Run `core.ingest.cleaning.parsing.plan` in a child process; `asked` are its other parameters."""
    now: datetime | None = asked.get("now")
    told = {"mapping": asdict(mapping), "asked": {**asked, "now": now.isoformat() if now else None}}
    return ReadPlan.from_json(_look("plan", raw, limits, progress, **told))


def preview_apart(raw: RawTable, how: ReadPlan, rows: int, limits: Limits, progress: Progress) -> pd.DataFrame:
    """Return the first rows as parsed by `core.ingest.cleaning.parsing.parse`, with long texts truncated."""
    return frame_of_text(_look("preview", raw, limits, progress, plan=how.to_json(), rows=rows))


def sample_apart(raw: RawTable, rows: int, limits: Limits, progress: Progress) -> pd.DataFrame:
    """Return the first unparsed rows as text, with long texts truncated."""
    return frame_of_text(_look("sample", raw, limits, progress, rows=rows))


def _look(what: str, raw: RawTable, limits: Limits, progress: Progress, **told: Any) -> Any:
    with TemporaryDirectory(dir=raw.path.parent.parent, prefix=f"{new_name('reading-')}.") as scratch:
        return run_apart(
            _CHILD,
            {"what": what, "raw": raw.to_json(), "memory_gb": limits.for_queries(), **told},
            files=raw.name,
            limits=limits,
            folders=[Path(scratch)],
            progress=progress,
            warm=True,
        )
