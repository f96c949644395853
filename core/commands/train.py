"""`python -m core train …`: training and evaluation of models on order files."""

import argparse
import json
import os
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from core.commands import reading
from core.commands.backtesting import days
from core.commands.backups import ProgressBar
from core.redaction import redacted_address
from core.settings import Settings
from core.workspace.disk import disk_state

if TYPE_CHECKING:
    from core.models.training.training_run import Training, TrainSpec

_DEFAULT: Final = 90  # days


def add_command(commands: "argparse._SubParsersAction[Any]", progress_bar: ProgressBar) -> None:
    """Register the command."""
    parser = commands.add_parser("train", help="train, evaluate and store prediction models")
    parser.set_defaults(run=lambda options: _train(options, progress_bar))
    reading.add_files(parser)
    parser.add_argument(
        "--as-of", type=reading.day, metavar="DATE", help="train without orders from this day on (default: all orders)"
    )
    parser.add_argument(
        "--horizon", type=days, default=_DEFAULT, metavar="DAYS", help=f"days ahead (default {_DEFAULT})"
    )
    parser.add_argument("--models", type=_names, metavar="NAME,…", help="models to train (default: all)")
    parser.add_argument(
        "--balancing", type=_names, default=("none",), metavar="NAME,…",
        help="handling of rare classes: none, weights, smote, smotetomek (default none)",
    )  # fmt: skip
    parser.add_argument(
        "--search-minutes", type=float, default=0.0, metavar="M", help="minutes for hyperparameter search (default 0)"
    )
    reading.add_how(parser)


def _train(options: argparse.Namespace, progress_bar: ProgressBar) -> None:
    """Read and clean the orders, train and store the models, and write their evaluation."""
    from core.models.training.training_run import trained  # noqa: PLC0415  importing these takes seconds; --help does not

    _spec(options, date.max)  # reports invalid options before any file is read
    workspace = _workspace()
    with progress_bar() as show:
        with reading.reduced(options, lambda done, what: show(0.1 * done / 0.7, what)) as found:
            orders, returns = found.table("orders"), found.table("returns")
            asked = _spec(options, datetime.fromisoformat(found.report.last_order).date() + timedelta(days=1))
            data = {"files": [redacted_address(file) for file in options.files]}
            made = trained(
                found.connection, orders, returns, asked, given=None, data=data,
                progress=lambda done, what: show(0.1 + 0.85 * done, what),
            )  # fmt: skip
        show(0.96, "Writing")
        ids = _keep(workspace, made, options.out)
        show(1.0, "Done")
    for name, model_id in ids.items():
        sys.stdout.write(f"{name}: {model_id}\n")
    for name, why in made.refused.items():
        sys.stdout.write(f"{name} was not trained: {why}\n")


def _spec(options: argparse.Namespace, after: date) -> "TrainSpec":
    """Return the training spec; `after` is the day after the last order."""
    from core.models.learners.candidates import CANDIDATES  # noqa: PLC0415
    from core.models.training.suite import SuiteSpec  # noqa: PLC0415
    from core.models.training.training_run import TrainSpec  # noqa: PLC0415

    suite = SuiteSpec(horizon=options.horizon, models=options.models or tuple(CANDIDATES), balancing=options.balancing)
    return TrainSpec(as_of=options.as_of or after, suite=suite, search_minutes=options.search_minutes)


def _workspace() -> Path:
    """Return the workspace's folder, checked to be writable; raise InputError if folder and catalog don't match."""
    from core.workspace.store import Workspace  # noqa: PLC0415

    settings = Settings.from_environment(os.environ)
    disk_state.check(disk_state.workspace_place(settings.workspace))
    return Workspace(settings.workspace, settings.catalog_url).folder


def _keep(workspace: Path, made: "Training", out: Path) -> dict[str, str]:
    """Store the models and write their evaluation: both or nothing."""
    from core.models.training.model_registry import keep_loose  # noqa: PLC0415

    return keep_loose(workspace, made.models, lambda ids: reading.write_results(_results(made, ids), out))


def _results(made: "Training", ids: dict[str, str]) -> dict[str, str]:
    from core.act.exports import to_csv  # noqa: PLC0415
    from core.commands.backtesting import plain  # noqa: PLC0415

    found = {
        "models.json": json.dumps({"models": ids, "refused": made.refused, **made.told}, indent=1) + "\n",
        **{f"leaderboard_{name}.csv": to_csv(board) for name, board in made.boards.items()},
    }
    for name, (_, card) in made.models.items():
        text = json.dumps({"id": ids[name], **card}, indent=1, ensure_ascii=False, allow_nan=False)
        found[f"card_{name}.json"] = text + "\n"
    if len(made.predictions):
        found["predictions.csv"] = to_csv(plain(made.predictions))
    return found


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if not all(names):
        message = f"must be names separated by commas, got “{text}”"
        raise argparse.ArgumentTypeError(message)
    return names
