"""Distributions of recency, frequency and monetary value: one- and two-way bins, and deciles."""

from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import InputError

Measure = Literal["recency", "frequency", "monetary"]
Scale = Literal["log", "linear"]

MEASURES: Final[tuple[Measure, ...]] = ("recency", "frequency", "monetary")
BINS: Final = 30
"""Maximum bins of a histogram; more would be too thin on a third of a page."""

DENSITY_BINS: Final = 24
"""Maximum bins of a density on each axis."""

LEAST_BINS: Final = 8
"""Minimum bins, however few customers there are."""

_WHOLE: Final = frozenset({"recency", "frequency"})  # days and orders, whose bins have whole edges
_TAIL: Final = 0.99  # on a linear scale, values above this quantile would squeeze all others into one bin


def histogram(customers: pd.DataFrame, measure: Measure, scale: Scale) -> pd.DataFrame:
    """Count customers in bins of equal width on a linear or logarithmic scale.

    On the linear scale, all customers above the 99th percentile are in one last bin, `open`. On the logarithmic scale,
    zeros are in the first bin. Bins of days and orders are at least one wide.

    Parameters
    ----------
    customers : DataFrame
        The measure's column; days, orders, or money in the shop's currency.
    measure : {"recency", "frequency", "monetary"}
        Measure to use.
    scale : {"log", "linear"}
        Scale on which the bins have equal width.

    Returns
    -------
    DataFrame
        `low` (inclusive), `high` (exclusive, except in the last bin), `customers`, `open`; empty without customers. The
        counts add up to all customers.
    """
    if customers.empty:
        return pd.DataFrame({"low": [], "high": [], "customers": [], "open": []})
    values = customers[measure].to_numpy("float64")
    cut = float(np.quantile(values, _TAIL, method="higher")) if scale == "linear" else float(values.max())
    edges = _edges(values[values <= cut], scale, whole=measure in _WHOLE, most=_number(len(values), BINS))
    found = pd.DataFrame({"low": edges[:-1], "high": edges[1:], "customers": 0, "open": False})
    if values.max() > cut and values.max() >= edges[-1]:  # bins of whole numbers may extend beyond the cut
        beyond = {"low": edges[-1], "high": float(values.max()), "customers": 0, "open": True}
        found = pd.concat([found, pd.DataFrame([beyond])], ignore_index=True)
    found["customers"] = np.bincount(_places(values, found["low"].to_numpy()), minlength=len(found))
    return found


def density(customers: pd.DataFrame, x: Measure, y: Measure) -> pd.DataFrame:
    """Count customers in two-way bins on logarithmic scales; see `histogram`.

    Returns
    -------
    DataFrame
        `x_low`, `x_high`, `y_low`, `y_high`, `customers`, for every bin including empty ones; x varies slowest. The
        counts add up to all customers.
    """
    if x == y:
        message = f"A density needs two different measures, got `{x}` twice."
        raise InputError(message)
    if customers.empty:
        return pd.DataFrame({name: [] for name in ("x_low", "x_high", "y_low", "y_high", "customers")})
    edges, places = [], []
    for measure in (x, y):
        values = customers[measure].to_numpy("float64")
        edges.append(_edges(values, "log", whole=measure in _WHOLE, most=_number(len(values), DENSITY_BINS)))
        places.append(_places(values, edges[-1][:-1]))
    across, up = (len(found) - 1 for found in edges)
    counts = np.bincount(places[0] * up + places[1], minlength=across * up)
    return pd.DataFrame(
        {
            "x_low": np.repeat(edges[0][:-1], up),
            "x_high": np.repeat(edges[0][1:], up),
            "y_low": np.tile(edges[1][:-1], across),
            "y_high": np.tile(edges[1][1:], across),
            "customers": counts,
        }
    )


def deciles(customers: pd.DataFrame) -> pd.DataFrame:
    """Compute the deciles of each measure.

    Returns
    -------
    DataFrame
        `share` (0.1 to 0.9; 0.5 is the median), `recency` (days), `frequency` (orders), `monetary` (gross). Quantiles
        are linearly interpolated (Hyndman and Fan, 1996, type 7); missing without customers.
    """
    found = pd.DataFrame({"share": np.arange(1, 10) / 10})
    for name in MEASURES:
        values = customers[name].to_numpy("float64")
        found[name] = np.quantile(values, found["share"]) if len(values) else np.nan
    return found


def _number(customers: int, most: int) -> int:
    """Return the number of bins: twice the cube root of the number of customers (the Rice rule), within limits."""
    return int(np.clip(np.ceil(2 * np.cbrt(customers)), LEAST_BINS, most))


def _edges(values: npt.NDArray[np.float64], scale: Scale, *, whole: bool, most: int) -> npt.NDArray[np.float64]:
    """Return the edges of bins for all values; for whole numbers they are whole, and the last is above the maximum."""
    low, high = float(values.min()), float(values.max())
    if scale == "log":
        above_zero = values[values > 0]
        low = max(low, 1.0) if whole else float(above_zero.min()) if len(above_zero) else 1.0
        high = max(high, low)
    if whole:
        high += 1
    elif low == high:
        low, high = (low / 2, high * 2) if scale == "log" else (low - 0.5, high + 0.5)
    spaced = np.geomspace(low, high, most + 1) if scale == "log" else np.linspace(low, high, most + 1)
    if whole and scale == "linear":
        width = np.ceil((high - low) / most)
        return np.asarray(low + width * np.arange(np.ceil((high - low) / width) + 1))
    spaced[0], spaced[-1] = low, high  # undo rounding errors
    return np.unique(np.round(spaced)) if whole else spaced


def _places(values: npt.NDArray[np.float64], lows: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """Return the number of each value's bin; values outside the bins are in the first or the last."""
    return np.clip(np.searchsorted(lows, values, side="right") - 1, 0, len(lows) - 1)
