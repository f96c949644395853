"""Restoring adds what is missing, any number of times, and an invalid backup changes nothing."""

import hashlib
import json
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.errors import ConflictError, DiskFullError, InputError
from core.workspace import audit, catalog, folders
from core.workspace.backups import archive, backup, restore
from core.workspace.backups.archive_rows import Rows
from core.workspace.backups.backup import write_backup
from core.workspace.backups.restore import Recovered, restore_backup
from core.workspace.records import By, NewDataset, Version
from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, on_disk, rows

BEN = By(who="ben on the command line")


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a workspace with a deleted and a restored version, a renamed dataset, a model and a mapping.

    Its backup lies beside it.
    """
    folder = tmp_path_factory.mktemp("made") / "workspace"
    made = Workspace(folder)
    first = made.create(SHOP, rows("one", sums=("a1",)), By(who="ada", import_id="1" * 32))
    second = made.append(first, rows("two", "a.csv", "b.csv"), ADA)
    made.replace(second, rows("three"), ADA)
    made.restore(SHOP.id, 1, ADA)
    made.delete_version(SHOP.id, 2, ADA)
    made.rename(SHOP.id, "Größter Shop", ADA)
    made.create(NewDataset(name="Other", id="other"), rows("other"), ADA)
    now = catalog.now()
    model = {"dataset_id": SHOP.id, "model_version": 1, "fitted_on": 1, "as_of": now.date(), "model": {"k": 4}}
    with made.catalog().begin() as connection:
        connection.execute(sa.insert(catalog.segment_models).values({**model, "created_at": now}))
        rules = {"scores": {"levels": 3}, "rules": [["All", "**"]]}
        kept = {"dataset_id": SHOP.id, "name": "Größte zuerst", "map": rules, "who": "ada", "created_at": now}
        connection.execute(sa.insert(catalog.rfm_maps).values(kept))
        remembered = {"signature": "s", "choices": {"date": "Day"}, "file": "a.csv", "who": "ada", "at": now}
        connection.execute(sa.insert(catalog.remembered).values(remembered))
    write_backup(made, folder.parent / "backup.zip")
    made.catalog().dispose()
    return folder


@pytest.fixture
def workspace(made_once: Path, tmp_path: Path) -> Workspace:
    """Return a workspace of the test's own, made once."""
    shutil.copytree(made_once, tmp_path / "workspace")
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def file(made_once: Path, tmp_path: Path) -> Path:
    """Return a backup of it."""
    shutil.copyfile(made_once.parent / "backup.zip", tmp_path / "backup.zip")
    return tmp_path / "backup.zip"


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    """Return another, empty workspace."""
    return Workspace(tmp_path / "empty")


def state(workspace: Workspace, *, recovered: bool = True) -> dict[str, Any]:
    """Return all content of a workspace as comparable values."""
    found: dict[str, Any] = {}
    with workspace.catalog().connect() as connection:
        for table in archive.TABLES:
            found[table.name] = [
                {name: catalog.in_utc(v) if hasattr(v, "tzinfo") else v for name, v in row.items() if name != "id" or v}
                for row in connection.execute(sa.select(table).order_by(*table.primary_key)).mappings()
            ]
    found["audit"] = [
        {name: value for name, value in row.items() if name != "id"}
        for row in found["audit"]
        if recovered or row["action"] != "recover"
    ]
    return {**found, "files": on_disk(workspace)}


def test_backup_says_what_it_holds(workspace: Workspace, tmp_path: Path) -> None:
    shares: list[float] = []
    found = write_backup(workspace, tmp_path / "b.zip", lambda share, _: shares.append(share))
    assert found == backup.Backup(versions=4, datasets=2, left_out=())
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.zip", "workspace"]
    with zipfile.ZipFile(tmp_path / "b.zip") as packed:
        assert {entry.compress_type for entry in packed.infolist()} == {zipfile.ZIP_STORED}
        manifest = json.loads(packed.read("manifest.json"))
        assert (manifest["format"], manifest["schema"]) == (1, 5)
        assert sorted(manifest["files"]) == sorted(set(packed.namelist()) - {"manifest.json"})


def test_all_comes_back_in_an_empty_workspace(workspace: Workspace, empty: Workspace, file: Path) -> None:
    assert restore_backup(empty, file, BEN) == Recovered(versions=4, there=0)
    assert state(empty, recovered=False) == state(workspace)
    assert empty.datasets() == workspace.datasets()
    assert [(change.who, change.action) for change in empty.audit_trail(limit=4)] == [(BEN.who, "recover")] * 4
    fifth = empty.append(empty.version(SHOP.id, 4), rows("five"), ADA)
    assert fifth.version == 5


def test_restoring_twice_changes_nothing(empty: Workspace, file: Path) -> None:
    restore_backup(empty, file, BEN)
    before = state(empty)
    assert restore_backup(empty, file, BEN) == Recovered(versions=0, there=4)
    assert state(empty) == before


def test_restoring_where_it_was_made_changes_nothing(workspace: Workspace, file: Path) -> None:
    workspace.append(workspace.version(SHOP.id, 4), rows("five"), ADA)
    workspace.rename(SHOP.id, "Later name", ADA)
    before = state(workspace)
    assert restore_backup(workspace, file, BEN) == Recovered(versions=0, there=4)
    assert state(workspace) == before


def test_what_was_deleted_since_comes_back_under_its_id_and_number(workspace: Workspace, file: Path) -> None:
    before = state(workspace)
    workspace.delete_version(SHOP.id, 1, ADA)
    workspace.delete_dataset("other", ADA)
    assert restore_backup(workspace, file, BEN) == Recovered(versions=2, there=2)
    after = state(workspace, recovered=False)
    assert {**after, "audit": None} == {**before, "audit": None}
    assert len(after["audit"]) == len(before["audit"]) + 2
    assert workspace.version("other", 1).report == {"rows_read": 5}


def test_deleted_dataset_comes_back_with_its_models(workspace: Workspace, file: Path) -> None:
    before = state(workspace)
    workspace.delete_dataset(SHOP.id, ADA)
    restore_backup(workspace, file, BEN)
    after = state(workspace)
    assert (after["segment_models"], after["files"]) == (before["segment_models"], before["files"])
    assert workspace.dataset(SHOP.id).latest == 4


def test_map_of_scores_comes_back_and_one_edited_since_stays(workspace: Workspace, file: Path) -> None:
    before = state(workspace)["rfm_maps"]
    with workspace.catalog().begin() as connection:
        connection.execute(sa.update(catalog.rfm_maps).values(who="ben"))
    restore_backup(workspace, file, BEN)
    assert [row["who"] for row in state(workspace)["rfm_maps"]] == ["ben"]
    workspace.delete_dataset(SHOP.id, ADA)
    assert state(workspace)["rfm_maps"] == []
    restore_backup(workspace, file, BEN)
    assert state(workspace)["rfm_maps"] == before


def test_backup_from_before_there_were_maps_comes_back(empty: Workspace, file: Path, tmp_path: Path) -> None:
    older = tmp_path / "older.zip"
    with zipfile.ZipFile(file) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    manifest, held = json.loads(files["manifest.json"]), json.loads(files["catalog.json"])
    del held["rfm_maps"]
    manifest["schema"], files["catalog.json"] = 2, json.dumps(held).encode()
    manifest["files"]["catalog.json"] = {
        "sha256": hashlib.sha256(files["catalog.json"]).hexdigest(),
        "bytes": len(files["catalog.json"]),
    }
    files["manifest.json"] = json.dumps(manifest).encode()
    with zipfile.ZipFile(older, "w", zipfile.ZIP_STORED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name), content)
    assert restore_backup(empty, older, BEN) == Recovered(versions=4, there=0)
    assert state(empty)["rfm_maps"] == []


def test_version_whose_folder_was_lost_comes_back(workspace: Workspace, file: Path) -> None:
    before = state(workspace)
    shutil.rmtree(workspace.version(SHOP.id, 3).folder)
    assert restore_backup(workspace, file, BEN) == Recovered(versions=1, there=3)
    assert state(workspace, recovered=False) == before


def test_other_content_under_the_same_number_is_refused(empty: Workspace, file: Path) -> None:
    first = empty.create(SHOP, rows("one"), ADA)
    empty.append(first, rows("mine"), ADA)
    before = state(empty)
    with pytest.raises(InputError, match=rf"^In the workspace, version 1 of the dataset “{SHOP.id}” differs"):
        restore_backup(empty, file, BEN)
    assert state(empty) == before


def test_demo_shop_that_each_workspace_makes_is_no_conflict(tmp_path: Path, empty: Workspace) -> None:
    demo = NewDataset(name="Demo", id="demo", simulated=True)
    for workspace in (empty, other := Workspace(tmp_path / "other")):
        workspace.create(demo, rows("demo"), ADA)
    other.create(SHOP, rows("one"), ADA)
    write_backup(other, tmp_path / "b.zip")
    assert restore_backup(empty, tmp_path / "b.zip", BEN) == Recovered(versions=1, there=1)


def test_version_that_was_changed_on_disk_is_refused(workspace: Workspace, file: Path) -> None:
    (workspace.version(SHOP.id, 3).folder / "rows.parquet").write_text("changed")
    with pytest.raises(InputError, match="version 3 of the dataset"):
        restore_backup(workspace, file, BEN)


def test_other_segment_model_under_the_same_number_is_refused(workspace: Workspace, file: Path) -> None:
    workspace.delete_dataset("other", ADA)
    with workspace.catalog().begin() as connection:
        connection.execute(sa.update(catalog.segment_models).values(model={"k": 5}))
    before = state(workspace)
    with pytest.raises(InputError, match="segment model 1 of the dataset"):
        restore_backup(workspace, file, BEN)
    assert state(workspace) == before


@pytest.mark.parametrize("place", range(40))
def test_damaged_backup_is_refused(empty: Workspace, file: Path, place: int) -> None:
    """One changed byte is reported if it matters; otherwise everything is restored."""
    content = bytearray(file.read_bytes())
    at = random.Random(place).randrange(len(content))  # noqa: S311
    content[at] ^= 1 << (place % 8)
    file.write_bytes(content)
    told = ""
    try:
        restore_backup(empty, file, BEN)
    except InputError as error:
        told = str(error)
    if told:
        assert told.startswith(f"{file}: ")
        assert (empty.datasets(), empty.audit_trail(), on_disk(empty)) == ([], [], {})
    else:
        assert sorted(on_disk(empty).values()) == ["one", "one", "other", "three"]


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9, 0.999])
def test_truncated_backup_is_refused(empty: Workspace, file: Path, share: float) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(InputError, match="isn't a Clientele backup, or it is damaged or incomplete; nothing"):
        restore_backup(empty, file, BEN)
    assert on_disk(empty) == {}


Change = Callable[[dict[str, bytes]], None]


def renamed(files: dict[str, bytes], name: str) -> None:
    """Rename the first file, also in the manifest."""
    old = next(iter(files))
    files[name] = files.pop(old)
    files["manifest.json"] = files["manifest.json"].replace(json.dumps(old).encode(), json.dumps(name).encode())


def said(files: dict[str, bytes], what: str, value: object) -> None:
    files["manifest.json"] = json.dumps({**json.loads(files["manifest.json"]), what: value}).encode()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda files: said(files, "format", 2), "a newer Clientele made this backup; nothing was changed"),
        (lambda files: said(files, "schema", 6), "a newer Clientele made this backup; nothing was changed"),
        (lambda files: said(files, "format", "x"), "a Clientele backup"),
        (lambda files: said(files, "files", {}), "a Clientele backup"),
        (lambda files: files.pop("manifest.json"), "a Clientele backup"),
        (lambda files: files.pop("catalog.json"), "a Clientele backup"),
        (
            lambda files: files.update({name: b"XX" for name in files if name.endswith("quality.json")}),
            "a Clientele backup",
        ),
        (lambda files: files.update({"more.txt": b"x"}), "a Clientele backup"),
        (lambda files: files.update({"catalog.json": files["catalog.json"] + b" "}), "a Clientele backup"),
        (lambda files: files.update({"manifest.json": b"[" * 100_000}), "a Clientele backup"),
        (lambda files: renamed(files, "../evil"), "a Clientele backup"),
        (lambda files: renamed(files, "versions/../../evil"), "a Clientele backup"),
        (lambda files: renamed(files, "versions/x/../../../evil"), "a Clientele backup"),
        (lambda files: renamed(files, "/tmp/evil"), "a Clientele backup"),  # noqa: S108
        (lambda files: renamed(files, "versions/x/a\\..\\..\\evil"), "a Clientele backup"),
        (lambda files: renamed(files, "versions/x/.."), "a Clientele backup"),
    ],
)
def test_foreign_backups_are_refused(empty: Workspace, file: Path, change: Change, sentence: str) -> None:
    with zipfile.ZipFile(file) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    change(files)
    with zipfile.ZipFile(file, "w") as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    around = set(file.parent.rglob("*"))
    with pytest.raises(InputError, match=sentence):
        restore_backup(empty, file, BEN)
    assert set(file.parent.rglob("*")) == around
    assert empty.datasets() == []


def test_packed_or_foreign_zip_and_other_files_are_refused(empty: Workspace, file: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(file) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    (tmp_path / "text.zip").write_text("text")
    for other in (file, tmp_path / "text.zip"):
        with pytest.raises(InputError, match="a Clientele backup"):
            restore_backup(empty, other, BEN)
    for other in (tmp_path / "nothing.zip", tmp_path):
        with pytest.raises(InputError, match="file not found"):
            restore_backup(empty, other, BEN)


def test_version_deleted_meanwhile_is_left_out_and_told(
    workspace: Workspace, empty: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = backup._rows  # noqa: SLF001

    def then_deleted(opened: Workspace) -> Rows:
        found = read(opened)
        opened.delete_version(SHOP.id, 3, ADA)
        opened.delete_dataset("other", ADA)
        return found

    monkeypatch.setattr(backup, "_rows", then_deleted)
    found = write_backup(workspace, tmp_path / "b.zip")
    assert (found.versions, found.datasets) == (2, 1)
    assert found.left_out == ("version 1 of the dataset “other”", "version 3 of the dataset “shop”")
    assert restore_backup(empty, tmp_path / "b.zip", BEN) == Recovered(versions=2, there=0)
    assert [version.version for version in empty.versions(SHOP.id) if not version.deleted_at] == [4, 1]
    assert [dataset.id for dataset in empty.datasets()] == [SHOP.id]


def test_backup_that_cannot_be_written_is_told(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere/b\.zip: the backup can't be written \(No such file or directory\)"):
        write_backup(workspace, tmp_path / "nowhere" / "b.zip")


def test_backup_that_fails_leaves_the_one_before(
    workspace: Workspace, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = file.read_bytes()
    monkeypatch.setattr(archive.ArchiveWriter, "finish", stop)
    with pytest.raises(KeyboardInterrupt):
        write_backup(workspace, file)
    assert file.read_bytes() == before
    assert sorted(path.name for path in file.parent.iterdir()) == ["backup.zip", "workspace"]


def test_restore_that_is_stopped_leaves_nothing_and_can_be_repeated(
    empty: Workspace, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(audit, "record", stop)
        with pytest.raises(KeyboardInterrupt):
            restore_backup(empty, file, BEN)
    assert (empty.datasets(), on_disk(empty)) == ([], {})
    with zipfile.ZipFile(file) as packed:  # killed between the move and the commit: the folder is there already
        orphan = empty.folder / Path(packed.namelist()[0]).parent
    orphan.mkdir()
    (orphan / "rows.parquet").write_text("half")
    assert restore_backup(empty, file, BEN).versions == 4


def test_change_by_somebody_else_during_a_restore_is_told(
    empty: Workspace, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extract = restore._extract  # noqa: SLF001

    def slow(*arguments: Any) -> None:
        extract(*arguments)
        monkeypatch.undo()
        restore_backup(Workspace(empty.folder), file, ADA)

    monkeypatch.setattr(restore, "_extract", slow)
    with pytest.raises(ConflictError, match=r"nothing was changed\. Try again"):
        restore_backup(empty, file, BEN)
    assert restore_backup(empty, file, BEN) == Recovered(versions=0, there=4)
    assert len(on_disk(empty)) == 4


def test_full_disk_during_a_restore_changes_nothing(
    empty: Workspace, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_folder: Path) -> None:
        Path("/dev/full").write_text("x")

    with monkeypatch.context() as patch:
        patch.setattr(folders, "sync", full)
        with pytest.raises(DiskFullError, match="nothing was changed"):
            restore_backup(empty, file, BEN)
    assert (empty.datasets(), on_disk(empty)) == ([], {})


def test_version_brought_back_while_its_files_are_deleted_stays(
    workspace: Workspace, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restored between the commit of the deletion and the removal of the files."""
    discard = Workspace._discard  # noqa: SLF001

    def late(self: Workspace, doomed: list[Version]) -> None:
        restore_backup(Workspace(workspace.folder), file, BEN)
        discard(self, doomed)

    monkeypatch.setattr(Workspace, "_discard", late)
    workspace.delete_version(SHOP.id, 3, ADA)
    assert (workspace.version(SHOP.id, 3).folder / "rows.parquet").read_text() == "three"


def test_backup_of_a_catalog_on_postgresql(
    workspace: Workspace, empty: Workspace, file: Path, tmp_path: Path, postgres_url: str
) -> None:
    served = Workspace(tmp_path / "served", postgres_url)
    assert restore_backup(served, file, BEN).versions == 4
    assert restore_backup(served, file, BEN).versions == 0
    assert served.datasets() == workspace.datasets()
    write_backup(served, tmp_path / "second.zip")
    restore_backup(empty, tmp_path / "second.zip", BEN)
    assert state(empty, recovered=False) == state(workspace)
    served.catalog().dispose()
