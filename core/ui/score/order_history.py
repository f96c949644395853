"""Order history on the Score form: pasted, uploaded or typed, then edited in a table."""

import hashlib
import re
from datetime import datetime
from typing import Any, Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import pandas as pd
import streamlit as st

from core import scratch
from core.errors import ClienteleError, InputError
from core.ingest.recognising.decimal_marks import DecimalMark
from core.ingest.sources.read_options import DateOrder, ReadOptions
from core.ingest.staging import staged_files
from core.models.scoring.edited_history import no_history, usable
from core.models.scoring.pasted_apart import read_history_apart
from core.models.scoring.pasted_history import Given, HowGiven
from core.numbers import many
from core.ui import held_uploads
from core.ui.caching import cached, predictors
from core.ui.presence import still_wanted
from core.ui.shared import frame
from core.ui.shared.frame import escape_markdown
from core.ui.shared.view import View

_PASTED: Final = "Pasted text"
_LARGEST: Final = 8 << 20  # bytes; larger files can't be one customer's history
_KEPT: Final = "score_given"
_DATES: Final[dict[DateOrder | None, str]] = {
    None: "Detect",
    "dmy": "Day first",
    "mdy": "Month first",
    "ymd": "Year first",
}
_DECIMALS: Final[dict[DecimalMark | None, str]] = {None: "Detect", ".": "Point: 1.50", ",": "Comma: 1,50"}
_EXAMPLE: Final = "date, amount\n2026-03-02, 42.50\n2026-05-18, 61.20\n2026-08-30, 38.00"
_UNKNOWN: Final = {
    "units": "units per order, and so the price level",
    "lines": "products per order",
    "time of day": "the time of day (the shop's usual time is used)",
}


def give(view: View) -> tuple[pd.DataFrame, str] | None:
    """Draw the order inputs; return the initial table and its name, or None if it can't be read."""
    text = st.text_area(
        "Paste orders", key="score_text", height=120, placeholder=_EXAMPLE,
        help="One line per order (date, time, amount, units, lines, country, cancelled) or per order line, as in a "
        "shop's "
        "export. Copy it from a spreadsheet or CSV file, with or without a header row.",
    )  # fmt: skip
    with st.expander("Upload a file or change how it is read", icon=":material/upload_file:"):
        file = held_uploads.uploader("File with one customer's orders", key="score_file", help="CSV, XLSX or Parquet.")
        left, right = st.columns(2)
        dates = left.selectbox("Dates", list(_DATES), format_func=_DATES.__getitem__, key="score_dates")
        decimal = right.selectbox("Decimal mark", list(_DECIMALS), format_func=_DECIMALS.__getitem__,
                                  key="score_decimal")  # fmt: skip
    content = file.getvalue() if file is not None else text.encode()
    if not content.strip():
        return no_history(), "typed"
    how = HowGiven(
        dates=dates, decimal=decimal, timezone=view.dataset.timezone, currency=view.dataset.currency,
        clock=predictors.usual_time(view.key), now=_now(view),
    )  # fmt: skip
    name = file.name if file is not None else _PASTED
    digest = hashlib.sha256(repr((name, dates, decimal, view.key)).encode() + content).hexdigest()[:16]
    found = _remembered(name, content, how, digest)
    if isinstance(found, str):
        frame.error(found)
        return None
    _say(found)
    return found.history, digest


def _now(view: View) -> datetime:
    return datetime.now(ZoneInfo(view.dataset.timezone or "UTC")).replace(tzinfo=None)


def _remembered(name: str, content: bytes, how: HowGiven, digest: str) -> Given | str:
    """Return the orders read, or an error message; stored only in this session, since they are personal data."""
    before: tuple[str, Given | str] | None = st.session_state.get(_KEPT)
    if before is not None and before[0] == digest:
        return before[1]
    try:
        with st.spinner("Reading orders…"):
            found: Given | str = _read(name, content, how)
    except ClienteleError as error:
        found = str(error)
    st.session_state[_KEPT] = (digest, found)
    return found


def _read(name: str, content: bytes, how: HowGiven) -> Given:
    """Read the orders like an upload, in a separate process, and delete all files afterwards."""
    if len(content) > _LARGEST:
        message = (
            f"{name} is {len(content) / (1 << 20):.0f} MB; the limit for one customer's orders is {_LARGEST >> 20} MB. "
            "Import a shop's orders on the Upload page."
        )
        raise InputError(message)
    workspace, staged = (
        cached.workspace(),
        f"{uuid4().hex[:12]}{scratch.tag()}",
    )  # cleaned up if killed
    folder = staged_files.staged_folder(workspace, staged)
    folder.mkdir(parents=True)
    try:
        (folder / "original").write_bytes(content)
        options = ReadOptions(header_row=0) if name == _PASTED and _begins_with_value(content) else ReadOptions()
        settings, limits = cached.settings(), staged_files.limits_of_page(cached.settings())
        file = staged_files.read_staged(workspace, settings, staged, name, options, still_wanted, limits=limits)
        if len(file.tables) > 1:
            message = f"{name} contains {len(file.tables)} tables. Provide a single table with one customer's orders."
            raise InputError(message)
        return read_history_apart(file.tables[0], how, folder, limits=limits, progress=still_wanted)
    finally:
        staged_files.clear(workspace, staged)


def _begins_with_value(content: bytes) -> bool:
    """Return whether the first line is an order rather than column names."""
    return re.match(rb"\s*[\"']?\d", content) is not None


def _say(found: Given) -> None:
    if found.left_out:
        st.warning(escape_markdown("Some rows are excluded. " + " ".join(found.left_out)), icon=":material/rule:")
    if found.unknown:
        listed = "; ".join(_UNKNOWN[name] for name in found.unknown)
        st.caption(f"Missing from these orders: {listed}. The model treats it as unknown.")


def edit(view: View, start: pd.DataFrame, name: str) -> pd.DataFrame | None:
    """Draw the editable table of orders; return its contents, or None if they are invalid.

    Parameters
    ----------
    view : View
        The dataset in view.
    start : DataFrame
        Initial rows, as in `core.schema.HISTORY`.
    name : str
        Name of this history. A new name starts a new table.
    """
    countries = cached.country_names(view.key, view.spec)
    country = start["country"].dropna().iloc[-1] if start["country"].notna().any() else next(iter(countries), None)
    edited: pd.DataFrame = st.data_editor(
        start.astype(_HOLD_MISSING),
        num_rows="dynamic",
        hide_index=True,
        column_order=["ordered_at", "amount", "units", "lines", "went_back", "country"],
        column_config=_columns(view, country),
        height=_HEIGHT,
        key=f"score_orders_{view.dataset.id}_{view.key.generation}_{name}",
        placeholder="",
        alt="Editable orders of the customer",
    )
    try:
        found, waiting = usable(edited)
    except InputError as error:
        frame.error(str(error))
        return None
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        st.caption(f":material/edit: {many(waiting, 'row')} {verb} for a date or an amount.")
    return found


_HEIGHT: Final = 300  # pixels
_HOLD_MISSING: Final[dict[str, Any]] = {"went_back": "boolean", "lines": "Int64", "new_order": "Int64"}


def _columns(view: View, country: str | None) -> dict[str, Any]:
    column = st.column_config
    sign = f", {view.money.symbol}" if view.money.symbol else ""
    return {
        "ordered_at": column.DatetimeColumn("Ordered", format="D MMM YYYY, HH:mm", width=140),
        "amount": column.NumberColumn(f"Amount{sign}", min_value=0.01, format="%.2f", width=95),
        "units": column.NumberColumn("Units", min_value=0, width=70, help="Items in the order."),
        "lines": column.NumberColumn("Products", min_value=0, step=1, width=90, help="Lines in the order."),
        "country": column.TextColumn("Country", default=country, width=110),
        "went_back": column.CheckboxColumn("Returned", default=False, width=95,
                                           help="Cancelled or returned; the amount is the value returned."),
    }  # fmt: skip
