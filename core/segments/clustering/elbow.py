"""Elbow detection for curves of WCSS and of neighbour distances."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

_FEWEST: Final = 3  # points needed for an elbow


def knee(ks: Sequence[int], wcss: Sequence[float]) -> int | None:
    """Return the number of segments after which more add little.

    It is the point farthest below the straight line from the first to the last point, with both axes scaled to 0 to 1:
    Kneedle (Satopää, Albrecht, Irwin and Raghavan, 2011) without smoothing.

    Parameters
    ----------
    ks : sequence of int
        Numbers of segments, ascending.
    wcss : sequence of float
        Their sums of squared distances, descending.

    Returns
    -------
    int or None
        None with fewer than three points, or if the curve is never below the line.
    """
    if len(ks) < _FEWEST or wcss[0] <= wcss[-1]:
        return None
    below = -_above_chord(np.asarray(ks, dtype="float64"), np.asarray(wcss))
    return int(ks[int(below.argmax())]) if below.max() > 0 else None


def bend(rising: npt.NDArray[np.float64]) -> float:
    """Return the value at which an ascending curve becomes steep: the one farthest below its chord."""
    if rising[0] == rising[-1]:
        return float(rising[-1])
    return float(rising[int(_above_chord(np.arange(len(rising), dtype="float64"), rising).argmin())])


def _above_chord(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the height above the line from the first to the last point, relative to the range of `y`."""
    line = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
    heights: npt.NDArray[np.float64] = (y - line) / abs(y[-1] - y[0])
    return heights
