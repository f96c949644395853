"""Steps from the average customer's prediction to one customer's, driver by driver."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.explain.attribution.contributions import Contributions, Values
from core.explain.attribution.explainer import LOG_ODDS, Explainer, Explanation
from core.explain.attribution.prepared_rows import prepared
from core.explain.customer.input_values import Row, input_label, input_value, value_of
from core.explain.drivers import DRIVERS, RHYTHM, drivers_in
from core.models.judging.predictions import WILL_BUY
from core.models.learners.next_segment import segment_at
from core.numbers import Money, many

OTHERS: Final = "others"
"""Stands for drivers that are drawn as one bar."""

COLUMNS: Final = ("driver", "label", "value", "contribution", "error", "start", "end", "chance")


@dataclass(frozen=True, kw_only=True)
class Steps:
    """A prediction split into steps.

    Parameters
    ----------
    rows : DataFrame
        `driver`, `label`, `value` (for the customer, in words), `contribution`, `error` (standard error; missing for
        exact contributions), `start` and `end` (the sum before and after the step), `chance` (`end` as a probability;
        missing for money), the largest contribution first.
    base, total : float
        Predictions for the average customer and for this one.
    base_chance, total_chance : float or None
        The same as probabilities; None for money.
    scale : str
        Scale of contributions and sums; see `core.explain.attribution.explainer.Explanation`.
    orders : int
        Driver orderings sampled; 0 for exact contributions.
    """

    rows: pd.DataFrame
    base: float
    total: float
    base_chance: float | None
    total_chance: float | None
    scale: str
    orders: int = 0

    @property
    def drivers(self) -> tuple[str, ...]:
        """Drivers in the order of the steps."""
        return tuple(self.rows["driver"])


def row_of(explainer: Explainer, known: pd.DataFrame) -> Row:
    """Return a customer's inputs with own rhythm's predictions and the current segment, as `value_of` reads them."""
    rows = prepared(explainer.predictor, explainer.outcome, known)
    now = segment_at(rows, explainer.predictor.segments, "now")
    found: Row = {**{str(name): value for name, value in rows.iloc[0].items()}, "segment_now": now.iloc[0]}
    return found


def steps(
    explainer: Explainer,
    explanation: Explanation,
    row: Row,
    money: Money,
    *,
    output: int = 0,
    order: Sequence[str] = (),
) -> Steps:
    """Split the prediction for one customer into steps.

    Parameters
    ----------
    explainer : Explainer
        Explainer of the explanation.
    explanation : Explanation
        Explanation of one customer.
    row : mapping
        From `row_of`.
    money : Money
        The shop's currency.
    output : int
        Index into `explanation.outputs`.
    order : sequence of str
        Drivers in the order of the steps; if empty, the largest contribution comes first.
    """
    found = explanation.contributions.by_driver()
    added = found.parts[0, :, output]
    places = _in_order(found.columns, added, order)
    sums = np.vstack([found.base, found.base + np.cumsum(found.parts[0, places], axis=0)])
    chances = explainer.probabilities(sums)
    ends = sums[:, output]
    as_chance = chances[:, output] if chances is not None else np.full(len(sums), np.nan)
    errors = explanation.error[0, places, output] if explanation.error is not None else np.full(len(places), np.nan)
    names = [found.columns[place] for place in places]
    rows = pd.DataFrame(
        {
            "driver": names,
            "label": [DRIVERS[name].label for name in names],
            "value": [value_of(name, row, money) for name in names],
            "contribution": added[places],
            "error": errors,
            "start": ends[:-1],
            "end": ends[1:],
            "chance": as_chance[1:],
        },
        columns=list(COLUMNS),
    )
    known = chances is not None
    return Steps(
        rows=rows, base=float(ends[0]), total=float(ends[-1]), scale=explanation.scale, orders=explanation.orders,
        base_chance=float(as_chance[0]) if known else None, total_chance=float(as_chance[-1]) if known else None,
    )  # fmt: skip


def pooled(found: Steps, most: int, *, least: float = 0.0) -> Steps:
    """Combine the drivers after the first `most` into one, named `OTHERS`; a single one keeps its name.

    In descending order, drivers below the share `least` of the largest contribution are combined, too.
    """
    rows = found.rows
    size = rows["contribution"].abs()
    most = min(most, int((size >= least * size.max()).sum()))
    if len(rows) <= most + 1:
        return found
    rest = rows.iloc[most:]
    error = float(np.sqrt((rest["error"] ** 2).sum())) if rest["error"].notna().all() else np.nan
    last = {
        "driver": OTHERS, "label": many(len(rest), "other driver"), "value": "",
        "contribution": float(rest["contribution"].sum()), "error": error,
        "start": float(rest["start"].iloc[0]), "end": float(rest["end"].iloc[-1]),
        "chance": float(rest["chance"].iloc[-1]),
    }  # fmt: skip
    short = pd.concat([rows.iloc[:most], pd.DataFrame([last], columns=list(COLUMNS))], ignore_index=True)
    return Steps(**{**found.__dict__, "rows": short})


def inputs(explainer: Explainer, explanation: Explanation, driver: str, row: Row, money: Money, *, output: int = 0
           ) -> pd.DataFrame:  # fmt: skip
    """Return the single inputs of a driver.

    Returns
    -------
    DataFrame
        `input`, `value` (in words), `contribution`, the largest first; contributions are missing if they were
        sampled by driver.
    """
    columns = _inputs_of(explainer, explanation, driver)
    added = _by_input(explanation.contributions, columns, output)
    names = explainer.predictor.segments.names
    table = pd.DataFrame(
        {
            "input": [input_label(column, names) for column in columns],
            "value": [input_value(column, row, money) for column in columns],
            "contribution": added,
        }
    )
    return table.sort_values("contribution", key=np.abs, ascending=False, kind="stable").reset_index(drop=True)


def rhythm_opened(explainer: Explainer, known: pd.DataFrame, row: Row, money: Money) -> Steps:
    """Split own rhythm's chance of a purchase into number of orders, recency and age, in its own log-odds."""
    found = explainer.open_rhythm(known)
    alone = Explanation(contributions=found, outputs=(WILL_BUY,), scale=LOG_ODDS)
    as_chance = Explainer(
        predictor=explainer.predictor, outcome=WILL_BUY, background=explainer.background, members=(), scale=LOG_ODDS
    )
    return steps(as_chance, alone, row, money)


def opens_rhythm(explainer: Explainer, driver: str) -> bool:
    """Return whether a driver is own rhythm as a whole, which can be opened."""
    return driver == RHYTHM and not explainer.is_rhythm and explainer.predictor.needs_history


def _in_order(columns: Sequence[str], added: Values, order: Sequence[str]) -> list[int]:
    rank = {name: place for place, name in enumerate(order)}
    return sorted(range(len(columns)), key=lambda at: (rank.get(columns[at], len(rank)), -abs(added[at]), at))


def _inputs_of(explainer: Explainer, explanation: Explanation, driver: str) -> tuple[str, ...]:
    told = explanation.contributions.columns
    inside = drivers_in(told).get(driver, ())
    if inside and inside != (driver,):
        return inside
    return drivers_in(explainer.columns).get(driver, ())


def _by_input(found: Contributions, columns: Sequence[str], output: int) -> list[float]:
    return [
        float(found.parts[0, found.columns.index(column), output]) if column in found.columns else np.nan
        for column in columns
    ]
