"""The main journey in a real browser: a clone, its demo shop, an upload, segments, and an append."""

import gzip
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.segments.naming import FOUR

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

GO = ".st-key-upload_go button"


@pytest.fixture(scope="module")
def real_files(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> tuple[Path, Path]:
    """Return the real logs of 2010-2011 and 2009-2010 as plain CSV files."""
    folder = tmp_path_factory.mktemp("real")
    found = []
    for name in ("online_retail", "online_retail_2009_2010"):
        path = folder / f"{name}.csv"
        path.write_bytes(gzip.decompress((shared / "data" / f"{name}.csv.gz").read_bytes()))
        found.append(path)
    return found[0], found[1]


def settle(page: Page) -> None:
    """Wait until the page's script has finished."""
    page.wait_for_selector("[data-testid=stApp]")
    page.wait_for_timeout(500)
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState !== 'running'", timeout=120_000
    )


def upload(page: Page, address: str, file: Path) -> None:
    page.goto(f"{address}/upload")
    page.locator("input[type=file]").set_input_files(str(file))
    expect(page.get_by_text("as they will be imported")).to_be_visible(timeout=120_000)
    settle(page)


def test_from_a_real_file_to_named_segments_and_an_append(app: str, page: Page, real_files: tuple[Path, Path]) -> None:
    first, earlier = real_files
    page.goto(app)
    expect(page.get_by_role("heading", name="Demo gift shop")).to_be_visible()
    expect(page.get_by_text("Simulated data")).to_be_visible()

    upload(page, app, first)
    expect(page.get_by_label("Customer", exact=True)).to_have_value("CustomerID")
    page.get_by_label("Name", exact=True).fill("UCI")
    page.get_by_label("Name", exact=True).press("Enter")
    settle(page)
    page.locator(GO).click()
    expect(page.get_by_text("UCI is ready")).to_be_visible(timeout=180_000)
    expect(page.get_by_text("4,338", exact=True)).to_be_visible()
    expect(page.get_by_text("8,887,208.89", exact=True)).to_be_visible()

    page.get_by_role("link", name="Next: see your customer segments").click()
    expect(page.get_by_role("heading", name="Segments")).to_be_visible()
    for name in FOUR:
        expect(page.get_by_text(name, exact=True).first).to_be_attached()
    settle(page)
    link = page.url

    upload(page, app, earlier)
    page.get_by_text("Add to a dataset").click()
    expect(page.get_by_label("Dataset to add to")).to_have_value("UCI")
    settle(page)
    page.locator(GO).click()
    expect(page.get_by_text("5,878", exact=True)).to_be_visible(timeout=240_000)
    expect(page.get_by_text("17,374,786.27", exact=True)).to_be_visible()

    page.goto(link)  # a link copied before the append opens the same dataset
    expect(page.get_by_role("heading", name="Segments")).to_be_visible()
    expect(page.get_by_text("Segment model 1")).to_contain_text("fitted on version 1")


def test_a_click_on_a_bar_filters_the_customers_and_the_link_says_so(app: str, page: Page) -> None:
    page.goto(f"{app}/segments?dataset=demo")
    expect(page.get_by_text("Download 5,000 customers")).to_be_visible(timeout=120_000)
    settle(page)
    bars = page.locator(".st-key-segments_customers_bars .point path")
    bars.nth(3).click(force=True)
    expect(page.get_by_text("Download 5,000 customers")).not_to_be_visible()
    assert "segment=Churning+Customers" in page.url

    page.goto(page.url)
    expect(page.get_by_role("radio", name="Churning Customers")).to_be_checked()


def test_a_link_to_something_deleted_says_so(app: str, page: Page) -> None:
    page.goto(f"{app}/segments?dataset=gone&segment=Nobody")
    expect(page.get_by_text("or was deleted")).to_be_visible()
    expect(page.get_by_text("which this dataset does not have")).to_be_visible()
