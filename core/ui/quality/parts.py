"""Figures, notes and example rows of the quality page."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from core.numbers import count, day
from core.schema import Reason
from core.ui.caching import cached
from core.ui.shared import frame
from core.ui.shared.frame import Figure, escape_markdown
from core.ui.shared.sentences import REASON_LABELS
from core.ui.shared.view import View

REJECTS_SHOWN: Final = 200
_ICONS: Final = {
    "future": "event_upcoming",
    "extreme_quantity": "production_quantity_limits",
    "missing_country": "public_off",
    "gap": "event_busy",
}


def figures(view: View) -> list[Figure]:
    """Return the figures: rows read and kept, customers, orders and revenue."""
    report = view.version.report
    when = f"{day(cached.first_day(view.key))} to {day(cached.last_day(view.key))}"
    files = f"{len(view.version.files)} files" if len(view.version.files) > 1 else "one file"
    return [
        Figure("read", "Rows read", count(report["rows_read"]), f"Rows of {files}, excluding headers."),
        Figure("kept", "Rows kept", count(report["rows_kept"]), "Rows included in every figure."),
        Figure("customers", "Customers", count(report["customers"]), f"Distinct customers in these rows, {when}."),
        Figure("orders", "Orders", count(report["orders"]), f"Distinct orders in these rows, {when}."),
        Figure(
            "revenue",
            "Revenue, gross",
            view.money.short(report["revenue"]),
            f"{view.money.exact(report['revenue'])} in total over the rows kept, "
            f"before {view.money.exact(report['returned'])} of returns, {when}.",
        ),
    ]


def oddities(found: list[dict[str, Any]]) -> None:
    """List unusual data, one line each."""
    with st.container(border=True, gap="small"):
        for oddity in found:
            icon = f":orange[:material/{_ICONS.get(oddity['kind'], 'help')}:]"
            st.markdown(f"{icon}&ensp;{escape_markdown(oddity['text'])}")


def examples(details: dict[str, Any], reason: str, view: View) -> None:
    """Draw the first rows excluded for a reason, and raw text if they were unreadable."""
    rows = pd.DataFrame(details["examples"].get(reason, []))
    if len(rows):
        rows.insert(0, "file", [details["files"][number] for number in rows.pop("file_no")])
        st.dataframe(
            rows.dropna(axis="columns", how="all"),
            hide_index=True,
            alt=f"First rows excluded for: {REASON_LABELS[reason]}",
            column_config=_columns(view),
        )
    if reason == Reason.UNREADABLE:
        _rejects(view)


def _rejects(view: View) -> None:
    """Draw the unreadable rows as raw text, with a download of all of them."""
    found = cached.rejects(view.key, REJECTS_SHOWN)
    if found.empty:
        return
    st.markdown("**Raw text from the files**")
    st.dataframe(
        found,
        hide_index=True,
        alt="Rows that could not be read: file, line, reason and text",
        column_config={
            "file": "File",
            "line": st.column_config.NumberColumn("Line", help="The first line of the file is 1.", format="localized"),
            "reason": "Reason",
            "text": st.column_config.TextColumn("Text", width="large"),
        },
        key="quality_rejects",
    )
    number = view.version.report["removed"][Reason.UNREADABLE]
    st.download_button(
        f"Download all {count(number)} unreadable rows" if number > 1 else "Download the unreadable row",
        lambda: cached.rejects_csv(view.key),
        file_name=frame.file_name("unreadable rows", repr(view.key)),
        mime="text/csv",
        icon=":material/download:",
        key="quality_rejects_download",
    )


def _columns(view: View) -> dict[str, Any]:
    column = st.column_config
    unit = f" {view.money.symbol}" if view.money.symbol else ""
    return {
        "file": "File",
        "row": column.NumberColumn("Row", help="The header is row 1.", format="localized"),
        "order_id": "Order",
        "customer_id": "Customer",
        "ordered_at": "Time",
        "product": "Product",
        "quantity": column.NumberColumn("Quantity", format="localized"),
        "unit_price": column.NumberColumn(f"Unit price{unit}", format="%.2f"),
        "amount": column.NumberColumn(f"Amount{unit}", format="%.2f"),
        "problem": "Problem",
    }
