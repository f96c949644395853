"""Results of pages are cached once for all sessions, within a memory limit."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import streamlit as st
from sklearn.tree import DecisionTreeRegressor

from core.ui.caching import cache
from core.ui.caching.cache import Memory
from core.ui.caching.sizes import size_of
from core.ui.shared.frame import PROJECT


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """Start with an empty cache and a limit of 50 MB."""
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("CLIENTELE_CACHE_MEMORY_GB", "0.05")
    st.cache_resource.clear()
    yield
    st.cache_resource.clear()


def test_what_was_used_longest_ago_goes_when_room_is_needed() -> None:
    memory, made = Memory(100), []

    def get(key: str, size: int) -> str:
        def make() -> str:
            made.append(key)
            return key

        found: str = memory.get(key, make, lambda _value: size)
        return found

    for key in ("a", "b", "a", "c"):
        get(key, 40)
    assert made == ["a", "b", "c"]
    assert (len(memory), memory.taken) == (2, 80)
    get("a", 40)
    get("b", 40)
    assert made == ["a", "b", "c", "b"]
    get("huge", 1_000)
    assert (len(memory), memory.taken) == (1, 1_000)  # the newest is kept, or each click would make it again
    get("huge", 1_000)
    assert made[-1] == "huge"
    get("a", 40)
    assert (len(memory), memory.taken) == (1, 40)


def test_what_fails_is_not_kept() -> None:
    memory = Memory(100)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            memory.get("a", lambda: 1 / 0, lambda _value: 1)
    assert memory.get("a", lambda: "now", lambda _value: 1) == "now"


def test_who_asks_at_once_waits_for_the_one_who_makes_it() -> None:
    memory, made, go = Memory(100), [], threading.Event()

    def make() -> int:
        made.append(1)
        go.wait(20)
        return len(made)

    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(memory.get, "a", make, lambda _value: 1) for _ in range(8)]
        begun = time.monotonic()
        other = memory.get("b", lambda: "other", lambda _value: 1)
        waited = time.monotonic() - begun
        go.set()
        assert {one.result(20) for one in asked} == {1}
    assert other == "other"
    assert waited < 10


def test_many_threads_leave_the_count_right() -> None:
    memory = Memory(1_000)

    def work(seed: int) -> None:
        for number in np.random.default_rng(seed).integers(0, 50, 300).tolist():
            assert memory.get(number, partial(int, number), lambda value: 10 * value + 1) == number

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))
    assert memory.taken <= 1_000
    assert memory.taken == sum(size for _, size in memory._kept.values())  # noqa: SLF001
    assert not memory._turns  # noqa: SLF001  nor is anything left of those who waited


def test_frames_of_any_size_stay_within_the_memory() -> None:
    """Forty tables of 8 MB take a hundred times as much as ten small ones; a limit on entries would miss that."""

    @cache.shared()
    def table(_number: int) -> pd.DataFrame:
        return pd.DataFrame({"x": np.zeros(1_000_000)})

    for number in range(40):
        table(number)
    assert cache.memory().taken <= 50e6
    assert 5 <= len(cache.memory()) <= 6
    assert table(39) is table(39)


def test_copies_are_their_own_and_keys_may_hold_more() -> None:
    calls, name = [], ["old"]

    @cache.copied(also=lambda *_given, **_named: name[0])
    def found(number: int, *, sort: str = "x") -> dict[str, Any]:
        calls.append((number, sort))
        return {"name": name[0]}

    found(1)["name"] = "changed by a page"
    assert found(1) == {"name": "old"}
    assert found(1, sort="y") == {"name": "old"}
    name[0] = "new"
    assert found(1) == {"name": "new"}
    assert calls == [(1, "x"), (1, "y"), (1, "x")]


def test_functions_with_the_same_arguments_are_told_apart() -> None:
    @cache.shared()
    def first(_number: int) -> str:
        return "first"

    @cache.shared()
    def second(_number: int) -> str:
        return "second"

    assert [first(1), second(1), first(1)] == ["first", "second", "first"]


@pytest.mark.parametrize(
    ("value", "least", "most"),
    [
        (pd.DataFrame({"x": np.zeros(100_000)}), 800_000, 801_000),
        (pd.DataFrame({"x": [f"customer {n:09}" for n in range(10_000)]}, dtype="object"), 500_000, 1_500_000),
        ({"table": pd.Series(np.zeros(1_000)), "more": [np.zeros(1_000)]}, 16_000, 17_500),
        (tuple(f"customer {n:09}" for n in range(100_000)), 6_000_000, 9_000_000),
        (None, 1, 100),
        (lambda: None, 0, 100),
    ],
)
def test_sizes_are_about_right(value: Any, least: int, most: int) -> None:
    assert least <= size_of(value) <= most


class Raw:
    """A value with trees in memory of its own, like XGBoost's."""

    def save_raw(self) -> bytes:
        """Return the trees."""
        return bytes(100_000)


def test_trees_count_though_they_are_no_plain_values() -> None:
    numbers = np.arange(2_000.0)
    assert 200_000 <= size_of(DecisionTreeRegressor().fit(numbers.reshape(-1, 1), numbers)) <= 800_000
    assert size_of([Raw()]) >= 100_000


def test_what_holds_itself_has_a_size() -> None:
    endless: list[Any] = [1]
    endless.append(endless)
    assert size_of(endless) < 1_000


def test_pages_keep_nothing_by_numbers_of_entries() -> None:
    """Nor do they use any cache besides the shared one."""
    found = {
        path.name
        for path in (PROJECT / "core" / "ui").rglob("*.py")
        if any(word in path.read_text(encoding="utf-8") for word in ("max_entries", "st.cache_data"))
    }
    assert found == set()
