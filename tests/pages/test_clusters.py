"""The Clusters page: number of segments, their profiles, and the model in use."""

import shutil
from datetime import datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from core import jobs
from core.customers.rfm import RfmSpec
from core.segments import segment_registry
from core.segments.choosing import k_comparison_job
from core.segments.choosing.k_comparison import SweepSpec
from core.segments.naming import FOUR, LOYAL
from core.settings import Settings
from core.ui.clusters import view as clusters_view
from core.ui.shared.frame import escape_markdown
from core.workspace.records import By
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey
from tests.pages.conftest import Open, choose, work_off

PAGE = "segment/clusters.py"
SEGMENTS = "segment/segments.py"


@pytest.fixture(autouse=True)
def few_bootstraps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Use few bootstraps, since a hundred resampled shops take a minute."""
    monkeypatch.setattr(clusters_view, "BOOTSTRAPS", 3)
    monkeypatch.setattr(clusters_view, "ALGORITHM_BOOTSTRAPS", 1)


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory, demo_workspace: Path) -> Path:
    """Return the job's results for the demo shop with the usual scaling, computed once."""
    folder = tmp_path_factory.mktemp("compared") / "workspace"
    shutil.copytree(demo_workspace, folder)
    workspace, settings = Workspace(folder), Settings(workspace=folder)
    dataset = workspace.datasets()[0]
    last = datetime.fromisoformat(workspace.version(dataset.id, 1).report["last_order"])
    spec = SweepSpec(as_of=RfmSpec.after(last).as_of, bootstraps=3)
    key = ResultKey(dataset_id=dataset.id, version=1, generation=0, kind="sweep", spec=spec.to_json())
    k_comparison_job.run(workspace, settings, key.to_json(), lambda _share, _what: None)
    return folder / "results"


@pytest.fixture
def done(workspace: Path, compared: Path) -> None:
    """Have the comparison done."""
    shutil.copytree(compared, workspace / "results")


@pytest.fixture
def opened(open_page: Open, done: None) -> AppTest:
    """Give the page with its comparison done."""
    return open_page(PAGE)


def figures(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def models(workspace: Path) -> list[segment_registry.StoredModel]:
    opened = Workspace(workspace)
    return segment_registry.models_of(opened, opened.datasets()[0].id)


def test_the_first_look_asks_for_the_comparison_once(open_page: Open, workspace: Path) -> None:
    app = open_page(PAGE)
    assert "Finding the best number of segments…" in " ".join(element.value for element in app.markdown)
    assert not figures(app)
    app.run()
    assert len(jobs.active(Workspace(workspace))) == 1


def test_the_largest_number_that_holds_is_recommended_with_its_reason(opened: AppTest) -> None:
    table = opened.dataframe[0].value
    assert table["k"].tolist() == list(range(2, 13))
    holds = table[(table["smallest_share"] >= 0.10) & (table["stability_ari"] >= 0.85)]
    assert figures(opened)["Recommended"] == figures(opened)["Shown"] == str(holds["k"].max())
    assert any(element.value.startswith(f"##### {holds['k'].max()} ") for element in opened.markdown)


def test_another_number_changes_what_is_shown_and_not_what_is_recommended(opened: AppTest) -> None:
    before = figures(opened)
    choose(opened, "k_widget", "6")
    after = figures(opened)
    assert opened.query_params["k"] == "6"
    assert (after["Recommended"], after["Shown"]) == (before["Recommended"], "6")
    assert after["Smallest segment"] != before["Smallest segment"]
    assert any("6 segments shown" in element.value for element in opened.markdown)


def test_thresholds_change_the_recommendation_without_computing_anew(opened: AppTest) -> None:
    table = opened.dataframe[0].value
    choose(opened, "smallest_widget", "0.20")
    assert opened.dataframe[0].value.equals(table)
    wanted = table[(table["smallest_share"] >= 0.20) & (table["stability_ari"] >= 0.85)]["k"].max()
    assert figures(opened)["Recommended"] == str(wanted)


def test_a_scaling_of_its_own_is_another_comparison(open_page: Open, opened: AppTest) -> None:
    before = opened.dataframe[0].value
    choose(opened, "preset_widget", "rank")
    assert not figures(opened)
    work_off()
    app = open_page(PAGE, preset="rank")
    assert not app.dataframe[0].value["wcss"].equals(before["wcss"])
    again = open_page(PAGE, preset="clientele")
    assert again.dataframe[0].value.equals(before)


def test_own_features_can_be_chosen(open_page: Open) -> None:
    asked = {"preset": "own", "features": "net,tenure", "scaling": "rank"}
    open_page(PAGE, **asked)
    work_off()
    app = open_page(PAGE, **asked, show="Profiles")
    assert figures(app)["Recommended"].isdigit()
    assert {"clusters_spread_net", "clusters_spread_tenure"} <= {chart.key for chart in app.get("plotly_chart")}


def test_every_part_of_the_page_is_drawn(open_page: Open, opened: AppTest) -> None:
    assert opened.session_state["show_widget"] == "How many"
    for part in ("Map", "Profiles", "Algorithms", "Compare and adopt"):
        app = open_page(PAGE, show=part)
        assert not app.exception
        assert app.session_state["show_widget"] == part


def test_algorithms_are_compared_when_somebody_looks(open_page: Open, done: None) -> None:
    open_page(PAGE, show="Algorithms", k="4")
    work_off()
    app = open_page(PAGE, show="Algorithms", k="4")
    table = app.dataframe[0].value
    assert set(table["algorithm"]) == {"K-Means", "Ward", "Gaussian mixture", "DBSCAN", "HDBSCAN"}
    assert set(table["k"].dropna()) == {3, 4, 5}
    assert any(element.value.startswith("K") and "is the default" in element.value for element in app.markdown)


def test_a_customer_in_the_link_is_shown_on_the_map_and_let_go(open_page: Open, done: None) -> None:
    customer = open_page(SEGMENTS).dataframe[0].value.iloc[0]
    app = open_page(PAGE, show="Map", customer=customer["customer_id"])
    assert figures(app)["Orders"] == f"{customer['frequency']:,}"
    nobody = open_page(PAGE, show="Map", customer="<b>nobody</b>")
    assert "isn't in this dataset" in nobody.warning[0].value
    app.button(key="clusters_customer_close").click().run()
    assert "customer" not in app.query_params
    assert "Click a point" in app.info[0].value


def test_taking_up_another_number_changes_every_page(open_page: Open, done: None, workspace: Path) -> None:
    app = open_page(PAGE, k="3", show="Compare and adopt")
    app.button(key="clusters_adopt").click().run()
    assert not app.exception
    newest, first = models(workspace)
    assert (newest.model.spec.k, first.model.spec.k) == (3, 4)
    shown = [element.value for element in open_page(SEGMENTS).markdown]
    assert all(any(escape_markdown(name) in text for text in shown) for name in newest.model.names)
    assert not any(f"**{LOYAL}**" in text for text in shown)


def test_what_somebody_else_took_up_meanwhile_is_not_replaced(open_page: Open, done: None, workspace: Path) -> None:
    app = open_page(PAGE, k="3", show="Compare and adopt")
    segment_registry.rename(Workspace(workspace), "demo", LOYAL, "Theirs", By(who="ben"))
    app.button(key="clusters_adopt").click().run()
    assert "Review their segments first" in app.error[0].value
    assert [stored.model_version for stored in models(workspace)] == [2, 1]
    app.button(key="clusters_adopt").click().run()
    assert [stored.model.spec.k for stored in models(workspace)] == [3, 4, 4]


def test_the_segments_in_use_need_no_taking_up(open_page: Open, done: None) -> None:
    app = open_page(PAGE, k="4", show="Compare and adopt")
    assert "clusters_adopt" not in {button.key for button in app.button}
    assert "still match the ones" in app.success[0].value


def test_a_new_name_is_on_every_page_and_in_the_export(open_page: Open, done: None, workspace: Path) -> None:
    app = open_page(PAGE, show="Compare and adopt")
    app.selectbox(key="clusters_name_of").set_value(LOYAL)
    app.text_input(key="clusters_name_new").set_value("<b>Our</b> VIPs")
    app.button(key="clusters_rename").click().run()
    assert not app.exception
    assert models(workspace)[0].model.names == ("<b>Our</b> VIPs", *FOUR[1:])
    page = open_page(SEGMENTS, segment="<b>Our</b> VIPs")
    assert set(page.dataframe[0].value["segment"]) == {"<b>Our</b> VIPs"}
    assert any(escape_markdown("<b>Our</b> VIPs") in element.value for element in page.markdown)
    assert any("Reward them" in element.value for element in page.markdown)  # advice follows what the centroid says


def test_a_name_that_is_taken_is_refused_in_words(open_page: Open, done: None, workspace: Path) -> None:
    app = open_page(PAGE, show="Compare and adopt")
    app.text_input(key="clusters_name_new").set_value(FOUR[1])
    app.button(key="clusters_rename").click().run()
    assert "Choose another name" in app.error[0].value
    assert len(models(workspace)) == 1
