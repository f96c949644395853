"""Headers and limits in a real browser: framing is blocked, our own frames work, refusals are readable."""

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import loaded, running_app

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

RUNS = """() => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.srcdoc = '<p>before</p><script>document.querySelector("p").textContent = "ran"</script>';
    frame.onload = () => done(frame.contentDocument.querySelector('p').textContent);
    document.body.append(frame);
})"""
"""Adds a frame with a script, like the one that holds SHAP's force plot."""


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[str]:
    """Address of a Clientele that holds uploads of 10 MB at most, and no dataset."""
    more = {"CLIENTELE_UPLOAD_MEMORY_GB": "0.01", "CLIENTELE_DEMO_SHOP": "/nowhere.parquet"}
    with running_app(tmp_path, **more) as (address, _):
        yield address


@pytest.fixture
def elsewhere(app: str, tmp_path: Path) -> Iterator[str]:
    """Return the URL of another web site that embeds Clientele in a frame."""
    (tmp_path / "index.html").write_text(f'<iframe src="{app}/overview" width="900" height="700"></iframe>')
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    with http.server.ThreadingHTTPServer(("localhost", 0), handler) as site:
        threading.Thread(target=site.serve_forever, daemon=True).start()
        yield f"http://localhost:{site.server_port}"
        site.shutdown()


def test_another_site_cannot_show_clientele_in_a_frame(page: Page, elsewhere: str) -> None:
    page.goto(elsewhere)
    page.wait_for_load_state("networkidle")
    assert page.frames[1].url.startswith("chrome-error://")


def test_a_table_offers_no_download_of_its_own_and_frames_of_ours_run(app: str, page: Page) -> None:
    page.goto(f"{app}/versions?dataset=demo")
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible(timeout=120_000)
    loaded(page)
    table.hover()
    tools = page.get_by_test_id("stElementToolbarButton")
    expect(tools.first).to_be_visible()
    assert tools.count() >= 2
    assert page.get_by_label("Download as CSV").count() == 0
    assert page.evaluate(RUNS) == "ran"


def test_a_refused_upload_is_a_sentence_on_the_page(limited: str, page: Page, tmp_path: Path) -> None:
    large = tmp_path / "orders.csv"
    large.write_bytes(b"x" * (12 << 20))
    page.goto(f"{limited}/upload")
    page.locator("input[type=file]").first.set_input_files(large)
    said = page.get_by_text("the 0.01 GB of memory shared by all uploads is full")
    expect(said).to_be_visible(timeout=60_000)
