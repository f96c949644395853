"""Stored results of versions."""

import json
import os
from dataclasses import replace
from pathlib import Path
from threading import Thread

import pytest

from core.errors import NotFoundError
from core.workspace import folders
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, all_kept, keep, kept
from tests.core.workspace.made import ADA, SHOP, rows


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def key(workspace: Workspace) -> ResultKey:
    version = workspace.create(SHOP, rows("a"), ADA)
    return ResultKey(dataset_id=version.dataset_id, version=1, generation=0, kind="sweep", spec={"k": [2, 3]})


def test_made_once_and_found_again(workspace: Workspace, key: ResultKey) -> None:
    made = []

    def writer(folder: Path) -> None:
        made.append(1)
        (folder / "x.json").write_text("{}")

    assert kept(workspace, key) is None
    folder = keep(workspace, key, writer)
    assert keep(workspace, key, writer) == folder == kept(workspace, ResultKey.from_json(key.to_json()))
    assert (folder / "x.json").read_text() == "{}"
    assert len(made) == 1


def test_another_spec_or_generation_is_another_result(workspace: Workspace, key: ResultKey) -> None:
    keep(workspace, key, lambda _folder: None)
    assert kept(workspace, replace(key, spec={"k": [2]})) is None
    assert kept(workspace, replace(key, generation=1)) is None


def test_all_of_a_kind_are_found_the_newest_first(workspace: Workspace, key: ResultKey) -> None:
    other, elsewhere = replace(key, spec={"k": [4]}), replace(key, kind="map")
    for number, one in enumerate((key, other, elsewhere)):
        recipe = keep(workspace, one, lambda _folder: None) / "recipe.json"
        os.utime(recipe, (number, number))
    assert all_kept(workspace, key.dataset_id, 1, "sweep") == [other, key]
    assert all_kept(workspace, key.dataset_id, 2, "sweep") == []


def test_a_failure_leaves_nothing(workspace: Workspace, key: ResultKey) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("x")
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        keep(workspace, key, fail)
    assert kept(workspace, key) is None
    assert not list((workspace.folder / "unfinished").iterdir())


def test_results_go_with_their_version(workspace: Workspace, key: ResultKey) -> None:
    keep(workspace, key, lambda _folder: None)
    workspace.delete_dataset(key.dataset_id, ADA)
    assert kept(workspace, key) is None
    with pytest.raises(NotFoundError, match="was deleted"):
        keep(workspace, key, lambda _folder: None)


def test_a_version_deleted_at_the_last_moment_leaves_no_result(
    workspace: Workspace, key: ResultKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The deletion waits for the result, and removes it with the version."""
    deleting = Thread(target=workspace.delete_dataset, args=(key.dataset_id, ADA))
    move = folders.move

    def meanwhile(unfinished: Path, final: Path) -> None:
        deleting.start()
        deleting.join(timeout=0.3)
        move(unfinished, final)

    monkeypatch.setattr(folders, "move", meanwhile)
    keep(workspace, key, lambda _folder: None)
    deleting.join()
    assert kept(workspace, key) is None


def two_files(folder: Path) -> None:
    """Write a result as jobs do: a table, and a model in a folder of its own."""
    (folder / "scores.parquet").write_bytes(b"PAR1 some rows PAR1")
    (folder / "model").mkdir()
    (folder / "model" / "predictor.json").write_text('{"a": 1}')


@pytest.mark.parametrize("name", ["scores.parquet", "model/predictor.json", "recipe.json"])
@pytest.mark.parametrize("content", [None, b"", b"PAR1", b"\x00" * 19, b"[]", b"{", b'{"a": 2}'])
def test_damaged_result_counts_as_not_made_and_is_made_again(
    workspace: Workspace, key: ResultKey, name: str, content: bytes | None
) -> None:
    folder = keep(workspace, key, two_files)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    (folder / name).unlink()
    if content is not None:
        (folder / name).write_bytes(content)
    assert kept(workspace, key) is None
    assert all_kept(workspace, key.dataset_id, 1, "sweep") == []
    assert keep(workspace, key, two_files) == folder == kept(workspace, key)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert list((workspace.folder / "unfinished").iterdir()) == []


def test_result_of_older_code_is_kept_unless_it_is_seen_to_be_damaged(workspace: Workspace, key: ResultKey) -> None:
    folder = keep(workspace, key, two_files)
    (folder / "recipe.json").write_text(json.dumps(key.to_json()))  # without sums
    assert kept(workspace, key) == folder
    assert all_kept(workspace, key.dataset_id, 1, "sweep") == [key]
    (folder / "scores.parquet").write_bytes(b"PAR1 some ro")
    assert kept(workspace, key) is None


def test_result_with_a_file_more_is_not_what_was_made(workspace: Workspace, key: ResultKey) -> None:
    folder = keep(workspace, key, two_files)
    (folder / "more.json").write_text("{}")
    assert kept(workspace, key) is None
