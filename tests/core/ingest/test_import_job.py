"""Staged files become versions exactly once, however often the job is retried."""

import json
import os
import time
from pathlib import Path
from typing import Any

import pytest

from core.engine import Engine
from core.errors import CancelledError, InputError, NotFoundError
from core.ingest import import_job
from core.ingest.import_job import Target, spec_of
from core.ingest.report.version_details import read_rejects
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.staged_files import (
    KEPT_SECONDS,
    StagedFile,
    clear_old,
    read_before,
    read_staged,
    staged_folder,
)
from core.ingest.unattended import planned_file
from core.ingest.version_apart import write_version_apart
from core.settings import Settings
from core.workspace import saved_mappings
from core.workspace.records import By, NewDataset
from core.workspace.store import Workspace
from tests.conftest import NOW
from tests.core.ingest.here import work_here
from tests.core.workspace.made import age
from tests.logs import SMALL_REPORT, csv_text, plain_log, write_small_log

NEW = NewDataset(name="Gift shop", id="gifts")
LOG = csv_text(plain_log())


class Shop:
    """A workspace, and the upload page's handling of a file."""

    def __init__(self, folder: Path) -> None:
        self.workspace = Workspace(folder)
        self.settings = Settings(workspace=folder, query_memory_gb=1.0)

    def stage(self, content: str, staged: str = "staged-1") -> str:
        """Put a file into the staging area."""
        folder = staged_folder(self.workspace, staged)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "original").write_text(content)
        return staged

    def spec(self, content: str, target: Target, import_id: str, **said: Any) -> dict[str, Any]:
        """Stage, read and plan a file like the page, and return the spec of its import."""
        staged = self.stage(content, f"staged-{import_id}")
        read = read_staged(self.workspace, self.settings, staged, "orders.csv", ReadOptions())
        engine = Engine(folders=[self.workspace.folder], memory_gb=1.0)
        with engine.session() as connection:
            planned = planned_file(connection, read.tables[0], {}, dates="ymd", timezone="UTC", now=NOW)
        engine.close()
        return spec_of([(read, planned)], target, By(who="ann", import_id=import_id), **said)

    def run(self, spec: dict[str, Any], progress: Any = lambda _share, _what: None) -> dict[str, Any]:
        """Run the job."""
        return import_job.run(self.workspace, self.settings, spec, progress)


@pytest.fixture
def apart(tmp_path: Path) -> Shop:
    """Give a shop without datasets, whose files are read and written in processes of their own, as the program does."""
    return Shop(tmp_path / "workspace")


@pytest.fixture
def shop(apart: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """Give a shop without datasets that does everything in this process."""
    work_here(monkeypatch)
    return apart


def test_a_file_becomes_a_dataset(apart: Shop, tmp_path: Path) -> None:
    content = write_small_log(tmp_path / "small.csv").read_text()
    assert apart.run(apart.spec(content, NEW, "import-1")) == {"dataset_id": "gifts", "version": 1, "unchanged": False}
    version = apart.workspace.version("gifts", 1)
    assert version.report == SMALL_REPORT
    assert (version.files, version.action, version.who) == (("orders.csv",), "create", "ann")
    assert [(source["name"], source["bytes"]) for source in version.sources] == [("orders.csv", len(content))]
    assert len(version.sources[0]["sha256"]) == 64
    assert read_rejects(version.folder).num_rows == 1
    assert not staged_folder(apart.workspace, "staged-import-1").exists()
    assert list((apart.workspace.folder / "unfinished").iterdir()) == []


def test_the_same_import_again_changes_nothing(shop: Shop) -> None:
    spec = shop.spec(LOG, NEW, "import-1")
    assert shop.run(spec) == shop.run(spec)
    assert [version.version for version in shop.workspace.versions("gifts")] == [1]


def test_the_same_file_again_changes_nothing(shop: Shop) -> None:
    shop.run(shop.spec(LOG, NEW, "import-1"))
    found = shop.run(shop.spec(LOG, ("append", "gifts"), "import-2"))
    assert found == {"dataset_id": "gifts", "version": 1, "unchanged": True}
    assert shop.run(shop.spec(LOG, ("replace", "gifts"), "import-3"))["unchanged"]
    assert [version.version for version in shop.workspace.versions("gifts")] == [1]


def test_append_and_replace(shop: Shop) -> None:
    more = csv_text(plain_log(14)[10:])
    shop.run(shop.spec(LOG, NEW, "import-1"))
    assert shop.run(shop.spec(more, ("append", "gifts"), "import-2"))["version"] == 2
    second = shop.workspace.version("gifts", 2)
    assert (second.report["rows_read"], second.report["removed"]["duplicate"], second.report["orders"]) == (16, 2, 14)
    assert [source["rows"] for source in second.sources] == [12, 4]
    assert shop.run(shop.spec(more, ("replace", "gifts"), "import-3"))["version"] == 3
    third = shop.workspace.version("gifts", 3)
    assert (third.report["orders"], third.files, third.action, third.base) == (4, ("orders.csv",), "replace", 2)
    assert shop.workspace.version("gifts", 2).report == second.report


def test_an_append_builds_on_what_others_made_meanwhile(shop: Shop) -> None:
    shop.run(shop.spec(LOG, NEW, "import-1"))
    specs = [shop.spec(csv_text(plain_log(14 + i)[12 + i :]), ("append", "gifts"), f"import-{2 + i}") for i in range(2)]
    assert [shop.run(spec)["version"] for spec in specs] == [2, 3]
    assert shop.workspace.version("gifts", 3).report["orders"] == 15


@pytest.mark.parametrize(
    ("action", "when"),
    [
        ("append", "reading"),
        ("replace", "committing"),
        pytest.param("append", "committing", marks=pytest.mark.long),
        pytest.param("replace", "reading", marks=pytest.mark.long),
    ],
)
def test_a_dataset_deleted_meanwhile_ends_the_import_in_words(
    shop: Shop, action: Any, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(shop.spec(LOG, NEW, "import-1"))
    spec = shop.spec(csv_text(plain_log(14)[12:]), (action, "gifts"), "import-2")

    def write(*_: object, **__: object) -> dict[str, Any]:
        shop.workspace.delete_dataset("gifts", By(who="ben"))
        if when == "reading":
            message = "No files found that match the pattern"
            raise OSError(message)
        return {}

    monkeypatch.setattr(import_job, "write_version_apart", write)
    with pytest.raises(
        NotFoundError, match=r"The dataset “Gift shop” was deleted during this import, so nothing was imported"
    ):
        shop.run(spec)
    assert shop.workspace.datasets() == []
    assert list((shop.workspace.folder / "unfinished").iterdir()) == []


def test_a_version_deleted_while_an_append_reads_it_is_not_built_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.run(shop.spec(LOG, NEW, "import-1"))
    shop.run(shop.spec(csv_text(plain_log(14)[12:]), ("append", "gifts"), "import-2"))
    spec = shop.spec(csv_text(plain_log(15)[14:]), ("append", "gifts"), "import-3")
    tries = []

    def write(*given: Any, **more: Any) -> dict[str, Any]:
        tries.append(given)
        if len(tries) == 1:
            shop.workspace.delete_version("gifts", 2, By(who="ben"))
            message = "No files found that match the pattern"
            raise OSError(message)
        return write_version_apart(*given, **more)

    monkeypatch.setattr(import_job, "write_version_apart", write)
    assert shop.run(spec)["version"] == 3
    assert shop.workspace.version("gifts", 3).base == 1


def test_a_name_that_leads_elsewhere_is_refused_before_anything_is_done(shop: Shop) -> None:
    spec = shop.spec(LOG, NEW, "import-1")
    spec["files"][0]["staged"] = "../versions"
    with pytest.raises(InputError, match="valid name in the staging area"):
        shop.run(spec)
    assert shop.workspace.datasets() == []


def test_what_was_read_before_must_lie_beside_its_file(shop: Shop, tmp_path: Path) -> None:
    shop.spec(LOG, NEW, "import-1")
    [result] = staged_folder(shop.workspace, "staged-import-1").glob("*/tables.json")
    found = json.loads(result.read_text())
    found["tables"][0]["path"] = str(tmp_path / "others.parquet")
    result.write_text(json.dumps(found))
    with pytest.raises(InputError, match="isn't in the folder"):
        read_before(shop.workspace, "staged-import-1", ReadOptions())


def test_cancelling_leaves_everything_as_it_was(apart: Shop) -> None:
    spec = apart.spec(LOG, NEW, "import-1")

    def stop(share: float, _what: str) -> None:
        if share > 0:
            raise CancelledError

    with pytest.raises(CancelledError):
        apart.run(spec, stop)
    assert apart.workspace.datasets() == []
    assert list((apart.workspace.folder / "unfinished").iterdir()) == []
    assert apart.run(spec)["version"] == 1  # the staged file is still there


def test_a_file_of_which_nothing_counts_is_refused(apart: Shop) -> None:
    spec = apart.spec(LOG.replace("2.50", "0.00"), NEW, "import-1")
    with pytest.raises(InputError, match=r"^orders\.csv: none of the 12 rows count: 12 non positive price"):
        apart.run(spec)
    assert apart.workspace.datasets() == []


def test_reading_twice_reads_once(apart: Shop) -> None:
    staged = apart.stage(LOG)
    first = read_staged(apart.workspace, apart.settings, staged, "orders.csv", ReadOptions())
    (staged_folder(apart.workspace, staged) / "original").unlink()
    assert read_staged(apart.workspace, apart.settings, staged, "orders.csv", ReadOptions()) == first
    assert read_before(apart.workspace, staged, ReadOptions(delimiter=";")) is None
    with pytest.raises(InputError, match=r"^orders\.csv is no longer in the staging area. Upload it again\.$"):
        read_staged(apart.workspace, apart.settings, staged, "orders.csv", ReadOptions(delimiter=";"))


@pytest.mark.parametrize("name", ["../../etc", "a", "x" * 65, "staged/1", ""])
def test_names_in_the_staging_area_have_a_form(shop: Shop, name: str) -> None:
    with pytest.raises(InputError, match="valid name in the staging area"):
        staged_folder(shop.workspace, name)


def test_old_files_are_deleted_unless_a_job_needs_them(shop: Shop) -> None:
    long_ago = time.time() - KEPT_SECONDS - 60
    for name in ("staged-old", "staged-needed", "staged-new"):
        shop.stage(LOG, name)
        if name != "staged-new":
            os.utime(staged_folder(shop.workspace, name), (long_ago, long_ago))
    clear_old(shop.workspace, {"staged-needed"})
    assert sorted(path.name for path in (shop.workspace.folder / "uploads").iterdir()) == [
        "staged-needed",
        "staged-new",
    ]


def test_what_killed_readers_and_writers_left_is_deleted_when_it_is_old(shop: Shop) -> None:
    spill = shop.workspace.folder / "unfinished" / "0123-spill"
    staged = staged_folder(shop.workspace, shop.stage(LOG))
    old, fresh = staged / "reading-old", staged / "reading-fresh"
    for folder in (spill, old, fresh):
        folder.mkdir()
        (folder / "part").write_text("left over")
    Workspace(shop.workspace.folder)
    assert spill.exists()  # its process may still be at work
    for folder in (spill, old):
        age(folder)
    read_staged(shop.workspace, shop.settings, "staged-1", "orders.csv", ReadOptions())
    assert (old.exists(), fresh.exists()) == (False, True)
    Workspace(shop.workspace.folder)
    assert list((shop.workspace.folder / "unfinished").iterdir()) == []


def test_who_reads_a_file_a_moment_later_leaves_what_was_read(shop: Shop) -> None:
    staged, found = shop.stage(LOG), list[StagedFile]()

    def overtake(_share: float, _what: str) -> None:
        if not found:
            found.append(read_staged(shop.workspace, shop.settings, staged, "orders.csv", ReadOptions()))

    assert read_staged(shop.workspace, shop.settings, staged, "orders.csv", ReadOptions(), overtake) == found[0]
    assert found[0].tables[0].path.exists()


def test_choices_are_remembered_by_the_headers(shop: Shop) -> None:
    columns = ["Kunde", "Datum", "Betrag"]
    assert saved_mappings.recall(shop.workspace, columns) is None
    choices = {"mapping": {"customer": "Kunde"}, "dates": "dmy"}
    entry = {"columns": columns, "choices": choices, "file": "orders.csv"}
    shop.run(shop.spec(LOG, NEW, "import-1", remember=[entry]))
    found = saved_mappings.recall(shop.workspace, columns)
    assert found is not None
    assert (found.choices, found.file, found.who) == (choices, "orders.csv", "ann")
    assert saved_mappings.recall(shop.workspace, columns[::-1]) is None
    saved_mappings.remember(shop.workspace, columns, {}, file="b.csv", who="bo")
    again = saved_mappings.recall(shop.workspace, columns)
    assert again is not None and again.who == "bo"  # noqa: PT018  one thing
    saved_mappings.forget(shop.workspace, columns)
    assert saved_mappings.recall(shop.workspace, columns) is None
