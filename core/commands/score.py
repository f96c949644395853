"""`python -m core score --model ID …`: predictions of a trained model for the customers in order files."""

import argparse
import os
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.commands import reading
from core.commands.backups import ProgressBar
from core.errors import InputError
from core.settings import Settings

if TYPE_CHECKING:
    import pandas as pd

    from core.models.learners.predictor import Predictor


def add_command(commands: "argparse._SubParsersAction[Any]", progress_bar: ProgressBar) -> None:
    """Register the command."""
    parser = commands.add_parser("score", help="predict each customer's next orders with a trained model")
    parser.set_defaults(run=lambda options: _score(options, progress_bar))
    reading.add_files(parser)
    parser.add_argument("--model", required=True, metavar="ID", help="id of a trained model, or its folder")
    parser.add_argument(
        "--as-of", type=reading.day, metavar="DATE", help="as of the start of this day (default: after the last order)"
    )
    reading.add_how(parser)


def _score(options: argparse.Namespace, progress_bar: ProgressBar) -> None:
    """Read and clean the orders, predict, and write scores.csv."""
    from core.act.exports import to_csv  # noqa: PLC0415  importing these takes seconds; --help does not
    from core.models.training import model_folder  # noqa: PLC0415

    predictor = model_folder.read(_folder(options.model))
    with progress_bar() as show:
        with reading.reduced(options, show) as found:
            show(0.7, "Computing customer features")
            known = _known(found, options.as_of)
        parts = _parts(predictor, known, options.currency, lambda done: show(0.75 + 0.2 * done, "Predicting"))
        text = "".join(to_csv(part) if first else _without_header(to_csv(part)) for first, part in parts)
        show(0.97, "Writing")
        reading.write_results({"scores.csv": text}, options.out)
        show(1.0, "Done")


def _folder(model: str) -> Path:
    """Return the folder of a model, given its id or folder."""
    from core.models.training.model_registry import folder_of  # noqa: PLC0415

    with suppress(OSError):  # the text may be too long for a folder name
        if model and Path(model).is_dir():
            return Path(model)
    return folder_of(Settings.from_environment(os.environ).workspace, model)


def _known(found: reading.Reduced, as_of: date | None) -> "pd.DataFrame":
    from core.errors import TooLittleDataError  # noqa: PLC0415
    from core.models.data.panel import known_at  # noqa: PLC0415

    last = datetime.fromisoformat(found.report.last_order).date()
    day = as_of or last + timedelta(days=1)
    try:
        return known_at(found.connection, found.table("orders"), found.table("returns"), [day])
    except TooLittleDataError as error:
        message = f"--as-of {day}: no orders before this date; the first is from {found.report.first_order}."
        raise InputError(message) from error


def _parts(
    predictor: "Predictor", known: "pd.DataFrame", currency: str | None, progress: Any
) -> "Iterator[tuple[bool, pd.DataFrame]]":
    """Yield batches of scores with reasons, and whether each is the first batch."""
    from core.explain.explained_outlook import Explaining  # noqa: PLC0415
    from core.explain.reasons import ReasonGiver, with_reasons  # noqa: PLC0415
    from core.models.scoring.outlook import chances_of, outlooks, whole  # noqa: PLC0415
    from core.numbers import Money  # noqa: PLC0415

    full, _ = whole(predictor)
    names = dict(zip(chances_of(full), (f"p_segment: {name}" for name in full.segments.names), strict=True))
    giver = ReasonGiver.of(Explaining.of(full, known), known, Money(currency=currency or ""))
    for number, part in enumerate(with_reasons(giver, known, outlooks(full, known, progress=progress))):
        yield number == 0, part.rename(columns=names)


def _without_header(text: str) -> str:
    return text.split("\n", 1)[1]
