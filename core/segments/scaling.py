"""Presets: how recency, frequency and monetary are put on one scale before clustering."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.errors import InputError

FEATURES: Final = ("recency", "frequency", "monetary")

Matrix = npt.NDArray[np.float64]

TRANSFORMS: Final[dict[str, Callable[[Matrix], Matrix]]] = {
    "clientele": lambda values: np.log1p(np.maximum(values, 0.0)),  # money and counts are skewed by a few whales
    "notebook": lambda values: values,
}
"""What is done to the features before standardising, by preset."""


def transform(customers: pd.DataFrame, preset: str) -> Matrix:
    """Features of a preset, not yet standardised.

    Parameters
    ----------
    customers : DataFrame
        Columns `recency` (days), `frequency` (orders), `monetary` (shop's currency, gross).
    preset : str
        A key of `TRANSFORMS`.

    Returns
    -------
    array of float, shape (customers, 3)
    """
    check_preset(preset)
    return TRANSFORMS[preset](customers.loc[:, list(FEATURES)].to_numpy(dtype="float64"))


def check_preset(preset: str) -> None:
    """Refuse a name that is no preset.

    Raises
    ------
    InputError
    """
    if preset not in TRANSFORMS:
        message = f"`preset` must be one of {', '.join(TRANSFORMS)}, got “{preset}”."
        raise InputError(message)
