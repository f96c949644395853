"""With two shops, pages show the chosen one, whatever was chosen in the other."""

from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import jobs
from core.ui.caching import cached
from core.ui.shared import state
from core.ui.shared.frame import PROJECT
from core.workspace import catalog
from core.workspace.queue import job_records
from core.workspace.records import By, NewDataset, Written
from core.workspace.store import Workspace
from tests.pages.conftest import Open, choose
from tests.worker import KINDS

OTHER = "other"


@pytest.fixture
def two(workspace: Path) -> Workspace:
    """Return a workspace with the demo shop, and the same orders as a shop with another name."""
    opened = Workspace(workspace)
    source = opened.version("demo", 1)

    def copy(target: Path) -> Written:
        for path in source.folder.iterdir():
            (target / path.name).hardlink_to(path)
        return Written(files=["orders.csv"], report=source.report)

    opened.create(NewDataset(id=OTHER, name="Other shop", currency="EUR"), copy, By(who="ada"))
    return opened


def menu(app: AppTest, page: str, **parameters: str) -> AppTest:
    """Open a page like the menu, which drops query parameters, or like a link."""
    app.switch_page(str(PROJECT / "pages" / page))
    app.query_params.clear()
    for name, value in parameters.items():
        app.query_params[name] = value
    return app.run()


def shown(app: AppTest) -> str:
    """Return the dataset in the picker, and check that the URL has the same."""
    picked = str(app.sidebar.selectbox(key="dataset_widget").value)
    assert app.query_params[state.DATASET] in (picked, [picked])
    return picked


def text(app: AppTest) -> str:
    shown = (*app.markdown, *app.metric, *app.warning, *app.title)
    return " ".join(element.value for element in shown).replace("\\", "")


@pytest.mark.parametrize("name", ["demo", OTHER])
def test_the_dataset_that_was_picked_stays_when_pages_are_opened_from_the_menu(
    two: Workspace, open_page: Open, name: str
) -> None:
    app = open_page("data/quality.py")
    choose(app, "dataset_widget", name)
    for page in ("data/versions.py", "explore/home.py", "data/jobs.py", "data/upload.py", "data/quality.py"):
        assert shown(menu(app, page)) == name
    assert ("€" in text(app)) == (name == OTHER)


def test_a_link_opens_the_dataset_it_names_and_the_menu_stays_there(two: Workspace, open_page: Open) -> None:
    app = open_page("data/quality.py", dataset="demo")
    assert shown(menu(app, "data/versions.py", dataset=OTHER)) == OTHER
    assert shown(menu(app, "data/quality.py")) == OTHER
    app.query_params[state.DATASET] = "demo"  # back in the browser
    assert shown(app.run()) == "demo"
    del app.query_params[state.DATASET]  # an address without a dataset, such as the first one
    assert shown(app.run()) == "demo"


def test_what_is_chosen_in_a_dataset_is_not_carried_over_and_is_there_again(two: Workspace, open_page: Open) -> None:
    app = open_page("explore/overview.py", dataset=OTHER, period="30")
    menu(app, "explore/cohorts.py")
    choose(app, "country_widget", "Germany")
    choose(app, "dataset_widget", "demo")
    assert app.selectbox(key="country_widget").value == "All"
    assert state.COUNTRY not in app.query_params
    choose(app, "dataset_widget", OTHER)
    assert app.selectbox(key="country_widget").value == "Germany"
    menu(app, "explore/overview.py")
    choose(app, "dataset_widget", "demo")
    assert app.selectbox(key="period_widget").value == "30"  # how to look, not at what


def test_a_dialog_closes_when_another_dataset_comes_into_view(two: Workspace, open_page: Open) -> None:
    app = open_page("data/versions.py", dataset=OTHER)
    app.button(key="versions_delete_dataset").click().run()
    app.text_input(key="versions_typed").set_value("Demo gift shop")
    choose(app, "dataset_widget", "demo")
    assert not [button for button in app.button if button.key == "versions_delete_dataset_sure"]
    app.button(key="versions_delete_dataset").click().run()
    assert app.text_input(key="versions_typed").value == ""


def test_two_datasets_of_one_name_are_told_apart(two: Workspace, open_page: Open) -> None:
    two.rename(OTHER, two.dataset("demo").name, By(who="ada"))
    options = open_page("data/quality.py").sidebar.selectbox(key="dataset_widget").options
    assert len(set(options)) == len(options)


def test_a_browser_that_lags_behind_does_not_bring_the_old_dataset_back(
    two: Workspace, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = open_page("data/quality.py", dataset="demo")
    choose(app, "dataset_widget", OTHER)
    sent = SimpleNamespace(context_info=object(), is_history_navigation=False)
    monkeypatch.setattr(state, "get_script_run_ctx", lambda: sent)
    app.query_params[state.DATASET] = "demo"
    assert shown(app.run()) == OTHER
    sent.is_history_navigation = True
    app.query_params[state.DATASET] = "demo"
    assert shown(app.run()) == "demo"


def test_a_page_of_a_deleted_dataset_says_so_and_where_to_go(two: Workspace, open_page: Open) -> None:
    app = open_page("data/quality.py", dataset=OTHER)
    two.delete_dataset(OTHER, By(who="ben"))
    assert "“Other shop” does not exist or was deleted" in text(menu(app, "data/versions.py"))
    assert shown(app) == "demo"
    two.delete_dataset("demo", By(who="ben"))
    assert "was deleted" in text(menu(app, "data/quality.py"))
    assert "No orders yet" in text(app)


def test_a_dataset_deleted_while_a_page_reads_it_is_said_to_be(
    two: Workspace, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object) -> None:
        two.delete_dataset(OTHER, By(who="ben"))
        message = "No such file"
        raise FileNotFoundError(message)

    app = open_page("data/jobs.py", dataset=OTHER)
    monkeypatch.setattr(cached, "details", gone)
    menu(app, "data/quality.py")
    assert not app.exception
    assert "“Other shop” was deleted while this page was open" in text(app)
    assert "Open Demo gift shop" in [link.proto.label for link in app.get("page_link")]


def test_a_job_that_vanishes_while_it_is_watched_is_not_waited_for(
    two: Workspace, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(jobs.KINDS, "wait", KINDS["wait"])
    job = jobs.submit(two, "wait", {}, title="Waits", who="ada")
    get = jobs.get

    def once(workspace: Workspace, job_id: str) -> job_records.Job:
        found = get(workspace, job_id)
        with workspace.catalog().begin() as connection:
            connection.execute(sa.delete(catalog.jobs).where(catalog.jobs.c.id == job_id))
        return found

    monkeypatch.setattr(jobs, "get", once)
    app = open_page("data/upload.py", job=job.id)
    assert not app.exception
    assert not app.error
    assert "job" not in app.query_params


@pytest.fixture
def many_jobs(two: Workspace, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Return a function that records jobs that have ended."""
    monkeypatch.setitem(jobs.KINDS, "steps", KINDS["steps"])

    def end(kind: str, how: str, title: str, result: dict[str, str] | None = None) -> None:
        new: dict[str, Any] = {"id": title, "kind": kind, "title": title, "who": "ada", "dataset_id": None, "spec": {}}
        job_records.add(two, new)
        held = job_records.claim(two, title, "worker")
        assert held is not None
        job_records.finish(two, held, how, **({"result": result} if result else {"error": "no"}))

    yield end
    st.cache_data.clear()


def test_fetched_files_and_failures_stay_however_many_jobs_follow(
    two: Workspace, open_page: Open, many_jobs: Callable[..., None]
) -> None:
    staged = two.folder / "uploads" / "fetched0"
    staged.mkdir(parents=True)
    (staged / "original").write_text("a", encoding="utf-8")
    many_jobs("fetch", "done", "fetch0", {"staged": "fetched0", "name": "orders.csv"})
    many_jobs("import", "failed", "import0")
    for number in range(60):
        many_jobs("sweep", "done", f"sweep{number:02}", {"groups": "1"})
    assert [option.content for option in open_page("data/upload.py").get("button_group")[-1].proto.options] == [
        "orders.csv"
    ]
    app = open_page("data/jobs.py")
    assert [expander.label for expander in app.expander] == ["import0 failed just now"]
    assert "Showing 1 to 50 of 62, newest first." in [caption.value for caption in app.caption]
    app.number_input(key="jobs_history_page").set_value(2).run()
    assert len(app.dataframe[0].value) == 12
