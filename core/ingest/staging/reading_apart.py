"""Reading of files in a child process; see `core.ingest.apart.sandbox`."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from core.ingest.apart.sandbox import Limits, run_apart, serve
from core.ingest.reading.any_format import own_parquet, read_raw
from core.ingest.reading.raw_table import RawTable
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.locked_duckdb import connect_closed
from core.progress import Progress, nobody


def read_apart(
    file: SourceFile,
    scratch: Path,
    options: ReadOptions,
    *,
    limits: Limits,
    own: bool = False,
    warm: bool = False,
    progress: Progress = nobody,
) -> list[RawTable]:
    """Read a file once into Parquet below `scratch`, in a child process.

    Parameters
    ----------
    file, scratch, options
        See `core.ingest.reading.any_format.read_raw`.
    limits : Limits
        Limits of the child.
    own : bool
        Rewrite Parquet files, too, so that only the child ever reads the uploaded one.
    warm : bool
        Whether a user waits; see `core.ingest.apart.sandbox.run_apart`.
    progress : callable
        See `core.progress.Progress`.

    Raises
    ------
    InputError
        If it can't be read.
    """
    told = {
        "what": "read",
        "name": file.name,
        "path": str(file.path.resolve()),
        "scratch": str(scratch.resolve()),
        "options": options.to_json(),
        "memory_gb": limits.for_queries(),
        "own": own,
        "disk_gb": limits.disk_gb,
    }
    found = run_apart(__name__, told, files=file.name, limits=limits, folders=[scratch], progress=progress, warm=warm)
    return [RawTable.from_json(table) for table in found]


def _do(told: dict[str, Any], progress: Progress) -> Any:
    """Read a file or inspect a raw table, so that one idle child can do both."""
    if told["what"] == "read":
        return _read(told, progress)
    from core.ingest.staging.looking import look  # noqa: PLC0415  saves memory while large files are read

    return look(told)


def _read(told: dict[str, Any], progress: Progress) -> list[dict[str, Any]]:
    file, scratch = SourceFile(name=told["name"], path=Path(told["path"])), Path(told["scratch"])
    progress(0.05, f"Reading {file.name}"[:200])
    with TemporaryDirectory(dir=scratch) as spill:
        connection = connect_closed(
            folders=[scratch], files=[file.path], spill=Path(spill), memory_gb=told["memory_gb"]
        )
        tables = read_raw(connection, file, scratch, ReadOptions.from_json(told["options"]), disk_gb=told["disk_gb"])
        if told["own"]:
            progress(0.5, "Checking the values")
            tables = [own_parquet(connection, raw, scratch) if raw.path == file.path else raw for raw in tables]
        connection.close()
    return [raw.to_json() for raw in tables]


if __name__ == "__main__":
    serve(_do)
