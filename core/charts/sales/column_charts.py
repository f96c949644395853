"""Column profiles: missing values and value distributions."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import BLUE, GREY, PALE_GREY, escape, styled
from core.numbers import count, share, short

_ROW: Final = 28  # pixels per bar, with its gap
_LEAST_SHARE: Final = 0.0005  # smaller shares would be written as zero


def missing_bars(table: pd.DataFrame) -> go.Figure:
    """Draw the share of rows without a value per column, highest on top.

    Parameters
    ----------
    table : DataFrame
        `column` (as shown), `missing` (rows), `missing_share`, `rows`.
    """
    hover = [
        f"<b>{escape(str(row['column']))}</b><br>{count(row['missing'])} of {count(row['rows'])} rows "
        f"({share(row['missing_share'])}) have no value"
        for row in table.to_dict("records")
    ]
    texts = [share(part) if part else "none" for part in table["missing_share"]]
    figure = _across([escape(str(name)) for name in table["column"]], table["missing_share"].tolist(), texts, hover)
    figure.update_xaxes(range=[0, max(table["missing_share"].max() * 1.25, 0.01)])
    return figure


def frequent_bars(pairs: Sequence[Sequence[Any]], present: int, shown: Sequence[str]) -> go.Figure:
    """Draw the most frequent values.

    Parameters
    ----------
    pairs : sequence of (value, rows)
        The most frequent first.
    present : int
        Rows with a value.
    shown : sequence of str
        The values as displayed.
    """
    rows = [int(number) for _value, number in pairs]
    hover = [
        f"<b>{escape(text, 80)}</b><br>{_rows(number)}, {share(number / present)} of those with a value"
        for text, number in zip(shown, rows, strict=True)
    ]
    texts = [
        f"{short(number)} · {share(number / present)}" if number / present >= _LEAST_SHARE else short(number)
        for number in rows
    ]
    figure = _across([escape(text, 30) for text in shown], rows, texts, hover)
    figure.update_xaxes(range=[0, max(rows) * 1.4])
    return figure


def histogram(column: dict[str, Any]) -> go.Figure:
    """Draw a histogram of numbers or times.

    Parameters
    ----------
    column : dict
        From `core.ingest.report.column_profile.profile_column`, with `bars`.
    """
    times = column["kind"] == "time"
    bars = pd.DataFrame(column["bars"], columns=["start", "end", "rows"])
    if times:
        bars["start"], bars["end"] = pd.to_datetime(bars["start"]), pd.to_datetime(bars["end"])
    present = column["rows"] - column["missing"]
    hover = [
        f"<b>{_rows(row['rows'])}</b>, {share(row['rows'] / present)},<br>{_between(row, column)}"
        for row in bars.to_dict("records")
    ]
    width = bars["end"] - bars["start"]
    figure = go.Figure(
        go.Bar(
            x=bars["start"] + width / 2,
            y=bars["rows"],
            width=width.dt.total_seconds() * 950 if times else width * 0.95,  # milliseconds, with a gap
            marker_color=BLUE,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    styled(figure, height=300)
    figure.update_xaxes(fixedrange=True, nticks=9, tickangle=0)
    figure.update_yaxes(tickformat="~s", fixedrange=True, rangemode="tozero", title_text="Rows")
    if not times and bars["start"].iloc[0] <= column["median"] <= bars["end"].iloc[-1]:
        figure.add_vline(
            x=column["median"] + (0.5 if column["whole"] and width.iloc[0] == 1 else 0),
            line={"color": GREY, "width": 1.5, "dash": "dot"},
            annotation_text=f"Median {short(column['median'])}",
            annotation_position="top right",
            annotation_font_size=12,
        )
    return figure


def _between(row: dict[Any, Any], column: dict[str, Any]) -> str:
    if column["kind"] == "time":
        start, unit = row["start"], column["unit"]
        texts = {"day": f"{start:%d %b %Y}", "week": f"week of {start:%d %b %Y}", "month": f"{start:%B %Y}"}
        return texts.get(unit, f"{start:%Y}")
    if column["whole"]:
        first, last = row["start"], row["end"] - 1
        return f"value {first:,.10g}" if last <= first else f"values {first:,.10g} to {last:,.10g}"
    return f"values {row['start']:,.4g} to {row['end']:,.4g}"


def _rows(number: float) -> str:
    return f"{count(number)} row" if number == 1 else f"{count(number)} rows"


def _across(names: Sequence[str], values: Sequence[float], texts: Sequence[str], hover: Sequence[str]) -> go.Figure:
    figure = go.Figure(
        go.Bar(
            x=values,
            y=list(range(len(names))),
            orientation="h",
            marker_color=[BLUE if value else PALE_GREY for value in values],
            text=texts,
            textposition="outside",
            cliponaxis=False,
            customdata=hover,
            hovertemplate="%{customdata}<extra></extra>",
        )
    )
    styled(figure, height=40 + _ROW * max(len(names), 1))
    figure.update_xaxes(visible=False, fixedrange=True)
    figure.update_yaxes(
        autorange="reversed", tickvals=list(range(len(names))), ticktext=list(names), showgrid=False, fixedrange=True
    )
    return figure
