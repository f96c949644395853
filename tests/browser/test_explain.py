"""From the outlook to one customer, the reasons and what-ifs, in a real browser."""

import re
from contextlib import closing
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from core.engine import Engine
from core.workspace.records import NewDataset
from tests.browser.conftest import Server, loaded, settle
from tests.browser.explained import EVIL, add_shop, evil_log
from tests.conftest import RealLogs, ingest_files

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

PAGES = ("outlook", "drivers", "products")
MORE_PAGES = ("customer", "overview", "card", "score", "segments", "profile", "movement")


@pytest.fixture(scope="module")
def evil_shop(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Id of a shop whose customers, countries and products have names that would run, and a model trained on it."""
    folder = tmp_path_factory.mktemp("evil")
    with closing(Engine(folders=[folder])) as engine, engine.session() as connection:
        version = ingest_files(connection, folder, (evil_log(folder / "evil.csv"),))
    return add_shop(server.folder, NewDataset(name=EVIL[1], currency="GBP"), version.folder, version.report.to_json())


@pytest.fixture(scope="module")
def real_shop(server: Server, real: RealLogs) -> str:
    """Id of a shop with a real year and a model trained on it."""
    version = real.version("2010-2011")
    new = NewDataset(name="Online Retail", currency="GBP")
    return add_shop(server.folder, new, version.folder, version.report.to_json())


@pytest.mark.parametrize("shop", ["evil_shop", pytest.param("real_shop", marks=pytest.mark.long)])
def test_from_the_outlook_to_a_customer_her_reasons_and_what_would_change_them(
    app: str, page: Page, shop: str, request: pytest.FixtureRequest
) -> None:
    page.goto(f"{app}/outlook?sort=at_stake&dataset={request.getfixturevalue(shop)}")
    table = page.get_by_role("region", name="All customers with their predictions")
    expect(table).to_be_visible(timeout=180_000)
    loaded(page)
    customer = open_first(page, table)
    loaded(customer)

    reasons = customer.locator(".st-key-customer_reasons")
    expect(reasons).to_contain_text(re.compile(r"(likely to (buy|lapse)|chance)", re.IGNORECASE), timeout=120_000)
    expect(reasons).to_contain_text(re.compile("You can act on this|Cannot be changed"))
    expect(customer.locator(".st-key-customer_waterfall .js-plotly-plot")).to_be_visible()
    customer.locator(".st-key-customer_force summary").click()
    force = customer.frame_locator("iframe").locator("svg").first
    expect(force).to_be_visible(timeout=60_000)

    expect(customer.get_by_text("The chance to buy within 90 days is")).to_be_visible()
    press(customer, "Days without an order", "ArrowRight", 12)
    said = customer.get_by_text(re.compile("^After 60 days without an order, the chance to buy"))
    expect(said).to_be_visible()
    expect(customer.locator(".st-key-customer_waterfall_what_if .js-plotly-plot").last).to_be_visible()
    now, then = percentages(said.inner_text())
    assert then < now
    assert_consistent(customer, then)

    press(customer, "Orders within 14 days", "ArrowRight", 3)
    again = customer.get_by_text(re.compile("^After 3 orders within 14 days, then 60 days without another order"))
    expect(again).to_be_visible()
    assert percentages(again.inner_text())[1] > then  # orders today still count two months later
    press(customer, "Days without an order", "ArrowLeft", 12)
    only = customer.get_by_text(re.compile("^After 3 orders within 14 days, the chance to buy"))
    expect(only).to_be_visible()
    assert percentages(only.inner_text())[1] > then


def open_first(page: Page, table: Locator) -> Page:
    """Click the link of the first customer and return the page that opens."""
    table.scroll_into_view_if_needed()
    page.wait_for_timeout(1_000)  # until what was scrolled to is drawn
    box = table.bounding_box()
    assert box is not None
    x, y = box["x"] + 100, box["y"] + 50  # the table is a drawing: the link has a place and no element
    with page.context.expect_page() as opened:
        page.mouse.move(x - 4, y)
        page.wait_for_timeout(300)
        page.mouse.move(x, y)
        page.mouse.click(x, y)
    return opened.value


def press(page: Page, name: str, key: str, times: int) -> None:
    """Move a slider with the keyboard."""
    slider = page.get_by_role("slider", name=re.compile(name))
    slider.scroll_into_view_if_needed()
    slider.focus()
    for _ in range(times):
        slider.press(key)
    settle(page)


def percentages(text: str) -> tuple[float, float]:
    """Return the chances today and after the change, from “…, is 43%, not 52% as today”."""
    found = [float(number) for number in re.findall(r"([\d.]+)%", text)]
    assert len(found) == 2, text
    return found[1], found[0]


def assert_consistent(page: Page, chance: float) -> None:
    """Check that the figure, the sentences and the chart agree on the change."""
    metric = page.locator("[data-testid=stMetric]").filter(has_text="Chance to buy").last
    expect(metric).to_contain_text(f"{chance:g}%")
    heads = page.get_by_text(re.compile("^As of .* 20"))
    expect(heads.first).to_be_visible()
    drawn = page.locator(".st-key-customer_waterfall_what_if .js-plotly-plot").last
    expect(drawn).to_contain_text(f"{chance:g}%")


def no_harm(page: Page) -> None:
    """Check that no name from the data has run on the page or in one of its frames."""
    for frame in page.frames:
        assert frame.evaluate("window.pwned") is None


@pytest.mark.parametrize(
    "name", [pytest.param(EVIL[0], marks=pytest.mark.long, id="script"), pytest.param(EVIL[1], id="image")]
)
def test_a_customer_with_a_name_that_would_run_is_explained_like_any_other(
    app: str, evil_shop: str, page: Page, name: str
) -> None:
    page.goto(f"{app}/customer?dataset={evil_shop}&customer={quote(name)}")
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible(timeout=180_000)
    loaded(page)
    page.locator(".st-key-customer_force summary").click()
    force = page.frame_locator("iframe")
    expect(force.locator("svg").first).to_be_visible(timeout=60_000)
    page.get_by_role("slider", name=re.compile("Days without an order")).focus()
    page.keyboard.press("ArrowRight")
    settle(page)
    for key in ("customer_waterfall", "customer_timeline", "customer_compared"):
        sweep(page, page.locator(f".st-key-{key} .js-plotly-plot").last)
    no_harm(page)
    drawn = page.locator(".st-key-customer_waterfall .js-plotly-plot").last.text_content() or ""
    told = page.locator(".st-key-customer_reasons").text_content() or ""
    assert name[:10] in drawn + told + (force.locator("body").text_content() or "")


@pytest.mark.parametrize(
    "pages", [pytest.param(PAGES, id="some"), pytest.param(MORE_PAGES, id="rest", marks=pytest.mark.long)]
)
def test_names_from_the_data_are_shown_and_never_run_on_any_page(
    app: str, evil_shop: str, page: Page, pages: tuple[str, ...]
) -> None:
    for where in pages:
        page.goto(f"{app}/{where}?dataset={evil_shop}&customer={quote(EVIL[0])}&way=customer")
        loaded(page)
        page.wait_for_timeout(1_000)  # fragments of the page are drawn after it
        for chart in page.locator(".js-plotly-plot").all()[:6]:
            sweep(page, chart)
        no_harm(page)
    page.goto(f"{app}/outlook?dataset={evil_shop}")
    expect(page.get_by_text("by customer id or country")).to_be_visible(timeout=180_000)
    with page.expect_download() as saved:
        page.locator(".st-key-outlook_download button").click()
    assert EVIL[0] in saved.value.path().read_text()


def test_the_card_that_is_downloaded_shows_names_and_runs_none(app: str, evil_shop: str, page: Page) -> None:
    page.goto(f"{app}/card?dataset={evil_shop}")
    with page.expect_download() as saved:
        page.get_by_role("button", name=re.compile("HTML")).click()
    text = saved.value.path().read_text()
    assert EVIL[1] not in text
    page.set_content(text)
    expect(page.get_by_text(EVIL[1]).first).to_be_visible()  # the dataset has that name
    no_harm(page)


def sweep(page: Page, chart: Locator) -> None:
    """Move the pointer over a chart to show its hover texts."""
    if not chart.is_visible():  # in a tab that is not open
        return
    box = chart.bounding_box()
    if box is None:
        return
    for share in (0.25, 0.5, 0.75):  # `hover` looks again where a fragment is drawn anew under it
        chart.hover(position={"x": box["width"] * share, "y": box["height"] * share}, force=True)
        page.wait_for_timeout(60)
