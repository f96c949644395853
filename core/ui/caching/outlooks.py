"""Cached reads of a stored outlook, keyed by its folder; see `core.ui.caching.cached`.

Customers stay on disk: each view queries only the rows it shows.
"""

from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from core.act.exports import to_csv
from core.engine import parquet
from core.forecasts import outlook_queries
from core.forecasts.job import Scores, read_scores
from core.forecasts.outlook_queries import ScoreFilter
from core.models.learners.predictor import CHANCE
from core.models.scoring.outlook import COLUMNS
from core.ui.caching import cache, cached, model_names
from core.ui.caching.model_names import Names

NEVER: Final = "not within 3 years"
"""Shown instead of the date of a next order that is further away."""

_SHOWN: Final = (
    *COLUMNS, *(f"{outlook_queries.VALUE}{end}" for end in ("", "_low", "_high")), "reason_1", "reason_2", "reason_3"
)  # fmt: skip
_DAYS: Final = ("next_order", "next_order_low", "next_order_high")


def scores(folder: str) -> Scores:
    """Return an outlook with current segment names, see `core.forecasts.job.read_scores`."""
    found, changed = _scores(folder), names(folder)
    return found.renamed(dict(changed)) if changed else found


def names(folder: str) -> Names:
    """Return segment names that have changed since the outlook was stored."""
    return model_names.since(folder, _then(folder))


@cache.shared()
def _then(folder: str) -> tuple[str, ...]:
    return _scores(folder).names


@cache.copied()
def _scores(folder: str) -> Scores:
    return read_scores(Path(folder))


def customers(folder: str, chosen: ScoreFilter, sort: str, most: int) -> tuple[pd.DataFrame, int]:
    """Return the first filtered customers, sorted by one of `outlook_queries.SORTS`, and their total number."""
    changed = names(folder)
    rows, number = _customers(folder, _as_kept(chosen, changed), sort, most)
    return outlook_queries.renamed(rows, dict(changed)), number


def _as_kept(chosen: ScoreFilter, changed: Names) -> ScoreFilter:
    """Translate a filter to the segment names in the stored outlook."""
    then = {now: name for name, now in changed}
    return replace(
        chosen,
        segment=then.get(chosen.segment or "", chosen.segment),
        predicted=then.get(chosen.predicted or "", chosen.predicted),
    )


@cache.copied()
def _customers(folder: str, chosen: ScoreFilter, sort: str, most: int) -> tuple[pd.DataFrame, int]:
    edges = _scores(folder).totals["edges"]
    with cached.engine().session() as connection:
        found = outlook_queries.filtered(parquet(connection, Path(folder) / outlook_queries.SCORES), chosen, edges)
        rows: pd.DataFrame = outlook_queries.ordered(found, sort).limit(most).select(*_SHOWN).execute()
        return rows, int(found.count().execute())


@cache.copied(also=lambda folder, *_: names(folder))
def csv(folder: str, chosen: ScoreFilter, sort: str) -> str:
    """Return all customers who match a filter as CSV, with a column named for the chance of each segment."""
    found, changed = scores(folder), names(folder)
    with cached.engine().session() as connection:
        table = outlook_queries.filtered(
            parquet(connection, Path(folder) / outlook_queries.SCORES), _as_kept(chosen, changed), found.totals["edges"]
        )
        rows: pd.DataFrame = outlook_queries.renamed(outlook_queries.ordered(table, sort).execute(), dict(changed))
    days = {name: pd.to_datetime(rows[name]).dt.strftime("%Y-%m-%d").fillna(NEVER) for name in _DAYS}
    named = {f"{CHANCE}{place}": f"chance of {name}" for place, name in enumerate(found.names)}
    return to_csv(rows.assign(**days).rename(columns=named))
