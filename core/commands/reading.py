"""What all commands that read order files share: their options, and the way from files to orders."""

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
"""Called with the share done, 0 to 1, and what is being done."""

_YEARS: Final = (1900, 2999)  # far enough from the ends of the calendar for every horizon


@dataclass(frozen=True, kw_only=True)
class Reduced:
    """Order files, cleaned and reduced to orders.

    Parameters
    ----------
    connection : Backend
        To query them while they are open.
    folder : Path
        Where their tables are.
    report : QualityReport
        What was read and what counts.
    """

    connection: "Backend"
    folder: Path
    report: "QualityReport"

    def table(self, name: str) -> "ir.Table":
        """One of their tables, such as `orders` or `returns`."""
        from core.engine import parquet  # noqa: PLC0415  importing these takes seconds; --help does not

        return parquet(self.connection, self.folder / f"{name}.parquet")


def add_files(parser: argparse.ArgumentParser) -> None:
    """Add what is read and where the results go."""
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="CSV, XLSX or Parquet, also gzipped; a link; the URL of a database"
    )
    parser.add_argument("--table", metavar="[SCHEMA.]TABLE", help="of the database, where FILE is the URL of one")
    parser.add_argument("--query", metavar="SELECT", help="one SELECT instead of a table")
    parser.add_argument("--out", required=True, type=out_path, metavar="DIR", help="folder for the results")


def add_how(parser: argparse.ArgumentParser) -> None:
    """Add how the files are read."""
    parser.add_argument(
        "--map", action="append", default=[], type=_role, metavar="role=column", help="which column plays a role"
    )
    parser.add_argument("--delimiter", metavar="C", help="of text files, or a word such as tab (detected)")
    parser.add_argument("--quote", metavar="Q", help="what stands around values of text files (detected)")
    parser.add_argument("--encoding", help="of text files (detected)")
    parser.add_argument("--decimal", metavar="M", help="decimal mark, . or , (detected)")
    parser.add_argument("--sheet", help="of workbooks (the one that looks like orders)")
    parser.add_argument("--header-row", type=int, metavar="N", help="row of the column names, 0 for none (detected)")
    parser.add_argument("--dates", choices=get_args(DateOrder), help="how dates are read (detected)")
    parser.add_argument("--timezone", default="UTC", type=_zone, metavar="TZ", help="the shop's (default UTC)")
    parser.add_argument("--currency", type=_currency, metavar="CODE", help="leave out rows in other currencies")


def add_k(parser: argparse.ArgumentParser) -> None:
    """Add the number of segments."""
    parser.add_argument("--k", type=_k, default=4, metavar="auto|N", help="number of segments (default 4)")


@contextmanager
def reduced(options: argparse.Namespace, show: Show) -> Iterator[Reduced]:
    """Read, clean and reduce the files; they are there until the end of the block.

    Parameters
    ----------
    options : Namespace
        With what `add_files` and `add_how` add.
    show : callable
        Told of progress up to 0.7.

    Raises
    ------
    ClienteleError
        Where a file cannot be read.
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
    """Write texts into the folder that `--out` names, each whole or not at all.

    Raises
    ------
    InputError
        Where it cannot be written.
    """
    from core.act.exports import write_whole  # noqa: PLC0415

    try:
        write_whole(results, folder)
    except OSError as error:
        raise not_written(folder, error) from error


def not_written(out: Path, error: OSError) -> ClienteleError:
    """Say why what `--out` names cannot be written."""
    message = f"--out {out}: cannot be written ({error.strerror or error}); choose another place."
    return disk_state.explain(error, disk_state.out_place(out)) or InputError(message)


def check_out(out: Path, *, is_file: bool = False) -> None:
    """Refuse to begin where the results cannot be written.

    Parameters
    ----------
    out : Path
        What `--out` names.
    is_file : bool, default False
        Whether it is to be a file, and no folder.

    Raises
    ------
    InputError, DiskError
    """
    folder = out.parent if is_file else out
    if is_file and os.path.isdir(out):  # noqa: PTH112  it never raises
        message = f"--out {out}: cannot be written, since it is a folder; name a file."
        raise InputError(message)
    if is_file and not os.path.lexists(folder):
        message = f"--out {out}: cannot be written (No such file or directory); make the folder {folder} first."
        raise InputError(message)
    if disk_state.is_blocked(folder):
        message = f"--out {out}: cannot be written, since a file is in the way; choose another place."
        raise InputError(message)
    disk_state.check(replace(disk_state.out_place(out), path=folder))


def out_path(text: str) -> Path:
    """Where results go, as an argument."""
    if not text.strip() or "\0" in text:
        message = "must name where the results go, got nothing that can be a name"
        raise argparse.ArgumentTypeError(message)
    return Path(text)


def folder_path(text: str) -> Path:
    """A folder, as an argument."""
    try:
        if text.strip():
            return Path(text).expanduser().resolve()
    except (OSError, RuntimeError, ValueError):  # a home that is none, or a name that none has
        pass
    message = f"must be a folder, got “{text}”"
    raise argparse.ArgumentTypeError(message)


def day(text: str) -> date:
    """A date as an argument."""
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
    """All files cleaned and reduced in a folder below `scratch`."""
    from core.ingest.pipeline import count_orders  # noqa: PLC0415
    from core.ingest.staging.reading_apart import read_apart  # noqa: PLC0415
    from core.ingest.staging.staged_files import limits_of  # noqa: PLC0415
    from core.ingest.unattended import planned_file  # noqa: PLC0415

    settings = Settings.from_environment(os.environ)
    limits = limits_of(settings)
    how = ReadOptions(**{name: getattr(options, name) for name in ReadOptions.__dataclass_fields__})
    now = datetime.now()  # noqa: DTZ005  wall time, as the file's times are
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
