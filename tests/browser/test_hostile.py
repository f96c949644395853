"""A file that takes forever to read, in a real browser: reading stops when the user leaves the page."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import running_app

pytestmark = [pytest.mark.browser, pytest.mark.long, pytest.mark.timeout(600)]

CHILD = "core.ingest.staging.reading_apart"
SECONDS = 180


def readers(server: int) -> int:
    """Return the number of processes that read files for a server."""
    found = 0
    for process in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            found += parent == server and CHILD in (process / "cmdline").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def wait_until(is_so: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not is_so():
        assert time.monotonic() < until
        time.sleep(0.2)


@pytest.mark.parametrize("end", ["close", "leave", "remove"])
def test_reading_ends_with_its_page(page: Page, tmp_path: Path, end: str) -> None:
    log = tmp_path / "quotes.csv"
    log.write_bytes(b"customer,date,amount\n" + b'1,"2024-01-05,3\n' * 1_000_000)  # none is closed
    with running_app(tmp_path) as (address, server):
        page.goto(f"{address}/upload")
        page.locator("input[type=file]").set_input_files(str(log))
        wait_until(lambda: readers(server.pid) == 1)
        time.sleep(3)
        if end == "close":
            page.close()
        elif end == "leave":
            page.get_by_role("link", name="Versions").click()
        else:
            page.get_by_test_id("stFileChipDeleteBtn").first.click()
        wait_until(lambda: readers(server.pid) == 0)
        wait_until(lambda: not list((tmp_path / "workspace" / "uploads").glob("*/reading-*")))
