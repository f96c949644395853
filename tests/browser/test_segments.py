"""From the map of the customers to other segments, and from there to every page, in a real browser."""

import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from core.segments.naming import LOYAL
from tests.browser.conftest import running_app
from tests.browser.test_journey import settle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a Clientele of its own: segments are changed here."""
    folder = tmp_path_factory.mktemp("segments")
    with running_app(folder) as (address, _):
        yield address
    shutil.rmtree(folder / "workspace", ignore_errors=True)


def test_a_point_on_the_map_is_a_customer_and_other_segments_reach_every_page(shop: str, page: Page) -> None:
    page.goto(f"{shop}/clusters?show=Map&k=3")
    chart = page.locator(".st-key-clusters_map .js-plotly-plot")
    expect(chart).to_be_visible(timeout=240_000)  # the comparison of all numbers of segments is a job
    settle(page)
    page.evaluate(_CLICK)
    expect(page.locator(".st-key-clusters_customer")).to_be_visible()
    assert "customer=" in page.url

    page.get_by_role("radio", name="Compare and adopt").click()
    page.get_by_role("button", name="Use these segments").click()
    expect(page.get_by_text("is in use now, on every page")).to_be_visible()
    settle(page)
    page.locator(".st-key-clusters_name_new input").fill("<img src=x onerror=window.pwned=1>")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("” now, on every page")).to_be_visible()
    for path in ("segments", "movement", "rfm", "clusters?show=Map", "clusters?show=Profiles"):
        page.goto(f"{shop}/{path}")
        settle(page)
        assert page.evaluate("window.pwned") is None
    page.goto(f"{shop}/segments")
    expect(page.get_by_text("<img src=x onerror=window.pwned=1>").first).to_be_visible()
    expect(page.get_by_text(LOYAL)).to_have_count(0)


_CLICK = """() => {
  const plot = document.querySelector('.st-key-clusters_map .js-plotly-plot');
  const [x, y] = [plot.data[0].x[0], plot.data[0].y[0]];
  const {xaxis, yaxis} = plot._fullLayout;
  const box = plot.getBoundingClientRect();
  const at = {clientX: box.left + xaxis._offset + xaxis.l2p(x), clientY: box.top + yaxis._offset + yaxis.l2p(y)};
  const drag = plot.querySelector('.nsewdrag');
  for (const kind of ['mousemove', 'mousedown', 'mouseup', 'click'])
    drag.dispatchEvent(new MouseEvent(kind, {bubbles: true, view: window, ...at}));
}"""
