"""What moves a customer's output most, from what each column adds: the same steps for all programs."""

import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

_MOST = 3


class Tops(NamedTuple):
    """Of each customer the three drivers that move the output most, how much, and the one column that does."""

    drivers: npt.NDArray[np.int16]
    effects: npt.NDArray[np.float32]
    column: npt.NDArray[np.int16]


def tops_of(values: npt.NDArray[Any], drivers: Sequence[str]) -> Tops:
    """Find them; values have the shape (customers, columns), drivers are those of the columns."""
    names = sorted(set(drivers))
    belongs = np.array([[name == driver for name in names] for driver in drivers], dtype=float)
    effects = values @ belongs
    order = np.argsort(-np.abs(effects), axis=1)[:, :_MOST]
    strongest = np.take_along_axis(effects, order, axis=1)
    column = np.abs(values).argmax(axis=1)
    return Tops(order.astype(np.int16), strongest.astype(np.float32), column.astype(np.int16))


def write(tops: Tops, target: Path) -> None:
    """Write them for comparison."""
    np.savez(target, **tops._asdict())


def one_ms(explain: Callable[[npt.NDArray[np.float32]], object], rows: npt.NDArray[np.float32]) -> float:
    """Milliseconds for one customer: the median of those given."""
    found = []
    for place in range(len(rows)):
        started = time.perf_counter()
        explain(rows[place : place + 1])
        found.append(time.perf_counter() - started)
    return 1_000 * statistics.median(found)
