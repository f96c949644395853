"""Imports in processes killed at random moments, with checks after each kill.

`python -m tests.core.ingest.killed FOLDER TIMES SEED [fresh]` kills TIMES imports and prints the number of kills, of
resulting versions and of workspaces. With TIMES 0, nothing is killed; two processes each add SEED files to one dataset
at the same time.

This process imports all modules once and forks for each import, which runs the real `import_job.run`. The sandbox's
child is forked as well, so that kills hit its work rather than the second that Python takes to start; with `fresh` it
starts as in production.
"""

import json
import logging
import os
import random
import signal
import sys
import time
from collections.abc import Callable, Sequence
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import IO, Any, Final
from unittest.mock import patch

import pyarrow.parquet as pq

from core.engine import Engine
from core.ingest import import_job, version_apart
from core.ingest.apart import sandbox
from core.ingest.import_job import spec_of
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging import staged_files
from core.ingest.staging.staged_files import StagedFile
from core.ingest.unattended import planned_file
from core.settings import Settings
from core.workspace import folders
from core.workspace.records import By, NewDataset
from core.workspace.store import Workspace
from tests.conftest import NOW
from tests.logs import csv_text, plain_log

logging.getLogger("clientele").addHandler(logging.NullHandler())  # what is wrong is printed, not what is cleared
SHOP: Final = NewDataset(name="Gift shop", id="gifts")
FIRST, MORE = 12, 2
"""Orders in the first file, which creates the dataset, and in each file added."""
LENGTH: Final = 6  # imports into one workspace: each is longer than the one before
ALONE, AGAIN = 0.8, 0.8
"""Probability of running an import alone, and of killing the retry of a killed one."""
START_SECONDS: Final = 2.0  # of Python and the libraries
FILES: Final = ("orders", "product_days", "rejects", "returns", "rows")
TABLES: Final = {f"{name}.parquet" for name in FILES}
SPANS: Final = {
    "begin": 0.08,
    "Reading and comparing rows": 0.45,
    "Aggregating orders": 0.07,
    "Preparing the quality report": 0.07,
    "Checking for suspicious data": 0.1,
    "Done": 0.02,
    "rename": 0.01,
    "commit": 0.02,
    "clear": 0.01,
}
"""Phases to kill, with the longest delay of the kill in seconds, about as long as the phase itself."""


class Forked:
    """A stand-in for `subprocess.Popen` that forks the sandbox's child instead of starting Python."""

    def __init__(self, _command: Sequence[str], *, cwd: Path, stdin: int, stdout: int, stderr: IO[bytes]) -> None:  # noqa: ARG002
        (told, tell), (hear, answer) = os.pipe(), os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if not self.pid:
            for target, source in enumerate((told, answer, stderr.fileno())):
                os.dup2(source, target)
            os.close(tell)  # else it would not hear of its parent's end
            _be_child()
        os.close(told)
        os.close(answer)
        self.stdin, self.stdout = os.fdopen(tell, "wb"), os.fdopen(hear, "rb")

    def kill(self) -> None:
        """Kill the child."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)

    def wait(self) -> int:
        """Wait for the child and return its exit status."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode


def _be_child() -> None:
    try:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sandbox.serve(version_apart._write)  # noqa: SLF001  what `python -m` runs of it
    except BaseException as error:  # noqa: BLE001  it must not become a second parent
        os.write(2, repr(error).encode())
    finally:
        os._exit(1)


class Run:
    """An import in its own process, to be killed."""

    def __init__(self, folder: Path, spec: dict[str, Any], *, fresh: bool) -> None:
        heard, told = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            os.close(heard)
            _import(folder, spec, told, fresh=fresh)
        os.close(told)
        self._marks = os.fdopen(heard, encoding="utf-8")
        self._ended: int | None = None

    def kill_after(self, mark: str, seconds: float) -> bool:
        """Kill the import some seconds after a mark; return False if it had already finished."""
        for line in self._marks:
            if line.strip() == mark:
                time.sleep(seconds)
                break
        children = _children(self.pid)
        os.kill(self.pid, signal.SIGKILL)
        killed = self.end() == -signal.SIGKILL
        for child in children:
            see_end(child)
        return killed

    def end(self) -> int:
        """Wait for the process and return its exit status."""
        if self._ended is None:
            self._ended = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
            self._marks.close()
        return self._ended


def _import(folder: Path, spec: dict[str, Any], told: int, *, fresh: bool) -> None:
    """Run the import in this process, writing a mark at the start of each phase; never return."""
    said: list[str] = []

    def mark(what: str) -> None:
        if what not in said:
            said.append(what)
            os.write(told, f"{what}\n".encode())

    def marked(what: str, done: Callable[..., Any]) -> Callable[..., Any]:
        def do(*given: Any) -> Any:
            mark(what)
            return done(*given)

        return do

    for what, where, name in (("rename", folders, "publish"), ("commit", Workspace, "_insert")):
        patch.object(where, name, marked(what, getattr(where, name))).start()
    patch.object(import_job, "clear", marked("clear", staged_files.clear)).start()
    if not fresh:
        patch("core.ingest.apart.child_process.subprocess.Popen", Forked).start()
    try:
        mark("begin")
        settings = Settings(workspace=folder, query_memory_gb=1.0)
        import_job.run(Workspace(folder), settings, spec, lambda _share, what: mark(what))
    except BaseException as error:  # noqa: BLE001
        os.write(2, f"{spec['import_id']}: {error!r}\n".encode())
        os._exit(1)
    os._exit(0)


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def see_end(pid: int) -> None:
    """Check that a killed process's child ends on its own, instead of continuing to write."""
    for _ in range(3_000):  # it may just be starting, on a machine that does much else
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return
        if state == "Z":  # nobody is there to ask how it ended
            return
        time.sleep(0.01)
    message = f"the child {pid} of a killed process still runs"
    raise AssertionError(message)


def specs_in(folder: Path, orders: Sequence[tuple[int, int]]) -> list[dict[str, Any]]:
    """Return specs of imports of files with these orders, for any workspace; the first creates the dataset."""
    found, engine = [], Engine(folders=[folder], memory_gb=1.0)
    with engine.session() as connection:
        for number, (first, last) in enumerate(orders):
            path = folder / f"orders-{number}.csv"
            path.write_text(csv_text(plain_log(last)[first:]), encoding="utf-8")
            [raw] = read_raw(connection.con, SourceFile(name=path.name, path=path), folder, ReadOptions())
            planned = planned_file(connection, raw, {}, dates="ymd", timezone="UTC", now=NOW)
            digest = sha256(path.read_bytes()).hexdigest()
            staged = StagedFile(staged=f"staged-{number}", sha256=digest, size=path.stat().st_size, tables=(raw,))
            by = By(who="ada", import_id=f"import-{number}")
            found.append(spec_of([(staged, planned)], ("append", SHOP.id) if number else SHOP, by))
    engine.close()
    return found


def log_of(imports: int) -> list[tuple[int, int]]:
    """Return the range of orders in the first file and in each file added."""
    return [(0, FIRST), *((FIRST + MORE * i, FIRST + MORE * (i + 1)) for i in range(imports - 1))]


class Checked:
    """A workspace and its state after each kill."""

    def __init__(self, folder: Path, specs: Sequence[dict[str, Any]]) -> None:
        self.folder = folder
        self._specs = specs
        self._seen: dict[str, str] = {}

    def check(self, done: Sequence[str] = ()) -> int:
        """Check that every version is complete and that the imports in `done` exist; return the number of versions."""
        workspace = Workspace(self.folder)
        made = {spec["import_id"]: workspace.find_import(spec["import_id"]) for spec in self._specs}
        there = [import_id for import_id, version in made.items() if version]
        versions = workspace.versions(SHOP.id)[::-1]
        assert set(done) <= set(there), (done, there)
        assert [version.version for version in versions] == list(range(1, len(there) + 1)), (versions, there)
        assert len(workspace.audit_trail()) == len(versions)
        for number, version in enumerate(versions):
            orders = FIRST + MORE * number
            report = version.report
            assert (report["rows_read"], report["rows_kept"], report["orders"]) == (orders, orders, orders), report
            assert len(version.sources) == len(version.files) == number + 1, version
            self._see(version.folder, report)
        assert {version.folder.name for version in versions} >= set(self._seen)
        workspace.catalog().dispose()
        return len(versions)

    def _see(self, folder: Path, report: dict[str, Any]) -> None:
        """Check that a version is complete and unchanged."""
        files = sorted(folder.iterdir())
        assert {path.name for path in files} == TABLES | {"quality.json"}, files
        contents = {path.name: path.read_bytes() for path in files}
        digest = sha256(b"".join(contents.values())).hexdigest()
        if self._seen.setdefault(folder.name, digest) != digest:
            message = f"{folder} was changed"
            raise AssertionError(message)
        found = json.loads(contents["quality.json"])
        assert {name: found[name] for name in report} == report
        rows = {name: pq.ParquetFile(folder / name).read(use_threads=False).num_rows for name in TABLES}
        assert (rows["rows.parquet"], rows["orders.parquet"]) == (report["rows_read"], report["orders"]), rows


def kill(folder: Path, specs: list[dict[str, Any]], times: int, chance: random.Random, *, fresh: bool) -> None:
    """Kill imports and check, one workspace after another."""
    marks: list[str] = []
    killed = versions = 0
    for number in count():
        checked, done = Checked(folder / f"workspace-{number}", specs), list[str]()
        while (waiting := specs[len(done) :]) and killed < times:
            some = waiting[: 1 if not done or chance.random() < ALONE else 2]
            while True:
                runs = [Run(checked.folder, spec, fresh=fresh) for spec in some]
                for run in runs:
                    marks = marks or chance.sample(list(SPANS), len(SPANS))
                    mark = marks.pop()
                    span = START_SECONDS if fresh and mark == "begin" else SPANS[mark]
                    killed += run.kill_after(mark, chance.uniform(0, span))
                checked.check(done)
                if killed >= times or chance.random() > AGAIN:
                    break
            assert [Run(checked.folder, spec, fresh=fresh).end() for spec in some] == [0] * len(some)
            done += [spec["import_id"] for spec in some]
            assert checked.check(done) == len(done)
        versions += len(done)
        if killed >= times:
            sys.stdout.write(f"{killed} {versions} {number + 1}\n")
            return


def race(folder: Path, specs: list[dict[str, Any]]) -> None:
    """Add files to one dataset from two processes at once, each one file after another."""
    first, *more = specs
    assert Run(folder / "workspace", first, fresh=False).end() == 0
    racers = []
    for mine in (more[::2], more[1::2]):
        racers.append(os.fork())
        if not racers[-1]:
            os._exit(sum(Run(folder / "workspace", spec, fresh=False).end() for spec in mine))
    assert [os.waitstatus_to_exitcode(os.waitpid(racer, 0)[1]) for racer in racers] == [0, 0]
    made = Checked(folder / "workspace", specs).check([spec["import_id"] for spec in specs])
    sys.stdout.write(f"{made}\n")


def main(folder: Path, times: int, seed: int, *, fresh: bool) -> None:
    """Write specs, then kill or race; for a race, the seed is the number of files per process."""
    reader = os.fork()  # the libraries that read have threads afterwards, and must not where one forks
    if not reader:
        log = log_of(LENGTH if times else 1 + 2 * seed)
        (folder / "specs.json").write_text(json.dumps(specs_in(folder, log)), encoding="utf-8")
        os._exit(0)
    assert os.waitpid(reader, 0)[1] == 0
    specs = json.loads((folder / "specs.json").read_text(encoding="utf-8"))
    if times:
        kill(folder, specs, times, random.Random(seed), fresh=fresh)  # noqa: S311  the same each time, as far as can be
    else:
        race(folder, specs)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), fresh="fresh" in sys.argv)
