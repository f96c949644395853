"""Sampled contributions of drivers for models that aren't additive, by exchanging drivers with other customers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.explain.attribution.contributions import Contributions, Values

Function = Callable[[pd.DataFrame], Values]
"""Returns predictions for rows, shape (rows, outputs)."""

_ROWS_AT_ONCE: Final = 20_000  # per call of the function


@dataclass(frozen=True, kw_only=True)
class Sampled:
    """Sampled contributions with their errors.

    Parameters
    ----------
    contributions : Contributions
        Contributions by driver; they add up exactly.
    error : array of float, shape (customers, drivers, outputs)
        Standard error of each.
    orders : int
        Driver orderings sampled.
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
    """Sample Shapley values of groups of columns (Štrumbelj and Kononenko, 2014), in antithetic pairs.

    An order of drivers and a customer of the background are drawn. One driver after another is replaced by that of the
    customer to explain, and each change of the output is a contribution. Then the same is done in reverse order
    (Mitchell and others, 2022). In any order, the contributions add up to the difference of the outputs.

    Parameters
    ----------
    function : callable
        Returns outputs for rows.
    rows : DataFrame
        Customers to explain.
    background : DataFrame
        Customers who represent the average one, with the same columns.
    players : mapping
        Columns by driver; the function doesn't use others.
    orders : int
        Driver orderings to sample, an even number. The background is repeated as often as needed.
    seed : int
        Random state. All customers share the same orders and the same customers of the background.

    Returns
    -------
    Sampled
        The base is the mean output of the customers drawn from the background.
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
    """Return contributions by pair of orders, shape (pairs, drivers, outputs), and the mean output of `met`."""
    count = ranks.shape[1]
    steps = np.arange(count + 1)
    forward = ranks[:, None, :] < steps[None, :, None]  # (pair, step, driver): True for the customer's own
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
