"""Logarithmic axes with ticks and bars placed by hand: Plotly's own cannot draw bars from edge to edge."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import plotly.graph_objects as go

_WIDE: Final = 2.2  # decades; beyond this, powers of ten are enough ticks


def positions(values: Sequence[float] | Any) -> npt.NDArray[np.float64]:
    """Return the positions of values above zero on the axis."""
    found: npt.NDArray[np.float64] = np.log10(np.asarray(values, dtype="float64"))
    return found


def label(update: Callable[..., go.Figure], low: float, high: float, write: Callable[[float], str]) -> None:
    """Label an axis with round numbers.

    Parameters
    ----------
    update : callable
        `figure.update_xaxes` or `figure.update_yaxes`.
    low, high : float
        Range of the axis, above zero.
    write : callable
        Formats a value.
    """
    ticks = round_numbers(low, high)
    update(tickvals=positions(ticks), ticktext=[write(tick) for tick in ticks], range=positions([low, high]))


def round_numbers(low: float, high: float) -> list[float]:
    """Return the powers of ten in a range above zero; in a short one, also two and five times them."""
    first, last = int(np.floor(np.log10(low))), int(np.ceil(np.log10(high)))
    steps = (1,) if np.log10(high / low) > _WIDE else (1, 2, 5)
    ticks = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    return [tick for tick in ticks if low * 0.999 <= tick <= high * 1.001]
