"""Differences between two snapshots of a workspace: lost, changed, duplicated or left over."""

from pathlib import Path

import pytest

from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, rows
from tests.kills.state import age, differing, look, lost


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return a workspace with one version."""
    opened = Workspace(tmp_path / "workspace")
    opened.create(SHOP, rows("one"), ADA)
    return opened


def test_more_work_loses_nothing(workspace: Workspace) -> None:
    before = look(workspace.folder)
    workspace.append(workspace.version("shop", 1), rows("two"), ADA)
    after = look(workspace.folder)
    assert lost(before, after) == []
    assert differing(before.shape(), after.shape()) == [
        "left: in versions, 2 instead of 1",
        "doubled: rows of audit, 2 instead of 1",
        "doubled: rows of versions, 2 instead of 1",
    ]


def test_lost_and_changed_versions_are_found(workspace: Workspace) -> None:
    before, version = look(workspace.folder), workspace.version("shop", 1)
    (version.folder / "rows.parquet").write_text("two")
    assert lost(before, look(workspace.folder)) == [f"changed: versions/{version.folder.name}"]
    workspace.delete_dataset("shop", ADA)
    found = lost(before, look(workspace.folder))
    assert f"lost: versions/{version.folder.name}" in found
    assert 'changed: a row of versions, ["shop", 1]' in found


def test_a_damaged_catalog_is_found(workspace: Workspace) -> None:
    before = look(workspace.folder)
    with workspace.catalog().connect() as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.exec_driver_sql("DELETE FROM datasets")
        connection.commit()
    found = lost(before, look(workspace.folder))
    assert any(what.startswith("damaged: catalog.sqlite") for what in found)
    assert 'lost: a row of datasets, ["shop"]' in found


def test_what_is_left_beside_the_workspace_is_found_and_aged(workspace: Workspace, tmp_path: Path) -> None:
    temp = tmp_path / "temp"
    temp.mkdir()
    (temp / "here before").touch()
    before = look(workspace.folder, temp)
    (temp / "spill").mkdir()
    (temp / "spill" / "rows").touch()
    after = look(workspace.folder, temp)
    assert differing(before.shape(), after.shape()) == ["left: in temp, 2 instead of 1"]
    now = (temp / "here before").stat().st_mtime
    age(workspace.folder, before, temp)
    assert (temp / "here before").stat().st_mtime == now
    assert (temp / "spill" / "rows").stat().st_mtime < now - 7 * 24 * 3600
