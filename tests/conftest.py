"""Fixtures shared by several test folders."""

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from ibis.backends.duckdb import Backend

from core.engine import Engine
from core.ingest import version_apart
from core.ingest.apart import child_process, sandbox
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.pipeline import Earlier, PlannedFile, write_version
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging import reading_apart
from core.ingest.unattended import planned_file
from tests.logs import Ingest, Ingested, write_small_log
from tests.postgres import Postgres, binaries, running

PROJECT = Path(__file__).parents[1]
NOW = datetime.fromisoformat("2026-01-01 12:00")
"""A wall time after every date in the logs, so that no order lies in the future."""

gc.set_threshold(50_000, 20, 100)  # Ibis makes many small objects that live long: a seventh of the time

# On small data threads of K-Means wait for each other longer than they work; beside other programs, for minutes.
os.environ.setdefault("OMP_NUM_THREADS", "1")

hypothesis.settings.register_profile(
    "clientele",
    deadline=None,  # the first query of a session takes longer than the others
    derandomize=True,  # the same examples on every machine
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture, hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("clientele")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run files with slow tests first, so that no process is left with one at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)


@pytest.fixture(autouse=True)
def same_main_program() -> Iterator[None]:
    """Keep the main program: a page in process takes its place, and processes that start later would run the page."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture
def number_of_examples(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have a property tried with another number of examples; see `tests.strategies.examples`."""
    test = request.function
    before = test._hypothesis_internal_use_settings  # noqa: SLF001  Hypothesis has no other way to change it
    test._hypothesis_internal_use_settings = hypothesis.settings(before, max_examples=request.param)  # noqa: SLF001
    yield
    test._hypothesis_internal_use_settings = before  # noqa: SLF001


@pytest.fixture(scope="module")
def warm_children() -> Iterator[None]:
    """Keep the processes that read files for the next test of a module: starting one takes seconds."""

    def run_warm(*told: Any, **more: Any) -> Any:
        return sandbox.run_apart(*told, **{**more, "warm": True})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(child_process, "_MOST_IDLE", 4)
        for module in (reading_apart, version_apart):
            patch.setattr(module, "run_apart", run_warm)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data, or skip the test."""
    folder = PROJECT.parent / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("The folder `shared` with the real order logs is not beside the project.")
    return folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a PostgreSQL server, or skip the test."""
    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL's initdb is not installed (Debian: apt-get install postgresql).")
    with running(programs) as server:
        yield server


@pytest.fixture
def engine(tmp_path: Path, small: Ingested) -> Iterator[Engine]:
    """Return an engine that can only read the test's folder and the small log's."""
    opened = Engine(folders=[tmp_path, small.folder], memory_gb=1.0, threads=2)
    yield opened
    opened.close()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Backend]:
    """Return an Ibis connection to `engine`."""
    with engine.session() as opened:
        yield opened


@pytest.fixture
def small_log(tmp_path: Path) -> Path:
    """Write the small log, whose figures are computed by hand in `tests.logs`."""
    return write_small_log(tmp_path / "small.csv")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ingested]:
    """Return a version of the small log."""
    folder = tmp_path_factory.mktemp("small")
    opened = Engine(folders=[folder])
    with opened.session() as connection:
        yield ingest_files(connection, folder, (write_small_log(folder / "small.csv"),))
    opened.close()


@pytest.fixture
def ingest(connection: Backend, tmp_path: Path) -> Ingest:
    """Return a function that reads files as the command line does and writes a version."""

    def run(*files: Path, earlier: Earlier | None = None, **said: object) -> Ingested:
        return ingest_files(connection, tmp_path, files, earlier=earlier, **said)

    return run


@pytest.fixture(scope="session")
def real(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator["RealLogs"]:
    """Read both real logs once; versions are written on demand."""
    folder = tmp_path_factory.mktemp("real")
    files = {
        "2010-2011": shared / "data" / "online_retail.csv.gz",
        "2009-2010": shared / "data" / "online_retail_2009_2010.csv.gz",
    }
    opened = Engine(folders=[folder], files=files.values())
    with opened.session() as connection:
        yield RealLogs(connection, folder, files)
    opened.close()
    shutil.rmtree(folder)


class RealLogs:
    """Two years of a real gift shop, each read once, and their versions."""

    def __init__(self, connection: Backend, folder: Path, files: dict[str, Path]) -> None:
        self.connection = connection
        self._folder = folder
        self._files = files
        self._planned: dict[str, PlannedFile] = {}
        self._versions: dict[tuple[str, ...], Ingested] = {}

    def version(self, *names: str) -> Ingested:
        """Return a version of these files, uploaded together in this order."""
        if names not in self._versions:
            self._versions[names] = self._write([self.planned(name) for name in names], "-then-".join(names))
        return self._versions[names]

    def appended(self, first: str, second: str) -> Ingested:
        """Return the version made by appending the second file to a version of the first."""
        base = self.version(first)
        earlier = Earlier(folder=base.folder, names=(first,), rejected=0)
        return self._write([self.planned(second)], f"{first}-and-{second}", earlier)

    def planned(self, name: str) -> PlannedFile:
        """Read a file once."""
        if name not in self._planned:
            source = SourceFile(name=self._files[name].name, path=self._files[name])
            [raw] = read_raw(self.connection.con, source, self._folder, ReadOptions())
            self._planned[name] = planned_file(self.connection, raw, {}, dates=None, timezone="Europe/London")
        return self._planned[name]

    def _write(self, planned: list[PlannedFile], name: str, earlier: Earlier | None = None) -> Ingested:
        folder = self._folder / name
        folder.mkdir()
        report = write_version(self.connection, planned, folder, now=NOW, earlier=earlier)
        return Ingested(folder=folder, report=report, plans=tuple(file.plan for file in planned))


def ingest_files(
    connection: Backend,
    scratch: Path,
    files: tuple[Path, ...],
    *,
    earlier: Earlier | None = None,
    **said: object,
) -> Ingested:
    """Read files and write a version to a new folder below `scratch`.

    `said` holds the user's choices. By default dates have the year first, since detecting their order is slow.
    """
    known = {"options": ReadOptions(), "overrides": {}, "dates": "ymd", "timezone": "UTC", **said}
    options, overrides = known.pop("options"), known.pop("overrides")
    planned = []
    for path in files:
        source = SourceFile(name=path.name, path=path)
        for raw in read_raw(connection.con, source, scratch, options):  # type: ignore[arg-type]
            planned.append(planned_file(connection, raw, overrides, now=NOW, **known))  # type: ignore[arg-type]  # noqa: PERF401
    folder = scratch / f"version-{len(list(scratch.iterdir()))}"
    folder.mkdir()
    report = write_version(connection, planned, folder, now=NOW, earlier=earlier)
    plans: tuple[ReadPlan, ...] = tuple(file.plan for file in planned)
    return Ingested(folder=folder, report=report, plans=plans)
