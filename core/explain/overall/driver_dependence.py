"""How what an input adds depends on its value, and on which other input that depends most."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.explain.attribution.contributions import Values

BINS: Final = 12
"""Groups of customers with like values, in each of which other inputs are looked at."""

_FEWEST: Final = 8  # customers of a group: a line through fewer explains anything
_DISTINCT: Final = 1e-12  # variance below which there is nothing to explain, or to explain by


def interactions(values: pd.Series, added: Values, others: pd.DataFrame) -> pd.Series:
    """Share of what its own value leaves unexplained of a contribution that each other input explains.

    Customers are put into groups of like values. In each, a line through contribution and value is taken off, and what
    is left is compared with lines through the other inputs: the share of its variance that these explain, less what
    chance would, added up over the groups. Groups let the other input push up in one and down in the next, as where two
    inputs are multiplied. The idea is that of `shap.approximate_interactions`, with lines taken off before.

    Parameters
    ----------
    values : Series
        Of the input; missing ones are a group of their own. Texts are a group each.
    added : array of float, shape (customers,)
        What it, or its driver, adds.
    others : DataFrame
        Other inputs, numbers; missing ones count as the median.

    Returns
    -------
    Series
        By other input, the strongest first; 0 where nothing is explained beyond chance.
    """
    matrix = others.fillna(others.median()).fillna(0.0).to_numpy(dtype="float64")
    explained, whole = np.zeros(matrix.shape[1]), 0.0
    for inside in _alike(values):
        if len(inside) < _FEWEST:
            continue
        own = values.iloc[inside]
        level = own.to_numpy(dtype="float64") if pd.api.types.is_numeric_dtype(own) else np.zeros(len(inside))
        left = _without_line(added[inside][:, None], level)[:, 0]
        lines = _without_line(matrix[inside], level)
        variance, product = (lines**2).sum(axis=0), lines.T @ left
        share = np.divide(product**2, variance, out=np.zeros_like(variance), where=variance > _DISTINCT)
        total = float(left @ left)
        explained += share - total / (len(inside) - 1)
        whole += total
    found = np.clip(explained / whole, 0.0, 1.0) if whole > _DISTINCT else np.zeros(matrix.shape[1])
    return pd.Series(found, index=others.columns).sort_values(ascending=False, kind="stable")


def _alike(values: pd.Series) -> list[npt.NDArray[np.int64]]:
    """Places of customers with like values."""
    if not pd.api.types.is_numeric_dtype(values):
        codes = np.asarray(pd.factorize(values)[0], dtype="float64")
    else:
        codes = pd.qcut(values, BINS, labels=False, duplicates="drop").fillna(-1).to_numpy(dtype="float64")
    return [np.flatnonzero(codes == code) for code in np.unique(codes)]


def _without_line(columns: Values, level: Values) -> Values:
    """Columns less their mean and the line through them and a level."""
    centred: Values = columns - columns.mean(axis=0)
    along = level - np.nanmean(level) if np.isfinite(level).any() else np.zeros(len(level))
    along = np.nan_to_num(along)
    size = float(along @ along)
    if size < _DISTINCT:
        return centred
    found: Values = centred - np.outer(along, along @ centred / size)
    return found
