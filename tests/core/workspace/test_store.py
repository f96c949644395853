"""Versions are complete or absent, and never change."""

import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import ConflictError, InputError, NotFoundError
from core.scratch import LEFTOVER_SECONDS
from core.workspace.records import LONGEST_NAME, By, NewDataset, Version, Written
from core.workspace.store import Workspace

NEW = NewDataset(name=" Gift shop ", simulated=True, currency="GBP", timezone="Europe/London")
BY = By(who="ada@shop.example")
REPORT = {"rows_read": 3, "removed": {"duplicate": 1}}


def write(text: str = "rows", files: tuple[str, ...] = ("a.csv",)) -> Callable[[Path], Written]:
    """Return a writer of one file."""

    def fill(folder: Path) -> Written:
        (folder / "rows.parquet").write_text(text)
        return Written(files=list(files), report=REPORT)

    return fill


def fail(folder: Path) -> Written:
    """Write half a version."""
    (folder / "rows.parquet").write_text("half")
    message = "no row counts"
    raise InputError(message)


def interrupt(folder: Path) -> Written:
    """Write half a version and be interrupted."""
    (folder / "rows.parquet").write_text("half")
    raise KeyboardInterrupt


def left(workspace: Workspace) -> tuple[list[Path], list[Path]]:
    """Return the folders of versions and of unfinished ones."""
    return tuple(sorted((workspace.folder / name).iterdir()) for name in ("versions", "unfinished"))  # type: ignore[return-value]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return an empty workspace in a new folder."""
    return Workspace(tmp_path / "deep" / "workspace")


@pytest.fixture
def first(workspace: Workspace) -> Version:
    """Return the first version of a dataset."""
    return workspace.create(NEW, write(), BY)


def test_new_dataset_and_its_first_version(workspace: Workspace, first: Version) -> None:
    [dataset] = workspace.datasets()
    assert dataset == workspace.dataset(first.dataset_id)
    assert (dataset.name, dataset.simulated, dataset.currency, dataset.timezone) == (
        "Gift shop",
        True,
        "GBP",
        "Europe/London",
    )
    assert (dataset.generation, dataset.latest) == (0, 1)
    assert (first.version, first.files, first.report) == (1, ("a.csv",), REPORT)
    assert (first.folder / "rows.parquet").read_text() == "rows"
    assert left(workspace) == ([first.folder], [])


def test_appended_version_stands_beside_the_first(workspace: Workspace, first: Version) -> None:
    second = workspace.append(first, write("more", ("a.csv", "b.csv")), BY)
    assert (second.version, second.files) == (2, ("a.csv", "b.csv"))
    assert second.folder != first.folder
    assert workspace.dataset(first.dataset_id).latest == 2
    assert workspace.version(first.dataset_id, 1) == first
    assert workspace.version(first.dataset_id, 2) == second
    assert (first.folder / "rows.parquet").read_text() == "rows"


def test_versions_are_dated_in_utc(workspace: Workspace, first: Version) -> None:
    assert workspace
    since = datetime.now(UTC).replace(tzinfo=None) - first.created_at.replace(tzinfo=None)
    assert timedelta(0) <= since < timedelta(minutes=1)


@pytest.mark.parametrize("writer", [fail, interrupt])
def test_writer_that_fails_leaves_no_dataset(workspace: Workspace, writer: Callable[[Path], Written]) -> None:
    with pytest.raises((InputError, KeyboardInterrupt)):
        workspace.create(NEW, writer, BY)
    assert workspace.datasets() == []
    assert left(workspace) == ([], [])


@pytest.mark.parametrize("writer", [fail, interrupt])
def test_writer_that_fails_leaves_the_earlier_version_as_it_was(
    workspace: Workspace, first: Version, writer: Callable[[Path], Written]
) -> None:
    with pytest.raises((InputError, KeyboardInterrupt)):
        workspace.append(first, writer, BY)
    assert workspace.dataset(first.dataset_id).latest == 1
    assert workspace.version(first.dataset_id, 1) == first
    assert (first.folder / "rows.parquet").read_text() == "rows"
    assert left(workspace) == ([first.folder], [])


def test_report_that_cannot_be_stored_leaves_nothing(workspace: Workspace) -> None:
    with pytest.raises(Exception, match="not JSON serializable"):
        workspace.create(NEW, lambda _folder: Written(files=[], report={"when": object()}), BY)
    assert workspace.datasets() == []
    assert left(workspace) == ([], [])


def test_unfinished_version_is_not_seen(workspace: Workspace) -> None:
    """It isn't listed while being written, and has no folder among the versions."""

    def look(folder: Path) -> Written:
        assert workspace.datasets() == []
        assert left(workspace) == ([], [folder])
        return Written(files=[], report={})

    workspace.create(NEW, look, BY)
    assert len(workspace.datasets()) == 1


def test_of_two_appends_to_the_same_version_one_is_told(workspace: Workspace, first: Version) -> None:
    second = workspace.append(first, write("theirs"), BY)
    with pytest.raises(ConflictError, match=r"^Someone else changed this dataset at the same time; nothing was lost"):
        workspace.append(first, write("mine"), BY)
    assert workspace.version(first.dataset_id, 2) == second
    assert (second.folder / "rows.parquet").read_text() == "theirs"
    assert left(workspace) == (sorted([first.folder, second.folder]), [])


def test_of_many_appends_at_once_one_wins_and_nothing_is_lost(workspace: Workspace, first: Version) -> None:
    """Half of them use another object on the same folder, like another process."""
    other, start = Workspace(workspace.folder), threading.Barrier(6)

    def append(number: int) -> str:
        start.wait()
        try:
            (workspace if number % 2 else other).append(first, write(str(number)), BY)
        except ConflictError:
            return "conflict"
        return str(number)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(append, range(6)))
    [winner] = [answer for answer in found if answer != "conflict"]
    second = workspace.version(first.dataset_id, 2)
    assert (second.folder / "rows.parquet").read_text() == winner
    assert left(workspace) == (sorted([first.folder, second.folder]), [])
    third = workspace.append(second, write("again"), BY)
    assert third.version == 3


def test_two_workspaces_on_one_folder_see_the_same(workspace: Workspace, first: Version) -> None:
    other = Workspace(workspace.folder)
    assert other.datasets() == workspace.datasets()
    second = other.append(first, write(), BY)
    assert workspace.version(first.dataset_id, 2) == second


def test_opening_a_new_folder_many_times_at_once(tmp_path: Path) -> None:
    """The web process and its worker start together."""
    for attempt in range(5):
        start, folder = threading.Barrier(4), tmp_path / str(attempt)

        def open_it(_: int, start: threading.Barrier = start, folder: Path = folder) -> int:
            start.wait()
            return len(Workspace(folder).datasets())

        with ThreadPoolExecutor(4) as pool:
            assert list(pool.map(open_it, range(4))) == [0, 0, 0, 0]


def test_real_datasets_come_before_simulated_ones_and_new_before_old(workspace: Workspace) -> None:
    for name, simulated in (("demo", True), ("old", False), ("demo 2", True), ("new", False)):
        workspace.create(NewDataset(name=name, simulated=simulated), write(), BY)
    assert [dataset.name for dataset in workspace.datasets()] == ["new", "old", "demo 2", "demo"]


def test_what_a_killed_writer_left_is_deleted_a_day_later(workspace: Workspace) -> None:
    old, fresh, gone = (workspace.folder / "unfinished" / name for name in ("old", "fresh", "gone"))
    for folder in (old, fresh):
        folder.mkdir()
        (folder / "rows.parquet").write_text("half")
    gone.symlink_to(workspace.folder / "nothing")  # as if another process finished it between listing and looking
    yesterday = time.time() - LEFTOVER_SECONDS - 60
    os.utime(old, (yesterday, yesterday))
    Workspace(workspace.folder)
    assert not old.exists()
    assert (fresh / "rows.parquet").read_text() == "half"


def test_two_datasets_may_have_one_name(workspace: Workspace) -> None:
    one, two = (workspace.create(NewDataset(name="Shop"), write(), BY) for _ in range(2))
    assert one.dataset_id != two.dataset_id
    assert len(workspace.datasets()) == 2


def test_an_id_is_never_used_again(workspace: Workspace, first: Version) -> None:
    with pytest.raises(ConflictError):
        workspace.create(replace(NEW, name="Mine", id=first.dataset_id), write("mine"), BY)
    assert [dataset.name for dataset in workspace.datasets()] == ["Gift shop"]
    assert left(workspace) == ([first.folder], [])


def test_unknown_ids_are_named(workspace: Workspace, first: Version) -> None:
    with pytest.raises(NotFoundError, match=r"^The dataset “nothing” doesn't exist or was deleted; choose another\.$"):
        workspace.dataset("nothing")
    for dataset_id, version in ((first.dataset_id, 2), (first.dataset_id, 0), ("nothing", 1)):
        with pytest.raises(NotFoundError, match=rf"^Version {version} of the dataset “{dataset_id}” doesn't exist;"):
            workspace.version(dataset_id, version)


def test_append_to_a_dataset_that_does_not_exist_leaves_nothing(workspace: Workspace, first: Version) -> None:
    with pytest.raises((NotFoundError, ConflictError)):
        workspace.append(replace(first, dataset_id="nothing"), write(), BY)
    assert left(workspace) == ([first.folder], [])


@pytest.mark.parametrize("name", ["", "  ", "x" * (LONGEST_NAME + 1)])
def test_names_have_a_length(name: str) -> None:
    with pytest.raises(InputError, match=r"^A dataset's name must have 1 to 80 characters, got \d+\.$"):
        NewDataset(name=name)


def test_longest_name_is_kept_whole(workspace: Workspace) -> None:
    version = workspace.create(NewDataset(name="é" * LONGEST_NAME), write(), BY)
    assert workspace.dataset(version.dataset_id).name == "é" * LONGEST_NAME


def test_catalog_may_lie_elsewhere(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace", f"sqlite:///{tmp_path / 'elsewhere.sqlite'}")
    workspace.create(NEW, write(), BY)
    assert (tmp_path / "elsewhere.sqlite").exists()
    assert not list((tmp_path / "workspace").glob("*.sqlite"))
