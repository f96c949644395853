"""Details stored with a version: examples, rejected rows and oddities."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.dataset as pds
import pyarrow.parquet as pq

from core.ingest.reading.rejects import REJECTS
from core.ingest.report.rejected_rows import REJECTS_FILE


def read_details(folder: Path) -> dict[str, Any]:
    """Read a version's `quality.json`: the report, and `files`, `examples`, `rejected`, `oddities`."""
    found: dict[str, Any] = json.loads((folder / "quality.json").read_text(encoding="utf-8"))
    return found


def read_rejects(folder: Path, most: int | None = None) -> pa.Table:
    """Read the rejected rows of a version, or only the first `most`; columns of `REJECTS`."""
    path = folder / REJECTS_FILE
    if not path.exists():
        return REJECTS.empty_table()
    return pq.read_table(path) if most is None else pds.dataset(path).head(most)
