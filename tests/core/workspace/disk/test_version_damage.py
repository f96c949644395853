"""Any code that meets a damaged or missing version file names it and the remedy."""

import json
import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core import jobs
from core.customers.order_filter import OrderFilter
from core.engine import Engine
from core.errors import NotFoundError
from core.explore.profile_job import ProfileJobSpec
from core.ingest.import_job import spec_of
from core.ingest.importing import import_files
from core.ingest.reading.any_format import read_raw
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.staged_files import read_staged, staged_folder
from core.ingest.unattended import planned_file
from core.settings import Settings
from core.workspace.backups.backup import write_backup
from core.workspace.backups.restore import restore_backup
from core.workspace.disk.version_damage import DamagedVersionError, damage_of, damage_told
from core.workspace.queue.job_records import FAILED
from core.workspace.records import By, NewDataset, Version
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey
from tests.conftest import NOW
from tests.core.workspace.made import ADA
from tests.logs import csv_text, plain_log

Damage = Callable[[Path], object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Create a workspace with two versions of a shop, once."""
    folder = tmp_path_factory.mktemp("made")
    workspace, engine = Workspace(folder / "workspace"), Engine(folders=[folder], memory_gb=1.0)
    target: NewDataset | Version = NewDataset(name="Shop", id="shop")
    for number in range(2):
        path = folder / f"orders-{number}.csv"
        path.write_text(csv_text(plain_log(20 * number + 20)[20 * number :]), encoding="utf-8")
        with engine.session() as connection:
            [raw] = read_raw(connection.con, SourceFile(name=path.name, path=path), folder, ReadOptions())
            planned = planned_file(connection, raw, {}, dates="ymd", timezone="UTC", now=NOW)
        target = import_files(workspace, engine, [planned], target, now=datetime.fromisoformat("2026-01-01"), by=ADA)
    engine.close()
    workspace.catalog().dispose()
    return folder / "workspace"


@pytest.fixture
def workspace(made: Path, tmp_path: Path) -> Workspace:
    """Return a copy of it."""
    shutil.copytree(made, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


def cut(path: Path) -> None:
    content = path.read_bytes()
    path.unlink()  # another version may have the same file
    path.write_bytes(content[: len(content) // 2])


def garble(path: Path) -> None:
    size = path.stat().st_size
    path.unlink()
    path.write_bytes(b"\x5a" * size)


def flip(path: Path) -> None:
    """Change the pages but not both ends, so that the file opens but can't be read."""
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[:4] + bytes(200) + content[204:])


def empty(path: Path) -> None:
    path.unlink()
    path.touch()


@pytest.mark.parametrize("damage", [cut, garble, flip, empty, Path.unlink])
@pytest.mark.parametrize("name", ["orders", "rows", "returns", "product_days"])
def test_damaged_table_is_named(workspace: Workspace, damage: Damage, name: str) -> None:
    version = workspace.version("shop", 2)
    assert damage_of(version) is None
    damage(version.folder / f"{name}.parquet")
    said = damage_of(version)
    assert said is not None
    assert said.startswith(f"Version 2 of the dataset “shop” is damaged: {name}.parquet ")
    assert "restore an earlier version, or delete this one and restore it from a backup" in said
    assert damage_of(workspace.version("shop", 1)) is None


@pytest.mark.parametrize(
    ("content", "what"),
    [(b"", "cannot be read"), (b"{", "cannot be read"), (b"\xff\xfe", "cannot be read"),
     (b"[]", "lacks required"),
     (b"{}", "lacks required"), (b"[" * 100_000, "cannot be read")],
)  # fmt: skip
def test_damaged_details_are_named(workspace: Workspace, content: bytes, what: str) -> None:
    version = workspace.version("shop", 2)
    (version.folder / "quality.json").unlink()
    assert "quality.json is missing" in str(damage_of(version))
    (version.folder / "quality.json").write_bytes(content)
    assert f"quality.json {what}" in str(damage_of(version))


def test_foreign_table_and_missing_folder_are_named(workspace: Workspace) -> None:
    version = workspace.version("shop", 2)
    pq.write_table(pa.table({"x": [1]}), version.folder / "new.parquet")
    (version.folder / "new.parquet").replace(version.folder / "orders.parquet")
    assert "orders.parquet lacks required columns" in str(damage_of(version))
    shutil.rmtree(version.folder)
    assert "its folder is missing" in str(damage_of(version))


def test_only_what_the_files_are_at_fault_for_is_told_so(workspace: Workspace) -> None:
    version = workspace.version("shop", 2)
    with pytest.raises(ZeroDivisionError), damage_told(workspace, version):
        raise ZeroDivisionError
    cut(version.folder / "orders.parquet")
    with pytest.raises(DamagedVersionError, match=r"orders\.parquet cannot be read"), damage_told(workspace, version):
        raise ZeroDivisionError
    workspace.delete_version("shop", 2, ADA)
    with pytest.raises(NotFoundError, match="was deleted"), damage_told(workspace, version):
        raise ZeroDivisionError


def run(workspace: Workspace, kind: str, spec: dict[str, object]) -> str:
    """Run a failing job and return its error."""
    settings = Settings(workspace=workspace.folder, query_memory_gb=1.0)
    job = jobs.submit(workspace, kind, spec, title="Work", who="ann")
    jobs.run_job(workspace, settings, job.id)
    ended = jobs.get(workspace, job.id)
    assert ended.state == FAILED
    return str(ended.error)


@pytest.mark.parametrize("damage", [cut, flip, Path.unlink])
def test_job_on_a_damaged_version_says_so(workspace: Workspace, damage: Damage) -> None:
    damage(workspace.version("shop", 2).folder / "rows.parquet")
    key = ResultKey(
        dataset_id="shop", version=2, generation=0, kind="profile", spec=ProfileJobSpec(chosen=OrderFilter()).to_json()
    )
    assert "Version 2 of the dataset “shop” is damaged: rows.parquet " in run(workspace, "profile", key.to_json())


@pytest.mark.parametrize(("name", "damage"), [("rows.parquet", flip), ("quality.json", Path.unlink)])
def test_append_to_a_damaged_version_says_so(workspace: Workspace, name: str, damage: Damage) -> None:
    damage(workspace.version("shop", 2).folder / name)
    staged_folder(workspace, "staged-1").mkdir()
    (staged_folder(workspace, "staged-1") / "original").write_text(csv_text(plain_log(60)[40:]))
    settings = Settings(workspace=workspace.folder, query_memory_gb=1.0)
    read = read_staged(workspace, settings, "staged-1", "orders.csv", ReadOptions())
    engine = Engine(folders=[workspace.folder], memory_gb=1.0)
    with engine.session() as connection:
        planned = planned_file(connection, read.tables[0], {}, dates="ymd", timezone="UTC", now=NOW)
    engine.close()
    spec = spec_of([(read, planned)], ("append", "shop"), By(who="ann", import_id="i" * 32))
    assert f"Version 2 of the dataset “shop” is damaged: {name} " in run(workspace, "import", spec)
    assert workspace.dataset("shop").latest == 2


def test_lost_version_can_be_brought_back(workspace: Workspace, tmp_path: Path) -> None:
    """The remedy in the message works for a lost folder, a lost file, and a damaged one."""
    write_backup(workspace, tmp_path / "b.zip")
    version = workspace.version("shop", 1)
    shutil.rmtree(version.folder)
    with pytest.raises(DamagedVersionError, match="its folder is missing"):
        workspace.restore("shop", 1, ADA)
    assert restore_backup(workspace, tmp_path / "b.zip", ADA).versions == 1
    (version.folder / "orders.parquet").unlink()
    assert restore_backup(workspace, tmp_path / "b.zip", ADA).versions == 1
    cut(version.folder / "orders.parquet")
    workspace.delete_version("shop", 1, ADA)
    assert restore_backup(workspace, tmp_path / "b.zip", ADA).versions == 1
    assert damage_of(workspace.version("shop", 1)) is None
    assert json.loads((version.folder / "quality.json").read_text())["rows_read"] > 0
