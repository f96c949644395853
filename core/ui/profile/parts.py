"""Figures, alerts, charts and tables of the profile page."""

from datetime import datetime
from typing import Any, Final

import pandas as pd
import streamlit as st

from core.act.exports import to_csv
from core.charts.sales import column_charts as charts
from core.ingest.report.profile_alerts import OFTEN_EMPTY
from core.numbers import count, day, share
from core.ui.caching import drawn
from core.ui.profile.view import LABELS, Profile
from core.ui.shared import frame, state
from core.ui.shared.frame import Figure, escape_markdown
from core.ui.shared.sentences import REASON_LABELS

_ICONS: Final = {
    "missing": "help",
    "constant": "horizontal_rule",
    "unique": "fingerprint",
    "zeros": "exposure_zero",
    "negative": "remove",
    "skewed": "trending_up",
    "extreme": "expand",
    "dominant": "pie_chart",
    "long": "notes",
}


def figures(found: Profile, which: str) -> list[Figure]:
    """Return the figures: rows, columns and missing values."""
    usual = found.table[~found.table["name"].isin(OFTEN_EMPTY)]
    cells, missing = found.rows * len(usual), int(usual["missing"].sum())
    worried = {alert["column"] for alert in found.alerts}
    absent = ", ".join(LABELS[name].lower() for name in found.absent) or "none"
    return [
        Figure("rows", "Rows", count(found.rows), f"{which[:1].upper()}{which[1:]}."),
        Figure("columns", "Columns with values", count(len(found.columns)), f"Without any value: {absent}."),
        Figure("missing", "Values missing", share(missing / (cells or 1)), f"{count(missing)} of {count(cells)} values "
               "of the columns that have any; those that concern some rows only do not count."),
        Figure("alerts", "Columns to review", count(len(worried)), "Columns with an alert below."),
    ]  # fmt: skip


def alerts(found: Profile) -> None:
    """List the alerts and what to do about them."""
    st.subheader("Points to review", anchor=False)
    if not found.alerts:
        st.success("No issues found.", icon=":material/check_circle:")
        return
    with st.container(border=True, gap="small"):
        for alert in found.alerts:
            icon = f":orange[:material/{_ICONS[alert['kind']]}:]"
            text = escape_markdown(f"{LABELS[alert['column']]} {alert['text']}.")
            st.markdown(f"{icon}&ensp;{text} :gray[{escape_markdown(alert['advice'])}]")


def missing(found: Profile) -> None:
    """Draw the share of missing values by column."""
    table = found.table[~found.table["name"].isin(OFTEN_EMPTY)]
    table = table.assign(column=table["name"].map(LABELS))
    table = table.sort_values("missing_share", ascending=False, kind="stable")
    if not table["missing"].sum():
        st.success("No missing values.", icon=":material/check_circle:")
        return
    frame.chart(
        drawn.once(charts.missing_bars, table),
        key="profile_missing",
        title="Missing values by column",
        alt="Share of rows without a value, by column",
        note="Columns without any values are excluded.",
        data=table[["name", "column", "missing", "missing_share", "rows"]],
    )


def detail(found: Profile) -> None:
    """Draw one chosen column: the distribution of its values and its facts."""
    names = [column["name"] for column in found.columns]
    first = next((alert["column"] for alert in found.alerts), names[0])
    st.subheader("Column details", anchor=False)
    name = frame.select(
        st.pills,
        "Column",
        state.COLUMN,
        names,
        first,
        warning="",
        shown=LABELS.__getitem__,
        label_visibility="collapsed",
    )
    column = found.column(name)
    left, right = st.columns([2, 1])
    with left:
        _distribution(column)
        if column["bars"] and column["frequent"]:
            _frequent(column)
    with right, st.container(border=True, height="stretch"):
        st.markdown("**Facts**")
        st.table(_facts(column), border="horizontal")


def _distribution(column: dict[str, Any]) -> None:
    """Draw the histogram if there is one, else the most frequent values."""
    if not column["bars"]:
        _frequent(column)
        return
    data = pd.DataFrame(column["bars"], columns=["start", "end", "rows"])
    note = f"Rows by {column['unit']}." if column["kind"] == "time" else _outside(column)
    frame.chart(
        drawn.once(charts.histogram, column),
        key="profile_histogram",
        title=f"{LABELS[column['name']]}: distribution",
        alt=f"Rows by {LABELS[column['name']].lower()}",
        note=note,
        data=data,
    )


def _outside(column: dict[str, Any]) -> str:
    below, above = column["outside"]
    if not below and not above:
        return "All values."
    return (
        f"From the 1st to the 99th percentile, so that extremes don't distort the scale. {count(below)} rows are below "
        f"and {count(above)} above."
    )


def _frequent(column: dict[str, Any]) -> None:
    if not column["frequent"]:
        st.info(f"About {count(column['distinct'])} distinct values, too many to list.", icon=":material/tag:")
        return
    shown = [_value(value, column) for value, _rows in column["frequent"]]
    data = pd.DataFrame(column["frequent"], columns=["value", "rows"])
    frame.chart(
        drawn.once(charts.frequent_bars, column["frequent"], column["rows"] - column["missing"], shown),
        key="profile_frequent",
        title=f"{LABELS[column['name']]}: most frequent values",
        alt=f"Most frequent values of {LABELS[column['name']].lower()}",
        note=f"The {len(shown)} most frequent of {count(column['distinct'])} distinct values.",
        data=data.astype({"value": "str"}),
    )


def _facts(column: dict[str, Any]) -> dict[str, str]:
    """Return the column's single-value facts, formatted."""
    present = column["rows"] - column["missing"]
    about = "" if column["distinct_exact"] else "about "
    facts = {
        "Type": column["kind"],
        "Rows with a value": count(present),
        "Missing": f"{count(column['missing'])} ({share(column['missing'] / column['rows'])})",
        "Distinct values": f"{about}{count(column['distinct'])}",
    }
    for name, label in _FACTS.items():
        if column.get(name) is not None:
            facts[label] = _value(column[name], column if name not in _LENGTHS else _NUMBER)
    for name, label in (("zeros", "Zeros"), ("negative", "Below zero")):
        if name in column:
            facts[label] = f"{count(column[name])} ({share(column[name] / present)})"
    return {label: escape_markdown(value) for label, value in facts.items()}


_NUMBER: Final = {"kind": "number", "name": ""}
_LENGTHS: Final = ("shortest", "mean_length", "longest")
_FACTS: Final = {
    "low": "Lowest",
    "q01": "1st percentile",
    "q25": "First quartile",
    "median": "Median",
    "q75": "Third quartile",
    "q99": "99th percentile",
    "high": "Highest",
    "mean": "Mean",
    "deviation": "Standard deviation",
    "skewness": "Skewness",
    "shortest": "Shortest, characters",
    "mean_length": "Mean length",
    "longest": "Longest, characters",
}


def _value(value: Any, column: dict[str, Any]) -> str:
    """Format a value of a column."""
    if column["kind"] == "time":
        when = datetime.fromisoformat(str(value))
        return f"{when.day} {when:%b %Y, %H:%M}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float) and 0 < abs(value) < 0.005:  # noqa: PLR2004  would round to zero
        return f"{value:.1g}".replace("-", "−")
    if isinstance(value, int | float):
        return (f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}").replace("-", "−")
    return REASON_LABELS.get(str(value), str(value)) if column["name"] == "reason" else str(value)


def table(found: Profile, which: str) -> None:
    """Draw all columns in one table, with downloads of the profile."""
    st.subheader("All columns", anchor=False)
    by_name = {column["name"]: column for column in found.columns}
    shown = pd.DataFrame([_row(by_name[name]) for name in found.table["name"]])
    st.dataframe(shown, hide_index=True, alt="All columns with values", column_config=_columns(), key="profile_table")
    title = f"profile {which}"
    with st.container(horizontal=True):
        st.download_button("Download as CSV", lambda: to_csv(found.table), mime="text/csv", on_click="ignore",
                           file_name=frame.file_name(title, found.text), icon=":material/download:",
                           key="profile_csv")  # fmt: skip
        st.download_button("Download as JSON", found.text, mime="application/json", on_click="ignore",
                           file_name=frame.file_name(title, found.text, "json"),
                           icon=":material/download:", key="profile_json")  # fmt: skip
    if found.absent:
        names = ", ".join(LABELS[name].lower() for name in found.absent)
        st.caption(f"Columns without any values: {names}.")


def _row(column: dict[str, Any]) -> dict[str, Any]:
    rows = [bar[2] for bar in column["bars"]] or [number for _value, number in column["frequent"]]
    low, median, high = (_short(column[name], column) if column.get(name) is not None else "" for name in
                         ("low", "median", "high"))  # fmt: skip
    top = column["frequent"][0] if column["frequent"] else None
    return {
        "column": LABELS[column["name"]],
        "type": column["kind"],
        "distribution": rows,
        "missing": column["missing"] / column["rows"],
        "distinct": column["distinct"],
        "exact": "exact" if column["distinct_exact"] else "estimate",
        "low": low,
        "median": median,
        "high": high,
        "frequent": "" if top is None else _value(top[0], column),
    }


def _short(value: Any, column: dict[str, Any]) -> str:
    """Format a value; of a time, only the day."""
    return day(datetime.fromisoformat(str(value))) if column["kind"] == "time" else _value(value, column)


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "column": column.TextColumn("Column", pinned=True),
        "type": column.TextColumn("Type", width="small"),
        "distribution": column.BarChartColumn(
            "Distribution", y_min=0, help="Histogram for numbers and times, most frequent values for text."
        ),
        "missing": column.NumberColumn("Missing", format="percent"),
        "distinct": column.NumberColumn("Distinct values", format="localized"),
        "exact": column.TextColumn("Counted", width="small", help="Estimated above one million, accurate to about 2%."),
        "low": "Lowest",
        "median": "Median",
        "high": "Highest",
        "frequent": "Most frequent",
    }
