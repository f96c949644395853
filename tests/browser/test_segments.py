"""From the customer map to new segments, and from there to every page, in a real browser."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime

import pytest
from playwright.sync_api import Page, expect

from core.customers.rfm import RfmSpec
from core.engine import Engine
from core.ingest.demo import ensure_demo
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
from tests.browser.conftest import running_app
from tests.browser.test_journey import settle

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the URL of a Clientele for this test only, since it changes segments, with the comparison precomputed."""
    folder = tmp_path_factory.mktemp("segments")
    settings = Settings(workspace=folder / "workspace")
    workspace = Workspace(settings.workspace)
    with closing(Engine(folders=[settings.workspace], files=[settings.demo_shop])) as engine:
        ensure_demo(workspace, engine, settings.demo_shop)
    compare_few(workspace, settings)
    with running_app(folder) as (address, _):
        yield address


def compare_few(workspace: Workspace, settings: Settings) -> None:
    """Store a comparison with two resamples instead of the hundred that the page requests, which take a minute."""
    dataset = workspace.datasets()[0]
    last = datetime.fromisoformat(workspace.version(dataset.id, 1).report["last_order"])
    asked = SweepSpec(as_of=RfmSpec.after(last).as_of, bootstraps=clusters_view.BOOTSTRAPS, seed=clusters_view.SEED)
    key = ResultKey(dataset_id=dataset.id, version=1, generation=0, kind="sweep", spec=asked.to_json())
    work = Work(workspace=workspace, settings=settings, key=key, spec=asked, progress=nobody)
    groups = groups_of(customers_of(work, asked.preset, asked.as_of))
    few = replace(asked, bootstraps=2)
    keep(workspace, key, lambda target: write_sweep(target, groups, few, nobody))


def test_a_point_on_the_map_is_a_customer_and_other_segments_reach_every_page(shop: str, page: Page) -> None:
    page.goto(f"{shop}/clusters?show=Map&k=3")
    chart = page.locator(".st-key-clusters_map .js-plotly-plot")
    expect(chart).to_be_visible(timeout=120_000)
    settle(page)
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


_PLACE = """() => {
  const plot = document.querySelector('.st-key-clusters_map .js-plotly-plot');
  const {x, y} = plot._fullData[0];
  const {xaxis, yaxis} = plot._fullLayout;
  const box = plot.getBoundingClientRect();
  return [box.left + xaxis._offset + xaxis.l2p(x[0]), box.top + yaxis._offset + yaxis.l2p(y[0])];
}"""
"""Window coordinates of the first point of the first segment."""
