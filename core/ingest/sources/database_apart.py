"""Reading a table or query of a database in a process of its own: a query may never end, a cell may take gigabytes.

SQLite and DuckDB run in the process that asks, and neither a cancelled job nor Ctrl-C reaches a query without rows.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from core.ingest.apart.sandbox import Limits, run_apart, serve
from core.ingest.sources.database import read_table
from core.progress import Progress
from core.scratch import new_name

_ADVICE: Final = "ask for less at once"


def read_table_apart(  # noqa: PLR0913  what is read, and what it may use
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
    """Do what `core.ingest.sources.database.read_table` does, in a child process; give the number of rows.

    Parameters
    ----------
    url, target, progress, table, query, folders
        See there.
    limits : Limits
        What the child may use.
    name : str
        What is read, for messages.
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
