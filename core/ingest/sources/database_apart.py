"""Sandboxed reading of database tables and queries, which may never end or take gigabytes.

SQLite and DuckDB run in the calling process, where neither a cancelled job nor Ctrl-C can stop a query without rows.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from core.ingest.apart.sandbox import Limits, run_apart, serve
from core.ingest.sources.database import read_table
from core.progress import Progress
from core.scratch import new_name

_ADVICE: Final = "request less data at once"


def read_table_apart(  # noqa: PLR0913  the source and its limits
    url: str,
    *,
    target: Path,
    limits: Limits,
    progress: Progress,
    name: str = "The database",
    table: str | None = None,
    query: str | None = None,
    folders: Sequence[Path] | None = None,
) -> int:
    """Run `core.ingest.sources.database.read_table` in a child process and return the number of rows.

    Parameters
    ----------
    url, target, progress, table, query, folders
        See there.
    limits : Limits
        Limits of the child.
    name : str
        Name of the source, for messages.
    """
    with TemporaryDirectory(dir=target.parent, prefix=f"{new_name('reading-')}.") as scratch:
        written = Path(scratch).resolve() / "table.parquet"
        told = {
            "url": url,
            "target": str(written),
            "table": table,
            "query": query,
            "folders": None if folders is None else [str(folder) for folder in folders],
            "disk_gb": limits.disk_gb,
        }
        found: int = run_apart(
            __name__, told, files=name, limits=limits, folders=[Path(scratch)], progress=progress, advice=_ADVICE
        )
        written.replace(target)
    return found


def _read(told: dict[str, Any], progress: Progress) -> int:
    _columns, rows = read_table(
        told["url"],
        target=Path(told["target"]),
        progress=progress,
        table=told["table"],
        query=told["query"],
        folders=None if told["folders"] is None else [Path(folder) for folder in told["folders"]],
        disk_gb=told["disk_gb"],
    )
    return rows


if __name__ == "__main__":
    serve(_read)
