"""Whatever is killed while it imports, no version is lost, doubled or half written, and a second try ends it."""

import errno
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core import jobs
from core.errors import CancelledError, InputError
from core.ingest import import_job
from core.ingest.staging.staged_files import staged_folder
from core.settings import PROJECT, Settings
from core.workspace import import_lock
from core.workspace.import_lock import turn
from core.workspace.queue.job_records import Job
from core.workspace.records import By, Written
from core.workspace.store import Workspace
from tests.core.ingest.here import work_here
from tests.core.ingest.killed import Checked, log_of, see_end, specs_in
from tests.core.workspace.made import age

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="only Linux tells a process's children")

SECONDS = 60.0  # for what takes about two on a machine with nothing else to do


def start(folder: Path, times: int, seed: int, *how: str) -> "subprocess.Popen[str]":
    """Start to kill imports; see `tests.core.ingest.killed`."""
    folder.mkdir()
    command = [sys.executable, "-m", "tests.core.ingest.killed", str(folder), str(times), str(seed), *how]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def said(process: "subprocess.Popen[str]") -> list[int]:
    """Wait for its end and give the numbers it printed."""
    out, complaints = process.communicate(timeout=570)
    assert (process.returncode, complaints) == (0, "")
    return [int(number) for number in out.split()]


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("a_lane", "fresh"), [pytest.param(1, 1, marks=pytest.mark.slow), pytest.param(96, 8, marks=pytest.mark.long)]
)
def test_killing_imports_at_random_moments_loses_doubles_or_half_writes_nothing(
    tmp_path: Path, a_lane: int, fresh: int
) -> None:
    """Moments are drawn in two steps, so that short phases are met as often as long ones.

    First one of the nine phases of an import, each as often as the others and in random order: its start, the five
    steps of its child, the rename, the commit, and the clearing up. Then a moment in or a little after that phase,
    evenly. The last few have a child with an interpreter of its own, as the program starts it.
    """
    lanes = [start(tmp_path / "1", a_lane, 1), start(tmp_path / "2", a_lane, 2)]
    found = [said(lane) for lane in lanes]
    found.append(said(start(tmp_path / "3", fresh, 3, "fresh")))
    kills = 2 * a_lane + fresh
    assert sum(killed for killed, _, _ in found) >= kills
    assert sum(versions for _, versions, _ in found) > kills // 10  # that many imports at least came to their end
    for folder in tmp_path.glob("*/workspace-*"):
        for left in (*(folder / "unfinished").iterdir(), *(folder / "versions").iterdir()):
            age(left)
        workspace = Workspace(folder)  # clears what those that were killed left a day ago
        kept = {version.folder.name for version in workspace.versions("gifts")}
        assert {path.name for path in (folder / "versions").iterdir()} == kept
        assert list((folder / "unfinished").iterdir()) == []
        workspace.catalog().dispose()


@pytest.mark.parametrize("files", [pytest.param(1, marks=pytest.mark.slow), pytest.param(10, marks=pytest.mark.long)])
def test_two_processes_add_files_to_one_dataset(tmp_path: Path, files: int) -> None:
    assert said(start(tmp_path / "race", 0, files)) == [1 + 2 * files]


class Shop:
    """A workspace with a dataset, and specs of imports into it."""

    def __init__(self, folder: Path, imports: int) -> None:
        (folder / "read").mkdir()
        self.specs = specs_in(folder / "read", log_of(imports))
        self.folder = folder / "workspace"
        self.workspace = Workspace(self.folder)
        self.settings = Settings(workspace=self.folder, query_memory_gb=1.0)
        self.checked = Checked(self.folder, self.specs)
        for spec in self.specs:
            staged_folder(self.workspace, spec["files"][0]["staged"]).mkdir()

    def run(self, number: int, progress: Callable[[float, str], None] = lambda _share, _what: None) -> dict[str, Any]:
        """Do an import."""
        return import_job.run(self.workspace, self.settings, self.specs[number], progress)

    def begin(self) -> None:
        """Do the first import, in this process."""
        with pytest.MonkeyPatch.context() as patch:
            work_here(patch)
            self.run(0)


@pytest.fixture
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    """Give a shop with specs of two imports, or as many as the test says."""
    return Shop(tmp_path, getattr(request, "param", 2))


def until(what: Callable[[], Any]) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end, "did not happen"
        time.sleep(0.01)


def children(pid: int) -> list[int]:
    """Processes that write a version for another one."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # ended meanwhile
            named = {int(child): Path(f"/proc/{child}/cmdline").read_text() for child in task.read_text().split()}
            found += [child for child, command in named.items() if "version_apart" in command]
    return found


@pytest.mark.parametrize("share", [pytest.param(0.05, marks=pytest.mark.long), 0.8])
def test_killed_child_is_told_in_one_sentence_and_leaves_nothing(shop: Shop, share: float) -> None:
    shop.begin()

    def kill(at: float, _what: str) -> None:
        if at >= share:
            for child in children(os.getpid()):
                os.kill(child, signal.SIGKILL)

    sentence = r"^orders-1\.csv can't be read: it is damaged or needs more than the memory allowed .*; save it as"
    with pytest.raises(InputError, match=sentence):
        shop.run(1, kill)
    assert shop.checked.check() == 1
    assert list((shop.folder / "unfinished").iterdir()) == []
    assert shop.run(1)["version"] == 2
    assert shop.checked.check() == 2


def test_imports_into_one_dataset_take_turns_and_one_that_waits_can_be_cancelled(shop: Shop) -> None:
    shop.begin()
    heard: list[str] = []

    def cancel(_share: float, what: str) -> None:
        heard.append(what)
        if len(heard) == 3:
            raise CancelledError

    with turn(shop.folder, "gifts", pytest.fail):
        with turn(shop.folder, "another", pytest.fail):  # goes on beside it
            pass
        with pytest.raises(CancelledError):
            shop.run(1, cancel)
    assert heard == ["Waiting for another import"] * 3
    assert shop.run(1)["version"] == 2


def test_who_waited_for_another_try_of_the_same_import_gives_its_version(shop: Shop) -> None:
    shop.begin()
    begun, made = threading.Event(), []

    def report(_share: float, _what: str) -> None:
        begun.set()

    with turn(shop.folder, "gifts", pytest.fail):
        waiting = threading.Thread(target=lambda: made.append(shop.run(1, report)))
        waiting.start()
        begun.wait(SECONDS)
        version = shop.workspace.version("gifts", 1)
        by = By(who="ada", import_id="import-1")
        shop.workspace.append(version, lambda _folder: Written(files=[], report={}), by)
    waiting.join(SECONDS)
    assert made == [{"dataset_id": "gifts", "version": 2, "unchanged": False}]


@pytest.mark.parametrize("broken", ["no room", "no locks", "no fcntl"])
def test_without_locks_there_are_no_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    def refuse(*_given: object) -> None:
        raise OSError(errno.ENOLCK, "no locks available")

    if broken == "no room":
        (tmp_path / "locks").write_text("in the way")
    elif broken == "no locks":
        monkeypatch.setattr("core.workspace.import_lock.fcntl.flock", refuse)
    else:
        monkeypatch.setattr(import_lock, "fcntl", None)
    with turn(tmp_path, "gifts", pytest.fail), turn(tmp_path, "gifts", pytest.fail):
        pass


class Workers:
    """Real workers, which take a job up after two seconds without a sign of life instead of fifteen."""

    def __init__(self, folder: Path) -> None:
        own = {"CLIENTELE_WORKSPACE": str(folder), "CLIENTELE_QUERY_MEMORY_GB": "1"}
        self._environment = {**os.environ, **own}
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        """Start one."""
        command = [sys.executable, "-m", "tests.worker"]
        process = subprocess.Popen(command, cwd=PROJECT, env=self._environment, stdin=subprocess.PIPE)
        self._started.append(process)
        return process

    def end(self) -> None:
        """Kill what is left."""
        for process in self._started:
            process.kill()
            process.communicate()


@pytest.fixture
def workers(shop: Shop) -> Iterator[Workers]:
    """Give a place to start workers from."""
    started = Workers(shop.folder)
    yield started
    started.end()


@pytest.mark.parametrize(
    ("shop", "delays"),
    [pytest.param(2, (0.3,), marks=pytest.mark.slow), pytest.param(6, (0.0, 0.3, 0.8), marks=pytest.mark.long)],
    indirect=["shop"],
)
def test_import_whose_worker_is_killed_is_done_by_the_next(
    shop: Shop, workers: Workers, delays: tuple[float, ...]
) -> None:
    """Once or three times; then two workers do the other imports, if any, side by side."""
    shop.begin()

    def submit(number: int) -> Job:
        spec, title = shop.specs[number], f"Import {number}"
        return jobs.submit(shop.workspace, "import", spec, title=title, who="ada")

    def is_done(job: Job) -> bool:
        found = jobs.get(shop.workspace, job.id)
        assert found.is_active or found.state == "done", found.error
        return found.state == "done"

    worker = workers.start()
    for number, delay in enumerate(delays, start=1):
        job = submit(number)
        until(partial(children, worker.pid))
        time.sleep(delay)
        apart = children(worker.pid)
        worker.kill()
        worker.wait()
        for child in apart:
            see_end(child)
        shop.checked.check()
        assert not is_done(job)
        worker = workers.start()
        until(partial(is_done, job))
        assert shop.checked.check([f"import-{number}"]) == number + 1
        assert jobs.get(shop.workspace, job.id).attempts == 2
    if asked := [submit(number) for number in range(len(delays) + 1, len(shop.specs))]:
        workers.start()
        until(lambda: all(is_done(job) for job in asked))
    done = [spec["import_id"] for spec in shop.specs]
    assert shop.checked.check(done) == len(done)
