"""What is said of one customer, step by step: from the average customer, driver by driver, to the prediction."""

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
"""Stands for drivers that are drawn as one."""

COLUMNS: Final = ("driver", "label", "value", "contribution", "error", "start", "end", "chance")


@dataclass(frozen=True, kw_only=True)
class Steps:
    """A prediction taken apart.

    Parameters
    ----------
    rows : DataFrame
        `driver`, `label`, `value` (what it is with the customer, in words), `contribution`, `error` (standard error;
        missing where nothing was sampled), `start` and `end` (the sum before and after it), `chance` (the same as a
        probability; missing of money), the largest contribution first.
    base, total : float
        What is said of the average customer, and of this one.
    base_chance, total_chance : float or None
        The same as probabilities; None of money.
    scale : str
        Of contributions and sums, see `core.explain.attribution.explainer.Explanation`.
    orders : int
        Orders of drivers that were tried; 0 where nothing was sampled.
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
        """In the order of the steps."""
        return tuple(self.rows["driver"])


def row_of(explainer: Explainer, known: pd.DataFrame) -> Row:
    """One customer's inputs with what own rhythm says and the segment of today, as `value_of` reads them."""
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
    """Take what is said of one customer apart.

    Parameters
    ----------
    explainer : Explainer
        Whose explanation it is.
    explanation : Explanation
        Of one customer.
    row : mapping
        From `row_of`.
    money : Money
        The shop's currency.
    output : int
        Which of `explanation.outputs`.
    order : sequence of str
        Drivers in the order in which they are to stand; the largest contribution first where it is empty.
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
    """The same with the drivers behind the first `most` added up as one, named `OTHERS`; one alone keeps its name.

    So are those whose contribution is below `least` of the largest, where the largest come first.
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
    """The single inputs of a driver.

    Returns
    -------
    DataFrame
        `input`, `value` (in words), `contribution`, the largest first; where the model was sampled by driver, the
        contributions are missing.
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
    """What own rhythm alone says of a purchase, taken apart: number of orders, recency and age, in its own log-odds."""
    found = explainer.open_rhythm(known)
    alone = Explanation(contributions=found, outputs=(WILL_BUY,), scale=LOG_ODDS)
    as_chance = Explainer(
        predictor=explainer.predictor, outcome=WILL_BUY, background=explainer.background, members=(), scale=LOG_ODDS
    )
    return steps(as_chance, alone, row, money)


def opens_rhythm(explainer: Explainer, driver: str) -> bool:
    """Whether a driver is own rhythm as a whole, which can be opened."""
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
