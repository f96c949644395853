"""Estimates of a value's memory: exact for tables and arrays, recursive for containers."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from inspect import isroutine
from typing import Any, Final

import numpy as np
import pandas as pd

_FEW: Final = 10_000  # sampled entries of a long list or mapping


def size_of(value: Any) -> int:
    """Estimate the memory of a value in bytes.

    Parameters
    ----------
    value : Any
        Table, array, plain value, container, or object of any library.
    """
    return _size(value, set())


def _size(value: Any, seen: set[int]) -> int:
    if value is None or isinstance(value, bool | int | float | str | bytes | np.generic):
        return sys.getsizeof(value)
    if id(value) in seen:
        return 0
    seen.add(id(value))
    if isinstance(value, pd.DataFrame | pd.Series | pd.Index):
        used = value.memory_usage(deep=True)
        return int(used.sum() if isinstance(used, pd.Series) else used)
    if isinstance(value, np.ndarray):
        return int(value.nbytes) + (_many(value.ravel().tolist(), seen) if value.dtype == object else 0)
    if isinstance(value, Mapping | list | tuple | set | frozenset):
        inside = [*value.keys(), *value.values()] if isinstance(value, Mapping) else list(value)
        return sys.getsizeof(value) + _many(inside, seen)
    return _of_object(value, seen)


def _many(values: list[Any], seen: set[int]) -> int:
    """Return the size of all values, extrapolated from the first ones if there are very many."""
    some = values[:_FEW]
    return int(sum(_size(one, seen) for one in some) * len(values) / max(len(some), 1))


def _of_object(value: Any, seen: set[int]) -> int:
    if isinstance(value, type) or isroutine(value):
        return 0  # code
    if hasattr(value, "save_raw"):  # XGBoost holds its trees in memory of its own
        return len(value.save_raw())
    inside = getattr(value, "__dict__", None)
    if not inside:
        with suppress(Exception):  # scikit-learn's trees expose their arrays only this way; other objects may refuse
            inside = value.__getstate__()
    own = sys.getsizeof(value)
    return own + _size(inside, seen) if isinstance(inside, Mapping | tuple) else own
