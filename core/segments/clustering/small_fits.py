"""Small fits without waiting: each keeps to one thread, and several run beside each other.

On a few thousand customers the threads of one K-Means wait for each other longer than they work, and where other
programs want the cores too, many times as long (measured: 7 times). So a fit has one thread, and large ones share
the cores by number of segments.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cache
from typing import TypeVar

import sklearn.cluster  # noqa: F401  loads the libraries that are limited
from threadpoolctl import ThreadpoolController

Item = TypeVar("Item")
Result = TypeVar("Result")


def one_thread(*, blas: bool = False) -> AbstractContextManager[object]:
    """Keep OpenMP to one thread in this thread; sums are then the same to the last bit on every machine.

    With `blas`, linear algebra too, which has one limit for all threads: for work that is the only one in its process.
    """
    limits = {"openmp": 1} | ({"blas": 1} if blas else {})
    limited: AbstractContextManager[object] = _libraries().limit(limits=limits)
    return limited


def in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Do work that lets go of the interpreter, one item per core at a time; results in the order of the items."""
    # K-Means limits BLAS, which is one for all threads, and might restore what another thread had set.
    with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()
