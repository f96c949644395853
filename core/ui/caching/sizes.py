"""Estimates of a value's memory: exact for tables and arrays, recursive for containers."""

import sys
from collections.abc import Mapping
from contextlib import suppress
from inspect import isroutine
from typing import Any, Final

import numpy as np
import pandas as pd

_FEW: Final = 10_000  # entries of a long list or mapping that stand for all of it


def size_of(value: Any) -> int:
    """Bytes that a value takes, about.

    Parameters
    ----------
    value : Any
        Tables, arrays, plain values, what holds them, and objects of any library.
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
    """All of them; of very many, some stand for the rest."""
    some = values[:_FEW]
    return int(sum(_size(one, seen) for one in some) * len(values) / max(len(some), 1))


def _of_object(value: Any, seen: set[int]) -> int:
    if isinstance(value, type) or isroutine(value):
        return 0  # code
    if hasattr(value, "save_raw"):  # trees of XGBoost, which are in its own memory
        return len(value.save_raw())
    inside = getattr(value, "__dict__", None)
    if not inside:
        with suppress(Exception):  # trees of scikit-learn tell what they hold only so; others may refuse
            inside = value.__getstate__()
    own = sys.getsizeof(value)
    return own + _size(inside, seen) if isinstance(inside, Mapping | tuple) else own
