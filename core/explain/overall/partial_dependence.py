"""Predictions as one input varies, on average and for single customers.

Partial dependence (Friedman, 2001) and individual conditional expectation (Goldstein and others, 2015).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.explain.attribution.contributions import Values
from core.explain.overall.exchange import Exchange

POINTS: Final = 14
"""Values of an input to predict at: quantiles, so that each represents as many customers."""

LINES: Final = 40
"""Customers with a line of their own."""

_EDGE: Final = 0.02  # quantiles at either end that limit the values


@dataclass(frozen=True, kw_only=True)
class Partial:
    """Predictions as one input varies.

    Parameters
    ----------
    means : DataFrame
        `input`, `output`, `value`, `mean` over all customers, in probability or money.
    lines : DataFrame
        `input`, `output`, `customer` (a number), `own` (the customer's value), `value`, `said`.
    """

    means: pd.DataFrame
    lines: pd.DataFrame


def partial(exchange: Exchange, names: Sequence[str], outputs: Sequence[str], *, most: int = 16) -> Partial:
    """Vary inputs, one at a time, over the values that customers have.

    Parameters
    ----------
    exchange : Exchange
        The model and customers. The first `LINES` have lines of their own. Missing values are replaced too.
    names : sequence of str
        Names from `exchange.inputs`. Those that are not numeric or constant are skipped.
    outputs : sequence of str
        Names of outputs.
    most : int
        Maximum number of inputs.
    """
    means: list[pd.DataFrame] = []
    lines: list[pd.DataFrame] = []
    for name in names:
        if len(means) == most:
            break
        if name not in exchange.inputs:
            continue
        column = exchange.inputs[name][0]
        own = exchange.rows[column]
        grid = _grid(own) if _is_number(exchange, name) else np.zeros(0)
        if len(grid) < 2:  # noqa: PLR2004  a constant input
            continue
        said = np.stack([exchange.said(_moved(exchange, name, value)) for value in grid])
        means.append(_mean_of(name, outputs, grid, said))
        lines.append(_lines_of(name, outputs, grid, said[:, :LINES], own.to_numpy(dtype="float64")[:LINES]))
    empty = pd.DataFrame({"input": pd.Series(dtype="str"), "output": pd.Series(dtype="str")})
    return Partial(
        means=pd.concat(means, ignore_index=True) if means else empty,
        lines=pd.concat(lines, ignore_index=True) if lines else empty,
    )


def _is_number(exchange: Exchange, name: str) -> bool:
    columns = exchange.inputs[name]
    alone = len(columns) == 1 or exchange.explainer.is_rhythm
    return alone and pd.api.types.is_numeric_dtype(exchange.rows[columns[0]])


def _grid(own: pd.Series) -> Values:
    places = np.linspace(_EDGE, 1 - _EDGE, POINTS)
    found: Values = np.unique(own.dropna().quantile(places, interpolation="nearest").to_numpy(dtype="float64"))
    return found


def _moved(exchange: Exchange, name: str, value: float) -> pd.DataFrame:
    """Return all customers with the same value of an input, and dependent columns adjusted, such as those of RFM."""
    first, *others = exchange.inputs[name]
    rows = exchange.rows.copy(deep=False)
    rows[first] = value
    if f"now_{first}" in others:
        rows[f"now_{first}"] = value
    if name == "spent":  # an amount per order; the number of orders is unchanged
        rows["now_monetary"] = value * rows["now_frequency"]
    return rows


def _mean_of(name: str, outputs: Sequence[str], grid: Values, said: Values) -> pd.DataFrame:
    mean = said.mean(axis=1)
    return pd.concat(
        [
            pd.DataFrame({"input": name, "output": output, "value": grid, "mean": mean[:, place]})
            for place, output in enumerate(outputs)
        ]
    )


def _lines_of(name: str, outputs: Sequence[str], grid: Values, said: Values, own: Values) -> pd.DataFrame:
    count = said.shape[1]
    who = np.tile(np.arange(count), len(grid))
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "input": name,
                    "output": output,
                    "customer": who,
                    "own": own[who],
                    "value": np.repeat(grid, count),
                    "said": said[:, :, place].ravel(),
                }
            )
            for place, output in enumerate(outputs)
        ]
    )
