"""Dependence of an input's contribution on its value, and its strongest interaction with another input."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.explain.attribution.contributions import Values

BINS: Final = 12
"""Groups of customers with similar values, in which the effect of other inputs is measured."""

_FEWEST: Final = 8  # customers per group; a line fits fewer by chance
_DISTINCT: Final = 1e-12  # variance below which nothing varies


def interactions(values: pd.Series, added: Values, others: pd.DataFrame) -> pd.Series:
    """Return the share of a contribution, unexplained by its own value, that each other input explains.

    Customers are grouped by similar values. In each group, a line through contribution and value is removed, and the
    residuals are compared with lines through the other inputs: the share of variance that these explain, minus the
    share expected by chance, summed over the groups. The other input may raise the contribution in one group and lower
    it in the next, as when two inputs are multiplied. As in `shap.approximate_interactions`, with lines removed first.

    Parameters
    ----------
    values : Series
        Values of the input. Missing ones form a group, and so does each text.
    added : array of float, shape (customers,)
        Contributions of the input or its driver.
    others : DataFrame
        Other inputs, numeric; missing values are replaced by the median.

    Returns
    -------
    Series
        By other input, the strongest first; 0 if it explains no more than chance.
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
    """Return the row numbers of customers with similar values."""
    if not pd.api.types.is_numeric_dtype(values):
        codes = np.asarray(pd.factorize(values)[0], dtype="float64")
    else:
        codes = pd.qcut(values, BINS, labels=False, duplicates="drop").fillna(-1).to_numpy(dtype="float64")
    return [np.flatnonzero(codes == code) for code in np.unique(codes)]


def _without_line(columns: Values, level: Values) -> Values:
    """Return columns without their mean and the line through a level."""
    centred: Values = columns - columns.mean(axis=0)
    along = level - np.nanmean(level) if np.isfinite(level).any() else np.zeros(len(level))
    along = np.nan_to_num(along)
    size = float(along @ along)
    if size < _DISTINCT:
        return centred
    found: Values = centred - np.outer(along, along @ centred / size)
    return found
