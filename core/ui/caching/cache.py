"""Caches shared by all sessions, with one limit on their total memory.

Streamlit's caches count entries, but an entry may be a word or a table of half a million customers. Here, the least
recently used values are dropped once all of them together exceed the memory setting.
"""

import functools
import pickle
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any, Final, ParamSpec, TypeVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.ui.caching.sizes import size_of

P = ParamSpec("P")
R = TypeVar("R")

_GB: Final = 1e9
_MISSING: Final = object()


@dataclass
class _Turn:
    """The lock for a value that several sessions request at once."""

    lock: threading.RLock = field(default_factory=threading.RLock)
    waiting: int = 0


class Memory:
    """A least-recently-used cache limited by bytes; thread-safe.

    The newest value always stays, even if it exceeds the limit on its own.

    Parameters
    ----------
    most : float
        Limit in bytes.
    """

    def __init__(self, most: float) -> None:
        self.most = most
        self.taken = 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._turns: dict[Hashable, _Turn] = {}

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], Any], size: Callable[[Any], int]) -> Any:
        """Return a value; if missing, one caller computes it while the others wait.

        Parameters
        ----------
        key : Hashable
            Key of the value.
        make : callable
            Computes the value; if it raises, nothing is stored.
        size : callable
            Returns the value's size in bytes.
        """
        with self._lock:
            if (found := self._look(key)) is not _MISSING:
                return found
            turn = self._turns.setdefault(key, _Turn())
            turn.waiting += 1
        try:
            with turn.lock:
                with self._lock:
                    found = self._look(key)
                if found is _MISSING:
                    found = make()
                    self._keep(key, found, size(found))
            return found
        finally:
            with self._lock:
                turn.waiting -= 1
                if not turn.waiting:
                    self._turns.pop(key, None)

    def _look(self, key: Hashable) -> Any:
        if key not in self._kept:
            return _MISSING
        self._kept.move_to_end(key)
        return self._kept[key][0]

    def _keep(self, key: Hashable, value: Any, size: int) -> None:
        with self._lock:
            self.taken += size - self._kept.pop(key, (None, 0))[1]
            self._kept[key] = value, size
            while self.taken > self.most and len(self._kept) > 1:
                _, (_, dropped) = self._kept.popitem(last=False)
                self.taken -= dropped


@st.cache_resource(show_spinner=False)
def memory() -> Memory:
    """Return the cache of this process."""
    from core.ui.caching.cached import settings  # noqa: PLC0415  that module imports this one

    return Memory(settings().cache_memory_gb * _GB)


Also = Callable[..., Hashable]
"""Returns, from a function's arguments, what else its result depends on."""


def shared(spinner: str = "", *, also: Also | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache a function's results; all callers share each object and must not modify it.

    Parameters
    ----------
    spinner : str
        Message shown while the value is computed; empty for none.
    also : callable, optional
        Returns an additional part of the cache key from the function's arguments.
    """
    return _caching(_Form(keep=_same, give=_same, size=size_of), spinner, also)


def copied(spinner: str = "", *, also: Also | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Cache a function's results and return a copy to each caller.

    Parameters
    ----------
    spinner, also
        See `shared`.
    """
    return _caching(_Form(keep=pickle.dumps, give=pickle.loads, size=len), spinner, also)


@dataclass(frozen=True, kw_only=True)
class _Form:
    """The storage, return and size functions of a cache."""

    keep: Callable[[Any], Any]
    give: Callable[[Any], Any]
    size: Callable[[Any], int]


def _same(value: Any) -> Any:
    return value


def _caching(form: _Form, spinner: str, also: Also | None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    def decorated(function: Callable[P, R]) -> Callable[P, R]:
        @functools.wraps(function)
        def cached(*args: P.args, **kwargs: P.kwargs) -> R:
            def make() -> Any:
                with _spinning(spinner):
                    return form.keep(function(*args, **kwargs))

            more = also(*args, **kwargs) if also else None
            key = (function, args, tuple(sorted(kwargs.items())), more)
            found: R = form.give(memory().get(key, make, form.size))
            return found

        return cached

    return decorated


def _spinning(text: str) -> Any:
    """Return a spinner with a text, or a null context if there is no page or no text."""
    return st.spinner(text) if text and get_script_run_ctx(suppress_warning=True) else nullcontext()
