"""A running Clientele and a real Chromium, for the few journeys that need both."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

PROJECT = Path(__file__).resolve().parents[2]
ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
START_SECONDS = 180


@pytest.fixture(scope="session")
def chromium() -> str:
    """Return the path of Chromium, or skip the test."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("Chromium is not installed on this machine")
    return found


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a Clientele with its own workspace."""
    with running_app(tmp_path_factory.mktemp("app")) as (address, _):
        yield address


@contextmanager
def running_app(folder: Path, **more: str) -> "Iterator[tuple[str, subprocess.Popen[bytes]]]":
    """Start a Clientele on a folder's workspace, with extra environment variables; yield its URL and process."""
    port = _free_port()
    command = [
        sys.executable, "-m", "streamlit", "run", "Home.py", "--server.headless=true", f"--server.port={port}",
    ]  # fmt: skip
    environment = {**os.environ, "CLIENTELE_WORKSPACE": str(folder / "workspace"), **more}
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=log, stderr=subprocess.STDOUT)
    try:
        _wait_until_up(f"http://localhost:{port}/_stcore/health", process, folder / "log")
        yield f"http://localhost:{port}", process
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture
def page(chromium: str) -> Iterator[Page]:
    """Return a new browser page, 1440 pixels wide."""
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        opened = browser.new_page(viewport={"width": 1440, "height": 1000})
        opened.set_default_timeout(60_000)
        expect.set_options(timeout=60_000)
        yield opened
        browser.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def _wait_until_up(address: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if process.poll() is not None:
            break
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310  our own server
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    pytest.fail(f"The app did not start:\n{log.read_text(errors='replace')[-3000:]}")
