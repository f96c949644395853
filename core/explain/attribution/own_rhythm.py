"""Contributions to own buying rhythm: number of orders, time since the last one, and time as a customer."""

from collections.abc import Callable, Sequence
from itertools import product
from math import factorial
from typing import Final

import numpy as np
import pandas as pd

from core.explain.attribution.contributions import Contributions, Values
from core.models.data.repeat_buying import RepeatBuying
from core.models.learners.calibration import log_odds

PARTS: Final = ("orders", "recency", "age", "spent")
"""Drivers that own rhythm opens into; without "spent" if only the chance to buy is explained."""

REFERENCE: Final = 24
"""Customers of the background that rhythms are compared with."""

_ROWS_AT_ONCE: Final = 50_000  # pairs of a customer and one of the background

COLUMNS: Final[dict[str, tuple[str, ...]]] = {
    "orders": ("frequency", "now_frequency"),
    "recency": ("since", "part_of_day"),
    "age": ("tenure",),
    "spent": ("order_value", "now_monetary"),
}
"""Columns of each part, as `taken_apart` returns them."""


def chance_opened(rhythm: RepeatBuying, horizon: int, known: pd.DataFrame, background: pd.DataFrame) -> Contributions:
    """Return the parts' contributions to the log-odds of a purchase under BG/NBD, relative to the background.

    Exact Shapley values: every combination of the customer's own number of orders, recency and age with another
    customer's is evaluated, averaged over up to `REFERENCE` customers of the background.

    Parameters
    ----------
    rhythm : RepeatBuying
        Fitted.
    horizon : int
        Days.
    known, background : DataFrame
        Rows of a panel: `frequency`, `active_span`, `tenure`, `order_value`, `now_recency`, `now_frequency`,
        `now_monetary`.
    """
    return opened(
        lambda rows: log_odds(rhythm.outputs(rows, horizon)["btyd_buy"])[:, None], known, background, PARTS[:-1]
    )


def opened(
    function: Callable[[pd.DataFrame], Values], known: pd.DataFrame, background: pd.DataFrame, parts: Sequence[str]
) -> Contributions:
    """Return the parts' contributions to any function of a customer's rhythm.

    Parameters
    ----------
    function : callable
        Returns outputs, shape (rows, outputs), for rows with the columns of `known`.
    known, background : DataFrame
        See `chance_opened`.
    parts : sequence of str
        Those of `PARTS` that are combined.
    """
    whose = taken_apart(background.iloc[:REFERENCE])
    own = taken_apart(known)
    count = len(parts)
    sums: dict[tuple[bool, ...], Values] = {}
    for mask in product((False, True), repeat=count):
        others = [part for part, mine in zip(parts, mask, strict=True) if not mine]
        sums[mask] = _mean_output(function, own, whose, others, count)
    values = np.zeros((len(known), count, sums[(True,) * count].shape[1]))
    for mask, output in sums.items():
        for place in range(count):
            if mask[place]:
                before = (*mask[:place], False, *mask[place + 1 :])
                inside = sum(before)
                weight = factorial(inside) * factorial(count - inside - 1) / factorial(count)
                values[:, place] += weight * (output - sums[before])
    return Contributions(columns=tuple(parts), parts=values, base=sums[(False,) * count][0])


def _mean_output(
    function: Callable[[pd.DataFrame], Values],
    own: pd.DataFrame,
    whose: pd.DataFrame,
    others: Sequence[str],
    of: int,
) -> Values:
    """Return the mean output with `others`, out of `of` parts, taken from the customers of the background."""
    columns = [column for part in others for column in COLUMNS[part]]
    if not columns:
        return function(put_together(own))
    if len(others) == of:
        return np.repeat(function(put_together(whose)).mean(axis=0, keepdims=True), len(own), axis=0)
    each = max(_ROWS_AT_ONCE // len(whose), 1)
    found = []
    for start in range(0, len(own), each):
        some = own.iloc[start : start + each]
        mixed = some.iloc[np.repeat(np.arange(len(some)), len(whose))].reset_index(drop=True)
        met = whose.iloc[np.tile(np.arange(len(whose)), len(some))].reset_index(drop=True)
        output = function(put_together(mixed.assign(**met[columns])))
        found.append(output.reshape(len(some), len(whose), -1).mean(axis=1))
    return np.concatenate(found)


def taken_apart(known: pd.DataFrame) -> pd.DataFrame:
    """Return values that can be combined freely, unlike those of a panel: days since the last order, not until it."""
    return pd.DataFrame(
        {
            "frequency": known["frequency"].to_numpy(float),
            "now_frequency": known["now_frequency"].to_numpy(float),
            "since": (known["tenure"] - known["active_span"]).to_numpy(float),
            "part_of_day": (known["now_recency"] - known["tenure"] + known["active_span"]).to_numpy(float),
            "tenure": known["tenure"].to_numpy(float),
            "order_value": known["order_value"].to_numpy(float),
            "now_monetary": known["now_monetary"].to_numpy(float),
        },
        index=known.index,
    )


def put_together(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of a panel. A customer with orders on n days has been a customer for at least n days."""
    x = rows["frequency"] - 1
    tenure = np.maximum(rows["tenure"], 1.0)
    span = np.where(x > 0, np.clip(tenure - rows["since"], np.minimum(x, tenure - 1), tenure), 0.0)
    return rows.assign(tenure=tenure, active_span=span, now_recency=tenure - span + rows["part_of_day"])
