"""The elbow of a curve: of the WCSS, and of distances to neighbours."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

_FEWEST: Final = 3  # points that can bend


def knee(ks: Sequence[int], wcss: Sequence[float]) -> int | None:
    """The number of segments after which more of them gain little.

    It is the point farthest below the straight line from the first to the last point, both axes scaled to 0 to 1:
    Kneedle (Satopää, Albrecht, Irwin and Raghavan, 2011) for a curve that is smooth already.

    Parameters
    ----------
    ks : sequence of int
        Numbers of segments, rising.
    wcss : sequence of float
        Their sums of squared distances, falling.

    Returns
    -------
    int or None
        None with fewer than three points, or where the curve never lies below the line.
    """
    if len(ks) < _FEWEST or wcss[0] <= wcss[-1]:
        return None
    below = -_above_chord(np.asarray(ks, dtype="float64"), np.asarray(wcss))
    return int(ks[int(below.argmax())]) if below.max() > 0 else None


def bend(rising: npt.NDArray[np.float64]) -> float:
    """Value at which a sorted, rising curve turns steep: that farthest below its chord."""
    if rising[0] == rising[-1]:
        return float(rising[-1])
    return float(rising[int(_above_chord(np.arange(len(rising), dtype="float64"), rising).argmin())])


def _above_chord(x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Height above the line from the first to the last point, in shares of the range of `y`."""
    line = y[0] + (y[-1] - y[0]) * (x - x[0]) / (x[-1] - x[0])
    heights: npt.NDArray[np.float64] = (y - line) / abs(y[-1] - y[0])
    return heights
