"""The app in this process, on a workspace of its own."""

import inspect
import os
import shutil
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from datetime import datetime
from functools import cache as cache_result
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from core import jobs
from core.customers.rfm import RfmSpec, snapshot
from core.engine import Engine, parquet
from core.ingest.demo import ensure_demo
from core.segments import segment_registry
from core.settings import Settings
from core.ui.caching import cache
from core.ui.caching.cache import Memory
from core.workspace import catalog
from core.workspace.store import Workspace

PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 120  # a cold start imports scikit-learn and Plotly, and a process that reads files starts by itself

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a workspace with the demo shop and its segments, once; read-only."""
    folder = tmp_path_factory.mktemp("demo") / "workspace"
    demo = Settings().demo_shop
    engine = Engine(folders=[folder], files=[demo])
    workspace = Workspace(folder)
    ensure_demo(workspace, engine, demo)
    [shop] = workspace.datasets()
    version = workspace.version(shop.id, 1)
    as_of = RfmSpec.after(datetime.fromisoformat(version.report["last_order"]))
    with engine.session() as connection:
        orders, returns = (parquet(connection, version.folder / f"{name}.parquet") for name in ("orders", "returns"))
        customers = snapshot(orders, returns, as_of).order_by("customer_id").execute()
    segment_registry.newest_or_first(workspace, version, customers, as_of.as_of)
    engine.close()
    workspace.catalog().dispose()
    return folder


class _Place:
    """The workspace folder of the app under test, with results cached from its initial state.

    All tests use the same folder, because paths are part of cache keys. If a test changed it, it is created again and
    what was cached since is discarded.
    """

    def __init__(self, made: Path, folder: Path) -> None:
        self.folder = folder
        self._made, self._files = made, dict[Path, tuple[int, int]]()
        self._known: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._memory: cache.Memory | None = None

    def prepare(self) -> None:
        """Restore the workspace to its initial state."""
        if self._files and self._files == _files(self.folder):
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self._made, self.folder)
        self._files = _files(self.folder)

    def memory(self, most: float) -> cache.Memory:
        """Return a cache that starts with the known results."""
        self._memory = Memory(most)
        self._memory._kept = OrderedDict(self._known)  # noqa: SLF001
        self._memory.taken = sum(size for _, size in self._known.values())
        return self._memory

    def learn(self) -> None:
        """Store the results that pages computed, if the workspace is unchanged."""
        if self._memory is not None and self._files == _files(self.folder):
            self._known = OrderedDict(self._memory._kept)  # noqa: SLF001
        self._memory = None


def _files(folder: Path) -> dict[Path, tuple[int, int]]:
    """Return sizes and times of non-empty files; empty journals and daily copies come and go."""
    return {
        path: (found.st_size, found.st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
        and path.suffix != ".sqlite-shm"
        and path.parent.name != "copies"
        and (found := path.stat()).st_size
    }


@pytest.fixture(scope="session", autouse=True)
def _packages_looked_through_once() -> Iterator[None]:
    """Look for components in the installed packages once: AppTest does whenever it opens a page, for half a second."""
    once = cache_result(manifest_scanner.scan_component_manifests)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manifest_scanner, "scan_component_manifests", once)
        yield


@pytest.fixture(scope="module", autouse=True)
def _warm(warm_children: None) -> None:
    """What pages read is read as the server reads it; what is tested here is the page."""


@pytest.fixture(scope="session")
def place(demo_workspace: Path, tmp_path_factory: pytest.TempPathFactory) -> _Place:
    """Return the folder of the app's workspace."""
    return _Place(demo_workspace, tmp_path_factory.mktemp("app") / "workspace")


@pytest.fixture
def workspace(request: pytest.FixtureRequest, place: _Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a workspace with the demo shop, used by the app during a test.

    A test that replaces functions with `monkeypatch` starts with an empty cache; otherwise they might not be called.
    """
    place.prepare()
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(place.folder))
    replaces = "monkeypatch" in inspect.signature(request.function).parameters
    replaces = replaces or request.node.get_closest_marker("nothing_cached") is not None
    if not replaces:
        monkeypatch.setattr(cache, "Memory", place.memory)
    _forget()
    yield place.folder
    if not replaces:
        place.learn()
    _forget()


@pytest.fixture
def unfitted(workspace: Path) -> Path:
    """Return the workspace without segments."""
    opened = Workspace(workspace)
    with opened.catalog().begin() as connection:
        connection.execute(sa.delete(catalog.segment_models))
    opened.catalog().dispose()
    return workspace


@pytest.fixture
def open_page(workspace: Path) -> Open:
    """Return a function that opens a page by its path below `pages`, with query parameters."""

    def open_it(page: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT / "core" / "ui" / "shell.py"), default_timeout=SECONDS)
        app.switch_page(str(PROJECT / "pages" / page))
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return open_it


def work_off() -> None:
    """Run all queued jobs."""
    settings = Settings.from_environment(os.environ)
    workspace = Workspace(settings.workspace)
    for job in jobs.active(workspace):
        jobs.run_job(workspace, settings, job.id)


def choose(app: AppTest, key: str, value: str) -> None:
    """Set the value of a widget that AppTest doesn't list, and rerun."""
    widget: Any = app.get_by_key(key)
    widget.set_value(value).run()


def _forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
