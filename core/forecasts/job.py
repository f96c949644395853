"""The job that forecasts every customer of a version, and its stored result."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Self

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend

from core.customers.btyd import LifetimeSpec
from core.engine import parquet
from core.errors import InputError
from core.explain.customer.similar_customers import write_past
from core.explain.explained_outlook import Explaining, write_explaining
from core.explain.reasons import COLUMNS as REASON_COLUMNS
from core.explain.reasons import ReasonGiver, with_reasons
from core.forecasts import outlook_queries
from core.models.data.outcomes import LONGEST
from core.models.data.panel import known_at
from core.models.judging.track_record import total_bounds
from core.models.scoring.outlook import OutlookSpec, outlooks, whole
from core.models.scoring.scoring_models import Scorer, own_rhythm, stored_model
from core.numbers import Money
from core.plain import Plain
from core.progress import Progress
from core.segments.movement import frozen_models
from core.workspace.stored_job import Work, stored_job

KIND: Final = "score"

_FORM: Final = 2  # version of the stored result; raised when it changes, so that older ones aren't read
_READY: Final = 0.25  # share of the time before the first customer is scored
_NAMED: Final = {"segments": ("segment",), "moves": ("segment_now", "segment_next"), "chances": ("segment",)}
_TEXTS: Final = ("customer_id", "country", "segment_now", "segment_predicted")
_DAYS: Final = ("next_order", "next_order_low", "next_order_high")
_KINDS: Final[dict[str, pa.DataType]] = {
    **dict.fromkeys(_TEXTS, pa.string()),
    **dict.fromkeys(_DAYS, pa.date32()),
    **{
        name: {"": pa.string(), "driver": pa.string(), "effect": pa.float64(), "actionable": pa.bool_()}[what]
        for name, what in ((name, name.partition("_")[2].partition("_")[2]) for name in REASON_COLUMNS)
    },
}


@dataclass(frozen=True, kw_only=True)
class ScoreSpec(Plain, form=_FORM):
    """Model, date and settings of a forecast.

    Parameters
    ----------
    as_of : date
        Only orders strictly before this day count.
    horizon : int
        Days ahead. For a stored model, the horizon it was trained for.
    model : str
        Id of a stored model; empty to fit repeat buying on the spot.
    segment_model : str, int or None
        `SegmentModel.assignment` of the dataset's segments for repeat buying to use, see
        `core.segments.segment_registry.model_of`; None with a stored model, which has its own.
    lifetime : LifetimeSpec
        Spans and discount of lifetime value, and draws behind the intervals.
    """

    as_of: date
    horizon: int
    model: str = ""
    segment_model: str | int | None = None
    lifetime: LifetimeSpec = field(default_factory=LifetimeSpec)

    def __post_init__(self) -> None:
        if not 1 <= self.horizon <= LONGEST:
            message = f"`horizon` must be between 1 and {LONGEST} days, got {self.horizon}."
            raise InputError(message)
        if bool(self.model) == (self.segment_model is not None):
            message = "Exactly one of `model` (a stored model) and `segment_model` (for own rhythm) must be given."
            raise InputError(message)
        if 12 not in self.lifetime.months:  # noqa: PLR2004  customers are ranked by 12-month value
            message = f"`months` must include 12, got {self.lifetime.months}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class Scores:
    """A stored outlook without its customers, who stay on disk.

    Parameters
    ----------
    totals : dict
        `customers`; `horizon`, `as_of`; `model` (`id`, `name`, `as_of`, `version`; the id is empty for repeat buying);
        `filled` (outcomes filled in by repeat buying); `past_dates`; `revenue` and `buyers`, each with `expected`,
        `low` and `high` (None without a past date to evaluate at); `value` (total lifetime value, discounted at
        `discount` a year); `edges` of the bands `core.forecasts.outlook_queries.VALUES`; `reasons`, facts on how they
        were found, see `core.explain.reasons.ReasonGiver.facts`.
    segments : DataFrame
        From `core.forecasts.outlook_queries.by_segment`, with `low` and `high` of `revenue`, missing if unknown.
    moves, chances, plane : DataFrame
        From `core.forecasts.outlook_queries.moves`, `chances` and `risk_and_value`.
    """

    totals: dict[str, Any]
    segments: pd.DataFrame
    moves: pd.DataFrame
    chances: pd.DataFrame
    plane: pd.DataFrame

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the segments, best first."""
        return tuple(self.segments["segment"])

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return a copy with the segments' current names, given by their names at the time."""
        tables: dict[str, Any] = {
            name: table.assign(**{column: frozen_models.renamed(table[column], names) for column in _NAMED[name]})
            for name, table in (("segments", self.segments), ("moves", self.moves), ("chances", self.chances))
        }
        return replace(self, **tables)


def _report(folder: Path) -> dict[str, Any]:
    return {"customers": _read(folder / outlook_queries.TOTALS)["totals"]["customers"]}


@stored_job(ScoreSpec, _report)
def run(work: Work[ScoreSpec], folder: Path) -> None:
    """Forecast every customer and store the outlook.

    Returns
    -------
    dict
        `customers`: their number. The result's folder holds `scores.parquet` (columns of
        `core.models.scoring.outlook.outlook` and of `core.explain.reasons`), the files of `read_scores`, and those that
        explain single customers (see `core.explain.explained_outlook` and `similar`).

    Raises
    ------
    NotFoundError
        If the model no longer exists.
    TooLittleDataError
        If no one ordered before the date, or too few customers to fit repeat buying.
    """
    how, dataset_id, progress = work.spec, work.key.dataset_id, work.progress
    with work.session() as connection:
        progress(0.01, "Computing customer features")
        orders, returns = work.orders_and_returns(connection)
        known = known_at(connection, orders, returns, [how.as_of])
        progress(0.1, "Testing at past dates" if not how.model else "Loading the model")
        if how.model:
            scorer = stored_model(work.workspace, dataset_id, how.model, how.horizon)
        else:
            scorer = own_rhythm(work.workspace, connection, work.version, known, how.horizon, how.segment_model)
        money = Money(currency=work.workspace.dataset(dataset_id).currency)
        write_scores(connection, folder, scorer, known, how, money, progress)
        progress(0.97, "Collecting outcomes at a past date")
        write_past(connection, folder, orders, returns, scorer.predictor, how.as_of)
    progress(1.0, "Done")


def write_scores(
    connection: Backend,
    folder: Path,
    scorer: Scorer,
    known: pd.DataFrame,
    how: ScoreSpec,
    money: Money,
    progress: Progress,
) -> None:
    """Write the files of `read_scores`, and the customers beside them.

    Parameters
    ----------
    connection : Backend
        Connection that may read the folder.
    folder : Path
        Existing folder to write to.
    scorer : Scorer
        The model with its track record.
    known : DataFrame
        Rows of one date from `core.models.data.panel.known_at`.
    how : ScoreSpec
        Horizon and lifetime value.
    money : Money
        Format of amounts in sentences.
    progress : callable
        See `core.progress.Progress`.
    """
    predictor, filled = whole(scorer.predictor)
    total = f"{len(known):,}"

    def tell(share: float) -> None:
        progress(_READY + (0.95 - _READY) * share, f"{share * len(known):,.0f} of {total} customers")

    tell(0.0)
    spec = OutlookSpec(lifetime=how.lifetime)
    explaining = Explaining.of(predictor, known)
    giver = ReasonGiver.of(explaining, known, money)
    batches = outlooks(predictor, known, record=scorer.record, spec=spec, progress=tell)
    _write_batches(folder / outlook_queries.SCORES, with_reasons(giver, known, batches))
    write_explaining(explaining, folder, scorer.facts)
    progress(0.95, "Calculating totals")
    scores = parquet(connection, folder / outlook_queries.SCORES)
    edges, names = outlook_queries.value_edges(scores), predictor.segments.names
    worthy = edges[[low for low, _ in outlook_queries.VALUES.values()].index(outlook_queries.WORTHY)]
    segments = outlook_queries.by_segment(scores, names, how.horizon, worthy)
    tables = {
        "segments": _with_bounds(segments, scorer),
        "moves": outlook_queries.moves(scores, names),
        "chances": outlook_queries.chances(scores, names),
        "plane": outlook_queries.risk_and_value(scores),
    }
    totals = {
        "customers": len(known),
        "as_of": how.as_of.isoformat(),
        "horizon": how.horizon,
        "model": scorer.facts,
        "filled": list(filled),
        "past_dates": list(scorer.record.dates) if scorer.record else [],
        "revenue": _bounded(float(segments["revenue"].sum()), scorer.record.revenue if scorer.record else ()),
        "buyers": _bounded(float(segments["buyers"].sum()), scorer.record.buyers if scorer.record else ()),
        "value": float(segments["value"].sum()),
        "discount": how.lifetime.discount,
        "edges": edges,
        "reasons": giver.facts,
    }
    plain = {name: [outlook_queries.rounded(row) for row in table.to_dict("records")] for name, table in tables.items()}
    text = json.dumps({"totals": totals, **plain}, ensure_ascii=False, indent=1, allow_nan=False)
    (folder / outlook_queries.TOTALS).write_text(text, encoding="utf-8")


def read_scores(folder: Path) -> Scores:
    """Read a stored outlook without its customers."""
    found = _read(folder / outlook_queries.TOTALS)
    tables = {name: pd.DataFrame(found[name]) for name in ("segments", "moves", "chances", "plane")}
    tables["segments"] = tables["segments"].astype({"low": "float64", "high": "float64"})
    if not tables["plane"].empty:
        tables["plane"]["value_high"] = tables["plane"]["value_high"].astype("float64").fillna(float("inf"))
    return Scores(totals=found["totals"], **tables)


def _with_bounds(segments: pd.DataFrame, scorer: Scorer) -> pd.DataFrame:
    """Add `low` and `high` of expected revenue, based on each segment's forecast errors at past dates."""
    ratios = scorer.record.by_segment if scorer.record else {}
    each = [
        total_bounds(revenue, ratios.get(str(name), ())) or (float("nan"), float("nan"))
        for name, revenue in zip(segments["segment"], segments["revenue"], strict=True)
    ]
    return segments.assign(low=[low for low, _ in each], high=[high for _, high in each])


def _bounded(expected: float, ratios: tuple[float, ...]) -> dict[str, float | None]:
    low, high = total_bounds(expected, ratios) or (None, None)
    return {"expected": expected, "low": low, "high": high}


def _write_batches(path: Path, batches: Iterable[pd.DataFrame]) -> None:
    writer: pq.ParquetWriter | None = None
    try:
        for batch in batches:
            schema = writer.schema if writer else _schema(batch)
            writer = writer or pq.ParquetWriter(path, schema)
            writer.write_table(pa.Table.from_pandas(batch, schema=schema, preserve_index=False))
    finally:
        if writer is not None:
            writer.close()


def _schema(batch: pd.DataFrame) -> pa.Schema:
    """Return types by column name, since a batch may have no country or no date at all."""
    return pa.schema([(str(name), _KINDS.get(str(name), pa.float64())) for name in batch])


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
