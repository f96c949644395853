"""Waterfall of a prediction: driver by driver, from the average customer to the one explained."""

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from core.charts.explanations.value_units import money_ticks
from core.charts.predictions.chance_bars import likelihood
from core.charts.theme import BLUE, FAINT_GREY, GREY, escape, styled
from core.numbers import Money

RAISES: Final = "#4477AA"
"""Colour of drivers that raise a prediction, distinguishable from `LOWERS` with colour blindness, on any page."""
LOWERS: Final = "#DD7A2B"
"""Colour of drivers that lower a prediction."""

_ENDS: Final = ("Average customer", "This customer")
_ROW: Final = 44  # pixels: a line of text and the bar below it
_THICK: Final = 0.34  # share of a row
_BELOW: Final = 0.2  # share of a row: offset of its bar below the centre
_ABOVE: Final = 0.2  # share of a row: offset of its text above the centre
_OPEN: Final = (0.6, 1.0)  # share of the way to the next row: gap in a line that would cross its text
_NARROW: Final = 320  # pixels: chart width on a phone, mostly covered by text
_LETTER: Final = 6.4  # pixels
_ROOM: Final = 0.16  # share of the width on each side, for figures at the ends of bars
_WIDE: Final = 46  # characters of a value
_CHANCES: Final = (
    0.5, 0.1, 0.9, 0.25, 0.75, 0.01, 0.99, 0.05, 0.95, 0.02, 0.98, 0.001, 0.999, 0.005, 0.995, 0.15, 0.85, 0.35, 0.65,
    0.2, 0.8, 0.3, 0.7, 0.4, 0.6, 0.07, 0.93, 0.03, 0.97, 0.12, 0.88, 0.06, 0.94, 0.08, 0.92, 0.45, 0.55,
)  # fmt: skip
"""Probabilities that an axis may show, roundest first."""

_STEPS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)  # of probability, between ticks
_MOST_TICKS: Final = 6
_APART: Final = 0.11  # share of the width: smallest distance between two ticks
_LEAST_WIDTH: Final = 0.5  # log-odds; keeps a tiny effect from looking large

LOG_ODDS, PROBABILITY, MONEY = "log-odds", "probability", "money"

Range = tuple[float, float]


def waterfall(  # noqa: PLR0913  each is a part of the chart
    rows: pd.DataFrame,
    *,
    base: float,
    total: float,
    scale: str,
    axis: str,
    money: Money,
    chances: bool = True,
    within: Range | None = None,
    said: tuple[str, str] | None = None,
) -> go.Figure:
    """Draw a bar per driver, each starting where the one before it ended.

    Parameters
    ----------
    rows : DataFrame
        `label`, `value` (the customer's, in words), `contribution`, `error` (may be missing), `start`, `end`.
    base, total : float
        Prediction at the start and at the end.
    scale : str
        "log-odds", "probability" or "money": the unit of all these numbers.
    axis : str
        Title of the axis.
    money : Money
        The shop's currency.
    chances : bool
        True if log-odds are of a yes/no outcome, so that the axis can show probabilities.
    within : tuple of float, optional
        Range of the axis, shared by charts that stand side by side. See `reach`.
    said : tuple of str, optional
        Texts next to the names of both ends, instead of `base` and `total`.
    """
    low, high = within or reach(rows, base, total, scale)
    ends = list(zip(_ENDS, (base, total), strict=True))
    said = said or (written(base, scale, money, chances=chances), written(total, scale, money, chances=chances))
    figure = go.Figure()
    places = np.arange(1, len(rows) + 1, dtype="float64")
    _bars(figure, rows, places, scale, money)
    _ends(figure, ends, len(rows) + 1, (low, high))
    _joined(figure, rows, base, (low, high))
    lines = [f"<b>{name}</b>: {escape(text)}" for name, text in zip(_ENDS, said, strict=True)]
    lines[1:1] = [_line(row) for row in rows.to_dict("records")]
    styled(figure, height=58 + _ROW * (len(rows) + 2))
    figure.update_layout(
        bargap=0.0, barmode="overlay", margin={"l": 4, "r": 4, "t": 4, "b": 4},
        annotations=[_words(text, place) for place, text in enumerate(lines)],
    )  # fmt: skip
    figure.update_yaxes(visible=False, range=[len(rows) + 1.55, -0.5], fixedrange=True)
    figure.update_xaxes(range=[low, high], fixedrange=True, title=axis, showgrid=True, gridcolor=FAINT_GREY,
                        **_ticks((low, high), scale, money, chances=chances))  # fmt: skip
    return figure


def reach(rows: pd.DataFrame, base: float, total: float, scale: str) -> Range:
    """Return the range that the axis must cover, with room for figures at the ends of bars."""
    values = [base, total, *rows["start"], *rows["end"]]
    low, high = min(values), max(values)
    least = _LEAST_WIDTH if scale == LOG_ODDS else 1e-9
    spare = max(least - (high - low), 0) / 2
    low, high = low - spare, high + spare
    room = _ROOM * (high - low)
    return low - room, high + room


def written(value: float, scale: str, money: Money, *, chances: bool = True) -> str:
    """Write a sum of contributions: a probability, an amount, or log-odds if the outcome is not yes/no."""
    if scale == MONEY:
        return money.short(value)
    if scale == PROBABILITY:
        return likelihood(value)
    return likelihood(float(1 / (1 + np.exp(-value)))) if chances else signed(value)


def contribution(value: float, scale: str, money: Money) -> str:
    """Write a contribution with its sign: `+0.62`, `−3.1 pts`, `+£24.00`."""
    sign = "+" if value >= 0 else "−"
    if scale == MONEY:
        return f"{sign}{money.short(abs(value))}"
    return f"{sign}{abs(100 * value):.1f} pts" if scale == PROBABILITY else signed(value)


def signed(value: float) -> str:
    """Write log-odds with their sign and two decimals; values that round to zero have no sign."""
    rounded = round(value, 2)
    return f"{'−' if rounded < 0 else '+' if rounded > 0 else ''}{abs(rounded):.2f}"


def _bars(figure: go.Figure, rows: pd.DataFrame, places: npt.NDArray[np.float64], scale: str, money: Money) -> None:
    up = rows["contribution"] >= 0
    errors: dict[str, Any] = (
        {"error_x": {"type": "data", "array": rows["error"], "color": GREY, "thickness": 1.3, "width": 3}}
        if rows["error"].notna().any()
        else {}
    )
    figure.add_bar(
        x=rows["contribution"],
        base=rows["start"],
        y=places + _BELOW,
        width=_THICK,
        orientation="h",
        marker_color=np.where(up, RAISES, LOWERS),
        customdata=[_hover(row, scale, money) for row in rows.to_dict("records")],
        hovertemplate="%{customdata}<extra></extra>",
        **errors,
    )
    reached = rows[["start", "end"]].max(axis=1).where(up, rows[["start", "end"]].min(axis=1))
    beyond = rows["error"].fillna(0.0) * np.where(up, 1, -1)
    figure.add_scatter(
        x=reached + beyond,
        y=places + _BELOW,
        mode="text",
        text=[f" {contribution(value, scale, money)} " for value in rows["contribution"]],
        textposition=["middle right" if raised else "middle left" for raised in up],
        textfont={"size": 12},
        cliponaxis=False,
        hoverinfo="skip",
    )


def _ends(figure: go.Figure, ends: list[tuple[str, float]], last: int, within: Range) -> None:
    """Draw both ends as bars from the edge of the chart, so that start and result stand out."""
    figure.add_bar(
        x=[value - within[0] for _, value in ends],
        base=within[0],
        y=[_BELOW, last + _BELOW],
        width=_THICK,
        orientation="h",
        marker_color=[GREY, BLUE],
        opacity=0.45,
        hoverinfo="skip",
    )


def _joined(figure: go.Figure, rows: pd.DataFrame, base: float, within: Range) -> None:
    """Connect the end of each bar to the start of the next by a thin line, with a gap where text stands."""
    low, high = within
    letters = [*(rows["label"].str.len() + rows["value"].str.len().clip(upper=_WIDE) + 2), len(_ENDS[1]) + 8]
    points: list[tuple[float | None, float | None]] = []
    for place, (value, long) in enumerate(zip([base, *rows["end"]], letters, strict=True)):
        top, bottom = place + _BELOW - _THICK / 2, place + 1 + _BELOW + _THICK / 2
        if _NARROW * (value - low) / (high - low) < _LETTER * long:
            points += [(value, top), (value, place + _OPEN[0]), (None, None), (value, place + _OPEN[1])]
        else:
            points += [(value, top)]
        points += [(value, bottom), (None, None)]
    figure.add_scatter(
        x=[x for x, _ in points], y=[y for _, y in points], mode="lines", hoverinfo="skip",
        line={"color": GREY, "width": 1, "dash": "dot"},
    )  # fmt: skip


def _line(row: Any) -> str:
    """Return the text above a bar."""
    value = f": {escape(str(row['value']), _WIDE)}" if row["value"] else ""
    return f"{escape(str(row['label']))}{value}"


def _words(text: str, place: float) -> dict[str, Any]:
    return {
        "x": 0, "xref": "paper", "xanchor": "left", "y": place - _ABOVE, "yanchor": "middle", "text": text,
        "showarrow": False, "align": "left", "font": {"size": 12.5},
    }  # fmt: skip


def _hover(row: Any, scale: str, money: Money) -> str:
    way = "raises" if row["contribution"] >= 0 else "lowers"
    said = f" ({escape(str(row['value']), _WIDE)})" if row["value"] else ""
    unit = " in log-odds" if scale == LOG_ODDS else ""
    error = "" if pd.isna(row["error"]) else f"<br>give or take {contribution(row['error'], scale, money)[1:]}"
    return (
        f"<b>{escape(str(row['label']))}</b>{said}<br>{way} the prediction: "
        f"{contribution(row['contribution'], scale, money)}{unit}{error}"
    )


def _ticks(within: Range, scale: str, money: Money, *, chances: bool) -> dict[str, Any]:
    if scale == LOG_ODDS and chances:
        return _chance_ticks(within)
    if scale == PROBABILITY:
        return _percent_ticks(within)
    return money_ticks(*within, money) if scale == MONEY else {"nticks": 7}


def _percent_ticks(within: Range) -> dict[str, Any]:
    low, high = within
    step = next((step for step in _STEPS if (high - low) / step <= _MOST_TICKS), _STEPS[-1])
    found = [place * step for place in range(int(np.ceil(low / step)), int(high / step) + 1)]
    return {"tickvals": found, "ticktext": [f"{100 * value:.3g}%".replace("-", "−") for value in found]}


def _chance_ticks(within: Range) -> dict[str, Any]:
    """Return probabilities as ticks at their log-odds, roundest first, spaced so that labels don't touch."""
    low, high = within
    at = {chance: float(np.log(chance / (1 - chance))) for chance in _CHANCES}
    kept: list[float] = []
    for chance in _CHANCES:
        clear = all(abs(at[chance] - at[other]) >= _APART * (high - low) for other in kept)
        if low <= at[chance] <= high and clear and len(kept) < _MOST_TICKS:
            kept.append(chance)
    kept = sorted(kept)
    return {"tickvals": [at[chance] for chance in kept], "ticktext": [f"{100 * chance:.3g}%" for chance in kept]}
