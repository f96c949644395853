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
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

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


@dataclass(frozen=True)
class Server:
    """A Clientele that runs.

    Parameters
    ----------
    address : str
        Where its pages are.
    folder : Path
        Where its workspace and its log are; tests may add shops.
    """

    address: str
    folder: Path


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One Clientele for all tests that name the shop they look at; it begins as a clone does, with the demo shop."""
    folder = tmp_path_factory.mktemp("server")
    with running_app(folder) as (address, _):
        yield Server(address, folder)


@pytest.fixture(scope="package")
def app(server: Server) -> str:
    """Address of the Clientele that the tests share."""
    return server.address


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
    with suppress(OSError):  # without rights its worker, which gives way to all, waits for the tests beside it
        os.setpriority(os.PRIO_PROCESS, process.pid, -10)
    try:
        _wait_until_up(f"http://localhost:{port}/_stcore/health", process, folder / "log")
        yield f"http://localhost:{port}", process
    finally:
        process.terminate()
        process.wait(timeout=30)


@pytest.fixture(scope="package")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as play:
        opened = play.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page, 1440 pixels wide, that shares nothing with those of other tests.

    Nothing moves on it: drawing what moves takes much of the processor where there is no graphics card.
    """
    context = browser.new_context(viewport={"width": 1440, "height": 1000}, reduced_motion="reduce")
    context.set_default_timeout(60_000)
    expect.set_options(timeout=60_000)
    yield context.new_page()
    context.close()


def loaded(page: Page) -> None:
    """Wait until the script of a page that was just opened has run."""
    page.wait_for_function(_HAS_RUN, timeout=120_000)


def settle(page: Page) -> None:
    """Wait until the script has run that something done on the page starts a moment later."""
    page.wait_for_timeout(500)
    page.wait_for_function(_HAS_RUN, timeout=120_000)


_HAS_RUN = """document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'
  && !document.querySelector('[data-stale=true]')"""
"""Before the first run the state is `initial`."""


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
