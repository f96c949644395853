"""`python -m core backtest …`: predictions at past dates, compared with what happened."""

import argparse
import json
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from core.commands import reading
from core.commands.backups import ProgressBar
from core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from core.models.training.backtest import Backtest, BacktestSpec

_DEFAULT: Final = 90  # days


def add_command(commands: "argparse._SubParsersAction[Any]", progress_bar: ProgressBar) -> None:
    """Register the command."""
    parser = commands.add_parser("backtest", help="evaluate the prediction models at past dates")
    parser.set_defaults(run=lambda options: _backtest(options, progress_bar))
    reading.add_files(parser)
    parser.add_argument(
        "--cutoff", action="append", required=True, type=reading.day, metavar="DATE",
        help="predict as of the start of this day; can be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--horizon", type=days, default=_DEFAULT, metavar="DAYS", help=f"days ahead (default {_DEFAULT})"
    )
    reading.add_how(parser)


def _backtest(options: argparse.Namespace, progress_bar: ProgressBar) -> None:
    """Read and clean the orders, train for each cutoff, and write predictions.csv and metrics.json."""
    from core.act.exports import to_csv  # noqa: PLC0415  importing these takes seconds; --help does not
    from core.models.data.panel import log_end  # noqa: PLC0415
    from core.models.training.backtest import backtest, metrics_json  # noqa: PLC0415

    spec = _spec(options)
    with progress_bar() as show:
        with reading.reduced(options, lambda done, what: show(0.15 * done / 0.7, what)) as found:
            orders, returns = found.table("orders"), found.table("returns")
            _check(spec.cutoffs, found)
            end = log_end(orders)
            judged = backtest(
                found.connection, orders, returns, spec, progress=lambda done, what: show(0.15 + 0.8 * done, what)
            )
        show(0.96, "Writing")
        figures = {**metrics_json(spec, judged.predictions, end), **_training(judged)}
        results = {
            "predictions.csv": to_csv(plain(judged.predictions)),
            "metrics.json": json.dumps(figures, indent=1, ensure_ascii=False, allow_nan=False) + "\n",
        }
        reading.write_results(results, options.out)
        show(1.0, "Done")


def _spec(options: argparse.Namespace) -> "BacktestSpec":
    from core.models.training.backtest import BacktestSpec  # noqa: PLC0415
    from core.models.training.suite import SuiteSpec  # noqa: PLC0415

    cutoffs = tuple(sorted(set(options.cutoff)))
    return BacktestSpec(cutoffs=cutoffs, suite=SuiteSpec(horizon=options.horizon))


def _check(cutoffs: tuple[date, ...], found: reading.Reduced) -> None:
    early = [day for day in cutoffs if day <= date.fromisoformat(found.report.first_order[:10])]
    if early:
        message = f"--cutoff {early[0]}: no orders before this date; the first is from {found.report.first_order}."
        raise InputError(message)


def _training(judged: "Backtest") -> dict[str, Any]:
    """Return the training data of each cutoff, and the models not trained, with reasons."""
    return {
        "training": [
            {
                "cutoff": day.isoformat(),
                "past_cutoffs": [past.isoformat() for past in suite.cutoffs],
                "rows": suite.rows,
                "level": suite.level.reason,
                "champion": suite.predictors["champion"].buying.reason,  # type: ignore[union-attr]  # all outcomes are asked for
                "refused": suite.refused,
            }
            for day, suite in judged.suites.items()
        ]
    }


def plain(predictions: "pd.DataFrame") -> "pd.DataFrame":
    """Return the columns of predictions.csv, with dates without times and integers without decimals."""
    days, bought = predictions["cutoff"].dt.strftime("%Y-%m-%d"), predictions["bought"].astype("Int64")
    return predictions.assign(cutoff=days, bought=bought)


def days(text: str) -> int:
    """Parse a number of days."""
    try:
        return int(text)
    except ValueError as error:
        message = f"must be a whole number of days, got “{text}”"
        raise argparse.ArgumentTypeError(message) from error
