"""Changes of versions are complete, recorded in the audit trail, and never reuse a number."""

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.errors import ConflictError, DiskFullError, InputError, NotFoundError
from core.workspace import audit, catalog, folders
from core.workspace.records import By, Version, Writer, Written
from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, age, never, on_disk, rows

BEN = By(who="ben@shop.example")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return an empty workspace."""
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def first(workspace: Workspace) -> Version:
    """Return the first version of a dataset."""
    return workspace.create(SHOP, rows("one", sums=("a1", "b2")), ADA)


def history(workspace: Workspace) -> list[tuple[str, str, int | None]]:
    """Return author, action and version of all changes, oldest first."""
    return [(change.who, change.action, change.version) for change in reversed(workspace.audit_trail())]


def test_replace_makes_the_next_version_without_the_rows_before(workspace: Workspace, first: Version) -> None:
    second = workspace.replace(first, rows("two"), BEN)
    assert (second.version, second.action, second.who, second.base) == (2, "replace", "ben@shop.example", 1)
    assert workspace.dataset(first.dataset_id).latest == 2
    assert (first.folder / "rows.parquet").read_text() == "one"


def test_restore_makes_a_version_of_the_files_of_an_earlier_one(workspace: Workspace, first: Version) -> None:
    second = workspace.replace(first, rows("two", "b.csv"), ADA)
    third = workspace.restore(first.dataset_id, 1, BEN)
    assert (third.version, third.action, third.who, third.base) == (3, "restore", "ben@shop.example", 1)
    assert (third.files, third.report, third.sources) == (first.files, first.report, first.sources)
    assert on_disk(workspace) == {first.folder.name: "one", second.folder.name: "two", third.folder.name: "one"}
    assert (first.folder / "rows.parquet").samefile(third.folder / "rows.parquet")
    workspace.delete_version(first.dataset_id, 1, ADA)
    assert (third.folder / "rows.parquet").read_text() == "one"


def test_restore_copies_where_the_disk_has_no_links(
    workspace: Workspace, first: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    workspace.replace(first, rows("two"), ADA)
    monkeypatch.setattr(Path, "hardlink_to", refuse)
    third = workspace.restore(first.dataset_id, 1, ADA)
    assert (third.folder / "rows.parquet").read_text() == "one"
    assert not (first.folder / "rows.parquet").samefile(third.folder / "rows.parquet")


def test_the_newest_version_cannot_be_restored_nor_one_that_is_gone(workspace: Workspace, first: Version) -> None:
    with pytest.raises(InputError, match=r"^Version 1 is already the newest; restore an earlier one\.$"):
        workspace.restore(first.dataset_id, 1, ADA)
    workspace.append(first, rows("two"), ADA)
    workspace.delete_version(first.dataset_id, 1, ADA)
    with pytest.raises(NotFoundError, match=r"^Version 1 of the dataset “.*” was deleted; open the newest one\.$"):
        workspace.restore(first.dataset_id, 1, ADA)


def test_deleted_version_is_listed_as_such_and_its_number_is_never_used_again(
    workspace: Workspace, first: Version
) -> None:
    second = workspace.append(first, rows("two"), ADA)
    workspace.delete_version(first.dataset_id, 2, BEN)
    assert workspace.dataset(first.dataset_id).latest == 1
    assert on_disk(workspace) == {first.folder.name: "one"}
    third = workspace.append(first, rows("three"), ADA)
    assert (third.version, third.base) == (3, 1)
    listed = workspace.versions(first.dataset_id)
    assert [(version.version, version.deleted_at is not None) for version in listed] == [
        (3, False),
        (2, True),
        (1, False),
    ]
    assert [version.size() for version in listed] == [7, 0, 5]  # the text and {}
    with pytest.raises(ConflictError, match=r"^Someone else changed this dataset at the same time"):
        workspace.append(second, rows("to what is gone"), ADA)


def test_last_version_left_cannot_be_deleted(workspace: Workspace, first: Version) -> None:
    with pytest.raises(InputError, match=r"^Version 1 is the only version of its dataset; delete the dataset"):
        workspace.delete_version(first.dataset_id, 1, ADA)
    assert on_disk(workspace) == {first.folder.name: "one"}


def test_deleted_dataset_is_gone_with_its_files_and_models_and_its_id_stays_taken(
    workspace: Workspace, first: Version
) -> None:
    workspace.append(first, rows("two"), ADA)
    model = {"dataset_id": first.dataset_id, "model_version": 1, "fitted_on": 1, "model": {}}
    model |= {"as_of": catalog.now().date(), "created_at": catalog.now()}
    with workspace.catalog().begin() as connection:
        connection.execute(sa.insert(catalog.segment_models).values(model))
    workspace.delete_dataset(first.dataset_id, BEN)
    assert workspace.datasets() == []
    assert on_disk(workspace) == {}
    with workspace.catalog().connect() as connection:
        assert connection.execute(sa.select(catalog.segment_models)).all() == []
    with pytest.raises(NotFoundError):
        workspace.dataset(first.dataset_id)
    with pytest.raises(ConflictError):
        workspace.create(SHOP, rows("again"), ADA)
    with pytest.raises(ConflictError):
        workspace.append(first, rows("more"), ADA)
    with pytest.raises(NotFoundError):
        workspace.delete_dataset(first.dataset_id, ADA)
    assert history(workspace)[-1] == ("ben@shop.example", "delete_dataset", None)


def test_models_of_a_deleted_version_stay(workspace: Workspace, first: Version) -> None:
    model = {"dataset_id": first.dataset_id, "model_version": 1, "fitted_on": 1, "model": {}}
    model |= {"as_of": catalog.now().date(), "created_at": catalog.now()}
    with workspace.catalog().begin() as connection:
        connection.execute(sa.insert(catalog.segment_models).values(model))
    workspace.append(first, rows("two"), ADA)
    workspace.delete_version(first.dataset_id, 1, ADA)
    with workspace.catalog().connect() as connection:
        assert connection.scalars(sa.select(catalog.segment_models.c.fitted_on)).all() == [1]


def test_rename(workspace: Workspace, first: Version) -> None:
    assert workspace.rename(first.dataset_id, "  Flower shop ", BEN).name == "Flower shop"
    workspace.rename(first.dataset_id, "Flower shop", BEN)  # nothing changes, and nothing is told
    [change, _] = workspace.audit_trail(first.dataset_id)
    assert change.details == {"before": "Gift shop", "after": "Flower shop"}
    with pytest.raises(InputError, match=r"^A dataset's name must have 1 to 80 characters, got 0\.$"):
        workspace.rename(first.dataset_id, " ", BEN)
    with pytest.raises(NotFoundError):
        workspace.rename("nothing", "Name", BEN)


def test_audit_trail_tells_each_step(workspace: Workspace, first: Version) -> None:
    second = workspace.append(first, rows("two"), BEN)
    workspace.replace(second, rows("three"), ADA)
    workspace.restore(first.dataset_id, 2, BEN)
    workspace.rename(first.dataset_id, "New name", ADA)
    workspace.delete_version(first.dataset_id, 1, BEN)
    with pytest.raises(ConflictError):
        workspace.append(first, rows("late"), BEN)
    ada, ben = ADA.who, BEN.who
    assert history(workspace) == [
        (ada, "create", 1),
        (ben, "append", 2),
        (ada, "replace", 3),
        (ben, "restore", 4),
        (ada, "rename", None),
        (ben, "delete_version", 1),
    ]
    assert workspace.audit_trail("another") == []
    assert [change.action for change in workspace.audit_trail(first.dataset_id, limit=2)] == [
        "delete_version",
        "rename",
    ]
    assert workspace.audit_trail()[0].at.tzinfo is not None


def test_import_that_is_tried_again_changes_nothing(workspace: Workspace) -> None:
    create, append = By(who="ada", import_id="1" * 32), By(who="ada", import_id="2" * 32)
    first = workspace.create(SHOP, rows("one"), create)
    assert workspace.create(SHOP, never, create) == first
    second = workspace.append(first, rows("two"), append)
    assert workspace.append(first, never, append) == second
    assert workspace.replace(first, never, append) == second
    assert workspace.find_import("2" * 32) == second
    assert workspace.find_import("3" * 32) is None
    assert len(workspace.audit_trail()) == 2


def test_import_whose_version_was_deleted_is_not_made_again(workspace: Workspace, first: Version) -> None:
    by = By(who="ada", import_id="1" * 32)
    workspace.append(first, rows("two"), by)
    workspace.delete_version(first.dataset_id, 2, ADA)
    assert workspace.find_import("1" * 32) is None
    with pytest.raises(InputError, match=r"^This import made version 2, which was deleted later; upload"):
        workspace.append(first, never, by)


@pytest.mark.parametrize("kind", ["create", "append"])
def test_two_that_make_the_same_import_at_once_get_the_same_version(workspace: Workspace, kind: str) -> None:
    by, both = By(who="ada", import_id="1" * 32), threading.Barrier(2)
    base = workspace.create(SHOP, rows("one"), ADA) if kind == "append" else None

    def write(folder: Path) -> Written:
        both.wait(10)
        return rows("new")(folder)

    def make(opened: Workspace) -> Version:
        return opened.append(base, write, by) if base else opened.create(SHOP, write, by)

    with ThreadPoolExecutor(2) as pool:
        one, two = pool.map(make, [workspace, Workspace(workspace.folder)])
    assert one == two
    assert len(on_disk(workspace)) == (2 if base else 1)


def test_folder_of_a_process_killed_before_its_commit_is_cleared_a_day_later(
    workspace: Workspace, first: Version
) -> None:
    old, fresh = (workspace.folder / "versions" / name for name in ("old", "fresh"))
    for folder in (old, fresh):
        folder.mkdir()
        (folder / "rows.parquet").write_text("orphan")
    for folder in (old, first.folder):
        age(folder)
    Workspace(workspace.folder)
    assert on_disk(workspace) == {first.folder.name: "one", "fresh": "orphan"}


def test_folder_of_a_process_that_commits_just_now_is_never_cleared(
    workspace: Workspace, first: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its files took two days to write, but its age counts from the move."""

    def write(folder: Path) -> Written:
        written = rows("two")(folder)
        age(folder)
        return written

    publish = folders.publish

    def slow(unfinished: Path, final: Path) -> None:
        publish(unfinished, final)
        Workspace(workspace.folder)  # another process opens it between the move and the commit

    monkeypatch.setattr(folders, "publish", slow)
    second = workspace.append(first, write, ADA)
    assert (second.folder / "rows.parquet").read_text() == "two"


def test_version_whose_folder_was_cleared_is_not_committed(
    workspace: Workspace, first: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish = folders.publish

    def late(unfinished: Path, final: Path) -> None:
        publish(unfinished, final)
        shutil.rmtree(final)  # by hand, or by a process on another machine that took it for a leftover

    monkeypatch.setattr(folders, "publish", late)
    with pytest.raises(ConflictError):
        workspace.append(first, rows("two"), ADA)
    assert on_disk(workspace) == {first.folder.name: "one"}
    assert [version.version for version in workspace.versions(first.dataset_id)] == [1]


def test_who_is_stopped_right_after_the_commit_loses_nothing(
    workspace: Workspace, first: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    writing = catalog.writing

    @contextmanager
    def stopped(engine: sa.Engine) -> Iterator[sa.Connection]:
        with writing(engine) as connection:
            yield connection
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(catalog, "writing", stopped)
        with pytest.raises(KeyboardInterrupt):
            workspace.append(first, rows("two"), ADA)
    second = Workspace(workspace.folder).version(first.dataset_id, 2)
    assert (second.folder / "rows.parquet").read_text() == "two"


def full(_folder: Path) -> Written:
    """Write to a disk that is full."""
    with Path("/dev/full").open("w") as disk:
        disk.write("x")
    return Written(files=[], report={})


def said_by_a_library(_folder: Path) -> Written:
    """Fail like DuckDB."""
    message = "IO Error: Could not write all bytes to file: No space left on device"
    raise RuntimeError(message)


def too_large(_folder: Path) -> Written:
    """Fail like a file over a size limit."""
    raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))


@pytest.mark.parametrize("write", [full, said_by_a_library, too_large])
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a disk that is always full")
def test_full_disk_is_told_and_changes_nothing(workspace: Workspace, first: Version, write: Writer) -> None:
    with pytest.raises(DiskFullError, match=r"^The disk of the workspace .* is full \([\d,]+ MB free\).*nothing was"):
        workspace.append(first, write, ADA)
    assert on_disk(workspace) == {first.folder.name: "one"}
    assert [version.version for version in workspace.versions(first.dataset_id)] == [1]


def test_full_disk_is_told_by_deletion_too(
    workspace: Workspace, first: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        message = "database or disk is full"
        raise sa.exc.OperationalError("UPDATE", {}, Exception(message))

    workspace.append(first, rows("two"), ADA)
    monkeypatch.setattr(audit, "record", full)
    with pytest.raises(DiskFullError):
        workspace.delete_version(first.dataset_id, 1, ADA)
    assert workspace.version(first.dataset_id, 1) == first
    assert len(on_disk(workspace)) == 2


def test_other_errors_are_not_taken_for_a_full_disk(workspace: Workspace) -> None:
    def write(_folder: Path) -> Written:
        message = "Order.csv: File too large"
        raise InputError(message)

    with pytest.raises(InputError, match=r"^Order\.csv"):
        workspace.create(SHOP, write, ADA)


def test_catalog_locked_by_another_program_is_waited_for(workspace: Workspace, first: Version) -> None:
    with closing(workspace.catalog().raw_connection()) as other:
        other.execute("BEGIN IMMEDIATE")
        with ThreadPoolExecutor(1) as pool:
            appended = pool.submit(workspace.append, first, rows("two"), ADA)
            with pytest.raises(TimeoutError):
                appended.result(0.3)
            other.rollback()
            assert appended.result(10).version == 2


def test_catalog_locked_for_minutes_is_told(
    workspace: Workspace, first: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    @sa.event.listens_for(workspace.catalog(), "checkout")
    def hurry(connection: object, *_: object) -> None:
        connection.execute("PRAGMA busy_timeout=10")  # type: ignore[attr-defined]

    with closing(workspace.catalog().raw_connection()) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(ConflictError, match=r"catalog locked; nothing was changed\. Try again"):
            workspace.append(first, rows("two"), ADA)
        other.rollback()
    assert on_disk(workspace) == {first.folder.name: "one"}
