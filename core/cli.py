"""The command line: `python -m core analyse …`, `movement …`, `backtest …`, `simulate …` and so on.

Exit status: 0 for success, 1 for a bug in Clientele, 2 for a problem with the input, the arguments or a disk, reported
in one line on stderr.
"""

import argparse
import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

from core import __version__
from core.commands import backtesting as backtest
from core.commands import backups, movement, reading, score, train
from core.errors import ClienteleError, InputError
from core.progress import Progress, ShareDone
from core.redaction import guard_logs, redacted
from core.settings import Settings
from core.workspace.disk import disk_state

if TYPE_CHECKING:
    import pandas as pd


class _Parser(argparse.ArgumentParser):
    """An argument parser that reports wrong arguments in one line, like all other user errors."""

    def error(self, message: str) -> NoReturn:
        text = f"{self.prog}: {message}; see {self.prog} --help"
        raise InputError(text)


def main(arguments: Sequence[str]) -> int:
    """Run one command.

    Parameters
    ----------
    arguments : sequence of str
        Command-line arguments, without the program name.

    Returns
    -------
    int
        Exit status.
    """
    logging.getLogger("clientele").addHandler(logging.NullHandler())  # stderr is reserved for the one-line error
    options = argparse.Namespace()
    guard_logs(*arguments)
    try:
        _parser().parse_args(arguments, options)
        options.run(options)
    except ClienteleError as error:
        return _failed(error, arguments)
    except Exception as error:
        explained = disk_state.explain(error, *_places(options))
        if explained is None:
            raise
        return _failed(explained, arguments)
    return _flushed()


def _failed(error: ClienteleError, arguments: Sequence[str] = ()) -> int:
    sys.stderr.write(redacted(" ".join(str(error).split()), *arguments) + "\n")
    return 2


def _flushed() -> int:
    """Flush standard output; if it goes to a full disk, everything else is already done."""
    try:
        sys.stdout.flush()
    except OSError as error:
        sys.stdout = None  # otherwise Python flushes again on exit
        message = f"Couldn't write to standard output ({error.strerror}); everything else completed."
        return _failed(InputError(message))
    return 0


def _places(options: argparse.Namespace) -> list[disk_state.Place]:
    """Return the places where a command reads and writes."""
    out, workspace = getattr(options, "out", None), getattr(options, "workspace", None)
    if workspace is None:
        with suppress(InputError):  # the settings are invalid
            workspace = Settings.from_environment(os.environ).workspace
    return [
        *([disk_state.out_place(out)] if out else []),
        disk_state.temporary_place(),
        *([disk_state.workspace_place(workspace)] if workspace else []),
    ]


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="python -m core", description="Run Clientele without a browser.")
    parser.add_argument("--version", action="version", version=f"Clientele {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    analyse = commands.add_parser("analyse", help="segment the customers in order files")
    analyse.set_defaults(run=_analyse)
    reading.add_files(analyse)
    analyse.add_argument(
        "--preset", choices=("clientele", "rank", "notebook"), default="clientele", help="how RFM is scaled"
    )
    reading.add_k(analyse)
    analyse.add_argument(
        "--as-of", type=reading.day, metavar="DATE", help="describe customers as of the start of this day"
    )
    reading.add_how(analyse)
    movement.add_command(commands, _progress_bar)
    for command in (train, backtest, score):
        command.add_command(commands, _progress_bar)
    simulate = commands.add_parser("simulate", help="generate the simulated demo shop")
    simulate.set_defaults(run=_simulate)
    simulate.add_argument("--out", required=True, type=reading.out_path, metavar="FILE", help=".parquet or .csv.gz")
    simulate.add_argument("--seed", type=int, default=None, help="random seed; each seed gives another shop")
    simulate.add_argument("--customers", type=int, default=None, help="number of customers")
    backups.add_commands(commands, _progress_bar)
    return parser


def _analyse(options: argparse.Namespace) -> None:
    """Read and clean the orders, segment the customers, and write quality.json, customers.csv and segments.json."""
    from core.act.exports import to_csv  # noqa: PLC0415  importing these takes seconds; --help does not
    from core.segments.choosing.analysis import AnalysisSpec  # noqa: PLC0415

    spec = AnalysisSpec(preset=options.preset, k=options.k)
    with _progress_bar() as show:
        with reading.reduced(options, show) as found:
            customers, report = _customers(found, options), found.report
        show(0.7, "Finding segments")
        segmented, result = _segment(customers, spec, lambda share: show(0.7 + 0.25 * share, "Finding segments"))
        show(0.97, "Writing")
        results = {
            "quality.json": json.dumps(report.to_json(), indent=1) + "\n",
            "customers.csv": to_csv(segmented),
            "segments.json": json.dumps(result, indent=1, ensure_ascii=False) + "\n",
        }
        reading.write_results(results, options.out)
        show(1.0, "Done")


def _customers(reduced: reading.Reduced, options: argparse.Namespace) -> "pd.DataFrame":
    """Return the customers as of the requested date, in groups for the notebook preset."""
    from core.customers.rfm import RfmSpec  # noqa: PLC0415
    from core.segments.choosing.population import population  # noqa: PLC0415

    report = reduced.report
    spec = RfmSpec(as_of=options.as_of) if options.as_of else RfmSpec.after(datetime.fromisoformat(report.last_order))
    found = population(reduced.connection, reduced.folder, options.preset, spec)
    if found.empty:
        message = f"--as-of {spec.as_of}: no orders before this date; the first is from {report.first_order}."
        raise InputError(message)
    return found


def _segment(customers: "pd.DataFrame", spec: Any, progress: ShareDone) -> "tuple[pd.DataFrame, dict[str, Any]]":
    """Return the rows of customers.csv, with segments, and the content of segments.json."""
    import pandas as pd  # noqa: PLC0415

    from core.segments.choosing.analysis import analyse  # noqa: PLC0415
    from core.segments.choosing.population import groups_of  # noqa: PLC0415

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

    reading.check_out(options.out, is_file=True)
    given = {"seed": options.seed, "customers": options.customers}
    try:
        spec = ShopSpec(**{name: value for name, value in given.items() if value is not None})
        frame = simulate(spec)
        write(frame, options.out)
    except ValueError as error:
        raise InputError(str(error)) from error
    except OSError as error:
        raise reading.not_written(options.out, error) from error
    sys.stdout.write(f"{options.out}: {len(frame):,} order lines of a simulated shop, seed {spec.seed}\n")


class _progress_bar:  # noqa: N801  used like a function
    """A progress bar on a terminal; no output when stderr goes to a file."""

    def __enter__(self) -> Progress:
        from tqdm import tqdm  # noqa: PLC0415

        layout = "{desc:<44} {percentage:3.0f}%|{bar:30}|"
        self._bar = tqdm(total=100, bar_format=layout, disable=not sys.stderr.isatty(), leave=False)
        return self._show

    def __exit__(self, *_error: object) -> None:
        self._bar.close()

    def _show(self, share: float, what: str) -> None:
        self._bar.set_description_str(what, refresh=False)
        self._bar.n = round(100 * share)
        self._bar.refresh()
