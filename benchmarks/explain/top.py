"""Top reasons from the contributions of columns: the same steps for all programs."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

_MOST = 3


class Tops(NamedTuple):
    """The three drivers with the largest effects per customer, their effects, and the strongest column."""

    drivers: npt.NDArray[np.int16]
    effects: npt.NDArray[np.float32]
    column: npt.NDArray[np.int16]


def tops_of(values: npt.NDArray[Any], drivers: Sequence[str]) -> Tops:
    """Find the top reasons; values have shape (customers, columns), with a driver per column."""
    names = sorted(set(drivers))
    belongs = np.array([[name == driver for name in names] for driver in drivers], dtype=float)
    effects = values @ belongs
    order = np.argsort(-np.abs(effects), axis=1)[:, :_MOST]
    strongest = np.take_along_axis(effects, order, axis=1)
    column = np.abs(values).argmax(axis=1)
    return Tops(order.astype(np.int16), strongest.astype(np.float32), column.astype(np.int16))


def write(tops: Tops, target: Path) -> None:
    """Write top reasons for comparison."""
    np.savez(target, **tops._asdict())


def one_ms(explain: Callable[[npt.NDArray[np.float32]], object], rows: npt.NDArray[np.float32]) -> float:
    """Return the median milliseconds to explain one customer."""
    found = []
    for place in range(len(rows)):
        started = time.perf_counter()
        explain(rows[place : place + 1])
        found.append(time.perf_counter() - started)
    return 1_000 * statistics.median(found)
