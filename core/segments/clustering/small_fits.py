"""Efficient small fits: one thread per fit, several fits in parallel.

On a few thousand customers, the threads of one K-Means fit spend more time waiting for each other than working; on a
busy machine it takes many times as long (7 times when measured). So each fit uses one thread, and fits with different
numbers of segments run in parallel.
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
    """Limit OpenMP to one thread for calls from this thread, which also makes sums identical on all machines.

    With `blas`, limit linear algebra, too. That limit applies to the whole process, so nothing else should run in it.
    """
    limits = {"openmp": 1} | ({"blas": 1} if blas else {})
    limited: AbstractContextManager[object] = _libraries().limit(limits=limits)
    return limited


def in_threads(work: Callable[[Item], Result], items: Iterable[Item]) -> Iterator[Result]:
    """Run work that releases the GIL in one thread per core, and yield results in the order of the items."""
    # K-Means limits BLAS for the whole process, and could restore a limit set by another thread.
    with _libraries().limit(limits=1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        try:
            yield from pool.map(work, items)
        finally:
            pool.shutdown(cancel_futures=True)


@cache
def _libraries() -> ThreadpoolController:
    return ThreadpoolController()
