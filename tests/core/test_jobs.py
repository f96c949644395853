"""Jobs end exactly once and are never left running, whatever happens to their workers."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import jobs
from core.errors import CancelledError, ConflictError, InputError, NotFoundError
from core.settings import PROJECT, Settings
from core.ui.worker import WorkerProcess
from core.workspace import catalog
from core.workspace.queue import job_attempt, job_records, job_worker
from core.workspace.queue.job_heartbeats import Heartbeats
from core.workspace.queue.job_records import LOST, Job
from core.workspace.store import Workspace
from tests.worker import KINDS, PACE

SECONDS = 30.0  # for what takes about one on a machine with nothing else to do


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    """Return an empty workspace."""
    opened = Workspace(tmp_path / "workspace")
    yield opened
    opened.catalog().dispose()


@pytest.fixture
def settings(workspace: Workspace) -> Settings:
    """Return settings that name the workspace."""
    return Settings(workspace=workspace.folder)


@pytest.fixture(autouse=True)
def _kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind, handler in KINDS.items():
        monkeypatch.setitem(jobs.KINDS, kind, handler)


Submit = Callable[..., Job]


@pytest.fixture
def submit(workspace: Workspace, settings: Settings) -> Submit:
    """Return a function that submits a job of a kind with a spec."""

    def ask(kind: str, job_id: str | None = None, **spec: Any) -> Job:
        return jobs.submit(workspace, kind, spec, title=f"Job {kind}", who="anna", job_id=job_id)

    return ask


class Workers:
    """The worker processes of a test."""

    def __init__(self, settings: Settings) -> None:
        self._environment = {**os.environ, "CLIENTELE_WORKSPACE": str(settings.workspace), "PYTHONWARNINGS": "error"}
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        """Start a worker with a pipe to its standard input, like the server."""
        command = [sys.executable, "-m", "tests.worker"]
        process = subprocess.Popen(command, cwd=PROJECT, env=self._environment, stdin=subprocess.PIPE)
        self._started.append(process)
        return process

    def end(self) -> None:
        """Kill the remaining workers."""
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def workers(settings: Settings) -> Iterator[Workers]:
    """Return a starter of workers, all stopped at the end."""
    started = Workers(settings)
    yield started
    started.end()


def until(what: Callable[[], Any], seconds: float = SECONDS) -> Any:
    """Wait until a value is truthy and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.02)
    return pytest.fail(f"did not happen within {seconds} seconds")


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def has_run(path: Path, times: int) -> bool:
    return len(lines(path)) == times


def ended(workspace: Workspace, job: Job) -> Job:
    """Wait for a job to end."""
    until(lambda: not jobs.get(workspace, job.id).is_active)
    return jobs.get(workspace, job.id)


def change(workspace: Workspace, job: Job, **values: Any) -> None:
    """Change a job's record, as if time had passed."""
    with workspace.catalog().begin() as connection:
        connection.execute(sa.update(catalog.jobs).where(catalog.jobs.c.id == job.id).values(values))


# Records


def test_what_is_asked_for_waits(workspace: Workspace, submit: Submit) -> None:
    before = datetime.now(UTC)
    job = submit("note", file="x")
    assert job == jobs.get(workspace, job.id)
    assert (job.state, job.kind, job.title, job.who, job.spec) == ("queued", "note", "Job note", "anna", {"file": "x"})
    assert (job.progress, job.message, job.attempts, job.result, job.error) == (0.0, "", 0, None, None)
    assert job.is_active
    assert not job.can_retry
    assert before <= job.created_at <= datetime.now(UTC)
    assert (job.started_at, job.heartbeat_at, job.finished_at, job.took(before)) == (None, None, None, None)
    assert jobs.active(workspace) == [job]
    assert jobs.history(workspace, 10) == []


def test_asking_twice_under_one_id_is_asking_once(workspace: Workspace, submit: Submit) -> None:
    first = submit("note", "an-id", file="x")
    assert submit("steps", "an-id", shares=[1]) == first
    assert jobs.active(workspace) == [first]


def test_unknown_kinds_ids_and_jobs_are_named(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    with pytest.raises(InputError, match=r"^The kind of a job must be one of import, read, fetch, .*, got “cook”\.$"):
        submit("cook")
    for wrong in ("a b", "x" * 33, "../x"):
        with pytest.raises(InputError, match=r"^A job's id must have 1 to 32 letters"):
            submit("note", wrong)
    for ask in (jobs.get, jobs.cancel, lambda where, name: jobs.retry(where, name, "anna")):
        with pytest.raises(NotFoundError, match=r"^The job “nothing” doesn't exist. Choose one on the Jobs page"):
            ask(workspace, "nothing")


@pytest.mark.parametrize("unfit", [float("nan"), float("inf"), object(), {1, 2}])
def test_spec_is_json(workspace: Workspace, submit: Submit, unfit: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        submit("note", value=unfit)
    assert jobs.active(workspace) == []


def test_titles_and_messages_fit_the_catalog(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    job = jobs.submit(workspace, "note", {}, title="a\nb" + "x" * 400, who="anna")
    assert job.title.startswith("a bxx")
    assert len(job.title) == 300
    assert job.title.endswith("…")


def test_one_of_many_threads_gets_the_job(workspace: Workspace, submit: Submit) -> None:
    job, start = submit("note"), threading.Barrier(12)

    def claim(number: int) -> job_records.Claim | None:
        start.wait()
        return job_records.claim(workspace, job.id, f"worker-{number}")

    with ThreadPoolExecutor(12) as pool:
        [held] = [found for found in pool.map(claim, range(12)) if found]
    running = jobs.get(workspace, job.id)
    assert (running.state, running.worker, running.attempts) == ("running", held.worker, 1)


def test_done_has_its_result(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    job = submit("steps", shares=[0.5, 1.0])
    jobs.run_job(workspace, settings, job.id)
    done = jobs.get(workspace, job.id)
    assert (done.state, done.progress, done.error, done.attempts) == ("done", 1.0, None, 1)
    assert done.result == {"settings": str(workspace.folder)}
    took = done.took(datetime.now(UTC))
    assert took is not None
    assert timedelta(0) <= took < timedelta(seconds=SECONDS)
    assert jobs.active(workspace) == []
    assert jobs.history(workspace, 10) == [done]
    jobs.run_job(workspace, settings, job.id)  # a second message changes nothing
    assert jobs.get(workspace, job.id) == done


def test_history_has_the_last_one_first(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    found = [submit("steps", shares=[]) for _ in range(3)]
    for job in (found[1], found[0], found[2]):
        jobs.run_job(workspace, settings, job.id)
    assert [job.id for job in jobs.history(workspace, 2)] == [found[2].id, found[0].id]


def test_history_of_some_kinds_and_states_page_by_page(
    workspace: Workspace, settings: Settings, submit: Submit
) -> None:
    lost = submit("fail")
    for job in (lost, *(submit("steps", shares=[]) for _ in range(4))):
        jobs.run_job(workspace, settings, job.id)
    assert [job.id for job in jobs.history(workspace, 3, states=LOST)] == [lost.id]
    assert [job.id for job in jobs.history(workspace, 3, kinds=("fail",))] == [lost.id]
    assert [job.id for job in jobs.history(workspace, 3, skip=4)] == [lost.id]
    assert jobs.history(workspace, None, kinds=("fail",), states=("done",)) == []
    assert jobs.count_ended(workspace) == 5
    assert jobs.count_ended(workspace, ("steps",), ("done",)) == 4


def test_progress_never_goes_back_nor_over_the_end(
    workspace: Workspace, settings: Settings, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_attempt, "WRITE_SECONDS", 0.0)
    seen: list[tuple[float, str]] = []
    beat = job_records.beat

    def watch(where: Workspace, held: job_records.Claim, **values: Any) -> bool | None:
        seen.append((values["progress"], values["message"]))
        return beat(where, held, **values)

    monkeypatch.setattr(job_records, "beat", watch)
    jobs.run_job(workspace, settings, submit("steps", shares=[0.1, 0.7, 0.3, "nan", 5.0, -1.0]).id)
    assert seen == [
        (0.1, "At 0.1"),
        (0.7, "At 0.7"),
        (0.7, "At 0.3"),
        (0.7, "At nan"),
        (1.0, "At 5.0"),
        (1.0, "At -1.0"),
    ]


def test_progress_is_written_now_and_then(
    workspace: Workspace, settings: Settings, submit: Submit, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[dict[str, Any]] = []
    beat = job_records.beat

    def watch(where: Workspace, held: job_records.Claim, **values: Any) -> bool | None:
        written.append(values)
        return beat(where, held, **values)

    monkeypatch.setattr(job_records, "beat", watch)
    monkeypatch.setattr(job_attempt, "WRITE_SECONDS", 100.0)
    jobs.run_job(workspace, settings, submit("steps", shares=[n / 1000 for n in range(1000)]).id)
    assert written[0] == {"progress": 0.0, "message": "At 0.0"}
    assert len(written) == 1


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("fail", r"^orders\.csv, row 3: the date is missing; fill it in\.$"),
        (
            "defect",
            r"^An unexpected error occurred \(number [0-9a-f]{8}\); nothing was changed\. Try again\.",
        ),
        ("unfit", r"^An unexpected error occurred \(number [0-9a-f]{8}\)"),
        (
            "import_of_another_version",
            r"^This version of Clientele doesn't support jobs of the kind “import_of_another",
        ),
        ("gone", r"^An unexpected error occurred \(number [0-9a-f]{8}\)"),
    ],
)
def test_failure_says_why(
    workspace: Workspace, settings: Settings, submit: Submit, kind: str, error: str,
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    monkeypatch.setitem(jobs.KINDS, "gone", "tests.worker:nothing")
    job = submit(kind if kind in jobs.KINDS else "note")
    change(workspace, job, kind=kind)
    jobs.run_job(workspace, settings, job.id)
    failed = jobs.get(workspace, job.id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert re.search(error, failed.error), failed.error
    assert "secret" not in failed.error
    if "defect" in failed.error:
        number = failed.error.partition("number ")[2][:8]
        assert number in caplog.text  # with the traceback
    assert failed.finished_at is not None


def test_failing_because_the_version_was_deleted_is_no_defect(
    workspace: Workspace, settings: Settings, submit: Submit
) -> None:
    job = submit("defect", dataset_id="gone", version=2)
    jobs.run_job(workspace, settings, job.id)
    failed = jobs.get(workspace, job.id)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "defect" not in failed.error
    assert "“gone”" in failed.error


# Cancelling and trying again


def test_cancelled_while_it_waits(workspace: Workspace, settings: Settings, submit: Submit, tmp_path: Path) -> None:
    job = submit("note", file=str(tmp_path / "ran"))
    assert jobs.cancel(workspace, job.id).state == "cancelled"
    jobs.run_job(workspace, settings, job.id)
    assert not (tmp_path / "ran").exists()
    assert jobs.get(workspace, job.id).state == "cancelled"
    assert jobs.cancel(workspace, job.id).state == "cancelled"


def test_cancelled_while_it_runs(workspace: Workspace, settings: Settings, submit: Submit, tmp_path: Path) -> None:
    job = submit("wait", file=str(tmp_path / "ran"), until=str(tmp_path / "never"))
    running = threading.Thread(target=jobs.run_job, args=(workspace, settings, job.id))
    running.start()
    until(lambda: jobs.get(workspace, job.id).progress == 0.5)
    asked = jobs.cancel(workspace, job.id)
    assert (asked.state, asked.cancel_requested, asked.message) == ("running", True, "Waiting")
    running.join(SECONDS)
    cancelled = jobs.get(workspace, job.id)
    assert (cancelled.state, cancelled.error, cancelled.result) == ("cancelled", None, None)


def test_handler_hears_of_cancelling_as_an_error(workspace: Workspace, submit: Submit) -> None:
    job = submit("note")
    attempt = job_attempt.Attempt.begin(workspace, job.id, "me", 1.0)
    assert attempt is not None
    attempt.progress(0.5, "Working")
    jobs.cancel(workspace, job.id)
    time.sleep(job_attempt.WRITE_SECONDS)
    with pytest.raises(CancelledError, match=r"^“Job note” was stopped \(cancelled\); nothing was changed\.$"):
        attempt.progress(0.6, "Working")


def test_done_cannot_be_cancelled_nor_tried_again(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    job = submit("steps", shares=[])
    jobs.run_job(workspace, settings, job.id)
    assert jobs.cancel(workspace, job.id).state == "done"
    with pytest.raises(ConflictError, match=r"^“Job steps” is done; only failed or cancelled jobs can be"):
        jobs.retry(workspace, job.id, "ben")


def test_cancelled_though_its_worker_is_dead(workspace: Workspace, submit: Submit) -> None:
    job = submit("note")
    job_records.claim(workspace, job.id, "dead")
    change(workspace, job, heartbeat_at=catalog.now() - timedelta(minutes=1))
    assert jobs.cancel(workspace, job.id).state == "cancelled"


def test_replaced_by_a_newer_job(workspace: Workspace, settings: Settings, submit: Submit, tmp_path: Path) -> None:
    """A queued job ends at once, a running one at its next report; both give the reason until retried."""
    queued, runs, done, newer = submit("note"), submit("wait"), submit("steps", shares=[]), submit("fail")
    jobs.run_job(workspace, settings, done.id)
    held = job_records.claim(workspace, runs.id, "worker")
    assert held is not None
    for job in (queued, runs, done):
        jobs.replace(workspace, job.id, newer)
    assert job_records.beat(workspace, held) is True
    assert job_records.finish(workspace, held, "cancelled")
    for job in (queued, runs):
        ended = jobs.get(workspace, job.id)
        assert (ended.state, ended.replaced_by, ended.error) == ("cancelled", newer.id, "Replaced by “Job fail”.")
    assert (jobs.get(workspace, done.id).state, jobs.get(workspace, done.id).replaced_by) == ("done", None)
    assert jobs.count_ended(workspace) == 3
    assert jobs.history(workspace, 9, states=LOST) == []  # nobody has to try those again
    again = jobs.retry(workspace, queued.id, "ben")
    assert (again.state, again.error, again.replaced_by) == ("queued", None, None)


def test_done_before_it_heard_that_it_is_replaced(workspace: Workspace, submit: Submit) -> None:
    job, newer = submit("note"), submit("note")
    held = job_records.claim(workspace, job.id, "worker")
    assert held is not None
    jobs.replace(workspace, job.id, newer)
    assert job_records.finish(workspace, held, "done", result={})
    done = jobs.get(workspace, job.id)
    assert (done.state, done.error, done.replaced_by) == ("done", None, None)


def test_trying_again_begins_anew(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    job = submit("fail")
    jobs.run_job(workspace, settings, job.id)
    again = jobs.retry(workspace, job.id, "ben")
    assert (again.state, again.who, again.attempts, again.error, again.finished_at) == ("queued", "ben", 0, None, None)
    assert (again.progress, again.message, again.id, again.spec) == (0.0, "", job.id, job.spec)
    with pytest.raises(ConflictError, match="is queued"):
        jobs.retry(workspace, job.id, "carla")
    jobs.run_job(workspace, settings, job.id)
    assert jobs.get(workspace, job.id).state == "failed"


# The queue


def test_queued_are_the_oldest_first_and_only_those(
    workspace: Workspace, settings: Settings, submit: Submit, tmp_path: Path
) -> None:
    running, done, second, first = (submit("note", file=str(tmp_path / "ran")) for _ in range(4))
    job_records.claim(workspace, running.id, "worker")
    jobs.run_job(workspace, settings, done.id)
    change(workspace, first, created_at=catalog.now() - timedelta(minutes=1))
    assert job_records.queued(workspace) == [first.id, second.id]


def test_a_job_begins_within_a_second(workspace: Workspace, submit: Submit, workers: Workers, tmp_path: Path) -> None:
    """Workers poll at their real interval here."""
    workers.start()
    ended(workspace, submit("note", file=str(tmp_path / "first")))  # the worker has started
    waits = []
    for number in range(5):
        job = ended(workspace, submit("note", file=str(tmp_path / str(number))))
        assert job.started_at is not None
        waits.append((job.started_at - job.created_at).total_seconds())
    assert sorted(waits)[2] < 1


def test_worker_goes_on_when_the_catalog_is_back(
    workspace: Workspace, settings: Settings, submit: Submit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, fails = job_records.queued, [2]

    def queued(where: Workspace) -> list[str]:
        if fails[0]:
            fails[0] -= 1
            text = "away"
            raise OSError(text)
        return look(where)

    monkeypatch.setattr(job_records, "queued", queued)
    monkeypatch.setattr(job_worker, "_AWAY", 0.01)
    job = submit("note", file=str(tmp_path / "ran"))
    worker = job_worker.Worker(workspace, settings, jobs.KINDS, PACE)
    runs = threading.Thread(target=worker.run)
    runs.start()
    done = ended(workspace, job)
    worker.end()
    runs.join()
    assert (done.state, fails) == ("done", [0])


# Workers that die


def test_worker_ends_with_its_thread_of_jobs(
    workspace: Workspace, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise its heartbeats would say that jobs are being taken."""
    worker = job_worker.Worker(workspace, settings, jobs.KINDS, PACE)
    monkeypatch.setattr(worker, "_work", lambda: None)
    assert worker.run()
    assert not job_worker.is_any_alive(workspace)


def test_who_lost_a_job_writes_nothing_about_it(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    job = submit("steps", shares=[0.2])
    slow = job_attempt.Attempt.begin(workspace, job.id, "slow", 100.0)
    assert slow is not None
    change(workspace, job, heartbeat_at=catalog.now() - timedelta(minutes=1))
    job_worker.recover(workspace)
    quick = job_records.claim(workspace, job.id, "quick")
    assert quick is not None
    assert quick.attempt == 2
    slow.run(settings, jobs.KINDS)
    running = jobs.get(workspace, job.id)
    assert (running.state, running.worker, running.progress) == ("running", "quick", 0.0)
    assert job_records.finish(workspace, quick, "done", result={})


def test_recovery_leaves_the_living_alone(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    alive, mine, dead, unwanted = (submit("note") for _ in range(4))
    for job in (alive, mine, dead, unwanted):
        job_records.claim(workspace, job.id, "worker")
    for job in (mine, dead, unwanted):
        change(workspace, job, heartbeat_at=catalog.now() - timedelta(minutes=1))
    change(workspace, unwanted, cancel_requested=True)
    job_worker.recover(workspace, mine=mine.id)
    states = [jobs.get(workspace, job.id).state for job in (alive, mine, dead, unwanted)]
    assert states == ["running", "running", "queued", "cancelled"]


@pytest.mark.parametrize("hours", [-5, 0, 5])
def test_clock_that_was_set_neither_saves_the_dead_nor_kills_the_living(
    workspace: Workspace, settings: Settings, submit: Submit, hours: int
) -> None:
    """Workers without a new heartbeat while observed are dead, whatever their clock; others aren't."""
    now = [100.0]
    heartbeats = Heartbeats(clock=lambda: now[0])
    dead, alive = submit("note"), submit("note")
    recover = partial(job_worker.recover, workspace, heartbeats=heartbeats)
    recover()  # a first look, before anything runs
    claims = [job_records.claim(workspace, job.id, "worker") for job in (dead, alive)]
    for job in (dead, alive):
        change(workspace, job, heartbeat_at=catalog.now() + timedelta(hours=hours))
    recover()
    assert [job.state for job in jobs.active(workspace)] == ["running", "running"]
    for _ in range(2):
        now[0] += job_worker.PACE.stale - 1
        assert claims[1] is not None
        assert job_records.beat(workspace, claims[1]) is False
        recover()
    assert [jobs.get(workspace, job.id).state for job in (dead, alive)] == ["queued", "running"]


def test_first_look_takes_up_what_was_lost_in_the_future_once_it_stands_still(
    workspace: Workspace, settings: Settings, submit: Submit
) -> None:
    """A worker dies, the clock is set back by a day, and the server restarts."""
    job, now = submit("note"), [0.0]
    job_records.claim(workspace, job.id, "dead")
    change(workspace, job, heartbeat_at=catalog.now() + timedelta(days=1))
    heartbeats = Heartbeats(clock=lambda: now[0])
    for state in ("running", "queued"):
        job_worker.recover(workspace, heartbeats=heartbeats)
        assert jobs.get(workspace, job.id).state == state
        now[0] += job_worker.PACE.stale + 1


def test_a_worker_remembers_what_it_saw(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    """Otherwise every check would be the first, and a future heartbeat would hold its job forever."""
    job = submit("note")
    job_records.claim(workspace, job.id, "dead")
    change(workspace, job, heartbeat_at=catalog.now() + timedelta(days=1))
    worker = job_worker.Worker(workspace, settings, KINDS, replace(PACE, stale=0.1))
    worker._recover()  # noqa: SLF001
    time.sleep(0.2)
    worker._recover()  # noqa: SLF001
    assert jobs.get(workspace, job.id).state == "queued"


def test_cancelled_though_its_dead_worker_s_heartbeat_lies_in_the_future(workspace: Workspace, submit: Submit) -> None:
    job = submit("note")
    job_records.claim(workspace, job.id, "dead")
    change(workspace, job, heartbeat_at=catalog.now() + timedelta(hours=1))
    assert jobs.cancel(workspace, job.id).state == "cancelled"


def test_sign_of_a_dead_worker_from_before_the_clock_was_set_back_is_none(workspace: Workspace) -> None:
    sign = workspace.folder / "workers" / "dead"
    sign.parent.mkdir()
    sign.touch()
    assert jobs.is_worker_alive(workspace)
    later = time.time() + 3600
    os.utime(sign, (later, later))
    assert not jobs.is_worker_alive(workspace)


def test_third_death_is_the_last(workspace: Workspace, settings: Settings, submit: Submit) -> None:
    job = submit("note")
    for attempt in (1, 2, 3):
        assert job_records.claim(workspace, job.id, f"worker-{attempt}")
        change(workspace, job, heartbeat_at=datetime(2026, 3, 5, 14, 3, tzinfo=UTC))
        job_worker.recover(workspace)
    failed = jobs.get(workspace, job.id)
    assert failed.state == "failed"
    assert failed.error == (
        "The worker was stopped 3 times while running this job, most recently at 14:03 UTC on 5 March 2026. The file "
        "may need more memory than this machine has. Try again in smaller parts, or on a machine with more memory."
    )


def test_killed_worker_s_job_is_taken_up_by_the_next(
    workspace: Workspace, submit: Submit, workers: Workers, tmp_path: Path
) -> None:
    ran, go = tmp_path / "ran", tmp_path / "go"
    job = submit("wait", file=str(ran), until=str(go))
    first = workers.start()
    until(lambda: lines(ran))
    first.kill()
    first.wait()
    assert jobs.get(workspace, job.id).state == "running"  # nobody could say so
    workers.start()
    until(lambda: len(lines(ran)) == 2)
    go.touch()
    done = ended(workspace, job)
    assert (done.state, done.attempts, done.result) == ("done", 2, {"waited": True})


@pytest.mark.parametrize("before", [2, pytest.param(0, marks=pytest.mark.long)])
def test_job_that_kills_its_workers_fails(
    workspace: Workspace, submit: Submit, workers: Workers, tmp_path: Path, before: int
) -> None:
    ran = tmp_path / "ran"
    job = submit("wait", file=str(ran), until=str(tmp_path / "never"))
    with workspace.catalog().begin() as connection:
        connection.execute(sa.update(catalog.jobs).values(attempts=before))  # as if that many had ended with it
    for attempt in range(1, 4 - before):
        worker = workers.start()
        until(partial(has_run, ran, attempt))
        worker.kill()
        worker.wait()
    workers.start()
    failed = ended(workspace, job)
    assert failed.state == "failed"
    assert failed.error is not None
    assert failed.error.startswith("The worker was stopped 3 times while running this job, most recently at ")


@pytest.mark.parametrize("kind", ["wait", "deaf"])
def test_worker_that_is_told_to_end_gives_its_job_back(
    workspace: Workspace, submit: Submit, workers: Workers, tmp_path: Path, kind: str
) -> None:
    ran = tmp_path / "ran"
    job = submit(kind, file=str(ran), until=str(tmp_path / "never"))
    worker = workers.start()
    until(lambda: lines(ran))
    assert jobs.is_worker_alive(workspace)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(SECONDS) == 0
    back = jobs.get(workspace, job.id)
    assert (back.state, back.attempts, back.worker, back.progress) == ("queued", 0, None, 0.0)
    assert not jobs.is_worker_alive(workspace)


def test_worker_ends_with_its_server(workspace: Workspace, submit: Submit, workers: Workers, tmp_path: Path) -> None:
    job = submit("wait", file=str(tmp_path / "ran"), until=str(tmp_path / "never"))
    worker = workers.start()
    until(lambda: lines(tmp_path / "ran"))
    assert worker.stdin is not None
    worker.stdin.close()  # as it is when the server is killed
    assert worker.wait(SECONDS) == 0
    assert jobs.get(workspace, job.id).state == "queued"


def test_two_workers_run_each_job_once(workspace: Workspace, submit: Submit, workers: Workers, tmp_path: Path) -> None:
    asked = [submit("note", file=str(tmp_path / str(number))) for number in range(20)]
    workers.start()
    workers.start()
    found = [ended(workspace, job) for job in asked]
    assert {(job.state, job.attempts) for job in found} == {("done", 1)}
    assert [len(lines(tmp_path / str(number))) for number in range(20)] == [1] * 20


# The process beside the server


def test_server_keeps_a_worker(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(workspace.folder))
    kept = WorkerProcess()
    kept.start()
    try:
        until(lambda: jobs.is_worker_alive(workspace))
        first = kept.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)
        until(lambda: kept.pid != first)
    finally:
        kept.stop()
    assert kept.pid is not None
    with pytest.raises(ProcessLookupError):
        os.kill(kept.pid, 0)


def test_worker_says_why_it_cannot_start(tmp_path: Path) -> None:
    environment = {**os.environ, "CLIENTELE_WORKSPACE": str(tmp_path), "CLIENTELE_READ_AT_ONCE": "0"}
    command = [sys.executable, "-m", "core.jobs"]
    ran = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert ran.returncode == 2
    assert "The worker cannot start: CLIENTELE_READ_AT_ONCE must be between 1 and 64" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_tests_wait_less_than_workers_do() -> None:
    assert PACE.heartbeat * 5 < PACE.stale < job_worker.PACE.stale
    assert job_worker.PACE.heartbeat * 5 < job_worker.PACE.stale
