"""The Jobs page, the progress line in the sidebar, and the progress of a single job."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa
import streamlit as st
from streamlit.testing.v1 import AppTest

from core import jobs
from core.settings import Settings
from core.ui.jobs import parts
from core.ui.shared import job_progress, visitor
from core.workspace import catalog
from core.workspace.queue import job_records
from core.workspace.queue.job_records import Job
from core.workspace.store import Workspace
from tests.pages.conftest import PROJECT, SECONDS, Open
from tests.worker import KINDS

Submit = Callable[..., Job]


@pytest.fixture
def opened(workspace: Path) -> Workspace:
    """Return the app's workspace."""
    return Workspace(workspace)


@pytest.fixture
def submit(opened: Workspace, monkeypatch: pytest.MonkeyPatch) -> Submit:
    """Return a function that submits a job and optionally runs it."""
    for kind, handler in KINDS.items():
        monkeypatch.setitem(jobs.KINDS, kind, handler)

    def ask(kind: str, title: str, *, run: bool = False, **spec: Any) -> Job:
        settings = Settings(workspace=opened.folder)
        job = jobs.submit(opened, kind, spec, title=title, who="anna@shop.example")
        if run:
            jobs.run_job(opened, settings, job.id)
        return jobs.get(opened, job.id)

    return ask


def begin(opened: Workspace, job: Job, progress: float, message: str) -> job_records.Claim:
    """Mark a job as running, as a worker would."""
    held = job_records.claim(opened, job.id, "worker")
    assert held is not None
    job_records.beat(opened, held, progress=progress, message=message)
    return held


def keys(app: AppTest, prefix: str) -> list[str]:
    return [str(button.key) for button in app.button if str(button.key).startswith(prefix)]


def text(app: AppTest) -> str:
    return "\n".join(element.value for element in (*app.markdown, *app.caption))


def sidebar(app: AppTest) -> list[str]:
    """Return the labels of links in the sidebar."""
    return [str(link.proto.label) for link in app.sidebar.get("page_link")]


def test_no_jobs_yet_says_what_they_are(open_page: Open) -> None:
    app = open_page("data/jobs.py")
    assert "No jobs yet" in app.markdown[0].value
    assert "Long tasks run as jobs" in text(app)
    assert not app.dataframe
    assert not sidebar(app)


def test_running_and_waiting_jobs_are_shown_and_cancelled(opened: Workspace, submit: Submit, open_page: Open) -> None:
    runs, waits = submit("wait", "Reading *orders*.csv"), submit("wait", "Reading more.csv")
    begin(opened, runs, 0.43, "Cleaning rows")
    app = open_page("data/jobs.py")
    assert "1 job running, 1 queued" in app.markdown[0].value
    bars = [bar.proto for bar in app.get("progress")]
    assert [bar.value for bar in bars] == [43, 0]
    assert bars[0].text.startswith("43% · Cleaning rows · ")
    assert bars[1].text == "Queued (1 ahead)"
    assert "**Reading \\*orders\\*.csv**" in text(app)
    assert sidebar(app) == ["Reading \\*orders\\*.cs… … 43% \\+1"]

    app.button(key=f"jobs_cancel_{waits.id}").click().run()
    assert jobs.get(opened, waits.id).state == "cancelled"
    app.button(key=f"jobs_cancel_{runs.id}").click().run()
    assert jobs.get(opened, runs.id).cancel_requested
    stopping = app.button(key=f"jobs_cancel_{runs.id}")
    assert stopping.label == "Stopping…"
    assert stopping.disabled
    assert keys(app, "jobs_retry_") == [f"jobs_retry_{waits.id}"]


def test_page_ends_its_watch_with_the_job(opened: Workspace, submit: Submit, open_page: Open) -> None:
    job = submit("wait", "Reading orders.csv")
    held = begin(opened, job, 0.9, "Writing")
    app = open_page("data/jobs.py")
    assert sidebar(app)
    job_records.finish(opened, held, "done", result={"dataset_id": "demo"}, progress=1.0)
    app.run()
    assert not app.get("progress")
    assert not sidebar(app)
    assert "No running jobs. “Reading orders.csv” finished just now" in app.markdown[0].value.replace("\\", "")
    assert app.dataframe[0].value["state"].tolist() == ["✓ Done"]


def test_history_and_failures_in_full(
    submit: Submit, open_page: Open, opened: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_progress, "who", lambda: "ben@shop.example")  # AppTest has no browser to ask
    done = submit("steps", "Reading a.csv", run=True, shares=[1.0])
    failed = submit("fail", "Reading <b>b</b>.csv", run=True)
    cancelled = submit("note", "Reading c.csv")
    jobs.cancel(opened, cancelled.id)
    app = open_page("data/jobs.py")
    table = app.dataframe[0].value
    assert table["title"].tolist() == ["Reading c.csv", "Reading <b>b</b>.csv", "Reading a.csv"]
    assert table["state"].tolist() == ["– Cancelled", "✗ Failed", "✓ Done"]
    assert table["who"].unique().tolist() == ["anna@shop.example"]
    assert table["error"].tolist() == ["", "orders.csv, row 3: the date is missing; fill it in.", ""]
    assert keys(app, "jobs_retry_") == [f"jobs_retry_{cancelled.id}", f"jobs_retry_{failed.id}"]
    assert "row 3: the date is missing; fill it in" in text(app).replace("\\", "")
    assert any("\\<b\\>" in expander.label for expander in app.expander)

    app.button(key=f"jobs_retry_{failed.id}").click().run()
    again = jobs.get(opened, failed.id)
    assert (again.state, again.who) == ("queued", "ben@shop.example")
    assert keys(app, "jobs_cancel_") == [f"jobs_cancel_{failed.id}"]
    assert jobs.get(opened, done.id) == done


def test_two_who_try_again_at_once(submit: Submit, open_page: Open, opened: Workspace) -> None:
    failed = submit("fail", "Reading b.csv", run=True)
    other = submit("fail", "Reading c.csv", run=True)
    app = open_page("data/jobs.py")
    jobs.retry(opened, failed.id, "ben")
    app.button(key=f"jobs_retry_{failed.id}").click().run()
    assert not app.exception
    assert "is queued; only failed or cancelled jobs can be retried" in app.error[0].value.replace("\\", "")
    assert keys(app, "jobs_retry_") == [f"jobs_retry_{other.id}"]


def test_page_says_that_nobody_works(submit: Submit, open_page: Open, workspace: Path) -> None:
    submit("wait", "Reading a.csv")
    app = open_page("data/jobs.py")
    assert "No worker is running" in app.warning[0].value
    (workspace / "workers").mkdir()
    (workspace / "workers" / "one").touch()
    assert not app.run().warning


def watching() -> None:
    """Script of a page that watches one job."""
    import streamlit as st  # noqa: PLC0415  AppTest runs this function on its own

    from core.ui.shared import job_progress  # noqa: PLC0415

    st.text(job_progress.watch(st.query_params["job"]).state)


def test_other_pages_watch_one_job(opened: Workspace, submit: Submit) -> None:
    first, job = submit("wait", "First"), submit("wait", "Second")
    app = AppTest.from_function(watching, default_timeout=SECONDS)
    app.query_params["job"] = job.id
    app.run()
    assert app.text[0].value == "queued"
    assert app.get("progress")[0].proto.text == "Queued (1 ahead)"
    jobs.cancel(opened, first.id)
    held = begin(opened, job, 0.5, "Half")
    app.run()
    assert app.text[0].value == "running"
    assert app.get("progress")[0].proto.text.startswith("50% · Half")
    job_records.finish(opened, held, "done", result={})
    app.run()
    assert app.text[0].value == "done"
    assert not app.get("progress")
    assert not app.button


def asking() -> None:
    """Script of a page that requests a result of a version."""
    from types import SimpleNamespace  # noqa: PLC0415  AppTest runs this function on its own

    import streamlit as st  # noqa: PLC0415

    from core.ui.caching import cached  # noqa: PLC0415
    from core.ui.shared import results  # noqa: PLC0415

    asked = st.query_params
    key = cached.Key(dataset_id=asked["dataset"], version=int(asked["version"]), generation=0)
    view = SimpleNamespace(key=key, dataset=SimpleNamespace(name="Shop"))
    title, spec = f"{asked['choice']} of {asked['version']}", {"choice": asked["choice"]}
    if "clicks" in asked:
        results.result_on_request(view, asked["kind"], spec, title=title, offer=lambda ask: ask())  # type: ignore[arg-type]
    else:
        results.result(view, asked["kind"], spec, title=title)  # type: ignore[arg-type]


def ask(app: AppTest, version: int, choice: str, dataset: str = "demo", kind: str = "profile") -> None:
    """Choose settings on the page."""
    for name, value in {"dataset": dataset, "version": str(version), "choice": choice, "kind": kind}.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception


def waiting(opened: Workspace) -> set[tuple[str, str]]:
    """Return kind and title of each active job."""
    return {(job.kind, job.title.removesuffix(", Shop")) for job in jobs.active(opened)}


def test_what_a_page_asks_for_replaces_what_nobody_waits_for(opened: Workspace) -> None:
    """Applies to work on earlier versions and to the same tab's last choice, not to other tabs, datasets or kinds."""
    ada, ben = (AppTest.from_function(asking, default_timeout=SECONDS) for _ in range(2))
    ask(ada, 1, "A", kind="products")
    ask(ada, 1, "A", dataset="other")
    ask(ada, 1, "A")
    ask(ben, 1, "B")
    ask(ben, 1, "A")  # which Ada asked for
    others = {("products", "A of 1"), ("profile", "A of 1")}
    assert waiting(opened) == {*others, ("profile", "B of 1")}
    ask(ada, 1, "C")
    [replaced] = jobs.history(opened, 50)
    assert (replaced.state, replaced.error) == ("cancelled", "Replaced by “C of 1, Shop”.")
    ask(ben, 1, "A")  # as his page does by itself
    assert waiting(opened) == {*others, ("profile", "C of 1")}
    ask(ada, 2, "C")
    found = {(job.kind, job.title, job.dataset_id) for job in jobs.active(opened)}
    assert found == {
        ("products", "A of 1, Shop", "demo"), ("profile", "A of 1, Shop", "other"), ("profile", "C of 2, Shop", "demo"),
    }  # fmt: skip


def test_work_on_an_earlier_version_is_replaced_also_while_it_runs(opened: Workspace) -> None:
    ada, ben = (AppTest.from_function(asking, default_timeout=SECONDS) for _ in range(2))
    ask(ada, 1, "A")
    [job] = jobs.active(opened)
    begin(opened, job, 0.5, "Looking")
    ask(ben, 2, "B")
    assert jobs.get(opened, job.id).cancel_requested
    assert waiting(opened) == {("profile", "A of 1"), ("profile", "B of 2")}


def test_what_a_person_asks_for_replaces_what_waits_but_nothing_that_runs(opened: Workspace) -> None:
    """Someone requested it with a click, too, and it takes minutes."""
    app = AppTest.from_function(asking, default_timeout=SECONDS)
    app.query_params["clicks"] = "yes"
    ask(app, 1, "A")
    [job] = jobs.active(opened)
    begin(opened, job, 0.5, "Looking")
    ask(app, 1, "B")
    ask(app, 2, "C")
    assert waiting(opened) == {("profile", "A of 1"), ("profile", "C of 2")}
    assert not jobs.get(opened, job.id).cancel_requested


def test_failures_are_turned_page_by_page(
    opened: Workspace, submit: Submit, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_LOST", 1)
    first, _, last = (submit("fail", f"Reading {name}.csv", run=True) for name in "abc")
    app = open_page("data/jobs.py")
    assert keys(app, "jobs_retry_") == [f"jobs_retry_{last.id}"]
    app.number_input(key="jobs_lost_page").set_value(3).run()
    assert keys(app, "jobs_retry_") == [f"jobs_retry_{first.id}"]


def test_old_ones_show_the_day(opened: Workspace, submit: Submit, open_page: Open) -> None:
    job = submit("fail", "Reading b.csv", run=True)
    with opened.catalog().begin() as connection:
        old = catalog.now().replace(year=2024, month=3, day=5, hour=14, minute=3)
        connection.execute(sa.update(catalog.jobs).where(catalog.jobs.c.id == job.id).values(finished_at=old))
    app = open_page("data/jobs.py")
    assert app.expander[0].label.replace("\\", "").endswith("failed on 5 March 2024 at 14:03")


@pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGKILL, marks=pytest.mark.long)])
def test_worker_starts_and_ends_with_the_server(opened: Workspace, how: signal.Signals) -> None:
    command = [sys.executable, "-m", "streamlit", "run", "Home.py", "--server.headless=true", "--server.port=0"]
    server = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(lambda: jobs.is_worker_alive(opened))
        server.send_signal(how)
        server.wait(SECONDS)
        wait_for(lambda: not jobs.is_worker_alive(opened), 10)  # it took its sign away, which else counts for longer
    finally:
        server.kill()
        server.wait()


def wait_for(what: Callable[[], bool], seconds: float = SECONDS) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_who_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    for user, address, expected in (
        ({}, None, "local browser"),
        ({}, "192.0.2.7", "browser at 192.0.2.7"),
        ({"is_logged_in": False}, None, "local browser"),
        ({"is_logged_in": True, "email": "anna@shop.example"}, "192.0.2.7", "anna@shop.example"),
        ({"is_logged_in": True, "name": "Anna"}, None, "Anna"),
    ):
        monkeypatch.setattr(st, "user", user)
        monkeypatch.setattr(st, "context", SimpleNamespace(ip_address=address))
        assert visitor.who() == expected


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (59.9, "59 s"), (60, "1 min 0 s"), (3599, "59 min 59 s"), (7384, "2 h 3 min")]
)
def test_spans_of_time(seconds: float, words: str) -> None:
    assert job_progress.span(timedelta(seconds=seconds)) == words
