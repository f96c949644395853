"""What the outlook page reads of a result that was kept, by its folder; see `core.ui.cached`.

Customers stay on disk: each look at them is a query for the rows that are shown.
"""

from pathlib import Path
from typing import Final

import pandas as pd
import streamlit as st

from core.act.exports import to_csv
from core.engine import parquet
from core.models import scored
from core.models.outlook import COLUMNS
from core.models.predictor import CHANCE
from core.models.score_job import Scores, read_scores
from core.models.scored import ScoreFilter
from core.ui import cached

_FEW: Final = 16
_SOME: Final = 64
NEVER: Final = "not within 3 years"
"""Stands for the date of a next order that is further away."""

_SHOWN: Final = (
    *COLUMNS, *(f"{scored.VALUE}{end}" for end in ("", "_low", "_high")), "reason_1", "reason_2", "reason_3"
)  # fmt: skip
_DAYS: Final = ("next_order", "next_order_low", "next_order_high")


@st.cache_data(max_entries=_FEW, show_spinner=False)
def scores(folder: str) -> Scores:
    """See `core.models.score_job.read_scores`."""
    return read_scores(Path(folder))


@st.cache_data(max_entries=_SOME, show_spinner=False)
def customers(folder: str, chosen: ScoreFilter, sort: str, most: int) -> tuple[pd.DataFrame, int]:
    """The first customers that a filter leaves, in an order of `core.models.scored.SORTS`, and how many it leaves."""
    edges = scores(folder).totals["edges"]
    with cached.engine().session() as connection:
        found = scored.filtered(parquet(connection, Path(folder) / scored.SCORES), chosen, edges)
        rows: pd.DataFrame = scored.ordered(found, sort).limit(most).select(*_SHOWN).execute()
        return rows, int(found.count().execute())


@st.cache_data(max_entries=2, show_spinner=False)
def csv(folder: str, chosen: ScoreFilter, sort: str) -> str:
    """CSV of all customers that a filter leaves, the chance of each segment under its name."""
    found = scores(folder)
    with cached.engine().session() as connection:
        table = scored.filtered(parquet(connection, Path(folder) / scored.SCORES), chosen, found.totals["edges"])
        rows: pd.DataFrame = scored.ordered(table, sort).execute()
    days = {name: pd.to_datetime(rows[name]).dt.strftime("%Y-%m-%d").fillna(NEVER) for name in _DAYS}
    named = {f"{CHANCE}{place}": f"chance of {name}" for place, name in enumerate(found.names)}
    return to_csv(rows.assign(**days).rename(columns=named))
