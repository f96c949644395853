"""A workspace and links from earlier code: everything still opens, and nothing is recomputed."""

import tarfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
import streamlit as st

from core import jobs
from core.models.training import model_registry
from core.segments import segment_registry
from core.ui.clusters import view as clusters_view
from core.workspace.backups.backup import write_backup
from core.workspace.store import Workspace
from tests.pages.conftest import PROJECT, Open

MADE = PROJECT / "tests" / "data" / "workspaces" / "2026-12.tar.xz"
"""Created in December 2026, before modules moved into folders: a shop with segments, results, jobs and models."""

SHOP = "33c73fc38a"
NAMES = ("High Loyal Customers", "Potential Loyalists", "One-time/New Customers", "Churning Customers")
PAGES = sorted(path.relative_to(PROJECT / "pages").as_posix() for path in (PROJECT / "pages").rglob("*.py"))


@pytest.fixture
def old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """Use the old workspace as the app's."""
    with tarfile.open(MADE) as packed:
        packed.extractall(tmp_path / "workspace", filter="data")
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setattr(clusters_view, "BOOTSTRAPS", 3)  # as it was made
    monkeypatch.setattr(clusters_view, "ALGORITHM_BOOTSTRAPS", 1)
    st.cache_data.clear()
    st.cache_resource.clear()
    opened = Workspace(tmp_path / "workspace")
    yield opened
    opened.catalog().dispose()
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.mark.nothing_cached
def test_every_page_opens_and_finds_the_results_of_before(workspace: Path, old: Workspace, open_page: Open) -> None:
    asked: dict[str, set[str]] = {}
    for page in PAGES:
        app = open_page(page, dataset=SHOP)
        assert not app.error, (page, [element.value for element in app.error])
        new = [job for job in jobs.active(old) if job.dataset_id == SHOP]
        asked |= {page: {job.kind for job in new}} if new else {}
        for job in new:
            jobs.cancel(old, job.id)
    assert asked == {}


@pytest.mark.nothing_cached
def test_its_records_are_all_there(workspace: Path, old: Workspace, tmp_path: Path) -> None:
    assert [shop.name for shop in old.datasets()] == ["shop", "Demo gift shop"]
    version = old.version(SHOP, 1)
    assert (version.report["customers"], version.report["revenue"]) == (70, pytest.approx(78_307.31))
    assert {job.kind: job.state for job in jobs.history(old, None)} == dict.fromkeys(
        ("import", "sweep", "products", "profile", "score", "train"), "done"
    )
    models = {found.name: model_registry.load(found) for found in model_registry.predictors_of(old, SHOP)}
    assert set(models) == {"champion", "btyd", "rfm", "logistic_regression"}
    assert models["logistic_regression"].buying is not None  # read, and checked by its own predictions
    newest = segment_registry.newest_of(old, SHOP)
    assert newest is not None
    assert newest.model.names == NAMES
    assert write_backup(old, tmp_path / "backup.zip").versions == 2


LINKS = (
    "/overview?dataset=demo&period=30",
    "/segments?dataset=demo&segment=Churning+Customers&q=12",
    "/outlook?dataset=demo&risk=at+risk&value=top+25+%25&sort=at_stake",
    "/?dataset=demo",
    "/rfm?dataset=demo&scale=linear&late=Overdue&country=Germany",
    "/cohorts?dataset=demo&unit=absolute&country=France",
    "/products?dataset=demo&by=orders&since=2026-01-01&until=2026-06-30&segment=High+Loyal+Customers",
    "/movement?dataset=demo&from=2026-06-30&to=2026-08-31",
    "/rules?dataset=demo&scores=3",
    "/score?dataset=demo&way=numbers&days=20&orders=3&spent=120",
    "/clusters?dataset=demo&features=recency,frequency,monetary&scaling=rank&k=5",
    "/clusters?dataset=demo&show=Profiles&k=3",
    "/versions?dataset=demo&version=1",
)
"""Recorded in December 2026 from pages with various settings."""


@pytest.mark.parametrize("link", LINKS)
def test_saved_links_still_open_as_they_were(link: str, open_page: Open) -> None:
    address = urlsplit(link)
    wanted = dict(parse_qsl(address.query))
    [page] = [page for page in PAGES if page.endswith(f"/{address.path.strip('/') or 'home'}.py")]
    app = open_page(page, **wanted)
    assert not app.error
    assert [element.value for element in app.warning if "link" in element.value.lower()] == []
    kept = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    assert wanted.items() <= kept.items()
