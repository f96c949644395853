"""An outlook of every customer of a version, as a job whose result is kept."""

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

_FORM: Final = 2  # of what is kept; another number where that changes, so that nothing old is read
_READY: Final = 0.25  # share of the time until the first customer is looked at
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
    """By which model, and as of when.

    Parameters
    ----------
    as_of : date
        Facts lie strictly before it.
    horizon : int
        Days ahead; of a stored model, its own.
    model : str
        Id of a stored model; empty for own rhythm, fitted on the spot.
    segment_model : str, int or None
        `SegmentModel.assignment` of the dataset's segments that own rhythm sees, see
        `core.segments.segment_registry.model_of`; a stored model has its own.
    lifetime : LifetimeSpec
        Spans and discount of lifetime value, and the draws that intervals are read from.
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
            message = "Either a stored `model` is given, or a `segment_model` for own rhythm."
            raise InputError(message)
        if 12 not in self.lifetime.months:  # noqa: PLR2004  a year, by which customers are ranked
            message = f"`months` must hold 12, got {self.lifetime.months}."
            raise InputError(message)


@dataclass(frozen=True, kw_only=True)
class Scores:
    """A kept outlook, all but its customers, who stay on disk.

    Parameters
    ----------
    totals : dict
        `customers`; `horizon`, `as_of`; `model` (`id`, `name`, `as_of`, `version`; of own rhythm with an empty id);
        `filled` (outcomes that own rhythm had to fill in); `past_dates`; `revenue` and `buyers`, each with `expected`,
        `low` and `high` (None where there was no past date to judge by); `value` (lifetime value of all, later money
        at `discount` a year); `edges` of the bands `core.forecasts.outlook_queries.VALUES`; `reasons`, how they were
        found, see `core.explain.reasons.ReasonGiver.facts`.
    segments : DataFrame
        From `core.forecasts.outlook_queries.by_segment`, with `low` and `high` of `revenue`, missing where not known.
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
        """Segments, the best first."""
        return tuple(self.segments["segment"])

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same with segments as they are called now, by what they were called then."""
        tables: dict[str, Any] = {
            name: table.assign(**{column: frozen_models.renamed(table[column], names) for column in _NAMED[name]})
            for name, table in (("segments", self.segments), ("moves", self.moves), ("chances", self.chances))
        }
        return replace(self, **tables)


def _report(folder: Path) -> dict[str, Any]:
    return {"customers": _read(folder / outlook_queries.TOTALS)["totals"]["customers"]}


@stored_job(ScoreSpec, _report)
def run(work: Work[ScoreSpec], folder: Path) -> None:
    """Keep an outlook of every customer.

    Returns
    -------
    dict
        `customers`: how many. The folder of the result holds `scores.parquet` (columns of
        `core.models.scoring.outlook.outlook` and of `core.explain.reasons`), what `read_scores` reads, and what
        explains single customers (see `core.explain.explained_outlook` and `similar`).

    Raises
    ------
    NotFoundError
        Where the model is not there any more.
    TooLittleDataError
        Where nobody had ordered before the date, or too few to tell a rhythm.
    """
    how, dataset_id, progress = work.spec, work.key.dataset_id, work.progress
    with work.session() as connection:
        progress(0.01, "Looking at each customer")
        orders, returns = work.orders_and_returns(connection)
        known = known_at(connection, orders, returns, [how.as_of])
        progress(0.1, "Looking at past dates" if not how.model else "Opening the model")
        if how.model:
            scorer = stored_model(work.workspace, dataset_id, how.model, how.horizon)
        else:
            scorer = own_rhythm(work.workspace, connection, work.version, known, how.horizon, how.segment_model)
        money = Money(currency=work.workspace.dataset(dataset_id).currency)
        write_scores(connection, folder, scorer, known, how, money, progress)
        progress(0.97, "Looking at what became of customers at a past date")
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
    """Write what `read_scores` reads, and the customers beside it.

    Parameters
    ----------
    connection : Backend
        May read the folder.
    folder : Path
        Where to; it is there.
    scorer : Scorer
        The model, and what became of its words at past dates.
    known : DataFrame
        From `core.models.data.panel.known_at`, of one date.
    how : ScoreSpec
        Horizon and lifetime value.
    money : Money
        How amounts are written in sentences.
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
    progress(0.95, "Adding up")
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
    """All of a kept outlook but its customers."""
    found = _read(folder / outlook_queries.TOTALS)
    tables = {name: pd.DataFrame(found[name]) for name in ("segments", "moves", "chances", "plane")}
    tables["segments"] = tables["segments"].astype({"low": "float64", "high": "float64"})
    if not tables["plane"].empty:
        tables["plane"]["value_high"] = tables["plane"]["value_high"].astype("float64").fillna(float("inf"))
    return Scores(totals=found["totals"], **tables)


def _with_bounds(segments: pd.DataFrame, scorer: Scorer) -> pd.DataFrame:
    """With `low` and `high` of expected revenue, from the same segment's at past dates."""
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
    """Types by name: a batch may know no country of anybody, or no date."""
    return pa.schema([(str(name), _KINDS.get(str(name), pa.float64())) for name in batch])


def _read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
