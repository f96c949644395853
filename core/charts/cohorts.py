"""Cohorts: a heat map of cohorts by months since, and a curve per cohort."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from core.charts.numbers import Money, count, share, short
from core.charts.theme import BLUE, BLUES, FAINT_GREY, GREY, PALE_GREY, styled

Topic = Literal["retention", "revenue"]
Unit = Literal["relative", "absolute"]

NEWEST: Final = "#EE7733"
MOST_COHORTS: Final = 36
"""Cohorts that are drawn, the newest; more are thinner than a line of text."""

_ROW: Final = 22  # pixels
_WRITTEN: Final = 14  # columns up to which the values stand in the cells; in more they would overlap


@dataclass(frozen=True, kw_only=True)
class _Shown:
    """What is drawn of a topic: its column, the first month drawn, and how a value is written and told."""

    column: str
    first: int
    write: Callable[[float], str]
    tell: Callable[[dict[Hashable, Any]], str]
    tickformat: str
    tickprefix: str = ""


def heat_map(cells: pd.DataFrame, topic: Topic, unit: Unit, money: Money) -> go.Figure:
    """A row per cohort, a column per month since its own; months that are not over are grey.

    Parameters
    ----------
    cells : DataFrame
        From `core.customers.cohorts.cells`; not empty.
    topic : {"retention", "revenue"}
        Who ordered in the month, from the first month after; or what came in up to it, from month 0.
    unit : {"relative", "absolute"}
        Share of the cohort and revenue per customer; or customers and revenue.
    money : Money
        The shop's currency.
    """
    how = _shown(topic, unit, money)
    drawn = newest(cells)
    rows = drawn[["cohort", "size", "begins_log"]].drop_duplicates("cohort")
    names = [_row_name(row) for row in rows.to_dict("records")]
    months = list(range(how.first, max(int(drawn["after"].max()), how.first) + 1))
    whole, pale, told = (_grid(drawn, rows, months, what) for what in _layers(drawn, how))
    figure = go.Figure()
    written = np.vectorize(lambda value: "" if np.isnan(value) else how.write(value), otypes=["object"])(whole)
    common = {"x": months, "y": names, "xgap": 2, "ygap": 2, "showscale": False, "hoverongaps": False}
    tip = {"customdata": told, "hovertemplate": "%{customdata}<extra></extra>"}
    figure.add_heatmap(z=pale, colorscale=[(0, FAINT_GREY), (1, FAINT_GREY)], **common, **tip)
    figure.add_heatmap(
        z=whole,
        zmin=0,
        zmax=max(float(np.nanmax(whole)), 1e-9) if not np.isnan(whole).all() else 1.0,
        colorscale=BLUES,
        text=written if len(months) <= _WRITTEN else None,
        texttemplate="%{text}" if len(months) <= _WRITTEN else None,
        textfont={"size": 11},
        **common,
        **tip,
    )
    styled(figure, height=70 + _ROW * len(names))
    figure.update_xaxes(
        side="top", dtick=1 if len(months) <= 2 * _WRITTEN else 3, fixedrange=True, title="Months after the first order"
    )
    figure.update_yaxes(autorange="reversed", showgrid=False, fixedrange=True, type="category")
    return figure


def newest(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells of the cohorts that are drawn."""
    cohorts = cells["cohort"].drop_duplicates().nlargest(MOST_COHORTS)
    return cells[cells["cohort"].isin(cohorts)]


def curves(cells: pd.DataFrame, averages: pd.DataFrame, topic: Topic, unit: Unit, money: Money) -> go.Figure:
    """A thin line per cohort over its complete months, a thick one for all together; the newest stands out.

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
    followed = drawn.groupby("cohort")["after"].max()
    latest = followed[followed >= followed.clip(upper=how.first + 2).max()].index.max()
    figure = go.Figure()
    for cohort, part in drawn.groupby("cohort"):
        _add_cohort(figure, part, how, latest=cohort == latest)
    shown = averages[averages["after"] >= how.first]
    figure.add_scatter(
        x=shown["after"],
        y=shown[how.column],
        mode="lines+markers",
        name="All together",
        line={"color": BLUE, "width": 3},
        marker={"size": 5},
        customdata=[
            f"<b>All together, month {row['after']:.0f}</b><br>{how.write(row[how.column])}{_unit_of(topic, unit)}, "
            f"over {count(row['cohorts'])} cohort{'' if row['cohorts'] == 1 else 's'}"
            for row in shown.to_dict("records")
        ],
        hovertemplate="%{customdata}<extra></extra>",
    )
    styled(figure, height=330)
    figure.update_layout(showlegend=True, margin_t=34)
    figure.update_layout(legend={"orientation": "h", "x": 0, "y": 1.02, "yanchor": "bottom", "traceorder": "reversed"})
    figure.update_xaxes(fixedrange=True, nticks=13, tickformat="d", title="Months after the first order")
    figure.update_yaxes(
        fixedrange=True, rangemode="tozero", tickformat=how.tickformat, tickprefix=how.tickprefix, nticks=6
    )
    return figure


def _add_cohort(figure: go.Figure, part: pd.DataFrame, how: _Shown, *, latest: bool) -> None:
    begins_log = bool(part["begins_log"].iloc[0])
    name = f"{part['cohort'].iloc[0]:%b %Y}"
    colour = NEWEST if latest else GREY if begins_log else PALE_GREY
    figure.add_scatter(
        x=part["after"],
        y=part[how.column],
        mode="lines" if len(part) > 1 else "markers",
        name=f"{name}, many of them earlier customers" if begins_log else name,
        showlegend=latest or begins_log,
        line={"color": colour, "width": 2.5 if latest else 1.2, "dash": "dash" if begins_log else "solid"},
        marker={"color": colour, "size": 5},
        customdata=[how.tell(row) for row in part.to_dict("records")],
        hovertemplate="%{customdata}<extra></extra>",
    )


def _shown(topic: Topic, unit: Unit, money: Money) -> _Shown:
    if topic == "retention":
        if unit == "relative":
            return _Shown(column="retention", first=1, write=_percent, tell=_told_retention, tickformat=".0%")
        return _Shown(column="active", first=1, write=count, tell=_told_retention, tickformat="~s")
    column = "revenue_per_customer" if unit == "relative" else "revenue_so_far"
    return _Shown(
        column=column,
        first=0,
        write=short,
        tell=lambda row: _told_revenue(row, money),
        tickformat="~s",
        tickprefix=money.symbol,
    )


def _percent(part: float) -> str:
    return f"{100 * part:.0f}"


def _unit_of(topic: Topic, unit: Unit) -> str:
    if topic == "retention":
        return " % of their customers ordered" if unit == "relative" else " customers of a cohort ordered"
    return " per customer so far" if unit == "relative" else " of a cohort so far"


def _row_name(row: dict[Hashable, Any]) -> str:
    return f"{row['cohort']:%b %Y}{'*' if row['begins_log'] else ''} · {short(row['size'])}"


def _layers(drawn: pd.DataFrame, how: _Shown) -> tuple[pd.Series, pd.Series, pd.Series]:
    """Values of complete cells, a mark in the others, and what is told of each."""
    values = drawn[how.column].astype("float64")
    told = pd.Series([how.tell(row) for row in drawn.to_dict("records")], index=drawn.index, dtype="object")
    return values.where(drawn["complete"]), (~drawn["complete"]).astype("float64").where(~drawn["complete"]), told


def _grid(drawn: pd.DataFrame, rows: pd.DataFrame, months: list[int], what: pd.Series) -> np.ndarray:
    table = what.set_axis(pd.MultiIndex.from_frame(drawn[["cohort", "after"]]))
    full = pd.MultiIndex.from_product([rows["cohort"], months])
    grid: np.ndarray = table.reindex(full).to_numpy().reshape(len(rows), len(months))
    return grid


def _when(row: dict[Hashable, Any]) -> str:
    over = "" if row["complete"] else " (this month is not over)"
    return f"<b>First ordered in {row['cohort']:%B %Y}</b><br>{row['month']:%B %Y}, month {row['after']}{over}"


def _told_retention(row: dict[Hashable, Any]) -> str:
    return (
        f"{_when(row)}<br>{count(row['active'])} of {count(row['size'])} customers ordered, {share(row['retention'])}"
    )


def _told_revenue(row: dict[Hashable, Any], money: Money) -> str:
    return (
        f"{_when(row)}<br>{money.exact(row['revenue_so_far'])} gross so far, {money.exact(row['net_so_far'])} net"
        f"<br>{money.exact(row['revenue_per_customer'])} gross per customer, "
        f"{money.exact(row['net_per_customer'])} net"
    )
