"""Cohort charts: a heat map of cohorts by month since the first order, and a curve per cohort."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.theme import BLUE, BLUES, FAINT_GREY, GREY, PALE_GREY, SOLID_BLUES, ink_at, styled
from core.numbers import Money, count, share, short, tiny

Topic = Literal["retention", "revenue"]
Unit = Literal["relative", "absolute"]

NEWEST: Final = "#EE7733"
MOST_COHORTS: Final = 36
"""Maximum number of cohorts drawn, newest first; with more, rows would be thinner than a line of text."""

FEW: Final = 30
"""Cohort size below which shares are mostly noise: one customer moves them by three points."""

WRITTEN: Final = 14
"""Maximum number of columns with values in the cells; with more, they would overlap."""

_ROW: Final = 22  # pixels
_MANY: Final = 20  # rows; beyond this, rows are lower
_LOW_ROW: Final = 15
_ENOUGH: Final = 3  # complete months before a cohort is highlighted; with fewer it is a dot or two


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """Settings of a topic: its column, its first month, and the formats of a value, a cell and an average."""

    column: str
    first: int
    write: Callable[[float], str]
    describe: Callable[[dict[Hashable, Any]], str]
    average: Callable[[float], str]
    tickformat: str
    tickprefix: str = ""
    ink: float = 10.5  # pixels


def heat_map(cells: pd.DataFrame, topic: Topic, unit: Unit, money: Money) -> go.Figure:
    """Draw a row per cohort and a column per month since its first order; incomplete months are grey.

    Parameters
    ----------
    cells : DataFrame
        From `core.customers.cohorts.cells`; not empty.
    topic : {"retention", "revenue"}
        Customers who ordered in the month, from month 1; or revenue up to it, from month 0.
    unit : {"relative", "absolute"}
        Share of the cohort and revenue per customer; or numbers of customers and revenue.
    money : Money
        The shop's currency.
    """
    how = _shown(topic, unit, money)
    drawn = newest(cells)
    rows = drawn[["cohort", "size", "begins_log"]].drop_duplicates("cohort")
    names = [_row_name(row) for row in rows.to_dict("records")]
    months = list(range(how.first, max(int(drawn["after"].max()), how.first) + 1))
    whole, pale, texts = (_grid(drawn, rows, months, what) for what in _layers(drawn, how))
    figure = go.Figure()
    common = {"x": months, "y": names, "xgap": 2, "ygap": 2, "showscale": False, "hoverongaps": False}
    common |= {"customdata": texts, "hovertemplate": "%{customdata}<extra></extra>"}
    figure.add_heatmap(z=pale, colorscale=[(0, FAINT_GREY), (1, FAINT_GREY)], **common)
    written, darkest = len(months) <= WRITTEN, _darkest(whole, rows)
    figure.add_heatmap(z=whole, zmin=0, zmax=darkest, colorscale=SOLID_BLUES if written else BLUES, **common)
    if written:
        _write(figure, whole, darkest, how)
    styled(figure, height=70 + (_ROW if len(names) <= _MANY else _LOW_ROW) * len(names))
    figure.update_xaxes(
        side="top", dtick=1 if len(months) <= WRITTEN else 3, fixedrange=True, title="Months after the first order"
    )
    figure.update_xaxes(range=[months[0] - 0.5, months[-1] + 0.5])
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, type="category")
    return figure


def _darkest(whole: np.ndarray, rows: pd.DataFrame) -> float:
    """Return the value of the darkest colour: the largest among cohorts suited for comparison.

    The first cohort would make all others look pale, and so would a cohort of one returning customer.
    """
    new = ~rows["begins_log"].to_numpy()
    for counted in (whole[new & (rows["size"] >= FEW).to_numpy()], whole[new], whole):
        if np.isfinite(counted).any():
            return max(float(np.nanmax(counted)), 1e-9)
    return 1.0


def _write(figure: go.Figure, whole: np.ndarray, darkest: float, how: _Shown) -> None:
    """Write values in the cells, since Plotly's own text is an unreadable grey on mid-blue."""
    row, column = np.nonzero(np.isfinite(whole))
    values = whole[row, column]
    names = figure.data[0].y
    figure.add_scatter(
        x=column + how.first,
        y=[names[place] for place in row],
        text=[how.write(value) for value in values],
        mode="text",
        textfont={"size": how.ink, "color": [ink_at(value / darkest) for value in values]},
        hoverinfo="skip",
    )


def newest(cells: pd.DataFrame) -> pd.DataFrame:
    """Return the cells of the cohorts that are drawn."""
    cohorts = cells["cohort"].drop_duplicates().nlargest(MOST_COHORTS)
    return cells[cells["cohort"].isin(cohorts)]


def curves(cells: pd.DataFrame, averages: pd.DataFrame, topic: Topic, unit: Unit, money: Money) -> go.Figure:
    """Draw a thin line per cohort over its complete months and a thick one for the average; the newest stands out.

    Parameters
    ----------
    cells : DataFrame
        From `core.customers.cohorts.cells`; not empty.
    averages : DataFrame
        From `core.customers.cohorts.averages`; may be empty.
    topic, unit, money
        As for `heat_map`.
    """
    how = _shown(topic, unit, money)
    drawn = newest(cells)
    drawn = drawn[drawn["complete"] & (drawn["after"] >= how.first)]
    figure = go.Figure()
    for line in _lines(drawn):
        _draw(figure, line, how)
    _draw_averages(figure, averages[averages["after"] >= how.first], how)
    styled(figure, height=330)
    figure.update_layout(showlegend=True, margin_t=34)
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "reversed"})
    months = int(drawn["after"].max()) if len(drawn) else 0
    figure.update_xaxes(fixedrange=True, dtick=1 if months <= WRITTEN else 3, title="Months after the first order")
    figure.update_yaxes(
        fixedrange=True, rangemode="tozero", tickformat=how.tickformat, tickprefix=how.tickprefix, nticks=6
    )
    return figure


@dataclass(frozen=True, kw_only=True)
class _Line:
    """One or more cohorts drawn alike, under one name."""

    part: pd.DataFrame
    name: str
    colour: str
    width: float
    dash: str = "solid"


def _lines(drawn: pd.DataFrame) -> list[_Line]:
    """Return all other cohorts as one line with gaps, then the first cohort and the newest, back to front."""
    followed = drawn[~drawn["begins_log"]].groupby("cohort")["after"].max()
    latest = followed[followed >= min(_ENOUGH, int(followed.max()))].index.max() if len(followed) else None
    first, new = drawn[drawn["begins_log"]], drawn[drawn["cohort"] == latest]
    others = drawn[~drawn["begins_log"] & (drawn["cohort"] != latest)]
    found = [
        _Line(part=others, name="Other cohorts", colour=PALE_GREY, width=1.2),
        _Line(part=first, name=f"{_month(first)} (includes earlier customers)", colour=GREY, width=1.5, dash="dash"),
        _Line(part=new, name=_month(new), colour=NEWEST, width=2.5),
    ]
    return [line for line in found if len(line.part)]


def _month(part: pd.DataFrame) -> str:
    return f"{part['cohort'].iloc[0]:%b %Y}" if len(part) else ""


def _draw(figure: go.Figure, line: _Line, how: _Shown) -> None:
    across: list[int | None] = []
    up: list[float | None] = []
    texts: list[str] = []
    for _, part in line.part.groupby("cohort"):
        across += [*part["after"].tolist(), None]
        up += [*part[how.column].tolist(), None]
        texts += [*(how.describe(row) for row in part.to_dict("records")), ""]
    figure.add_scatter(
        x=across,
        y=up,
        mode="lines" if len(texts) > 2 * line.part["cohort"].nunique() else "lines+markers",  # a line needs two points
        name=line.name,
        line={"color": line.colour, "width": line.width, "dash": line.dash},
        marker={"color": line.colour, "size": 3},
        customdata=texts,
        hovertemplate="%{customdata}<extra></extra>",
    )


def _draw_averages(figure: go.Figure, averages: pd.DataFrame, how: _Shown) -> None:
    figure.add_scatter(
        x=averages["after"],
        y=averages[how.column],
        mode="lines+markers",
        name="Average",
        line={"color": BLUE, "width": 3},
        marker={"size": 5},
        customdata=[
            f"<b>Average, month {row['after']:.0f}</b><br>{how.average(row[how.column])}"
            f"<br>Across {count(row['cohorts'])} cohort{'' if row['cohorts'] == 1 else 's'}"
            for row in averages.to_dict("records")
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _shown(topic: Topic, unit: Unit, money: Money) -> _Shown:
    if topic == "retention":
        common: dict[str, Any] = {"first": 1, "describe": _retention_text}
        if unit == "absolute":
            average_text = lambda number: f"{number:,.1f} customers per cohort ordered"  # noqa: E731
            return _Shown(column="active", write=count, average=average_text, tickformat="~s", **common)
        average_text = lambda part: f"{share(part)} of customers ordered"  # noqa: E731
        return _Shown(
            column="retention", write=lambda part: f"{100 * part:.0f}", average=average_text, tickformat=".0%", **common
        )
    per = "customer" if unit == "relative" else "cohort"
    return _Shown(
        column="revenue_per_customer" if unit == "relative" else "revenue_so_far",
        first=0,
        write=tiny,
        describe=lambda row: _revenue_text(row, money, per),
        average=lambda amount: f"{money.exact(amount)} gross so far per {per}",
        tickformat="~s",
        tickprefix=money.symbol,
        ink=9,
    )


def _row_name(row: dict[Hashable, Any]) -> str:
    return f"{row['cohort']:%b %Y}{'*' if row['begins_log'] else ''} · {short(row['size'])}"


def _layers(drawn: pd.DataFrame, how: _Shown) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Return values of complete cells, a mark for the others, and the hover text of each."""
    values = drawn[how.column].astype("float64")
    texts = pd.Series([how.describe(row) for row in drawn.to_dict("records")], index=drawn.index, dtype="object")
    return values.where(drawn["complete"]), (~drawn["complete"]).astype("float64").where(~drawn["complete"]), texts


def _grid(drawn: pd.DataFrame, rows: pd.DataFrame, months: list[int], what: pd.Series) -> np.ndarray:
    table = what.set_axis(pd.MultiIndex.from_frame(drawn[["cohort", "after"]]))
    full = pd.MultiIndex.from_product([rows["cohort"], months])
    grid: np.ndarray = table.reindex(full).to_numpy().reshape(len(rows), len(months))
    return grid


def _when(row: dict[Hashable, Any]) -> str:
    over = "" if row["complete"] else " (month to date)"
    return f"<b>First ordered in {row['cohort']:%B %Y}</b><br>{row['month']:%B %Y}, month {row['after']}{over}"


def _retention_text(row: dict[Hashable, Any]) -> str:
    return (
        f"{_when(row)}<br>{count(row['active'])} of {count(row['size'])} customers ordered ({share(row['retention'])})"
    )


def _revenue_text(row: dict[Hashable, Any], money: Money, per: str) -> str:
    gross, net = ("revenue_per_customer", "net_per_customer") if per == "customer" else ("revenue_so_far", "net_so_far")
    return f"{_when(row)}<br>{money.exact(row[gross])} gross so far per {per}<br>{money.exact(row[net])} net"
