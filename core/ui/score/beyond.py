"""Predictions beyond the trained outcomes: next order, 12-month value and ranges."""

from typing import Any, Final

import pandas as pd
import streamlit as st

from core.charts.predictions.chance_bars import likelihood
from core.forecasts import outlook_queries
from core.numbers import Money, day
from core.ui.caching.outlooks import NEVER
from core.ui.score.view import Answer
from core.ui.shared.frame import escape_markdown
from core.ui.shared.scores import STAYED
from core.ui.shared.view import View

_ABOUT: Final = (
    "Same as in Outlook. Next order, value and the chance that they are still a customer come from own rhythm (BG/NBD "
    "and Gamma-Gamma), without seasonality. 80% prediction ranges for this customer: one time in ten the value is "
    "lower, one in ten higher. Errors in the models themselves aren't covered."
)


def beyond(found: Answer, view: View) -> None:
    """Draw a card with Outlook's further predictions, for a customer whose orders are known.

    Parameters
    ----------
    found : Answer
        Row of `core.models.scoring.outlook.outlook`.
    view : View
        The dataset in view, for its currency.
    """
    with st.container(border=True, key="score_beyond"):
        st.markdown("**Next order and value**", help=_ABOUT)
        st.markdown(
            "\n".join(f"- {escape_markdown(line)}" for line in lines(found.row, found.model.horizon, view.money))
        )


def lines(row: "pd.Series[Any]", horizon: int, money: Money) -> list[str]:
    """Return lines on next order, spend, value and the chance of still being a customer, with 80% ranges.

    Parameters
    ----------
    row : Series
        Row of `core.models.scoring.outlook.outlook`.
    horizon : int
        Days ahead.
    money : Money
        The shop's currency.
    """
    alive = likelihood(float(row["p_alive"]))
    said = [
        f"Next order: {_next_order(row)}",
        f"Spend within {horizon} days: {_range(row, 'expected_spend', money)}",
        f"12-month value: {_range(row, outlook_queries.VALUE, money)}",
        f"Still a customer: {alive}",
    ]
    gross, net = float(row["monetary"]), float(row["net"])
    if net < STAYED * gross:
        said.append(
            f"Of {money.exact(gross)} ordered so far, only {money.exact(max(net, 0.0))} was kept; the rest was "
            "returned. The "
            "figures above are gross, so they overstate this customer"
        )
    return said


def _next_order(row: "pd.Series[Any]") -> str:
    middle, low, high = (row[f"next_order{end}"] for end in ("", "_low", "_high"))
    if pd.isna(low):
        return f"{NEVER}, if still a customer"
    around = NEVER if pd.isna(middle) else f"around {day(middle)}"
    return (
        f"{around}, if still a customer (80% range: {day(low)} to {'beyond 3 years' if pd.isna(high) else day(high)})"
    )


def _range(row: "pd.Series[Any]", name: str, money: Money) -> str:
    expected, low, high = (float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    if high <= 0:
        return f"{money.short(expected)} on average, but nothing nine times in ten"
    return f"{money.short(expected)} on average (80% range: {money.short(low)} to {money.short(high)})"
