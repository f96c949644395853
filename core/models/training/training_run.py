"""Training runs: models are evaluated at past cutoffs, then trained on all the data, each with its card."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Final

import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from core.errors import InputError, TooLittleDataError
from core.models.data.panel import PanelSpec, log_end, panel
from core.models.data.sampling import Sample, sample
from core.models.judging.leaderboard import leaderboard
from core.models.learners.buying import ALL_INPUTS
from core.models.learners.next_segment import STANDING, segment_at, standing_columns, with_standing
from core.models.learners.predictor import Predictor
from core.models.learners.search import LONGEST, Searched, SearchSpec, search
from core.models.training.backtest import (
    LEARNED,
    Backtest,
    BacktestSpec,
    first_order,
    judge,
    latest_cutoffs,
    metrics_of,
    segments_at,
)
from core.models.training.stored_card import card
from core.models.training.suite import CHAMPION, Suite, SuiteSpec, train_suite
from core.models.training.training_rows import Ground, cutoffs_needed
from core.plain import Plain
from core.progress import Progress, part
from core.segments.segment_model import ClusterSpec, SegmentModel

_FORM: Final = 1  # version of the stored result and its key; results of other versions are recomputed

Tuned = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True, kw_only=True)
class TrainSpec(Plain, form=_FORM):
    """Settings of a training run.

    Parameters
    ----------
    as_of : date
        Models are trained for use from this day on, and see nothing later.
    suite : SuiteSpec
        Outcomes, horizon, models and balancing.
    segments : str, int or None
        `SegmentModel.assignment` of the dataset's segments to predict, see
        `core.segments.segment_registry.model_of`; None to fit K-Means with four segments.
    search_minutes : float
        Budget for the parameter search; 0 for the defaults.
    """

    as_of: date
    suite: SuiteSpec = field(default_factory=SuiteSpec)
    segments: str | int | None = None
    search_minutes: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.search_minutes <= LONGEST:
            message = f"`search_minutes` must be between 0 and {LONGEST:g}, got {self.search_minutes:g}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class Training:
    """Result of a training run.

    Parameters
    ----------
    models : dict
        Each model and its card, by name.
    predictions : DataFrame
        Columns of `core.models.training.backtest.COLUMNS`, at past cutoffs; empty if the log is too short to evaluate
        anything.
    boards : dict
        By outcome, `core.models.judging.leaderboard.leaderboard`.
    refused : dict
        Why a model couldn't be trained, by its name.
    searched : list of dict
        `core.models.learners.search.Searched.to_json` with `outcome`.
    told : dict
        Plain values: evaluated `cutoffs`; `customers` in the sample and `of` the log; training `rows` of the suite and
        `rows_of` each model; the sentences `level` and `blend`; names of `segments`.
    """

    models: dict[str, tuple[Predictor, dict[str, Any]]]
    predictions: pd.DataFrame
    boards: dict[str, pd.DataFrame]
    refused: dict[str, str]
    searched: list[dict[str, Any]]
    told: dict[str, Any]


def trained(
    connection: Backend,
    orders: ir.Table,
    returns: ir.Table,
    asked: TrainSpec,
    *,
    given: SegmentModel | None,
    data: Mapping[str, Any],
    progress: Progress,
) -> Training:
    """Train and evaluate all models.

    Parameters
    ----------
    connection : Backend
        Connection the tables belong to.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    asked : TrainSpec
        Settings of the run.
    given : SegmentModel or None
        Segments to predict; None to fit K-Means with four segments at the date.
    data : mapping
        Source of the orders, for the cards.
    progress : callable
        Called with the share done and the current step; may raise to stop.

    Raises
    ------
    TooLittleDataError
        If no one ordered before the date.
    """
    progress(0.0, "Computing customer features at past dates")
    work = _prepared(connection, orders, returns, asked)
    tuned, searched = _searched(work, asked, given, part(progress, 0.05, 0.25 if asked.search_minutes else 0.0))
    start = 0.3 if asked.search_minutes else 0.05
    each = (0.95 - start) / (len(work.cutoffs) + 1)
    tested = _judged(work, asked, given, tuned, part(progress, start, each * len(work.cutoffs)))
    ground = Ground.of(work.rows, asked.as_of, work.first, asked.suite.horizon)
    segments = given or segments_at(ground.now, ClusterSpec())
    report = part(progress, 0.95 - each, each)
    suite = train_suite(ground, segments, asked.suite, parameters=tuned, progress=report)
    progress(0.95, "Comparing the models")
    predictions = tested.predictions if tested else pd.DataFrame()
    boards = {name: leaderboard(predictions, name) for name in asked.suite.outcomes} if tested else {}
    return Training(
        models=_with_cards(suite, data, asked, work, predictions, boards, searched),
        predictions=predictions,
        boards=boards,
        refused=_refused(suite, tested),
        searched=[result.to_json() | {"outcome": outcome} for outcome, result in searched],
        told=_told(work, suite),
    )


@dataclass(frozen=True, kw_only=True)
class _Prepared:
    """Panel of a version, with the dates needed to train on it."""

    rows: pd.DataFrame
    first: date
    end: date
    cutoffs: tuple[date, ...]
    sample: Sample


def _prepared(connection: Backend, orders: ir.Table, returns: ir.Table, asked: TrainSpec) -> _Prepared:
    horizon, first = asked.suite.horizon, first_order(orders)
    if asked.as_of <= first:
        message = f"There are no orders before {asked.as_of}; the first is from {first}. Choose a later date."
        raise TooLittleDataError(message)
    end = min(log_end(orders), asked.as_of)
    some = sample(connection, orders, returns, LEARNED, seed=asked.suite.seed)
    cutoffs = tuple(latest_cutoffs(first, end, horizon))
    days = set().union(*(cutoffs_needed(day, first, horizon) for day in (*cutoffs, asked.as_of)))
    spec = PanelSpec(cutoffs=tuple(sorted(days)), horizon=horizon, until=end)
    rows = panel(connection, some.orders, some.returns, spec)
    return _Prepared(rows=rows, first=first, end=end, cutoffs=cutoffs, sample=some)


def _searched(
    work: _Prepared, asked: TrainSpec, given: SegmentModel | None, progress: Progress
) -> tuple[Tuned, list[tuple[str, Searched]]]:
    """Search parameters on data before the first evaluated cutoff, so that no evaluation has seen them."""
    classes = [name for name in asked.suite.outcomes if name != "spend"]
    if not asked.search_minutes or not asked.suite.models or not classes:
        return {}, []
    first = (work.cutoffs or (asked.as_of,))[0]
    ground = Ground.of(work.rows, first, work.first, asked.suite.horizon)
    segments = segments_at(ground.now, _cluster(given))
    tuned: Tuned = {}
    found: list[tuple[str, Searched]] = []
    for number, outcome in enumerate(classes):
        past, happened, columns = ground.past, ground.past["will_buy"].astype(int), ALL_INPUTS
        if outcome == "next_segment":
            past = with_standing(past, segments, asked.suite.horizon)
            happened = segment_at(ground.past, segments, "next")
            columns = (*ALL_INPUTS, *STANDING, *standing_columns(segments))
        how = SearchSpec(
            minutes=asked.search_minutes / len(classes), horizon=asked.suite.horizon, columns=columns,
            seed=asked.suite.seed,
        )  # fmt: skip
        report = part(progress, number / len(classes), 1 / len(classes))
        for name, result in search(asked.suite.models, past, happened, how, progress=report).items():
            tuned[name, outcome] = result.parameters
            found.append((outcome, result))
    return tuned, found


def _judged(
    work: _Prepared, asked: TrainSpec, given: SegmentModel | None, tuned: Tuned, progress: Progress
) -> Backtest | None:
    if not work.cutoffs:
        return None
    spec = BacktestSpec(cutoffs=work.cutoffs, suite=asked.suite, cluster=_cluster(given))
    return judge(work.rows, work.first, spec, parameters=tuned, progress=progress)


def _cluster(given: SegmentModel | None) -> ClusterSpec:
    """Return how to fit segments at past cutoffs: in the same way as the dataset's, if given."""
    return given.spec if given else ClusterSpec()


def _with_cards(
    suite: Suite,
    source: Mapping[str, Any],
    asked: TrainSpec,
    work: _Prepared,
    predictions: pd.DataFrame,
    boards: Mapping[str, pd.DataFrame],
    searched: list[tuple[str, Searched]],
) -> dict[str, tuple[Any, dict[str, Any]]]:
    data = {
        **source, "first_order": work.first.isoformat(), "until": work.end.isoformat(),
        "customers": work.sample.customers, "of": work.sample.of,
    }  # fmt: skip
    training = {
        "spec": asked.to_json(),
        "cutoffs": [day.isoformat() for day in suite.cutoffs],
        "rows": suite.rows,
        "level": asdict(suite.level),
    }
    rows = metrics_of(predictions) if len(predictions) else []
    found = {}
    for name, predictor in suite.predictors.items():
        leads = {outcome: _row(board, name) for outcome, board in boards.items()}
        own = [result.to_json() | {"outcome": outcome} for outcome, result in searched if result.candidate == name]
        found[name] = (
            predictor,
            card(
                predictor,
                data=data,
                training={**training, "searched": own},
                metrics=[row for row in rows if row["model"] == name],
                leads=leads,
            ),
        )
    return found


def _row(board: pd.DataFrame, name: str) -> dict[str, Any] | None:
    if board.empty or name not in set(board["model"]):
        return None
    row = board[board["model"] == name].iloc[0]
    plain: dict[str, Any] = json.loads(row.to_json(double_precision=15))  # turns NaN into null
    return plain


def _refused(suite: Suite, tested: Backtest | None) -> dict[str, str]:
    """Return why models are missing. Reasons from the final training override those from past cutoffs."""
    refused: dict[str, str] = {}
    for judged in (tested.suites if tested else {}).values():
        refused |= judged.refused
    return refused | suite.refused


def _told(work: _Prepared, suite: Suite) -> dict[str, Any]:
    champion = suite.predictors[CHAMPION]
    return {
        "cutoffs": [day.isoformat() for day in work.cutoffs],
        "customers": work.sample.customers,
        "of": work.sample.of,
        "rows": suite.rows,
        "level": suite.level.reason,
        "blend": champion.buying.reason if champion.buying else "",
        "segments": list(champion.segments.names),
        "rows_of": {name: max((m.rows for m in p.members), default=0) for name, p in suite.predictors.items()},
    }
