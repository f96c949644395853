"""With two shops, every page shows the shop in its URL, however it was reached, and shows names literally."""

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Error, Locator, Page, expect

from core.workspace.store import Workspace
from tests.browser.conftest import running_app
from tests.two_shops import ALFA, BRAVO, SHOPS, Shop, make, prepare

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

MENU = {
    "Overview": "overview", "Customer value": "rfm", "Cohorts": "cohorts", "Products": "products",
    "Profile": "profile", "Segments": "segments", "Movement": "movement",
    "RFM rules": "rules", "Outlook": "outlook", "Quality": "quality",
    "Versions": "versions", "Home": "",
}  # fmt: skip
"""Pages with figures of a shop: menu title and URL path."""
REST = {
    "Clusters": "clusters", "Customer": "customer", "Train": "train",
    "Score": "score", "Drivers": "drivers", "Model card": "card", "Upload": "upload", "Jobs": "jobs",
}  # fmt: skip
"""Pages with few figures of a shop, or none before a model is trained."""


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Clientele with the two shops, whose pages need not wait for results.

    It has a workspace of its own: where a server runs already, its worker would take the jobs that make the results.
    """
    folder = tmp_path_factory.mktemp("two")
    workspace = Workspace(folder / "workspace")
    make(workspace, folder)
    for shop in SHOPS:
        prepare(workspace, shop)
    with running_app(folder) as (address, _):
        yield address


def settle(page: Page, address: str = "[a-z]*") -> None:
    """Wait until the page's script, which first puts the dataset into the URL, has finished."""
    page.wait_for_url(re.compile(rf"/{address}\?.*dataset="), wait_until="commit")
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]')?.dataset.testScriptState === 'notRunning'"
        " && document.querySelector('[data-testid=stMain] [data-testid=stHeading]')"
        " && !document.querySelector('[data-stale=true]')",
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
    """Open a page from the menu; wait for its heading, since the URL changes before its script starts."""
    heading = "document.querySelector('[data-testid=stMain] [data-testid=stHeading]')?.textContent"
    before = page.evaluate(heading)
    is_there = urlsplit(page.url).path.strip("/") == {**MENU, **REST}[title]
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
    if is_there:
        settle(page)
        return
    page.wait_for_function(f"before => {heading} !== before", arg=before, timeout=120_000)
    settle(page, {**MENU, **REST}[title])


def shows(page: Page, shop: Shop, *, figures: bool = True) -> None:
    """Check that the picker and everything on the page belong to a shop; wait for figures that need a job."""
    expect(picker(page)).to_have_value(shop.name)
    settle(page)
    other = next(one for one in SHOPS if one != shop)
    with suppress(Error):  # charts are drawn a moment after the script has run, and jobs take as long as they take
        page.wait_for_function(
            "([own, others]) => { const said = document.querySelector('[data-testid=stMain]').textContent;"
            " return own.some(mark => said.includes(mark)) && !others.some(mark => said.includes(mark)) }",
            arg=[[shop.mark, shop.sign], [other.mark, other.sign]],
            timeout=120_000 if figures else 1_000,
        )
    said = page.get_by_test_id("stMain").text_content() or ""
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
"""Finds elements created when a name in `HOSTILE` was interpreted instead of shown."""


@pytest.mark.parametrize(
    "titles",
    [
        pytest.param(("Segments", "Outlook", "Quality"), id="some"),
        pytest.param(
            (*MENU, "Clusters", "Customer", "Train", "Score", "Upload", "Jobs"), id="all", marks=pytest.mark.long
        ),
    ],
)
def test_the_shop_that_is_picked_stays_on_the_pages_of_the_menu(app: str, page: Page, titles: tuple[str, ...]) -> None:
    """A few pages of each group are enough, since all share one picker; the long run covers every page."""
    now, other = ALFA, BRAVO
    page.goto(f"{app}/?dataset={now.id}")
    settle(page)
    for title in titles:
        go(page, title)
        shows(page, now, figures=title in MENU)
        pick(page, other)
        shows(page, other, figures=title in MENU)
        assert page.evaluate(OBEYED) == [], page.url
        now, other = other, now


def test_back_forward_reload_and_a_second_tab_show_the_shop_of_their_address(app: str, page: Page) -> None:
    page.goto(f"{app}/overview?dataset={ALFA.id}")
    settle(page)
    pick(page, BRAVO)
    go(page, "Quality")
    second = tab(page, page.url)
    shows(second, BRAVO)
    pick(second, ALFA)
    shows(second, ALFA)
    page.reload()
    settle(page)
    shows(page, BRAVO)  # whatever was picked in the other tab
    until(page, page.go_back, "overview", BRAVO)
    until(page, page.go_back, "overview", ALFA)
    until(page, page.go_forward, "overview", BRAVO)


def tab(page: Page, address: str) -> Page:
    """Open a URL in another tab of the same browser."""
    with page.context.expect_page() as opened:
        page.evaluate("address => { window.open(address) }", address)
    settle(opened.value)
    return opened.value


def until(page: Page, step: Callable[[], object], where: str, shop: Shop) -> None:
    """Step through the browser's history to a page; check that every page on the way shows the shop in its URL."""
    for _ in range(6):  # an address that the server completes may have a step of its own
        step()
        settle(page)
        shows(page, next(one for one in SHOPS if one.id in page.url))
        if f"/{where}?" in page.url and shop.id in page.url:
            return
    pytest.fail(f"{page.url} is not {where} of {shop.id}")


def test_each_kind_of_widget_leaves_the_shop_as_it_is(app: str, page: Page) -> None:
    page.goto(f"{app}/products?dataset={ALFA.id}")
    settle(page)
    page.get_by_role("radio", name="Orders", exact=True).click()
    changed(page, ALFA, "by=")
    go(page, "Cohorts")
    page.locator(".st-key-country_widget input").click()
    page.locator(".st-key-country_widget input").fill("Isle")
    page.get_by_role("option", name=f"{ALFA.mark} Isle").click()
    changed(page, ALFA, "country=")
    go(page, "Segments")
    page.get_by_label("Search by customer id or country").fill("1")
    page.get_by_label("Search by customer id or country").press("Enter")
    changed(page, ALFA, "q=")
    page.locator(".st-key-segments_customers_bars .point path").first.click(force=True)
    changed(page, ALFA, "segment=")
    pick(page, BRAVO)
    shows(page, BRAVO)
    assert "segment=" not in page.url
    assert "q=" not in page.url
    page.get_by_role("link", name="Next: view sales trends").click()
    settle(page, "overview")
    shows(page, BRAVO)


def test_a_download_is_of_the_shop_in_view_and_says_so(app: str, page: Page) -> None:
    for shop, name in ((ALFA, r"^alfa-ltd-"), (BRAVO, r"^material-skull-red-r")):
        page.goto(f"{app}/segments?dataset={shop.id}")
        settle(page)
        with page.expect_download() as saved:
            page.locator(".st-key-segments_download button").click()
        assert re.match(name, saved.value.suggested_filename)
        said = saved.value.path().read_text()
        assert shop.mark in said
        assert all(other.mark not in said for other in SHOPS if other != shop)


@pytest.mark.long
@pytest.mark.parametrize("title", [*MENU, *REST])
def test_each_page_shows_the_shop_it_names_however_it_is_reached(app: str, page: Page, title: str) -> None:
    where = {**MENU, **REST}[title]
    for shop, other in ((ALFA, BRAVO), (BRAVO, ALFA)):
        page.goto(f"{app}/?dataset={other.id}")
        settle(page)
        pick(page, shop)
        go(page, title)
        shows(page, shop, figures=title in MENU)
        page.reload()
        settle(page, where)
        shows(page, shop, figures=title in MENU)
        pick(page, other)
        shows(page, other, figures=title in MENU)
        page.go_back()
        settle(page)
        named = next(one for one in SHOPS if one.id in page.url)
        shows(page, named, figures=title in MENU)
        page.goto(f"{app}/{where}?dataset={other.id}")
        settle(page, where)
        shows(page, other, figures=title in MENU)
        again = tab(page, f"{app}/{where}?dataset={shop.id}")
        shows(again, shop, figures=title in MENU)
        again.close()
        assert page.evaluate(OBEYED) == []


def changed(page: Page, shop: Shop, said: str) -> None:
    """Check that the URL has the change and still the same shop."""
    page.wait_for_url(re.compile(said), wait_until="commit")
    settle(page)
    shows(page, shop)
