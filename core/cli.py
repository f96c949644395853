"""The command line: `python -m core analyse …`, `simulate …`, `backup …` and `restore …`.

Exit status: 0 done; 2 the input or the arguments are at fault, with one line on stderr; 1 a defect of ours.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, get_args

from core.commands import backups
from core.errors import ClienteleError, InputError
from core.ingest.options import DateOrder, ReadOptions
from core.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from ibis.backends.duckdb import Backend

    from core.ingest.files import SourceFile
    from core.ingest.quality import QualityReport


class _Parser(argparse.ArgumentParser):
    """Reports wrong arguments as all other errors of the user are: in one line."""

    def error(self, message: str) -> NoReturn:
        text = f"{self.prog}: {message}; see {self.prog} --help"
        raise InputError(text)


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str
        Without the name of the program.

    Returns
    -------
    int
        Exit status.
    """
    logging.getLogger("clientele").addHandler(logging.NullHandler())  # one line on stderr is for the user
    try:
        options = _parser().parse_args(arguments)
        options.run(options)
    except ClienteleError as error:
        sys.stderr.write(" ".join(str(error).split()) + "\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description="Clientele without the browser.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    analyse = commands.add_parser("analyse", help="segment the customers of order files")
    analyse.set_defaults(run=_analyse)
    analyse.add_argument(
        "files", nargs="+", metavar="FILE", help="CSV, XLSX or Parquet, also gzipped; a link; the URL of a database"
    )
    analyse.add_argument("--table", metavar="[SCHEMA.]TABLE", help="of the database, where FILE is the URL of one")
    analyse.add_argument("--query", metavar="SELECT", help="one SELECT instead of a table")
    analyse.add_argument("--out", required=True, type=Path, metavar="DIR", help="folder for the results")
    analyse.add_argument(
        "--preset", choices=("clientele", "rank", "notebook"), default="clientele", help="how RFM is scaled"
    )
    analyse.add_argument("--k", type=_k, default=4, metavar="auto|N", help="number of segments (default 4)")
    analyse.add_argument("--as-of", type=_day, metavar="DATE", help="look at customers as of the start of this day")
    analyse.add_argument(
        "--map", action="append", default=[], type=_role, metavar="role=column", help="which column plays a role"
    )
    analyse.add_argument("--delimiter", metavar="C", help="of text files, or a word such as tab (detected)")
    analyse.add_argument("--quote", metavar="Q", help="what stands around values of text files (detected)")
    analyse.add_argument("--encoding", help="of text files (detected)")
    analyse.add_argument("--decimal", metavar="M", help="decimal mark, . or , (detected)")
    analyse.add_argument("--sheet", help="of workbooks (the one that looks like orders)")
    analyse.add_argument("--header-row", type=int, metavar="N", help="row of the column names, 0 for none (detected)")
    analyse.add_argument("--dates", choices=get_args(DateOrder), help="how dates are read (detected)")
    analyse.add_argument("--timezone", default="UTC", type=_zone, metavar="TZ", help="the shop's (default UTC)")
    analyse.add_argument("--currency", type=_currency, metavar="CODE", help="leave out rows in other currencies")
    simulate = commands.add_parser("simulate", help="make the simulated demo shop")
    simulate.set_defaults(run=_simulate)
    simulate.add_argument("--out", required=True, type=Path, metavar="FILE", help=".parquet or .csv.gz")
    simulate.add_argument("--seed", type=int, default=None, help="another shop of the same kind")
    simulate.add_argument("--customers", type=int, default=None, help="number of customers")
    backups.add_commands(commands, _progress_bar)
    return parser


def _analyse(options: argparse.Namespace) -> None:
    """Read, clean, segment, and write quality.json, customers.csv and segments.json together."""
    from core.act.exports import to_csv, write_whole  # noqa: PLC0415  importing these takes seconds; --help does not
    from core.engine import Engine  # noqa: PLC0415
    from core.ingest.given import bring  # noqa: PLC0415
    from core.segments.analysis import AnalysisSpec  # noqa: PLC0415

    spec = AnalysisSpec(preset=options.preset, k=options.k)
    with tempfile.TemporaryDirectory(prefix="clientele-") as scratch, _progress_bar() as show:
        bringing = lambda share, what: show(0.1 * share, what)  # noqa: E731
        files = bring(options.files, Path(scratch), bringing, table=options.table, query=options.query)
        with (
            closing(Engine(folders=[Path(scratch)], files=[file.path for file in files])) as engine,
            engine.session() as connection,
        ):
            folder, report = _ingest(connection, files, options, Path(scratch), show)
            customers = _customers(connection, folder, report, options)
        show(0.7, "Finding segments")
        segmented, result = _segment(customers, spec, lambda share: show(0.7 + 0.25 * share, "Finding segments"))
        show(0.97, "Writing")
        results = {
            "quality.json": json.dumps(report.to_json(), indent=1) + "\n",
            "customers.csv": to_csv(segmented),
            "segments.json": json.dumps(result, indent=1, ensure_ascii=False) + "\n",
        }
        try:
            write_whole(results, options.out)
        except OSError as error:
            message = f"--out {options.out}: cannot be written ({error.strerror}); choose another folder."
            raise InputError(message) from error
        show(1.0, "Done")


def _ingest(
    connection: "Backend",
    files: "Sequence[SourceFile]",
    options: argparse.Namespace,
    scratch: Path,
    show: "Callable[[float, str], None]",
) -> "tuple[Path, QualityReport]":
    """All files cleaned and reduced in a folder below `scratch`."""
    from core.ingest.loading import planned_file  # noqa: PLC0415
    from core.ingest.pipeline import count_orders  # noqa: PLC0415
    from core.ingest.reading_apart import read_apart  # noqa: PLC0415
    from core.ingest.staging import limits_of  # noqa: PLC0415

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
    return folder, report


def _customers(
    connection: "Backend", folder: Path, report: "QualityReport", options: argparse.Namespace
) -> "pd.DataFrame":
    """Customers as of the date asked for; with the notebook preset, in groups."""
    from core.customers.rfm import RfmSpec  # noqa: PLC0415
    from core.segments.population import population  # noqa: PLC0415

    spec = RfmSpec(as_of=options.as_of) if options.as_of else RfmSpec.after(datetime.fromisoformat(report.last_order))
    found = population(connection, folder, options.preset, spec)
    if found.empty:
        message = f"--as-of {spec.as_of}: no order lies before it; the first is from {report.first_order}."
        raise InputError(message)
    return found


def _segment(
    customers: "pd.DataFrame", spec: Any, progress: "Callable[[float], None]"
) -> "tuple[pd.DataFrame, dict[str, Any]]":
    """Customers with segments in the columns of customers.csv, and the content of segments.json."""
    import pandas as pd  # noqa: PLC0415

    from core.segments.analysis import analyse  # noqa: PLC0415
    from core.segments.population import groups_of  # noqa: PLC0415

    first = ["customer_id", "recency", "frequency", "monetary", "segment"]
    if "group" not in customers:
        segmented, result = analyse(customers, spec, progress)
        return segmented[[*first, *(name for name in segmented if name not in first)]], result
    parts, groups = [], []
    for name, members in groups_of(customers):
        segmented, result = analyse(members, spec, progress)
        parts.append(segmented)
        groups.append({"group": name, **result})
    return pd.concat(parts)[[*first, "group"]], {"preset": spec.preset, "groups": groups}


def _simulate(options: argparse.Namespace) -> None:
    from data.shop import ShopSpec  # noqa: PLC0415
    from data.simulate import simulate, write  # noqa: PLC0415

    given = {"seed": options.seed, "customers": options.customers}
    try:
        spec = ShopSpec(**{name: value for name, value in given.items() if value is not None})
        frame = simulate(spec)
        write(frame, options.out)
    except (ValueError, OSError) as error:
        raise InputError(str(error)) from error
    sys.stdout.write(f"{options.out}: {len(frame):,} order lines of a simulated shop, seed {spec.seed}\n")


class _progress_bar:  # noqa: N801  used like a function
    """A bar on a terminal, and nothing where the output goes to a file."""

    def __enter__(self) -> "Callable[[float, str], None]":
        from tqdm import tqdm  # noqa: PLC0415

        layout = "{desc:<44} {percentage:3.0f} %|{bar:30}|"
        self._bar = tqdm(total=100, bar_format=layout, disable=not sys.stderr.isatty(), leave=False)
        return self._show

    def __exit__(self, *_error: object) -> None:
        self._bar.close()

    def _show(self, share: float, what: str) -> None:
        self._bar.set_description_str(what, refresh=False)
        self._bar.n = round(100 * share)
        self._bar.refresh()


def _k(text: str) -> int | None:
    if text == "auto":
        return None
    try:
        return int(text)
    except ValueError as error:
        message = f"must be auto or a whole number, got “{text}”"
        raise argparse.ArgumentTypeError(message) from error


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        message = f"must be a date like 2011-12-10, got “{text}”"
        raise argparse.ArgumentTypeError(message) from error


def _role(text: str) -> tuple[str, str]:
    role, equals, column = text.partition("=")
    if not equals:
        message = f"must look like customer=Client, got “{text}”"
        raise argparse.ArgumentTypeError(message)
    return role.strip(), column.strip()


def _currency(text: str) -> str:
    from core.ingest.currencies import check_code  # noqa: PLC0415

    return check_code(text)


def _zone(text: str) -> str:
    from core.ingest.dates import check_zone  # noqa: PLC0415

    check_zone(text)
    return text
