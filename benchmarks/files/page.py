"""Rerun times of explore/overview on an idle machine, and while a worker imports a file.

The page shows the demo shop, in the workspace that the import writes to. `rerun` is what follows a click, with
everything cached; `anew` has nothing cached, as for the first visitor of a new version.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from threading import Thread
from time import perf_counter, sleep

import streamlit as st
from streamlit.testing.v1 import AppTest

from benchmarks.logs import SCRATCH
from benchmarks.measure import PROJECT

_RUNS = 12  # per kind, half before and half after the import
_PAUSE_SECONDS = 0.3  # a user looks at the page before the next click


def main(path: str) -> None:
    """Print the seconds of each run as JSON: `idle` and `busy`, each with `rerun` and `anew`."""
    with tempfile.TemporaryDirectory(dir=SCRATCH, prefix="workspace-") as folder:
        os.environ["CLIENTELE_WORKSPACE"] = folder
        app = AppTest.from_file(str(PROJECT / "core" / "ui" / "shell.py"), default_timeout=300)
        app.run()
        app.switch_page(str(PROJECT / "pages" / "explore" / "overview.py"))
        app.run()
        idle: dict[str, list[float]] = {"rerun": [], "anew": []}
        busy: dict[str, list[float]] = {"rerun": [], "anew": []}
        for _ in range(_RUNS // 2):
            _look(app, idle)
        _while_importing(app, path, folder, busy)
        for _ in range(_RUNS // 2):
            _look(app, idle)
        shutil.rmtree(folder, ignore_errors=True)
        Path(folder).mkdir()
    print(json.dumps({"idle": idle, "busy": busy}))


def _look(app: AppTest, seconds: dict[str, list[float]]) -> None:
    """Run the page with and without caches."""
    for kind in ("anew", "rerun"):
        if kind == "anew":
            _forget()
        started = perf_counter()
        app.run()
        seconds[kind].append(perf_counter() - started)
        if app.exception:
            raise RuntimeError(app.exception)
        sleep(_PAUSE_SECONDS)


def _while_importing(app: AppTest, path: str, folder: str, seconds: dict[str, list[float]]) -> None:
    """Run the page from the start of an import to its end."""
    command = [sys.executable, "-m", "benchmarks.files.importing", path, folder]
    importing = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        assert importing.stdout is not None  # noqa: S101  for the type checker
        first = Thread(target=importing.stdout.readline, daemon=True)
        first.start()
        while first.is_alive():
            _look(app, seconds)
        if importing.poll() is not None:
            message = f"The import ended with {importing.returncode}."
            raise RuntimeError(message)
    finally:
        importing.kill()
        importing.wait()


def _forget() -> None:
    """Clear cached results; resources opened once, such as the workspace, stay open."""
    from core.ui.caching import cache  # noqa: PLC0415  only within the page's process

    st.cache_data.clear()
    cache.memory.clear()


if __name__ == "__main__":
    main(sys.argv[1])
