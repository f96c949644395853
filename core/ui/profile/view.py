"""What the page on the profile looks at: which rows, and the profile that a job has kept of them."""

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
from core.ui.shared.segments_view import Segments
from core.ui.shared.view import View

_ROWS: Final = {COUNTED: "Rows that count", ALL: "All rows read"}
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
    "reason": "Reason it does not count",
    "problem": "What could not be read",
    "cancelled": "Status says cancelled",
}
"""Columns of `core.schema.ROWS`, as people call them."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A profile that was kept.

    Parameters
    ----------
    rows : int
        Rows looked at.
    columns : tuple of dict
        Of columns with values, see `core.ingest.report.column_profile.profile_column`, each with its `alerts`.
    absent : tuple of str
        Names of columns that this data has no value of.
    table : DataFrame
        One row per column with values, see `core.ingest.report.column_profile.overview`.
    text : str
        All of it, as JSON.
    """

    rows: int
    columns: tuple[dict[str, Any], ...]
    absent: tuple[str, ...]
    table: pd.DataFrame
    text: str

    @property
    def alerts(self) -> list[dict[str, str]]:
        """What needs a look, what concerns most rows first in each column."""
        return [alert for column in self.columns for alert in column["alerts"]]

    def column(self, name: str) -> dict[str, Any]:
        """One column."""
        return next(column for column in self.columns if column["name"] == name)


def pick_rows() -> str:
    """Draw the switch between rows that count and all rows; it goes to the link."""
    chosen, _unknown = state.choice(state.ROWS, list(_ROWS), COUNTED)
    key, on_change = state.widget(state.ROWS, chosen)
    with st.sidebar:
        st.segmented_control(
            "Rows",
            list(_ROWS),
            format_func=_ROWS.__getitem__,
            key=key,
            on_change=on_change,
            help="Rows that count are in every figure of the other pages; Quality says why the others do not.",
        )
    return chosen


def job_of(segments: Segments | None, chosen: OrderFilter, rows: str) -> ProfileJobSpec:
    """What the job is asked for."""
    content = segments.content if segments and chosen.segment else None
    return ProfileJobSpec(chosen=chosen, segments=content, rows=rows)


def made(view: View, spec: ProfileJobSpec) -> Profile | None:
    """The kept profile; None after the page has shown how far its making is."""
    folder = results.result(view, KIND, spec.to_json(), title="Profiling columns")
    return None if folder is None else _read(folder)


def said(spec: ProfileJobSpec) -> str:
    """Which rows are looked at, in words."""
    which = filters.said(spec.chosen)
    return f"{_ROWS[spec.rows].lower()}{f', {which}' if which else ''}"


def sentence(found: Profile | None, spec: ProfileJobSpec) -> str:
    """What the profile says."""
    if found is None:
        return f"The columns are being looked at: {said(spec)}."
    if not found.rows:
        return "There are no such rows."
    worried = {alert["column"] for alert in found.alerts}
    counted = f"{len(worried)} of {len(found.columns)} columns of {count(found.rows)} rows"
    if not worried:
        return f"None of {len(found.columns)} columns of {count(found.rows)} rows needs a look."
    first = max(found.alerts, key=lambda alert: _weight(found, alert))
    need = "need" if len(worried) > 1 else "needs"
    return f"{counted} {need} a look; {LABELS[first['column']].lower()} {first['text']}."


def _weight(found: Profile, alert: dict[str, str]) -> tuple[bool, float]:
    """Missing values concern most; of them, those of most rows."""
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
