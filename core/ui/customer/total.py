"""Contributions as a sum that adds up to the prediction, and the inputs of each driver."""

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from core.act.exports import to_csv
from core.charts.predictions.chance_bars import likelihood
from core.explain.attribution.explainer import LOG_ODDS, MONEY, PROBABILITY
from core.explain.customer.steps import Steps, inputs, opens_rhythm
from core.explain.drivers import DRIVERS
from core.numbers import Money, count
from core.ui.customer import cached as cached_customer
from core.ui.customer.view import Looked
from core.ui.customer.why import Question
from core.ui.shared import frame
from core.ui.shared.frame import escape_markdown


def table(looked: Looked, question: Question, found: Steps) -> None:
    """Draw the sum and the inputs of a driver."""
    money = looked.view.money
    with st.container(border=True, key="customer_sum"):
        left, right = st.columns([11, 9], gap="medium")
        with left:
            st.markdown("**The sum**", help="All drivers; they add up to the prediction.")
            rows = _summands(found)
            st.dataframe(
                rows, hide_index=True, column_config=_columns(found, money), key="customer_contributions",
                height="content", alt="Contributions of all drivers, which add up to the prediction", placeholder="–",
            )  # fmt: skip
            st.markdown(escape_markdown(in_one_line(found, money)))
            text = to_csv(rows.rename(columns=_named(found, money)))
            st.download_button(
                "Download the sum", text, file_name=frame.file_name(f"{looked.customer_id[:40]} why", text),
                mime="text/csv", icon=":material/download:", on_click="ignore", key="customer_sum_csv",
            )  # fmt: skip
        with right:
            _opened(looked, question, found)


def in_one_line(found: Steps, money: Money) -> str:
    """Show that the contributions add up."""
    drivers = float(found.rows["contribution"].sum())
    write = _writer(found.scale, money)
    said = f"{write(found.base)} (average customer) {_plus(drivers, write)} (all drivers) = {write(found.total)}"
    if found.scale != LOG_ODDS or found.total_chance is None or found.base_chance is None:
        return f"{said}."
    ends = [likelihood(one) for one in (found.base_chance, found.total_chance)]
    return f"{said} in log-odds: from a chance of {ends[0]} to {ends[1]}."


def _opened(looked: Looked, question: Question, found: Steps) -> None:
    """Show the inputs of a driver."""
    explainer = cached_customer.explainer(looked.view.key, looked.folder, question.outcome)
    if explainer.is_rhythm:
        st.caption("Own rhythm uses only these inputs; none of them is derived from others.")
        return
    names = list(found.drivers)
    driver = st.selectbox(
        "Open a driver", names, format_func=lambda name: DRIVERS[name].label,
        key=f"customer_open_{question.outcome}_{looked.scores.totals['model']['id']}",
        help="The inputs that belong to this driver.",
    )  # fmt: skip
    view, money = looked.view, looked.view.money
    explanation, row = cached_customer.explained(view.key, looked.folder, looked.customer_id, question.outcome)
    st.caption(escape_markdown(DRIVERS[driver].about))
    rows = inputs(explainer, explanation, driver, row, money, output=question.output)
    if len(rows):
        number = st.column_config.NumberColumn(
            _unit(found.scale, money), format=_format(found), help="Its contribution to the prediction."
        )
        columns: dict[str, Any] = {
            "input": st.column_config.TextColumn("Input", width="medium"),
            "contribution": number,
            "value": "With this customer",
        }
        shown = rows if rows["contribution"].notna().any() else rows.drop(columns="contribution")
        st.dataframe(
            shown, hide_index=True, column_config=columns, column_order=list(columns), key="customer_inputs",
            placeholder="–", alt="Inputs of the driver",
        )  # fmt: skip
        if "contribution" not in shown:
            st.caption("This model is explained by driver, so single inputs have no contributions.")
    if opens_rhythm(explainer, driver):
        _own_rhythm(looked, question)


def _own_rhythm(looked: Looked, question: Question) -> None:
    view, money = looked.view, looked.view.money
    alone = cached_customer.rhythm(view.key, looked.folder, looked.customer_id, question.outcome, view.dataset.currency)
    st.markdown("Inside own rhythm:")
    st.dataframe(_summands(alone), hide_index=True, column_config=_columns(alone, money), key="customer_rhythm",
                 alt="What orders, recency and age add to own rhythm", placeholder="–")  # fmt: skip
    st.caption(
        escape_markdown(in_one_line(alone, money))
        + " These are own rhythm’s log-odds (BG/NBD), before the model combines them with other drivers."
    )


def _summands(found: Steps) -> pd.DataFrame:
    """Return rows from the average customer to this one, in the order in which contributions are added."""
    chance = found.base_chance is not None
    first = {"label": "Average customer", "value": "", "contribution": found.base,
             "chance": found.base_chance if chance else np.nan}  # fmt: skip
    last = {"label": "This customer", "value": "", "contribution": found.total,
            "chance": found.total_chance if chance else np.nan}  # fmt: skip
    columns = ["label", "contribution", "error", "chance", "value"]
    rows = pd.concat([pd.DataFrame([first]), found.rows[columns], pd.DataFrame([last])], ignore_index=True)[columns]
    rows["chance"] = 100 * rows["chance"].astype("float64")
    if found.scale == PROBABILITY:
        rows[["contribution", "error"]] = 100 * rows[["contribution", "error"]].astype("float64")
    empty = [name for name in ("error", "chance") if rows[name].isna().all()]
    return rows.drop(columns=[*empty, *(["chance"] if found.scale == PROBABILITY and "chance" not in empty else [])])


def _columns(found: Steps, money: Money) -> dict[str, Any]:
    column = st.column_config
    sampled = f"Standard error from {count(found.orders)} orderings of the drivers."
    return {
        "label": column.TextColumn("Driver", pinned=True),
        "value": column.TextColumn("With this customer"),
        "contribution": column.NumberColumn(
            _unit(found.scale, money), format=_format(found),
            help="What each driver adds (contribution). The first row is the starting point, the last the total. "
            "Points are percentage points.",
        ),
        "error": column.NumberColumn("±", format=_format(found).replace("+", ""), help=sampled),
        "chance": column.NumberColumn("Chance after it", format="%.1f%%", help="Running total, as a probability."),
    }  # fmt: skip


def _named(found: Steps, money: Money) -> dict[str, str]:
    """Return the download's column names with units, as the file has no tooltips."""
    unit = money.currency or "amount" if found.scale == MONEY else _unit(found.scale, money).lower()
    return {
        "label": "driver", "contribution": f"contribution ({unit})", "error": f"standard error ({unit})",
        "chance": "chance after it (%)", "value": "with this customer",
    }  # fmt: skip


def _format(found: Steps) -> str:
    return {LOG_ODDS: "%+.3f", PROBABILITY: "%+.2f"}.get(found.scale, "%+.2f")


def _unit(scale: str, money: Money) -> str:
    return {LOG_ODDS: "Log-odds", PROBABILITY: "Points"}.get(scale, f"Amount {money.symbol}".strip())


def _writer(scale: str, money: Money) -> Any:
    if scale == MONEY:
        return money.exact
    if scale == PROBABILITY:
        return lambda value: f"{'−' if value < 0 else ''}{abs(100 * value):.2f}%"
    return lambda value: f"{'−' if value < 0 else ''}{abs(value):.3f}"


def _plus(value: float, write: Any) -> str:
    return f"{'−' if value < 0 else '+'} {write(abs(value))}"
