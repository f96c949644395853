"""The main journey in a real browser: a clone, its demo shop, an upload, segments, and an append."""

import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from core.segments.naming import FOUR
from tests.browser.conftest import loaded, running_app, settle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

GO = ".st-key-upload_go button"


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Clientele that nobody used before."""
    with running_app(tmp_path_factory.mktemp("clone")) as (address, _):
        yield address


@dataclass(frozen=True, kw_only=True)
class Log:
    """An order log in two files, and what is to be read of them.

    Parameters
    ----------
    name : str
        Of its dataset.
    first, second : Path
        The files; the second is appended.
    customers, revenue : tuple of str
        Of the first file and of both.
    """

    name: str
    first: Path
    second: Path
    customers: tuple[str, str]
    revenue: tuple[str, str]


@pytest.fixture(scope="module")
def small_log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    """A made-up shop's year, whose figures are summed here, and another year with some of the customers."""
    folder = tmp_path_factory.mktemp("small")
    rows = [[(i % 150, 10 + i % 7, 1 + i % 3) for i in range(1200)], [(i, 20, 2) for i in range(100, 180)]]
    revenue, files = [sum(price * quantity for _, price, quantity in year) for year in rows], []
    for number, year in enumerate(rows):
        lines = ["InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"]
        for i, (customer, price, quantity) in enumerate(year):
            days = i % 150 + (i // 150) * (10 + i % 150 // 5)  # each in a rhythm of their own
            when = datetime(2024 - number, 1, 1, 9, tzinfo=UTC) + timedelta(days=days % 365)
            lines.append(f"{number}{i:05},A{i % 9},Cup,{quantity},{when:%Y-%m-%d %H:%M},{price}.00,{customer},France")
        files.append(folder / f"year_{2024 - number}.csv")
        files[-1].write_text("\n".join(lines) + "\n")
    return Log(
        name="Small",
        first=files[0],
        second=files[1],
        customers=("150", "180"),
        revenue=(f"{revenue[0]:,}.00", f"{sum(revenue):,}.00"),
    )


@pytest.fixture(scope="module")
def real_log(tmp_path_factory: pytest.TempPathFactory, shared: Path) -> Log:
    """The real logs of 2010-2011 and 2009-2010 as plain CSV files."""
    folder = tmp_path_factory.mktemp("real")
    files = []
    for name in ("online_retail", "online_retail_2009_2010"):
        files.append(folder / f"{name}.csv")
        files[-1].write_bytes(gzip.decompress((shared / "data" / f"{name}.csv.gz").read_bytes()))
    return Log(
        name="UCI",
        first=files[0],
        second=files[1],
        customers=("4,338", "5,878"),
        revenue=("8,887,208.89", "17,374,786.27"),
    )


def upload(page: Page, address: str, file: Path) -> None:
    page.goto(f"{address}/upload")
    page.locator("input[type=file]").set_input_files(str(file))
    expect(page.get_by_text("as they will be imported")).to_be_visible(timeout=120_000)
    loaded(page)


def add_to(page: Page, name: str) -> None:
    """Choose to add what is uploaded to a dataset."""
    page.get_by_text("Add to a dataset").click()
    settle(page)  # the run that draws the picker would close it
    page.get_by_label("Dataset to add to").click()
    page.get_by_role("option", name=name, exact=True).click()
    expect(page.get_by_label("Dataset to add to")).to_have_value(name)
    settle(page)


def test_from_a_file_to_named_segments_and_an_append(app: str, page: Page, small_log: Log) -> None:
    first_look(page, f"{app}/?dataset=demo")  # which other tests may have left
    import_new(page, app, small_log)
    link = see_segments(page)
    upload(page, app, small_log.second)
    add_to(page, small_log.name)
    import_more(page, link, small_log)


@pytest.mark.long
def test_from_a_real_file_to_named_segments_and_an_append(clone: str, page: Page, real_log: Log) -> None:
    first_look(page, clone)
    import_new(page, clone, real_log)
    link = see_segments(page)
    upload(page, clone, real_log.second)
    page.get_by_text("Add to a dataset").click()
    expect(page.get_by_label("Dataset to add to")).to_have_value(real_log.name)  # the only one that is no demo
    settle(page)
    import_more(page, link, real_log)


def first_look(page: Page, address: str) -> None:
    page.goto(address)
    expect(page.get_by_role("heading", name="Demo gift shop")).to_be_visible()
    expect(page.get_by_text("Demo data")).to_be_visible()


def import_new(page: Page, address: str, log: Log) -> None:
    upload(page, address, log.first)
    expect(page.get_by_label("Customer", exact=True)).to_have_value("CustomerID")
    page.get_by_label("Name", exact=True).fill(log.name)
    page.get_by_label("Name", exact=True).press("Enter")
    settle(page)
    page.locator(GO).click()
    expect(page.get_by_text(f"{log.name} is ready")).to_be_visible(timeout=180_000)
    expect(page.get_by_text(log.customers[0], exact=True)).to_be_visible()
    expect(page.get_by_text(log.revenue[0], exact=True)).to_be_visible()


def see_segments(page: Page) -> str:
    """Go on to the segments; return their link."""
    page.get_by_role("link", name="Next: see your customer segments").click()
    expect(page.get_by_role("heading", name="Segments")).to_be_visible()
    for name in FOUR:
        expect(page.get_by_text(name, exact=True).first).to_be_attached()
    settle(page)
    return page.url


def import_more(page: Page, link: str, log: Log) -> None:
    page.locator(GO).click()
    expect(page.get_by_text(log.customers[1], exact=True)).to_be_visible(timeout=240_000)
    expect(page.get_by_text(log.revenue[1], exact=True)).to_be_visible()

    page.goto(link)  # a link copied before the append opens the same dataset
    expect(page.get_by_role("heading", name="Segments")).to_be_visible()
    expect(page.get_by_text("Segment model 1")).to_contain_text("fitted on version 1")


def test_a_click_on_a_bar_filters_the_customers_and_the_link_says_so(app: str, page: Page) -> None:
    page.goto(f"{app}/segments?dataset=demo")
    expect(page.get_by_text("Download 5,000 customers")).to_be_visible(timeout=120_000)
    loaded(page)
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
