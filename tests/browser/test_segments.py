"""From the customer map to new segments, and from there to every page, in a real browser."""

from dataclasses import replace
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from core.customers.rfm import RfmSpec
from core.progress import nobody
from core.segments.choosing.k_comparison import SweepSpec
from core.segments.choosing.k_comparison_job import write_sweep
from core.segments.choosing.population import customers_of, groups_of
from core.segments.naming import LOYAL
from core.settings import Settings
from core.ui.clusters import view as clusters_view
from core.workspace.store import Workspace
from core.workspace.stored_job import Work
from core.workspace.stored_results import ResultKey, keep
from tests.browser.conftest import Server, loaded, settle
from tests.two_shops import Shop, make

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]


CHARLIE = Shop(id="shop-c", name="Charlie", mark="CHARLIE", currency="GBP", sign="£", customers=160)


@pytest.fixture(scope="module")
def shop(server: Server, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Id of a shop whose segments only this test changes, and whose numbers of segments are compared."""
    workspace = Workspace(server.folder / "workspace")
    make(workspace, tmp_path_factory.mktemp("segments"), (CHARLIE,))
    compare_few(workspace, Settings(workspace=workspace.folder))
    return CHARLIE.id


def compare_few(workspace: Workspace, settings: Settings) -> None:
    """Keep a comparison with two resampled shops where the page looks for one with a hundred, which take a minute."""
    dataset = workspace.dataset(CHARLIE.id)
    last = datetime.fromisoformat(workspace.version(dataset.id, 1).report["last_order"])
    asked = SweepSpec(as_of=RfmSpec.after(last).as_of, bootstraps=clusters_view.BOOTSTRAPS, seed=clusters_view.SEED)
    key = ResultKey(dataset_id=dataset.id, version=1, generation=0, kind="sweep", spec=asked.to_json())
    work = Work(workspace=workspace, settings=settings, key=key, spec=asked, progress=nobody)
    groups = groups_of(customers_of(work, asked.preset, asked.as_of))
    few = replace(asked, bootstraps=2)
    keep(workspace, key, lambda target: write_sweep(target, groups, few, nobody))


def test_a_point_on_the_map_is_a_customer_and_other_segments_reach_every_page(app: str, shop: str, page: Page) -> None:
    page.goto(f"{app}/clusters?dataset={shop}&show=Map&k=3")
    chart = page.locator(".st-key-clusters_map .js-plotly-plot")
    expect(chart).to_be_visible(timeout=120_000)
    loaded(page)
    chart.scroll_into_view_if_needed()
    x, y = page.evaluate(_PLACE)
    page.mouse.move(x - 2, y)
    page.mouse.move(x, y)
    page.wait_for_timeout(500)  # the point is found while the mouse rests on it
    page.mouse.click(x, y)
    expect(page.locator(".st-key-clusters_customer")).to_be_visible()
    assert "customer=" in page.url

    page.get_by_role("radio", name="Compare and adopt").click()
    page.get_by_role("button", name="Use these segments").click()
    expect(page.get_by_text("is now in use on every page")).to_be_visible()
    settle(page)
    page.locator(".st-key-clusters_name_new input").fill("<img src=x onerror=window.pwned=1>")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_text("” on every page")).to_be_visible()
    for path in ("segments?", "movement?", "rfm?", "clusters?show=Map&", "clusters?show=Profiles&"):
        page.goto(f"{app}/{path}dataset={shop}")
        loaded(page)
        assert page.evaluate("window.pwned") is None
    page.goto(f"{app}/segments?dataset={shop}")
    expect(page.get_by_text("<img src=x onerror=window.pwned=1>").first).to_be_visible()
    expect(page.get_by_text(LOYAL)).to_have_count(0)


_PLACE = """() => {
  const plot = document.querySelector('.st-key-clusters_map .js-plotly-plot');
  const {x, y} = plot._fullData[0];
  const {xaxis, yaxis} = plot._fullLayout;
  const box = plot.getBoundingClientRect();
  return [box.left + xaxis._offset + xaxis.l2p(x[0]), box.top + yaxis._offset + yaxis.l2p(y[0])];
}"""
"""Window coordinates of the first point of the first segment."""
