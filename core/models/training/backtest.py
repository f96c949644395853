"""Backtests: predictions at past cutoffs, compared with actual outcomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from core.errors import InputError, TooLittleDataError
from core.models.data.panel import PanelSpec, log_end, panel, rfm_of
from core.models.data.sampling import sample
from core.models.judging.leaderboard import of_buying
from core.models.judging.metrics import DEFINITIONS, of_amounts, of_classes
from core.models.judging.predictions import PREDICTIONS
from core.models.learners.next_segment import segment_at
from core.models.training.suite import Suite, SuiteSpec, train_suite
from core.models.training.training_rows import Ground, cutoffs_needed
from core.progress import Progress, nobody
from core.segments.clustering.fitting import fit
from core.segments.segment_model import ClusterSpec, SegmentModel

COLUMNS: Final = PREDICTIONS
"""Columns of predictions, in the order of predictions.csv."""

_PREDICTS: Final = {"will_buy": "p_buy", "spend": "expected_spend", "next_segment": "segment_predicted"}
_NOTHING: Final = {"will_buy": float("nan"), "spend": float("nan"), "next_segment": None}

LEARNED: Final = 20_000
"""Maximum customers to train on. More would slow training down for hardly any gain."""


@dataclass(frozen=True, kw_only=True)
class BacktestSpec:
    """Cutoffs and models of a backtest.

    Parameters
    ----------
    cutoffs : tuple of date
        Unique dates, ascending.
    suite : SuiteSpec
        Models, outcomes and horizon.
    cluster : ClusterSpec
        How to fit segments at each cutoff, on what was known then.
    """

    cutoffs: tuple[date, ...]
    suite: SuiteSpec
    cluster: ClusterSpec = field(default_factory=ClusterSpec)

    def __post_init__(self) -> None:
        if not self.cutoffs or list(self.cutoffs) != sorted(set(self.cutoffs)):
            message = f"`cutoffs` must be unique and ascending, got {', '.join(map(str, self.cutoffs)) or 'none'}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """Predictions of a backtest, and the models behind them.

    Parameters
    ----------
    predictions : DataFrame
        `COLUMNS`, one row per cutoff, customer and model, in that order. Outcomes are missing if the log ends before
        the horizon.
    suites : dict
        Models trained for each cutoff.
    """

    predictions: pd.DataFrame
    suites: dict[date, Suite]


def backtest(
    connection: Backend,
    orders: ir.Table,
    returns: ir.Table,
    spec: BacktestSpec,
    *,
    progress: Progress = nobody,
) -> Backtest:
    """Train all models for each cutoff on what had happened by then, and predict all customers known at it.

    If there are more customers than `LEARNED`, models are trained on a sample. All customers are predicted.

    Parameters
    ----------
    connection : Backend
        Connection the tables belong to.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    spec : BacktestSpec
        Cutoffs and models.
    progress : callable
        Called with the share done and the current step; may raise to stop.

    Raises
    ------
    TooLittleDataError
        If no customers, or too few to segment, ordered before a cutoff.
    """
    first, horizon = first_order(orders), spec.suite.horizon
    early = [day for day in spec.cutoffs if day <= first]
    if early:
        message = f"The cutoff {early[0]} is not after the first order ({first}); choose a later one."
        raise TooLittleDataError(message)
    progress(0.0, "Computing customer features at past dates")
    some = sample(connection, orders, returns, LEARNED, seed=spec.suite.seed)
    needed = set().union(*(cutoffs_needed(day, first, horizon) for day in spec.cutoffs))
    end = log_end(orders)
    learned = (
        panel(connection, some.orders, some.returns, _dates(needed, horizon, end)) if some.customers < some.of else None
    )
    wanted = needed if learned is None else set(spec.cutoffs)
    everyone = panel(connection, orders, returns, _dates(wanted, horizon, end))
    rows = everyone if learned is None else _without(learned, spec.cutoffs, everyone)
    return judge(rows, first, spec, progress=lambda done, what: progress(0.1 + 0.9 * done, what))


def judge(
    rows: pd.DataFrame,
    first: date,
    spec: BacktestSpec,
    *,
    parameters: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    progress: Progress = nobody,
) -> Backtest:
    """Run a backtest on an existing panel.

    Parameters
    ----------
    rows : DataFrame
        A panel with the cutoffs of `core.models.training.training_rows.cutoffs_needed`.
    first : date
        Day of the log's first order.
    spec : BacktestSpec
        Cutoffs and models.
    parameters : mapping, optional
        See `core.models.training.suite.train_suite`.
    progress : callable
        Called with the share done and the current step; may raise to stop.
    """
    frames, suites = [], {}
    for number, day in enumerate(spec.cutoffs):
        start, share = number / len(spec.cutoffs), 1 / len(spec.cutoffs)
        ground = Ground.of(rows, day, first, spec.suite.horizon)
        segments = segments_at(ground.now, spec.cluster)
        report = lambda done, what, at=day, s=start, w=share: progress(s + w * done, f"{at:%d %b %Y}: {what}")  # noqa: E731
        suites[day] = train_suite(ground, segments, spec.suite, parameters=parameters, progress=report)
        frames.append(predicted(suites[day], ground.now, segments, day, spec.suite))
    return Backtest(predictions=pd.concat(frames, ignore_index=True), suites=suites)


def first_order(orders: ir.Table) -> date:
    """Return the day of the first order."""
    return pd.Timestamp(orders.ordered_at.min().execute()).date()


def latest_cutoffs(first: date, end: date, horizon: int, *, most: int = 3, least_log: int = 150) -> list[date]:
    """Return the latest cutoffs at which models can be evaluated, a horizon apart and with known outcomes.

    Parameters
    ----------
    first, end : date
        Day of the first order, and the day after the last one.
    horizon : int
        Days of the outcome.
    most : int
        Maximum number of cutoffs.
    least_log : int
        Minimum days of log before the earliest cutoff.

    Returns
    -------
    list of date
        Ascending. Only the latest if the log is short; empty if it is shorter than the horizon.
    """
    days = [end - timedelta(days=horizon * (number + 1)) for number in range(most)]
    known = [day for day in days if (day - first).days >= least_log + horizon]
    return sorted(known) or [day for day in days[:1] if day > first]


def segments_at(now: pd.DataFrame, cluster: ClusterSpec) -> SegmentModel:
    """Fit segments on what was known at a cutoff; `now` has the rows of a panel at it."""
    return fit(rfm_of(now, "now").assign(customer_id=now["customer_id"]), cluster)


def predicted(suite: Suite, now: pd.DataFrame, segments: SegmentModel, day: date, spec: SuiteSpec) -> pd.DataFrame:
    """Return the predictions of all models of a suite for the customers at a cutoff, with the columns of `COLUMNS`."""
    known = now["will_buy"].notna().to_numpy()
    where = segment_at(now[known], segments, "next").reindex(now.index)
    happened = {"bought": now["will_buy"], "spend": now["spend"], "segment_next": where}
    segment_now = segment_at(now, segments, "now")
    frames = []
    for name, model in {**suite.predictors, **suite.baselines}.items():
        found = model.predict(now).assign(cutoff=pd.Timestamp(day), customer_id=now["customer_id"], model=name)
        frames.append(found.assign(segment_now=segment_now, **happened)[list(COLUMNS)])
    found = pd.concat(frames, ignore_index=True)
    # baselines predict every outcome, requested or not
    return found.assign(**{_PREDICTS[name]: nothing for name, nothing in _NOTHING.items() if name not in spec.wanted})


def metrics_of(predictions: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the metrics of each model at each cutoff.

    Parameters
    ----------
    predictions : DataFrame
        `COLUMNS`.

    Returns
    -------
    list of dict
        `cutoff` (YYYY-MM-DD), `model`, `customers`, and `will_buy`, `spend` and `next_segment` with the metrics of
        `core.models.judging.metrics.DEFINITIONS`, or None if the model doesn't predict the outcome or it isn't known
        yet.
    """
    found = []
    for (cutoff, model), rows in predictions.groupby(["cutoff", "model"], sort=False):
        found.append({"cutoff": f"{cutoff:%Y-%m-%d}", "model": model, "customers": len(rows), **figures(rows)})
    return found


def figures(rows: pd.DataFrame) -> dict[str, dict[str, float | None] | None]:
    """Return the metrics of one model on one set of customers, by outcome."""
    chance = rows.dropna(subset=["p_buy", "bought"])
    spend = rows.dropna(subset=["expected_spend", "spend"])
    segment = rows.dropna(subset=["segment_predicted", "segment_next"])
    classes = of_classes(segment["segment_next"], segment["segment_predicted"]) if len(segment) else None
    return {
        "will_buy": of_buying(chance["bought"], chance["p_buy"]) if len(chance) else None,
        "spend": of_amounts(spend["spend"], spend["expected_spend"]) if len(spend) else None,
        "next_segment": dict(classes) if classes else None,
    }


def metrics_json(spec: BacktestSpec, predictions: pd.DataFrame, end: date) -> dict[str, Any]:
    """Return the content of metrics.json."""
    return {
        "horizon": spec.suite.horizon,
        "log_end": end.isoformat(),
        "definitions": DEFINITIONS,
        "metrics": metrics_of(predictions),
    }


def _dates(days: set[date], horizon: int, end: date) -> PanelSpec:
    return PanelSpec(cutoffs=tuple(sorted(days)), horizon=horizon, until=end)


def _without(learned: pd.DataFrame, cutoffs: Sequence[date], everyone: pd.DataFrame) -> pd.DataFrame:
    """Combine a sample's rows at training cutoffs with all customers' rows at the evaluated ones."""
    judged = learned["as_of"].isin([pd.Timestamp(day) for day in cutoffs])
    return pd.concat([learned[~judged], everyone], ignore_index=True)
