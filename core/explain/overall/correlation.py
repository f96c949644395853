"""Correlations between inputs, which is why inputs are grouped into drivers."""

from typing import Final

import numpy as np
import pandas as pd

from core.explain.input_names import driver_of_input

ALIKE: Final = 0.7
"""Rank correlation above which two inputs are nearly redundant."""


def correlations(values: pd.DataFrame) -> pd.DataFrame:
    """Return rank correlations (Spearman, 1904) of all pairs of inputs, over customers with both values.

    Parameters
    ----------
    values : DataFrame
        One numeric column per input.

    Returns
    -------
    DataFrame
        `a`, `b`, `driver_a`, `driver_b`, `rho`, the strongest first, without constant inputs.
    """
    matrix = values.corr(method="spearman").to_numpy()
    names = [str(name) for name in values]
    found = [
        {"a": a, "b": names[j], "driver_a": driver_of_input(a), "driver_b": driver_of_input(names[j]), "rho": rho}
        for i, a in enumerate(names)
        for j in range(i + 1, len(names))
        if np.isfinite(rho := float(matrix[i, j]))
    ]
    table = pd.DataFrame(found, columns=["a", "b", "driver_a", "driver_b", "rho"])
    return table.sort_values("rho", key=np.abs, ascending=False, kind="stable", ignore_index=True)


def within(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the strongest pair of inputs within each driver: `driver`, `a`, `b`, `rho`."""
    return _strongest(pairs[pairs["driver_a"] == pairs["driver_b"]], ["driver_a"]).rename(
        columns={"driver_a": "driver"}
    )[["driver", "a", "b", "rho"]]


def across(pairs: pd.DataFrame) -> pd.DataFrame:
    """Return the strongest pair of inputs for each pair of drivers: `driver_a`, `driver_b`, `a`, `b`, `rho`."""
    apart = pairs[pairs["driver_a"] != pairs["driver_b"]]
    ordered = apart.assign(
        low=apart[["driver_a", "driver_b"]].min(axis=1), high=apart[["driver_a", "driver_b"]].max(axis=1)
    )
    return _strongest(ordered, ["low", "high"])[["driver_a", "driver_b", "a", "b", "rho"]]


def _strongest(pairs: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the first pair of each group, which is the strongest."""
    return pairs.drop_duplicates(by).reset_index(drop=True)
