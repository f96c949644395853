"""With two shops, no page shows another one than it names, however it is reached; names are shown, never obeyed."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from core.workspace.store import Workspace
from tests.browser.conftest import running_app
from tests.two_shops import ALFA, BRAVO, SHOPS, Shop, make, prepare

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

MENU = {
    "Overview": "overview", "Customer value": "rfm", "Cohorts": "cohorts", "Products": "products",
    "Profile": "profile", "Segments": "segments", "Movement": "movement", "Clusters": "clusters",
    "RFM rules": "rules", "Outlook": "outlook", "Customer": "customer", "Quality": "quality",
    "Versions": "versions", "Home": "",
}  # fmt: skip
"""Pages with figures of a shop, by their titles in the menu; their addresses."""
REST = {
    "Train": "train", "Score": "score", "Drivers": "drivers", "Model card": "card", "Upload": "upload", "Jobs": "jobs",
}  # fmt: skip
"""Pages that say little of a shop, or nothing before a model is trained."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Clientele with the two shops, whose pages need not wait for results."""
    folder = tmp_path_factory.mktemp("two")
    workspace = Workspace(folder / "workspace")
    make(workspace, folder)
    for shop in SHOPS:
        prepare(workspace, shop)
    with running_app(folder) as (address, _):
        yield address


def settle(page: Page, address: str = "[a-z]*") -> None:
    """Wait until the script that was started has run, which puts the dataset into the address at its beginning."""
    page.wait_for_url(re.compile(rf"/{address}\?.*dataset="), wait_until="commit")
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
        " && document.querySelector('[data-testid=stMain] [data-testid=stHeading]')",
        timeout=120_000,
    )


def picker(page: Page) -> Locator:
    return page.get_by_label("Dataset", exact=True)


def pick(page: Page, shop: Shop) -> None:
    """Choose a shop in the sidebar."""
    picker(page).click()
    page.get_by_role("option", name=shop.name, exact=True).click()
    page.wait_for_url(re.compile(f"dataset={shop.id}"), wait_until="commit")
    settle(page)


def go(page: Page, title: str) -> None:
    """Open a page from the menu."""
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    settle(page, {**MENU, **REST}[title])


def shows(page: Page, shop: Shop, *, figures: bool = True) -> None:
    """The picker names a shop, and all that is said is of it."""
    expect(picker(page)).to_have_value(shop.name)
    said, other = page.get_by_test_id("stMain").text_content() or "", next(one for one in SHOPS if one != shop)
    found = {mark for mark in (shop.mark, shop.sign, other.mark, other.sign) if mark in said}
    assert f"dataset={shop.id}" in page.url
    assert not found & {other.mark, other.sign}, f"{page.url}: {said}"
    assert found or not figures, f"{page.url}: {said}"


OBEYED = """() => [
  ...document.querySelectorAll('[aria-label="skull icon"], .katex, a[href*="evil.example"], img[alt="Streamlit logo"]'),
  ...[...document.querySelectorAll('strong, code')].filter(one => ['b', 'c'].includes(one.textContent)),
  ...[...document.querySelectorAll('span[style*="color"], .stMarkdownColoredText')].filter(
    one => one.textContent === 'r'),
  ...[...document.querySelectorAll('p, span, label, text')].filter(one => /[≈💀]/u.test(one.textContent)),
].map(one => one.outerHTML.slice(0, 300))"""
"""Elements that a name in `HOSTILE` became by being obeyed."""


def test_the_shop_that_is_picked_stays_on_every_page_of_the_menu(app: str, page: Page) -> None:
    now, other = ALFA, BRAVO
    page.goto(f"{app}/?dataset={now.id}")
    settle(page)
    for title in (*MENU, "Train", "Score", "Upload", "Jobs"):
        go(page, title)
        shows(page, now, figures=title in MENU)
        pick(page, other)
        shows(page, other, figures=title in MENU)
        assert page.evaluate(OBEYED) == [], page.url
        now, other = other, now
