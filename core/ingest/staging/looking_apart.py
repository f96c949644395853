"""Looking at a file that was read, in a process of its own: what is in it is still what somebody made up."""

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

_CHILD: Final = "core.ingest.staging.reading_apart"  # which has read the file, and waits for more


def proposal_apart(raw: RawTable, limits: Limits, progress: Progress) -> ColumnMapping:
    """Do what `core.ingest.cleaning.parsing.propose_mapping` does, in a child process."""
    return ColumnMapping(**_look("propose", raw, limits, progress))


def plan_apart(raw: RawTable, mapping: ColumnMapping, limits: Limits, progress: Progress, **asked: Any) -> ReadPlan:
    """Do what `core.ingest.cleaning.parsing.plan` does, in a child process; `asked` is what that takes besides."""
    now: datetime | None = asked.get("now")
    told = {"mapping": asdict(mapping), "asked": {**asked, "now": now.isoformat() if now else None}}
    return ReadPlan.from_json(_look("plan", raw, limits, progress, **told))


def preview_apart(raw: RawTable, how: ReadPlan, rows: int, limits: Limits, progress: Progress) -> pd.DataFrame:
    """The first rows of a table, long texts cut, as `core.ingest.cleaning.parsing.parse` will give them."""
    return frame_of_text(_look("preview", raw, limits, progress, plan=how.to_json(), rows=rows))


def sample_apart(raw: RawTable, rows: int, limits: Limits, progress: Progress) -> pd.DataFrame:
    """The first rows of a table as they stand in it, as texts. Long ones are cut."""
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
