"""What each driver adds where a model cannot be taken apart: it is asked often, with drivers of other customers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.explain.attribution.contributions import Contributions, Values

Function = Callable[[pd.DataFrame], Values]
"""What a model says of rows: shape (rows, outputs)."""

_ROWS_AT_ONCE: Final = 20_000  # asked together


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Contributions that were sampled.

    Parameters
    ----------
    contributions : Contributions
        By driver; they add up exactly.
    error : array of float, shape (customers, drivers, outputs)
        Standard error of each.
    orders : int
        Orders of the drivers that were tried.
    """

    contributions: Contributions
    error: Values
    orders: int


def sampled(
    function: Function,
    rows: pd.DataFrame,
    background: pd.DataFrame,
    players: Mapping[str, Sequence[str]],
    *,
    orders: int = 400,
    seed: int = 0,
) -> Sampled:
    """Shapley values of groups of columns by sampling (Štrumbelj and Kononenko, 2014), in antithetic pairs.

    An order of the drivers is drawn, and a customer of the background. One driver after another becomes that of the
    customer who is explained, and what the output changes by is its contribution; then the same in reverse order
    (Mitchell and others, 2022). The sum of the contributions is the difference of the outputs, whatever the order.

    Parameters
    ----------
    function : callable
        Gives outputs for rows.
    rows : DataFrame
        Customers who are explained.
    background : DataFrame
        Customers who stand for the average one, with the same columns.
    players : mapping
        Columns by driver; others do not matter to the function.
    orders : int
        Even. The background is gone through as often as needed.
    seed : int
        Random state; all customers meet the same orders and the same customers of the background.

    Returns
    -------
    Sampled
        The base is the mean output of the customers of the background that were met.
    """
    rng = np.random.default_rng(seed)
    pairs = max(orders // 2, 2)
    met = background.iloc[np.arange(pairs) % len(background)].reset_index(drop=True)
    ranks = np.stack([rng.permutation(len(players)) for _ in range(pairs)])  # place of each driver in each order
    each = [_of_one(function, rows.iloc[[place]], met, players, ranks) for place in range(len(rows))]
    values = np.stack([found.mean(axis=0) for found, _ in each])
    error = np.stack([found.std(axis=0, ddof=1) / np.sqrt(pairs) for found, _ in each])
    found = Contributions(columns=tuple(players), parts=values, base=each[0][1])
    return Sampled(contributions=found, error=error, orders=2 * pairs)


def _of_one(
    function: Function,
    one: pd.DataFrame,
    met: pd.DataFrame,
    players: Mapping[str, Sequence[str]],
    ranks: npt.NDArray[np.int64],
) -> tuple[Values, Values]:
    """Contributions in each pair of orders, shape (pairs, drivers, outputs), and the mean output of who was met."""
    count = ranks.shape[1]
    steps = np.arange(count + 1)
    forward = ranks[:, None, :] < steps[None, :, None]  # pair, step, driver: whether it is the customer's own
    masks = np.concatenate([forward, ~forward[:, 1:-1]], axis=1)  # the reverse order passes through the complements
    outputs = _asked(function, one, met, players, masks)
    backward = np.concatenate([outputs[:, :1], outputs[:, :count:-1], outputs[:, count : count + 1]], axis=1)
    one_way = np.take_along_axis(np.diff(outputs[:, : count + 1], axis=1), ranks[:, :, None], axis=1)
    other_way = np.take_along_axis(np.diff(backward, axis=1), count - 1 - ranks[:, :, None], axis=1)
    return (one_way + other_way) / 2, outputs[:, 0].mean(axis=0)


def _asked(
    function: Function,
    one: pd.DataFrame,
    met: pd.DataFrame,
    players: Mapping[str, Sequence[str]],
    masks: npt.NDArray[np.bool_],
) -> Values:
    pairs, steps, _ = masks.shape
    who = np.repeat(np.arange(pairs), steps)
    flat = masks.reshape(pairs * steps, -1)
    mixed = met.iloc[who].reset_index(drop=True)
    for place, columns in enumerate(players.values()):
        own = flat[:, place]
        for column in columns:
            mixed[column] = mixed[column].where(~own, one[column].iloc[0])
    parts = [function(mixed.iloc[start : start + _ROWS_AT_ONCE]) for start in range(0, len(mixed), _ROWS_AT_ONCE)]
    return np.concatenate(parts).reshape(pairs, steps, -1)
