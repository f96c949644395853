"""Shared parts of commands that read order files: options, and the steps from files to orders."""

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, get_args

from core.errors import ClienteleError, InputError
from core.ingest.sources.read_options import DateOrder, ReadOptions
from core.scratch import temporary
from core.settings import Settings
from core.workspace.disk import disk_state

if TYPE_CHECKING:
    import ibis.expr.types as ir
    from ibis.backends.duckdb import Backend

    from core.ingest.report.quality_report import QualityReport
    from core.ingest.sources.files import SourceFile

Show = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and a message."""

_YEARS: Final = (1900, 2999)  # leaves room for every horizon at both ends of the calendar


@dataclass(frozen=True, kw_only=True)
class Reduced:
    """Order files, cleaned and reduced to orders.

    Parameters
    ----------
    connection : Backend
        Queries the tables while the files are open.
    folder : Path
        Folder of the tables.
    report : QualityReport
        Rows read and rows included.
    """

    connection: "Backend"
    folder: Path
    report: "QualityReport"

    def table(self, name: str) -> "ir.Table":
        """Return a table by name, such as `orders` or `returns`."""
        from core.engine import parquet  # noqa: PLC0415  importing these takes seconds; --help does not

        return parquet(self.connection, self.folder / f"{name}.parquet")


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add the options for input and output."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="CSV, XLSX or Parquet, optionally gzipped; a link; or a database URL"
    )
    parser.add_argument("--table", metavar="[SCHEMA.]TABLE", help="table to read, if FILE is a database URL")
    parser.add_argument("--query", metavar="SELECT", help="a SELECT statement instead of a table")
    parser.add_argument("--out", required=True, type=out_path, metavar="DIR", help="folder for the results")


def add_how(parser: argparse.ArgumentParser) -> None:
    """Add the options for reading files."""
    parser.add_argument(
        "--map", action="append", default=[], type=_role, metavar="role=column", help="column to use for a role"
    )
    parser.add_argument("--delimiter", metavar="C", help="delimiter of text files, or a word such as tab (detected)")
    parser.add_argument("--quote", metavar="Q", help="quote character of text files (detected)")
    parser.add_argument("--encoding", help="encoding of text files (detected)")
    parser.add_argument("--decimal", metavar="M", help="decimal mark, . or , (detected)")
    parser.add_argument("--sheet", help="workbook sheet to read (default: the one that looks like orders)")
    parser.add_argument("--header-row", type=int, metavar="N", help="row of the column names, 0 for none (detected)")
    parser.add_argument("--dates", choices=get_args(DateOrder), help="date format (detected)")
    parser.add_argument(
        "--timezone", default="UTC", type=_zone, metavar="TZ", help="the shop's time zone (default UTC)"
    )
    parser.add_argument("--currency", type=_currency, metavar="CODE", help="exclude rows in other currencies")


def add_k(parser: argparse.ArgumentParser) -> None:
    """Add the option for the number of segments."""
    parser.add_argument("--k", type=_k, default=4, metavar="auto|N", help="number of segments (default 4)")


@contextmanager
def reduced(options: argparse.Namespace, show: Show) -> Iterator[Reduced]:
    """Read, clean and reduce the files; the tables exist until the end of the block.

    Parameters
    ----------
    options : Namespace
        Options added by `add_files` and `add_how`.
    show : callable
        Called with progress from 0 to 0.7.

    Raises
    ------
    ClienteleError
        If a file cannot be read.
    """
    from core.engine import Engine  # noqa: PLC0415  importing these takes seconds; --help does not
    from core.ingest.staging.named_sources import bring  # noqa: PLC0415

    check_out(options.out)
    with temporary() as scratch:
        bringing = lambda share, what: show(0.1 * share, what)  # noqa: E731
        files = bring(options.files, scratch, bringing, table=options.table, query=options.query)
        with (
            closing(Engine(folders=[scratch], files=[file.path for file in files])) as engine,
            engine.session() as connection,
        ):
            yield _ingest(connection, files, options, scratch, show)


def write_results(results: dict[str, str], folder: Path) -> None:
    """Write text files into the folder `--out`, all of them or none.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    from core.act.exports import write_whole  # noqa: PLC0415

    try:
        write_whole(results, folder)
    except OSError as error:
        raise not_written(folder, error) from error


def not_written(out: Path, error: OSError) -> ClienteleError:
    """Return the error for an `--out` that cannot be written."""
    message = f"--out {out}: cannot be written ({error.strerror or error}); choose another place."
    return disk_state.explain(error, disk_state.out_place(out)) or InputError(message)


def check_out(out: Path, *, is_file: bool = False) -> None:
    """Check before any work that the results can be written.

    Parameters
    ----------
    out : Path
        The path given as `--out`.
    is_file : bool, default False
        Whether it must be a file, not a folder.

    Raises
    ------
    InputError, DiskError
    """
    folder = out.parent if is_file else out
    if is_file and os.path.isdir(out):  # noqa: PTH112  it never raises
        message = f"--out {out}: cannot be written because it is a folder; name a file."
        raise InputError(message)
    if is_file and not os.path.lexists(folder):
        message = f"--out {out}: cannot be written (No such file or directory); create the folder {folder} first."
        raise InputError(message)
    if disk_state.is_blocked(folder):
        message = f"--out {out}: cannot be written because a file is in its place; choose another."
        raise InputError(message)
    disk_state.check(replace(disk_state.out_place(out), path=folder))


def out_path(text: str) -> Path:
    """Parse an output path."""
    if not text.strip() or "\0" in text:
        message = "must be a path for the results, got an empty or invalid name"
        raise argparse.ArgumentTypeError(message)
    return Path(text)


def folder_path(text: str) -> Path:
    """Parse a folder."""
    try:
        if text.strip():
            return Path(text).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):  # no home directory, or an impossible name
        pass
    message = f"must be a folder, got “{text}”"
    raise argparse.ArgumentTypeError(message)


def day(text: str) -> date:
    """Parse a date."""
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        message = f"must be a date like 2011-12-10, got “{text}”"
        raise argparse.ArgumentTypeError(message) from error
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        message = f"must be a date from {_YEARS[0]} to {_YEARS[1]}, like 2011-12-10, got “{text}”"
        raise argparse.ArgumentTypeError(message)
    return found


def _ingest(
    connection: "Backend", files: "Sequence[SourceFile]", options: argparse.Namespace, scratch: Path, show: Show
) -> Reduced:
    """Clean all files and reduce them to orders, in a folder below `scratch`."""
    from core.ingest.pipeline import count_orders  # noqa: PLC0415
    from core.ingest.staging.reading_apart import read_apart  # noqa: PLC0415
    from core.ingest.staging.staged_files import limits_of  # noqa: PLC0415
    from core.ingest.unattended import planned_file  # noqa: PLC0415

    settings = Settings.from_environment(os.environ)
    limits = limits_of(settings)
    how = ReadOptions(**{name: getattr(options, name) for name in ReadOptions.__dataclass_fields__})
    now = datetime.now()  # noqa: DTZ005  local time, like the times in files
    planned = []
    for position, source in enumerate(files):
        show(0.1 + 0.2 * position / len(files), f"Reading {source.name}")
        for raw in read_apart(source, scratch, how, limits=limits):
            asked = {"dates": options.dates, "timezone": options.timezone, "decimal": how.decimal, "now": now}
            planned.append(planned_file(connection, raw, dict(options.map), currency=options.currency, **asked))
    folder = scratch / "version"
    folder.mkdir()
    report = count_orders(connection, planned, folder, lambda share, what: show(0.3 + 0.4 * share, what))
    return Reduced(connection=connection, folder=folder, report=report)


def _k(text: str) -> int | None:
    if text == "auto":
        return None
    try:
        return int(text)
    except ValueError as error:
        message = f"must be auto or a whole number, got “{text}”"
        raise argparse.ArgumentTypeError(message) from error


def _role(text: str) -> tuple[str, str]:
    role, equals, column = text.partition("=")
    if not equals:
        message = f"must look like customer=Client, got “{text}”"
        raise argparse.ArgumentTypeError(message)
    return role.strip(), column.strip()


def _currency(text: str) -> str:
    from core.ingest.recognising.currencies import check_code  # noqa: PLC0415

    return check_code(text)


def _zone(text: str) -> str:
    from core.ingest.recognising.dates import check_zone  # noqa: PLC0415

    check_zone(text)
    return text
