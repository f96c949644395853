"""Models that score customers, stored or fitted on the spot, with their track record at past dates."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

import ibis.expr.types as ir
import pandas as pd
from ibis.backends.duckdb import Backend

from core.engine import parquet
from core.errors import InputError, TooLittleDataError
from core.models.data.panel import PanelSpec, log_end, panel
from core.models.data.repeat_buying import RepeatBuying
from core.models.data.sampling import sample
from core.models.judging.track_record import TrackRecord
from core.models.learners.buying import Buying
from core.models.learners.next_segment import NextSegment, segment_at
from core.models.learners.predictor import Predictor
from core.models.learners.spending import Spending
from core.models.training import model_registry
from core.models.training.backtest import COLUMNS, first_order, latest_cutoffs, segments_at
from core.models.training.model_registry import StoredPredictor
from core.models.training.stored_training import KIND, read_training
from core.models.training.suite import BTYD
from core.segments.clustering.cluster_features import RFM
from core.segments.segment_model import ClusterSpec, SegmentModel
from core.segments.segment_registry import model_of
from core.workspace.records import Version
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, kept

_MOST_DATES: Final = 3
_MOST_JUDGED: Final = 50_000  # customers; more fill memory without changing the result


@dataclass(frozen=True, kw_only=True)
class Scorer:
    """A model with its track record.

    Parameters
    ----------
    predictor : Predictor
        The model.
    record : TrackRecord or None
        None if there is no past date to evaluate it at.
    facts : dict
        `id` (empty for repeat buying), `name`, `as_of` (YYYY-MM-DD), `version` of the dataset it was trained on.
    """

    predictor: Predictor
    record: TrackRecord | None
    facts: dict[str, Any]


def own_rhythm(
    workspace: Workspace,
    connection: Backend,
    version: Version,
    known: pd.DataFrame,
    horizon: int,
    segment_model: str | int | None,
) -> Scorer:
    """Fit repeat buying on what is known now, and evaluate it at up to three past dates.

    Parameters
    ----------
    workspace, connection, version : Workspace, Backend, Version
        Location of the orders and the segment model.
    known : DataFrame
        Rows of one date from `core.models.data.panel.known_at`.
    horizon : int
        Days.
    segment_model : str, int or None
        See `core.segments.segment_registry.model_of`. If the model uses more than recency, frequency and monetary
        value, new segments are fitted on these three.

    Raises
    ------
    TooLittleDataError
        If there are too few customers to fit the model.
    """
    as_of: date = known["as_of"].iloc[0].date()
    segments = _segments(workspace, version, known, segment_model)
    rhythm = RepeatBuying.fit(known)
    orders, returns = (parquet(connection, version.folder / f"{name}.parquet") for name in ("orders", "returns"))
    predictor = Predictor(
        name=BTYD,
        horizon=horizon,
        as_of=as_of,
        segments=segments,
        rhythm=rhythm,
        buying=Buying(),
        spending=Spending(),
        following=NextSegment(segments=segments, horizon=horizon, rhythm=rhythm),
    )
    past = rhythm_at_past_dates(connection, orders, returns, as_of, horizon, segments)
    facts = {"id": "", "name": BTYD, "as_of": as_of.isoformat(), "version": version.version}
    return Scorer(predictor=predictor, record=TrackRecord.of(past), facts=facts)


def rhythm_at_past_dates(
    connection: Backend, orders: ir.Table, returns: ir.Table, as_of: date, horizon: int, segments: SegmentModel
) -> pd.DataFrame:
    """Backtest repeat buying at past dates, on a sample if there are very many customers.

    Returns
    -------
    DataFrame
        Columns of `core.models.training.backtest.COLUMNS`; empty if the log is too short for any date. Customers are
        assigned to today's segments by their RFM at the time.
    """
    some = sample(connection, orders, returns, _MOST_JUDGED)
    frames = [pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})]
    end = min(log_end(orders), as_of)
    for day in latest_cutoffs(first_order(orders), end, horizon, most=_MOST_DATES):
        try:
            spec = PanelSpec(cutoffs=(day,), horizon=horizon, until=end)
            rows = panel(connection, some.orders, some.returns, spec)
        except TooLittleDataError:
            continue
        found = pd.DataFrame(
            {
                "cutoff": rows["as_of"],
                "customer_id": rows["customer_id"],
                "model": BTYD,
                "p_buy": rows["btyd_buy"],
                "expected_spend": rows["btyd_spend"],
                "segment_now": segment_at(rows, segments, "now"),
                "bought": rows["will_buy"],
                "spend": rows["spend"],
            }
        )
        frames.append(found.reindex(columns=list(COLUMNS)))
    return pd.concat(frames[1:] or frames, ignore_index=True)


def stored_model(workspace: Workspace, dataset_id: str, model_id: str, horizon: int) -> Scorer:
    """Load a stored model with its track record.

    Raises
    ------
    NotFoundError
        If there is no such model.
    InputError
        If its horizon differs from `horizon`.
    """
    found = model_registry.predictor_of(workspace, dataset_id, model_id)
    if found.horizon != horizon:
        message = f"The model “{model_id}” predicts {found.horizon} days ahead, not {horizon}; choose another model."
        raise InputError(message)
    facts = {"id": found.id, "name": found.name, "as_of": found.as_of.isoformat(), "version": found.version}
    return Scorer(predictor=model_registry.load(found), record=record_of(workspace, found), facts=facts)


def record_of(workspace: Workspace, model: StoredPredictor) -> TrackRecord | None:
    """Return a stored model's track record at the dates its training evaluated.

    None if no date was evaluated, or the evaluation was deleted with the version the model was trained on.
    """
    folder = run_of(workspace, model)
    predictions = read_training(folder).predictions if folder else pd.DataFrame()
    if predictions.empty:
        return None
    return TrackRecord.of(predictions[predictions["model"] == model.name])


def run_of(workspace: Workspace, model: StoredPredictor) -> Path | None:
    """Return the folder with a stored model's training result; None if deleted with the version it was trained on."""
    data, spec = model.card.get("data", {}), model.card.get("training", {}).get("spec")
    if spec is None:
        return None
    key = ResultKey(
        dataset_id=model.dataset_id,
        version=model.version,
        generation=data.get("generation", 0),
        kind=KIND,
        spec=spec,
    )
    return kept(workspace, key)


def _segments(workspace: Workspace, version: Version, known: pd.DataFrame, which: str | int | None) -> SegmentModel:
    model = model_of(workspace, version.dataset_id, which).model
    if set(model.scaler.spec.features) <= set(RFM):
        return model
    return segments_at(known, ClusterSpec())
