"""Imports in a real browser: each question is asked once, and long jobs outlive pages, browsers and servers."""

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import loaded, running_app, settle
from tests.browser.test_journey import GO, add_to, upload

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]


def german_log(path: Path, first: int) -> Path:
    """Write orders in a German shop's format, with no day after the twelfth, so that every date is ambiguous."""
    lines = ["Bestellung;Kunde;Datum;Artikel;Menge;Preis"]
    for i in range(60):
        day = date(2024, 1 + i % 12, 1 + i % 11)
        lines.append(f"{first + i};K{i % 15};{day:%d.%m.%Y};Käse – groß;{1 + i % 3};1.{100 + i},50")
    path.write_bytes(("\r\n".join(lines) + "\r\n").encode("cp1252"))
    return path


def test_one_question_and_the_second_time_none(app: str, page: Page, tmp_path: Path) -> None:
    revenue = sum((1 + i % 3) * (1100 + i + 0.5) for i in range(60))
    page.goto(f"{app}/upload")
    page.locator("input[type=file]").set_input_files(str(german_log(tmp_path / "januar.csv", 1000)))
    expect(page.get_by_text("can be read in two ways")).to_be_visible()
    expect(page.get_by_text("Windows-1252")).to_be_visible()
    expect(page.locator(GO)).to_be_disabled()
    page.get_by_text("(day first)").click()
    settle(page)
    page.locator(GO).click()
    expect(page.get_by_text("januar is ready")).to_be_visible()
    expect(page.get_by_text(f"{revenue:,.2f}", exact=True)).to_be_visible()

    page.goto(f"{app}/upload")
    page.locator("input[type=file]").set_input_files(str(german_log(tmp_path / "februar.csv", 2000)))
    expect(page.get_by_text("Using the settings chosen for januar.csv")).to_be_visible()
    expect(page.get_by_text("can be read in two ways")).not_to_be_visible()
    expect(page.locator(GO)).to_be_enabled()
    add_to(page, "januar")
    page.locator(GO).click()
    expect(page.get_by_text(f"{2 * revenue:,.2f}", exact=True)).to_be_visible()


@pytest.mark.long
def test_an_import_outlives_its_page_the_browser_and_the_server(page: Page, tmp_path: Path, shared: Path) -> None:
    log = tmp_path / "online retail.csv"
    log.write_bytes(gzip.decompress((shared / "data" / "online_retail.csv.gz").read_bytes()))
    with running_app(tmp_path) as (address, server):
        upload(page, address, log)
        page.locator(GO).click()
        expect(page.get_by_text("Importing online retail.csv").first).to_be_visible()
        page.goto("about:blank")
        server.kill()
        server.wait()
    with running_app(tmp_path) as (address, _):
        page.goto(f"{address}/jobs")
        expect(page.get_by_text("finished")).to_be_visible(timeout=180_000)
        page.goto(f"{address}/quality")
        expect(page.get_by_text("541,909", exact=True).first).to_be_visible()
        expect(page.get_by_text("4,338", exact=True)).to_be_visible()


def test_an_import_can_be_cancelled_and_leaves_nothing(app: str, page: Page, tmp_path: Path, shared: Path) -> None:
    log = tmp_path / "stopped shop.csv.gz"
    log.write_bytes((shared / "data" / "online_retail.csv.gz").read_bytes())
    upload(page, app, log)
    page.locator(GO).click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_text("was cancelled. Nothing was changed")).to_be_visible()
    page.goto(f"{app}/jobs")
    expect(page.get_by_text("was cancelled").first).to_be_visible()
    page.goto(f"{app}/segments")
    loaded(page)
    page.get_by_label("Dataset").click()
    expect(page.get_by_role("option", name="stopped shop")).to_have_count(0)


def test_days_are_never_past_the_twelfth() -> None:
    """Otherwise the file itself would settle the question."""
    days = [date(2024, 1 + i % 12, 1 + i % 11) for i in range(60)]
    assert max(day.day for day in days) <= 12
    assert max(days) - min(days) > timedelta(days=300)
