"""DuckDB closed down: it reads and writes only below the folders it was given, and nothing can undo that."""

from collections.abc import Iterable
from pathlib import Path

import duckdb


def connect_closed(
    *,
    folders: Iterable[Path],
    files: Iterable[Path] = (),
    spill: Path | None,
    memory_gb: float = 4.0,
    threads: int | None = None,
) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB in memory and close it down.

    Parameters
    ----------
    folders : iterable of Path
        Folders it may read and write, with all that is below them.
    files : iterable of Path, default ()
        Single files it may read besides.
    spill : Path
        Folder of its own for what does not fit in memory: two processes that spill into one folder overwrite each
        other's files and crash. None where there is no room for one; then all must fit in memory.
    memory_gb : float, default 4
        Gigabytes it may use before it spills to disk.
    threads : int, optional
        Default: one per core.
    """
    connection = duckdb.connect()
    settings: dict[str, object] = {
        "memory_limit": f"{memory_gb}GB",
        "temp_directory": str(spill or ""),
        "python_enable_replacements": False,
        "allowed_directories": [str(folder.resolve()) for folder in folders],
        "allowed_paths": [str(file.resolve()) for file in files],
        "enable_external_access": False,
    }
    if threads is not None:
        settings = {"threads": threads, **settings}
    for name, value in settings.items():
        connection.execute(f"SET {name} = {_literal(value)}")
    return connection


def _literal(value: object) -> str:
    """SQL of a setting's value. SET takes no bound parameters, so quotes are doubled here."""
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()
