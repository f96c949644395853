"""Full, read-only or missing disks give one message, and a full disk allows deletions."""

import errno
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from core import jobs
from core.errors import ClienteleError, DiskError, DiskFullError, InputError
from core.settings import Settings
from core.workspace.catalog import _server_error
from core.workspace.disk import disk_reserve, disk_state
from core.workspace.disk.disk_state import explain, workspace_place
from core.workspace.ownership import sidecars
from core.workspace.queue import job_attempt, job_records
from core.workspace.queue.job_attempt import Attempt
from core.workspace.records import By
from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, read_only, rows

BEN = By(who="ben@shop.example")


def os_error(number: int, name: object = None) -> OSError:
    return OSError(number, os.strerror(number), name)


def led_to(cause: Exception) -> Exception:
    """Return an error of ours caused by a library's."""
    error = ValueError("The file is damaged.")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind", "says"),
    [
        (
            os_error(errno.ENOSPC),
            DiskFullError,
            r"is full \([\d,]+ MB free\) or has reached its limit; nothing",
        ),
        (os_error(errno.EDQUOT), DiskFullError, r"is full .*: your quota is used up; nothing was changed\. Free some"),
        (os_error(errno.EFBIG), DiskFullError, r"is full .*: a file would exceed the size limit \(ulimit -f\)"),
        (os_error(errno.EROFS), DiskError, r"is read-only \([\d,]+ MB free\); nothing was changed\. Mount it for"),
        (os_error(errno.EACCES), DiskError, "permission is missing; nothing was changed. Change the permissions, or"),
        (os_error(errno.EPERM), DiskError, "permission is missing"),
        (os_error(errno.EMFILE), DiskError, r"Too many files are open on this machine; .* \(ulimit -n\)"),
        (os_error(errno.EIO), DiskError, r"the disk isn't responding; nothing was changed\. Check that the"),
        (os_error(errno.ESTALE), DiskError, "the disk isn't responding"),
        (led_to(os_error(errno.ENOSPC)), DiskFullError, "is full"),
        (sa.exc.OperationalError("UPDATE", {}, Exception("database or disk is full")), DiskFullError, "is full"),
        (Exception("attempt to write a readonly database"), DiskError, "was opened read-only"),
        (Exception("unable to open database file"), DiskError, "the disk isn't responding"),
        (Exception("disk I/O error"), DiskError, "the disk isn't responding"),
        (Exception("IO Error: Read-only file system"), DiskError, "is read-only"),
        (Exception("IO Error: Too many open files"), DiskError, "Too many files are open"),
        (Exception("exceeded the 'max_temp_directory_size' setting"), DiskFullError, "is full"),
        (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), DiskError, "Set TMPDIR"),
    ],
)
def test_each_trouble_is_one_sentence(tmp_path: Path, error: Exception, kind: type[DiskError], says: str) -> None:
    explained = explain(error, workspace_place(tmp_path))
    assert type(explained) is kind
    assert len(str(explained).splitlines()) == 1
    assert_says(explained, says)


def assert_says(error: Exception | None, says: str) -> None:
    def fail() -> None:
        assert error is not None
        raise error

    with pytest.raises(ClienteleError, match=says):
        fail()


def test_the_place_of_the_file_is_named(tmp_path: Path) -> None:
    out, workspace = disk_state.out_place(tmp_path / "out"), workspace_place(tmp_path / "workspace")
    for name, said in (("out/a.csv", "--out"), ("workspace/catalog.sqlite", "the workspace"), ("else", "else")):
        assert_says(explain(os_error(errno.ENOSPC, tmp_path / name), workspace, out), f"^The disk of .*{said}")


def test_the_disk_that_is_full_is_named_where_the_error_names_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = shutil.disk_usage
    monkeypatch.setattr(
        shutil, "disk_usage", lambda path: SimpleNamespace(total=1, free=0) if "small" in str(path) else usage(path)
    )
    (tmp_path / "small").mkdir()
    places = (disk_state.out_place(tmp_path / "out"), workspace_place(tmp_path / "small"))
    assert_says(
        explain(Exception("disk is full"), *places), r"^The disk of the workspace .*small is full \(0 MB free\)"
    )


@pytest.mark.parametrize(
    "error",
    [
        ValueError("no room"),
        os_error(errno.ENOENT, "/somewhere/else"),
        InputError("The file is at fault."),
        FileNotFoundError(2, "No such file or directory"),
    ],
)
def test_what_is_no_trouble_of_a_disk_is_none(tmp_path: Path, error: Exception) -> None:
    assert explain(error, workspace_place(tmp_path)) is None


def test_file_that_somebody_deleted_is_no_trouble_of_the_disk(tmp_path: Path) -> None:
    assert explain(os_error(errno.ENOENT, tmp_path / "versions" / "a"), workspace_place(tmp_path)) is None
    gone = tmp_path / "gone"
    assert_says(explain(os_error(errno.ENOENT, gone / "versions"), workspace_place(gone)), "a folder is missing")


@pytest.mark.parametrize(("state", "away", "says"), [
    ("25006", False, "is read-only; nothing was changed"),
    ("53100", False, "has no space left on its disk; nothing was changed"),
    ("57P03", False, r"can't be used \(the server says no\); nothing was changed"),
    ("", True, "can't be used .* check CLIENTELE_CATALOG_URL"),
])  # fmt: skip
def test_trouble_of_a_server_names_it_without_the_password(state: str, away: bool, says: str) -> None:  # noqa: FBT001
    error = Exception("the server says no")
    error.sqlstate = state  # type: ignore[attr-defined]  # as psycopg's have
    url = sa.make_url("postgresql+psycopg://ada:secret@db.example/shop?password=secret")
    explained = _server_error(url, error, is_away=away)
    assert_says(explained, f"^The catalog “shop” on db.example {says}")
    assert "secret" not in str(explained)
    assert _server_error(url, Exception("syntax error"), is_away=False) is None


@pytest.mark.parametrize("url", ["nonsense", "postgresql+none://u:secret@h/d", "postgresql://h:x/"])
def test_address_that_is_none_is_a_sentence(tmp_path: Path, url: str) -> None:
    with pytest.raises((InputError, DiskError)) as told:
        Workspace(tmp_path / "workspace", url)
    assert "secret" not in str(told.value)


def test_server_that_is_away_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        DiskError, match=r"^The catalog “shop” on 127\.0\.0\.1 can't be used .*check CLIENTELE_CATALOG_URL"
    ):
        Workspace(tmp_path / "workspace", "postgresql+psycopg://ada:secret@127.0.0.1:1/shop")


@pytest.mark.parametrize("blocked", ["workspace", "workspace/versions"])
def test_file_where_the_workspace_is_to_be_is_named(tmp_path: Path, blocked: str) -> None:
    (tmp_path / blocked).parent.mkdir(exist_ok=True)
    (tmp_path / blocked).write_text("a file")
    with pytest.raises(DiskError, match=r"workspace.* can't be opened: a folder is missing, or a file is in its"):
        Workspace(tmp_path / "workspace")
    assert (tmp_path / blocked).read_text() == "a file"


def made(folder: Path) -> Workspace:
    """Create a workspace with two versions."""
    workspace = Workspace(folder)
    workspace.append(workspace.create(SHOP, rows("one"), ADA), rows("two"), ADA)
    return workspace


def test_catalog_that_cannot_be_written_can_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a read-only disk: reading works, and each change is rejected with a message."""
    folder = made(tmp_path / "workspace").folder
    read_only(monkeypatch, folder)
    workspace = Workspace(folder)
    (dataset,) = workspace.datasets()
    assert [version.version for version in workspace.versions(dataset.id)] == [2, 1]
    changes: list[Callable[[], object]] = [
        lambda: workspace.rename(dataset.id, "Other", BEN),
        lambda: workspace.delete_version(dataset.id, 1, BEN),
        lambda: workspace.append(workspace.version(dataset.id, 2), rows("three"), BEN),
        lambda: job_records.cancel(workspace, "a", timedelta(seconds=1)),
    ]
    for change in changes:
        with pytest.raises(DiskError, match=r"The disk of the workspace .* is read-only"):
            change()
    monkeypatch.undo()
    assert Workspace(folder).dataset(dataset.id).name == SHOP.name


def test_deleting_works_on_a_full_disk_with_the_reserve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full for the catalog until the reserve is released."""
    workspace = made(tmp_path / "workspace")
    held = workspace.folder / "reserve"
    assert held.stat().st_size == disk_reserve.BYTES

    def full(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if held.exists() and not statement.startswith("SELECT"):
            raise DiskFullError("The disk is full.")

    sa.event.listen(workspace.catalog(), "before_cursor_execute", full)
    with pytest.raises(DiskFullError):
        workspace.rename(SHOP.id, "Other", BEN)  # which frees nothing
    assert held.exists()
    monkeypatch.setattr(disk_reserve, "refill", lambda _folder: None)
    workspace.delete_version(SHOP.id, 1, BEN)
    assert [version.deleted_at is None for version in workspace.versions(SHOP.id)] == [True, False]
    assert len(list((workspace.folder / "versions").iterdir())) == 1
    monkeypatch.undo()
    workspace.delete_dataset(SHOP.id, BEN)
    assert workspace.datasets() == []
    assert (workspace.folder / "reserve").stat().st_size == disk_reserve.BYTES


def finds_disk_full(_workspace: Workspace, _settings: Settings, _spec: object, _progress: object) -> dict[str, object]:
    """Stand in for a job's handler."""
    raise os_error(errno.ENOSPC)


def test_job_on_a_full_disk_fails_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its outcome couldn't be recorded without the reserve either."""
    workspace = Workspace(tmp_path / "workspace")
    new: dict[str, Any] = {"id": "a", "kind": "score", "title": "Scoring", "who": "ada", "dataset_id": None, "spec": {}}
    job_records.add(workspace, new)
    attempt = Attempt.begin(workspace, "a", "worker", 60.0)
    assert attempt is not None
    held = workspace.folder / "reserve"

    def full(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if held.exists() and not statement.startswith("SELECT"):
            raise DiskFullError("The disk is full.")

    sa.event.listen(workspace.catalog(), "before_cursor_execute", full)
    monkeypatch.setattr(job_attempt, "_WAITS", ())
    attempt.run(Settings(workspace=workspace.folder), {"score": f"{__name__}:finds_disk_full"})
    job = job_records.get(workspace, "a")
    assert job.state == "failed"
    assert job.error is not None
    assert job.error.startswith(f"The disk of the workspace {workspace.folder} is full (")


@pytest.mark.parametrize("folder", ["a file", "a read-only disk"])
def test_worker_that_cannot_start_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, folder: str
) -> None:
    workspace = tmp_path / "workspace"
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(workspace))
    monkeypatch.setattr(jobs, "_listen", lambda _worker: None)
    if folder == "a file":
        workspace.write_text("a file")
    else:
        made(workspace)
        read_only(monkeypatch, workspace)
    assert jobs.main() == 2
    assert "Traceback" not in caplog.text
    assert f"The worker stopped: The disk of the workspace {workspace} is read-only" in caplog.text or (
        "can't be opened: a folder is missing, or a file" in caplog.text
    )


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of 4 MB, or skip the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("A small disk cannot be mounted here: that takes root's rights.")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(folder: Path) -> None:
    """Fill the disk to the last page."""
    with suppress(OSError), (folder / "ballast").open("ab", buffering=0) as file:
        while file.write(bytes(4096)):
            pass


@pytest.mark.parametrize("restarted", [False, True])
def test_deleting_on_a_disk_without_a_free_page(small_disk: Path, restarted: bool) -> None:  # noqa: FBT001
    workspace = made(small_disk / "workspace")
    fill(small_disk)
    if restarted:
        workspace.catalog().dispose()
        fill(small_disk)  # what SQLite's log had
        workspace = Workspace(workspace.folder)
    with pytest.raises(DiskFullError, match=r"The disk of the workspace .* is full"):
        workspace.append(workspace.version(SHOP.id, 2), rows("three"), BEN)
    fill(small_disk)
    workspace.delete_version(SHOP.id, 1, BEN)
    fill(small_disk)
    workspace.delete_dataset(SHOP.id, BEN)
    assert Workspace(workspace.folder).datasets() == []
    assert (workspace.folder / "reserve").stat().st_size > disk_reserve.BYTES / 2


def test_read_only_disk_can_be_looked_at(small_disk: Path) -> None:
    made(small_disk / "workspace").catalog().dispose()
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    workspace = Workspace(small_disk / "workspace")
    assert [version.version for version in workspace.versions(SHOP.id)] == [2, 1]
    with pytest.raises(DiskError, match=r"The disk of the workspace .* is read-only"):
        workspace.delete_version(SHOP.id, 1, BEN)
    with pytest.raises(DiskError, match=r"The disk of the workspace .* is read-only"):
        Workspace(small_disk / "another")
    subprocess.run(["mount", "-o", "remount,rw", small_disk], check=True)
    Workspace(small_disk / "workspace").delete_version(SHOP.id, 1, BEN)


def test_a_change_that_is_committed_is_no_failure_where_the_log_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's log can have space for a change when its file has none."""
    workspace = made(tmp_path / "workspace")

    def full(*_given: object, **_named: object) -> None:
        message = "full"
        raise DiskFullError(message)

    monkeypatch.setattr(sidecars, "_write", full)
    monkeypatch.setattr(sa.Connection, "exec_driver_sql", full_at_checkpoint(sa.Connection.exec_driver_sql))
    workspace.rename(SHOP.id, "Other", BEN)
    workspace.delete_version(SHOP.id, 1, BEN)
    assert workspace.dataset(SHOP.id).name == "Other"
    assert [version.version for version in workspace.versions(SHOP.id) if not version.deleted_at] == [2]


def full_at_checkpoint(run: Callable[..., Any]) -> Callable[..., Any]:
    def run_it(connection: sa.Connection, statement: str, *given: Any, **named: Any) -> Any:
        if "wal_checkpoint" in statement:
            message = "full"
            raise DiskFullError(message)
        return run(connection, statement, *given, **named)

    return run_it


def test_no_part_of_a_password_is_shown_where_the_catalog_is_away() -> None:
    url = sa.make_url("postgresql+psycopg://u:secr@tword9@localhost:1/db")
    said = str(_server_error(url, RuntimeError("failed to resolve host 'tword9@localhost'"), is_away=True))
    assert "localhost" in said
    assert "tword9" not in said
