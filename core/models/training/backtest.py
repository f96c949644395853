"""What models would have said at past cutoffs, beside what happened."""

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
"""Customers that are learned from; more make training long and hardly better."""


@dataclass(frozen=True, kw_only=True)
class BacktestSpec:
    """At which cutoffs which models are judged.

    Parameters
    ----------
    cutoffs : tuple of date
        Ascending, each once.
    suite : SuiteSpec
        Models, outcomes and horizon.
    cluster : ClusterSpec
        How segments are fitted at each cutoff, on what was known then.
    """

    cutoffs: tuple[date, ...]
    suite: SuiteSpec
    cluster: ClusterSpec = field(default_factory=ClusterSpec)

    def __post_init__(self) -> None:
        if not self.cutoffs or list(self.cutoffs) != sorted(set(self.cutoffs)):
            message = f"`cutoffs` must be ascending, each once, got {', '.join(map(str, self.cutoffs)) or 'none'}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class Backtest:
    """Predictions and how well they did.

    Parameters
    ----------
    predictions : DataFrame
        `COLUMNS`, one row per cutoff, customer and model, in that order; what happened is missing where the log ends
        before the horizon.
    suites : dict
        What was trained for each cutoff.
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

    Of more customers than `LEARNED`, a sample is learned from; all are predicted.

    Parameters
    ----------
    connection : Backend
        Of the tables.
    orders, returns : Table
        Columns of `core.schema.ORDERS`.
    spec : BacktestSpec
        Cutoffs and models.
    progress : callable
        Called with the share done and what is done; may raise to stop.

    Raises
    ------
    TooLittleDataError
        Where nobody had ordered before a cutoff, or too few to be segmented.
    """
    first, horizon = first_order(orders), spec.suite.horizon
    early = [day for day in spec.cutoffs if day <= first]
    if early:
        message = f"The cutoff {early[0]} is not after the first order, which is from {first}; choose a later one."
        raise TooLittleDataError(message)
    progress(0.0, "Looking at each customer at past dates")
    some = sample(connection, orders, returns, LEARNED, seed=spec.suite.seed)
    needed = set().union(*(cutoffs_needed(day, first, horizon) for day in spec.cutoffs))
    end = log_end(orders)
    learned = (
        panel(connection, some.orders, some.returns, _dates(needed, horizon, end)) if some.customers < some.of else None
    )
    wanted = needed if learned is None else set(spec.cutoffs)
    everybody = panel(connection, orders, returns, _dates(wanted, horizon, end))
    rows = everybody if learned is None else _without(learned, spec.cutoffs, everybody)
    return judge(rows, first, spec, progress=lambda done, what: progress(0.1 + 0.9 * done, what))


def judge(
    rows: pd.DataFrame,
    first: date,
    spec: BacktestSpec,
    *,
    parameters: Mapping[tuple[str, str], Mapping[str, Any]] | None = None,
    progress: Progress = nobody,
) -> Backtest:
    """The same on a panel that is there.

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
        Called with the share done and what is done; may raise to stop.
    """
    frames, suites = [], {}
    for number, day in enumerate(spec.cutoffs):
        start, share = number / len(spec.cutoffs), 1 / len(spec.cutoffs)
        ground = Ground.of(rows, day, first, spec.suite.horizon)
        segments = segments_at(ground.now, spec.cluster)
        telling = lambda done, what, at=day, s=start, w=share: progress(s + w * done, f"{at:%d %b %Y}: {what}")  # noqa: E731
        suites[day] = train_suite(ground, segments, spec.suite, parameters=parameters, progress=telling)
        frames.append(predicted(suites[day], ground.now, segments, day, spec.suite))
    return Backtest(predictions=pd.concat(frames, ignore_index=True), suites=suites)


def first_order(orders: ir.Table) -> date:
    """The day of the first order."""
    return pd.Timestamp(orders.ordered_at.min().execute()).date()


def latest_cutoffs(first: date, end: date, horizon: int, *, most: int = 3, least_log: int = 150) -> list[date]:
    """Cutoffs at which models can be judged: the latest whose outcome is known, and those a horizon apart before it.

    Parameters
    ----------
    first, end : date
        Day of the first order, and the day after the last one.
    horizon : int
        Days of the outcome.
    most : int
        Cutoffs at most.
    least_log : int
        Days of log before the earliest cutoff.

    Returns
    -------
    list of date
        Ascending; the last one alone where the log is short, none where it is shorter than the horizon.
    """
    days = [end - timedelta(days=horizon * (number + 1)) for number in range(most)]
    known = [day for day in days if (day - first).days >= least_log + horizon]
    return sorted(known) or [day for day in days[:1] if day > first]


def segments_at(now: pd.DataFrame, cluster: ClusterSpec) -> SegmentModel:
    """Segments fitted on what was known at a cutoff; `now` has the rows of a panel at it."""
    return fit(rfm_of(now, "now").assign(customer_id=now["customer_id"]), cluster)


def predicted(suite: Suite, now: pd.DataFrame, segments: SegmentModel, day: date, spec: SuiteSpec) -> pd.DataFrame:
    """What all models of a suite say of the customers at a cutoff; `COLUMNS`."""
    known = now["will_buy"].notna().to_numpy()
    where = segment_at(now[known], segments, "next").reindex(now.index)
    happened = {"bought": now["will_buy"], "spend": now["spend"], "segment_next": where}
    segment_now = segment_at(now, segments, "now")
    frames = []
    for name, model in {**suite.predictors, **suite.baselines}.items():
        found = model.predict(now).assign(cutoff=pd.Timestamp(day), customer_id=now["customer_id"], model=name)
        frames.append(found.assign(segment_now=segment_now, **happened)[list(COLUMNS)])
    found = pd.concat(frames, ignore_index=True)
    # baselines say it all, whatever is asked for
    return found.assign(**{_PREDICTS[name]: nothing for name, nothing in _NOTHING.items() if name not in spec.wanted})


def metrics_of(predictions: pd.DataFrame) -> list[dict[str, Any]]:
    """Figures of each model at each cutoff.

    Parameters
    ----------
    predictions : DataFrame
        `COLUMNS`.

    Returns
    -------
    list of dict
        `cutoff` (YYYY-MM-DD), `model`, `customers`, and `will_buy`, `spend` and `next_segment` with the figures of
        `core.models.judging.metrics.DEFINITIONS`; an outcome that the model does not predict, or that is not known yet,
        is None.
    """
    found = []
    for (cutoff, model), rows in predictions.groupby(["cutoff", "model"], sort=False):
        found.append({"cutoff": f"{cutoff:%Y-%m-%d}", "model": model, "customers": len(rows), **figures(rows)})
    return found


def figures(rows: pd.DataFrame) -> dict[str, dict[str, float | None] | None]:
    """Figures of one model on one set of customers, by outcome."""
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
    """The content of metrics.json."""
    return {
        "horizon": spec.suite.horizon,
        "log_end": end.isoformat(),
        "definitions": DEFINITIONS,
        "metrics": metrics_of(predictions),
    }


def _dates(days: set[date], horizon: int, end: date) -> PanelSpec:
    return PanelSpec(cutoffs=tuple(sorted(days)), horizon=horizon, until=end)


def _without(learned: pd.DataFrame, cutoffs: Sequence[date], everybody: pd.DataFrame) -> pd.DataFrame:
    """Rows of a sample at past cutoffs, and of everybody at those that are judged."""
    judged = learned["as_of"].isin([pd.Timestamp(day) for day in cutoffs])
    return pd.concat([learned[~judged], everybody], ignore_index=True)
