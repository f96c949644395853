"""The app in process, on a workspace of its own."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import jobs
from core.engine import Engine
from core.ingest.demo import ensure_demo
from core.settings import Settings
from core.workspace.store import Workspace

PROJECT = Path(__file__).resolve().parents[2]
SECONDS = 120  # a cold start imports scikit-learn and Plotly, and a process that reads files starts by itself

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def demo_workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the demo shop, made once; not to be written to."""
    folder = tmp_path_factory.mktemp("demo") / "workspace"
    demo = Settings().demo_shop
    engine = Engine(folders=[folder], files=[demo])
    ensure_demo(Workspace(folder), engine, demo)
    engine.close()
    return folder


@pytest.fixture
def workspace(tmp_path: Path, demo_workspace: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the demo workspace that the app uses during a test."""
    folder = tmp_path / "workspace"
    shutil.copytree(demo_workspace, folder)
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(folder))
    _forget()
    yield folder
    _forget()


@pytest.fixture
def open_page(workspace: Path) -> Open:
    """Open a page by its path below `pages`, with query parameters."""

    def open_it(page: str, **parameters: str) -> AppTest:
        app = AppTest.from_file(str(PROJECT / "core" / "ui" / "shell.py"), default_timeout=SECONDS)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        if page != "explore/home.py":
            app.switch_page(str(PROJECT / "pages" / page))
            for name, value in parameters.items():
                app.query_params[name] = value
            app.run()
        assert not app.exception
        return app

    return open_it


def work_off() -> None:
    """Do all jobs that wait."""
    settings = Settings.from_environment(os.environ)
    workspace = Workspace(settings.workspace)
    for job in jobs.active(workspace):
        jobs.run_job(workspace, settings, job.id)


def choose(app: AppTest, key: str, value: str) -> None:
    """Choose a value in a widget that AppTest has no list for, and run."""
    widget: Any = app.get_by_key(key)
    widget.set_value(value).run()


def _forget() -> None:
    st.cache_data.clear()
    st.cache_resource.clear()
