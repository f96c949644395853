"""Data of the profile page: the rows chosen and their stored profile."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.customers.order_filter import OrderFilter
from core.explore.profile_job import ALL, COUNTED, KIND, ProfileJobSpec
from core.ingest.report.column_profile import overview
from core.ingest.report.profile_alerts import alerts_of
from core.numbers import count
from core.ui.caching import cache
from core.ui.shared import filters, results, state
from core.ui.shared.frame import select
from core.ui.shared.segments_view import Segments
from core.ui.shared.view import View

_ROWS: Final = {COUNTED: "Counted rows", ALL: "All rows read"}
LABELS: Final = {
    "order_id": "Order id",
    "customer_id": "Customer id",
    "ordered_at": "Time of order",
    "product_id": "Product code",
    "product": "Product",
    "quantity": "Quantity",
    "unit_price": "Unit price",
    "amount": "Amount",
    "country": "Country",
    "currency": "Currency",
    "email": "E-mail",
    "consent": "Consent",
    "extra": "Other columns of the file",
    "reason": "Reason for exclusion",
    "problem": "Reading problem",
    "cancelled": "Status says cancelled",
}
"""Display names of the columns of `core.schema.ROWS`."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A stored profile.

    Parameters
    ----------
    rows : int
        Rows profiled.
    columns : tuple of dict
        Columns with values, see `core.ingest.report.column_profile.profile_column`, each with its `alerts`.
    absent : tuple of str
        Names of columns without any values.
    table : DataFrame
        One row per column with values, see `core.ingest.report.column_profile.overview`.
    text : str
        The whole profile as JSON.
    """

    rows: int
    columns: tuple[dict[str, Any], ...]
    absent: tuple[str, ...]
    table: pd.DataFrame
    text: str

    @property
    def alerts(self) -> list[dict[str, str]]:
        """Alerts of all columns, those about most rows first in each column."""
        return [alert for column in self.columns for alert in column["alerts"]]

    def column(self, name: str) -> dict[str, Any]:
        """Return the column of a name."""
        return next(column for column in self.columns if column["name"] == name)


def pick_rows() -> str:
    """Draw the switch between counted rows and all rows, and store it in the link."""
    with st.sidebar:
        return select(
            st.segmented_control,
            "Rows",
            state.ROWS,
            list(_ROWS),
            COUNTED,
            shown=_ROWS.__getitem__,
            help="Counted rows are included in every figure on other pages. See Quality for why the rest are excluded.",
        )


def job_of(segments: Segments | None, chosen: OrderFilter, rows: str) -> ProfileJobSpec:
    """Return the job's spec."""
    content = segments.content if segments and chosen.segment else None
    return ProfileJobSpec(chosen=chosen, segments=content, rows=rows)


def made(view: View, spec: ProfileJobSpec) -> Profile | None:
    """Return the stored profile, or None after drawing the job's progress."""
    folder = results.result(view, KIND, spec.to_json(), title="Profiling columns")
    return None if folder is None else _read(folder)


def said(spec: ProfileJobSpec) -> str:
    """Describe the rows profiled."""
    which = filters.said(spec.chosen)
    return f"{_ROWS[spec.rows].lower()}{f', {which}' if which else ''}"


def sentence(found: Profile | None, spec: ProfileJobSpec) -> str:
    """Summarise the profile in one sentence."""
    if found is None:
        return f"Profiling columns: {said(spec)}…"
    if not found.rows:
        return "No rows match."
    worried = {alert["column"] for alert in found.alerts}
    counted = f"{len(worried)} of {len(found.columns)} columns of {count(found.rows)} rows"
    if not worried:
        return f"All {len(found.columns)} columns of {count(found.rows)} rows look fine."
    first = max(found.alerts, key=lambda alert: _weight(found, alert))
    need = "need" if len(worried) > 1 else "needs"
    return f"{counted} {need} review;  {LABELS[first['column']].lower()} {first['text']}."


def _weight(found: Profile, alert: dict[str, str]) -> tuple[bool, float]:
    """Return a sort key: missing values matter most, by number of rows."""
    missing = alert["kind"] == "missing"
    return missing, found.column(alert["column"])["missing"] if missing else 0


@cache.copied()
def _read(folder: Path) -> Profile:
    found = json.loads((folder / "profile.json").read_text(encoding="utf-8"))
    for column in found["columns"]:
        column["alerts"] = [asdict(alert) for alert in alerts_of(column)]
    text = json.dumps(found, ensure_ascii=False, indent=1)
    columns = [column for column in found["columns"] if column["missing"] < column["rows"]]
    absent = tuple(column["name"] for column in found["columns"] if column["missing"] >= column["rows"])
    table = overview(columns) if columns else pd.DataFrame()
    return Profile(rows=found["rows"], columns=tuple(columns), absent=absent, table=table, text=text)
