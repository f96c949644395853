"""A locked-down DuckDB, permanently restricted to the given folders and files."""

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
    """Open an in-memory DuckDB and lock it down.

    Parameters
    ----------
    folders : iterable of Path
        Folders it may read and write, including subfolders.
    files : iterable of Path, default ()
        Single files it may also read.
    spill : Path
        A folder of its own for data that does not fit in memory: two processes that spill into the same folder
        overwrite each other's files and crash. None if there is no disk space; then all data must fit in memory.
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
    """Return a setting's value as SQL. SET takes no bound parameters, so quotes are doubled here."""
    if isinstance(value, list):
        return "[" + ", ".join(_literal(item) for item in value) + "]"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return str(value).lower()
