"""A customer's orders on the form: pasted, uploaded or typed, and edited in a table."""

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

_PASTED: Final = "The pasted text"
_LARGEST: Final = 8 << 20  # bytes of one customer's history; more is a shop's log
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
    "units": "how many units were in an order, so nothing about the price level",
    "lines": "how many products were in an order",
    "time of day": "the time of day, which is taken as usual here",
}


def give(view: View) -> tuple[pd.DataFrame, str] | None:
    """Draw how a history is given; give where the table begins, and what names it; None where it cannot be read."""
    text = st.text_area(
        "Paste orders", key="score_text", height=120, placeholder=_EXAMPLE,
        help="A line per order (date, time, amount, units, lines, country, cancelled) or per order line, as shops "
        "export them. Copied from a spreadsheet or a CSV file; with names of columns in the first row, or without.",
    )  # fmt: skip
    with st.expander("A file instead, or another way to read it", icon=":material/upload_file:"):
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
    """What was read, or why it could not be; in this session alone, for it is of somebody."""
    before: tuple[str, Given | str] | None = st.session_state.get(_KEPT)
    if before is not None and before[0] == digest:
        return before[1]
    try:
        with st.spinner("Reading the orders …"):
            found: Given | str = _read(name, content, how)
    except ClienteleError as error:
        found = str(error)
    st.session_state[_KEPT] = (digest, found)
    return found


def _read(name: str, content: bytes, how: HowGiven) -> Given:
    """Read it as an upload is read, in a process of its own, and leave nothing behind."""
    if len(content) > _LARGEST:
        message = (
            f"{name} has {len(content) / (1 << 20):.0f} MB, and one customer's orders at most {_LARGEST >> 20} MB; "
            "bring a whole log on the page “Upload”."
        )
        raise InputError(message)
    workspace, staged = cached.workspace(), f"{uuid4().hex[:12]}{scratch.tag()}"  # cleared where this process is killed
    folder = staged_files.staged_folder(workspace, staged)
    folder.mkdir(parents=True)
    try:
        (folder / "original").write_bytes(content)
        options = ReadOptions(header_row=0) if name == _PASTED and _begins_with_value(content) else ReadOptions()
        settings, limits = cached.settings(), staged_files.limits_of_page(cached.settings())
        file = staged_files.read_staged(workspace, settings, staged, name, options, still_wanted, limits=limits)
        if len(file.tables) > 1:
            message = f"{name} holds {len(file.tables)} tables; give one with the orders of one customer."
            raise InputError(message)
        return read_history_apart(file.tables[0], how, folder, limits=limits, progress=still_wanted)
    finally:
        staged_files.clear(workspace, staged)


def _begins_with_value(content: bytes) -> bool:
    """Whether the first line is an order and not the names of the columns."""
    return re.match(rb"\s*[\"']?\d", content) is not None


def _say(found: Given) -> None:
    if found.left_out:
        st.warning(escape_markdown("Not all rows count. " + " ".join(found.left_out)), icon=":material/rule:")
    if found.unknown:
        listed = "; ".join(_UNKNOWN[name] for name in found.unknown)
        st.caption(f"These orders do not tell {listed}. The model takes that as unknown.")


def edit(view: View, start: pd.DataFrame, name: str) -> pd.DataFrame | None:
    """Draw the table of orders; give what it says, or None where that cannot be.

    Parameters
    ----------
    view : View
        The dataset in view.
    start : DataFrame
        `core.models.scoring.one_customer.HISTORY`, where the table begins.
    name : str
        Of this history: another one begins anew.
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
        alt="Orders of the customer, to be edited",
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
        "units": column.NumberColumn("Units", min_value=0, width=70, help="Pieces in the order."),
        "lines": column.NumberColumn("Products", min_value=0, step=1, width=90, help="Lines of the order."),
        "country": column.TextColumn("Country", default=country, width=110),
        "went_back": column.CheckboxColumn("Sent back", default=False, width=95,
                                           help="Cancelled, or sent back: the amount is what went back."),
    }  # fmt: skip
