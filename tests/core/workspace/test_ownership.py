"""Workspaces only open with their own catalog; mismatches are rejected without changes."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.cli import main
from core.errors import InputError
from core.workspace import catalog
from core.workspace.ownership.adoption import adopt
from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, age, rows

WAYS = "CLIENTELE_CATALOG_URL|python -m core adopt|CLIENTELE_WORKSPACE"


def shop(folder: Path, url: str = "", versions: int = 3) -> Path:
    """Create and close a workspace with versions old enough to look like leftovers."""
    workspace = Workspace(folder, url)
    version = workspace.create(SHOP, rows("one"), ADA)
    for number in range(1, versions):
        version = workspace.append(version, rows("x" * number), ADA)
    workspace.catalog().dispose()
    for path in (folder / "versions").iterdir():
        age(path)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Return all files in a folder, except SQLite's log index, and all folders."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else b""
        for path in folder.rglob("*")
        if not path.name.endswith("-shm")
    }


def rows_of(workspace: Workspace) -> list[tuple[str, str]]:
    """Return each version's dataset, number and rows."""
    found = [version for dataset in workspace.datasets() for version in workspace.versions(dataset.id)]
    return [
        (f"{version.dataset_id} {version.version}", (version.folder / "rows.parquet").read_text())
        for version in found
        if not version.deleted_at
    ]


def no_file(file: Path) -> None:
    file.unlink()


def empty_file(file: Path) -> None:
    file.write_bytes(b"")


def no_tables(file: Path) -> None:
    file.unlink()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("CREATE TABLE x (y INTEGER)")


def no_rows(file: Path) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript("DELETE FROM versions; DELETE FROM datasets;")


def of_a_new_workspace(file: Path) -> None:
    other = file.parent.parent / "other"
    Workspace(other).catalog().dispose()
    shutil.copyfile(other / "catalog.sqlite", file)


def of_another_shop(file: Path) -> None:
    other = shop(file.parent.parent / "other")
    shutil.copyfile(other / "catalog.sqlite", file)


LOSSES = [no_file, empty_file, no_tables, no_rows, of_a_new_workspace, of_another_shop]


@pytest.mark.parametrize("lose", LOSSES)
def test_lost_or_foreign_catalog_is_refused_and_nothing_is_touched(
    tmp_path: Path, lose: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shop(tmp_path / "workspace")
    lose(folder / "catalog.sqlite")
    before = content(folder)
    with pytest.raises(InputError, match=WAYS):
        Workspace(folder)
    assert main(["backup", "--out", str(tmp_path / "b.zip"), "--workspace", str(folder)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert content(folder) == before


@pytest.mark.parametrize("lose", [no_file, empty_file, no_tables, no_rows, of_a_new_workspace])
def test_adopt_enters_all_versions_again(tmp_path: Path, lose: Callable[[Path], None]) -> None:
    folder = shop(tmp_path / "workspace")
    before = Workspace(folder)
    before.delete_version(SHOP.id, 3, ADA)
    kept = rows_of(before)
    before.catalog().dispose()
    shutil.rmtree(folder / "copies", ignore_errors=True)
    lose(folder / "catalog.sqlite")
    assert main(["adopt", "--workspace", str(folder)]) == 0
    workspace = Workspace(folder)
    assert rows_of(workspace) == kept
    assert workspace.dataset(SHOP.id).name == SHOP.name
    if lose is not of_a_new_workspace:
        assert workspace.append(workspace.version(SHOP.id, 2), rows("more"), ADA).version == 4  # 3 was used
    assert main(["adopt", "--workspace", str(folder)]) == 0  # a second time changes nothing
    assert len(Workspace(folder).datasets()) == 1


def test_older_catalog_is_refused_and_brought_up_to_date(tmp_path: Path) -> None:
    folder = shop(tmp_path / "workspace", versions=2)
    shutil.copyfile(folder / "catalog.sqlite", tmp_path / "older.sqlite")
    workspace = Workspace(folder)
    workspace.append(workspace.version(SHOP.id, 2), rows("newest"), ADA)
    kept = rows_of(workspace)
    workspace.catalog().dispose()
    shutil.copyfile(tmp_path / "older.sqlite", folder / "catalog.sqlite")
    for path in (folder / "versions").iterdir():
        age(path)
    before = content(folder)
    with pytest.raises(InputError, match=r"is older than the workspace .* 1 dataset version in the folder is missing"):
        Workspace(folder)
    assert content(folder) == before
    assert main(["adopt", "--workspace", str(folder)]) == 0
    assert rows_of(Workspace(folder)) == kept


def test_workspace_that_runs_while_an_older_catalog_is_put_in_its_place_loses_nothing(tmp_path: Path) -> None:
    folder = shop(tmp_path / "workspace", versions=2)
    workspace = Workspace(folder)
    with workspace.catalog().begin() as connection:
        connection.execute(sa.text("DELETE FROM versions WHERE version = 2"))
    workspace.tend()
    assert len(list((folder / "versions").iterdir())) == 2


def test_copy_of_the_one_file_has_all_that_was_committed(tmp_path: Path) -> None:
    """Without its log, as someone might copy it."""
    folder = tmp_path / "workspace"
    workspace = Workspace(folder)
    first = workspace.create(SHOP, rows("one"), ADA)
    workspace.append(first, rows("two"), ADA)
    shutil.copytree(folder, tmp_path / "copied", ignore=shutil.ignore_patterns("*-wal", "*-shm"))
    for path in (tmp_path / "copied" / "versions").iterdir():
        age(path)
    assert rows_of(Workspace(tmp_path / "copied")) == [("shop 2", "two"), ("shop 1", "one")]


@pytest.mark.parametrize("name", ["versions", "unfinished", "uploads", "results", "models"])
def test_folder_with_something_of_a_stranger_is_no_workspace(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "photos"
    (folder / name / "2019").mkdir(parents=True)
    (folder / name / "2019" / "beach.jpg").write_bytes(b"x")
    age(folder / name / "2019")
    before = content(folder)
    with pytest.raises(InputError, match=rf"isn't a Clientele workspace and already contains the folder “{name}”"):
        Workspace(folder)
    assert main(["adopt", "--workspace", str(folder)]) == 2
    assert content(folder) == before


def test_database_of_a_stranger_is_no_catalog(tmp_path: Path) -> None:
    no_file(shop(tmp_path / "x") / "catalog.sqlite")
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "catalog.sqlite").touch()
    no_tables(folder / "catalog.sqlite")
    before = content(folder)
    with pytest.raises(InputError, match="already contains another program's database"):
        Workspace(folder)
    assert content(folder) == before


def test_folder_with_other_files_may_become_a_workspace(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "versions").mkdir()  # empty: nobody's
    assert Workspace(tmp_path).create(SHOP, rows("one"), ADA).version == 1
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_catalog_elsewhere_is_not_made_where_it_is_missing(tmp_path: Path) -> None:
    folder = shop(tmp_path / "workspace", f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    wrong = tmp_path / "catlog.sqlite"
    with pytest.raises(InputError, match=WAYS):
        Workspace(folder, f"sqlite:///{wrong}")
    assert not wrong.exists()
    with pytest.raises(InputError, match=r"lists 3 dataset versions, but none of them is in the workspace"):
        Workspace(tmp_path / "new", f"sqlite:///{tmp_path / 'catalog.sqlite'}")
    assert not (tmp_path / "new").exists()


def test_workspace_without_its_id_gets_it_again(tmp_path: Path) -> None:
    folder = shop(tmp_path / "workspace")
    marker = folder / "workspace.json"
    said = marker.read_text()
    marker.unlink()
    assert len(rows_of(Workspace(folder))) == 3
    assert marker.read_text() == said


def test_versions_of_which_nothing_but_files_is_known_become_datasets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = shop(tmp_path / "workspace", versions=2)
    for name in ("sidecars", "copies"):
        shutil.rmtree(folder / name, ignore_errors=True)
    (folder / "versions" / "broken").mkdir()
    for path in ("workspace.json", "catalog.sqlite"):
        (folder / path).unlink()
    with pytest.raises(InputError, match="python -m core adopt"):
        Workspace(folder)
    assert main(["adopt", "--workspace", str(folder)]) == 0
    said = capsys.readouterr().out
    assert said.count("Recovered from its files as a new dataset: Recovered") == 2
    assert "broken isn't a readable version; it was left in place" in said
    found = Workspace(folder)
    assert sorted(text for _, text in rows_of(found)) == ["one", "x"]
    assert (folder / "versions" / "broken").is_dir()


def test_restore_brings_back_what_a_lost_catalog_knew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shop(tmp_path / "workspace", versions=2)
    assert main(["backup", "--out", str(tmp_path / "b.zip"), "--workspace", str(folder)]) == 0
    workspace = Workspace(folder)
    workspace.append(workspace.version(SHOP.id, 2), rows("newest"), ADA)
    kept = rows_of(workspace)
    workspace.catalog().dispose()
    no_file(folder / "catalog.sqlite")
    capsys.readouterr()
    assert main(["restore", str(tmp_path / "b.zip"), "--workspace", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "2 versions restored" in out
    assert (
        f"1 version in the folder is still missing from the catalog; `python -m core adopt --workspace {folder}" in out
    )
    assert main(["adopt", "--workspace", str(folder)]) == 0
    assert rows_of(Workspace(folder)) == kept


def test_catalog_of_another_address_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    folder = shop(tmp_path / "workspace")
    before = content(folder)
    with pytest.raises(InputError, match=WAYS):
        Workspace(folder, postgres_url)
    assert content(folder) == before
    engine = sa.create_engine(postgres_url)
    assert sa.inspect(engine).get_table_names() == []
    engine.dispose()
    other = shop(tmp_path / "other", postgres_url)
    with pytest.raises(InputError, match="belongs to another workspace, not to the folder"):
        Workspace(folder, postgres_url)
    assert content(folder) == before
    found = Workspace(other, postgres_url)
    kept = rows_of(found)
    catalog.METADATA.drop_all(found.catalog())
    with pytest.raises(InputError, match=WAYS):
        Workspace(other, postgres_url)
    found.catalog().dispose()
    found, adopted = adopt(other, postgres_url, ADA)
    assert (adopted.versions, rows_of(found), len(kept)) == (3, kept, 3)
    found.catalog().dispose()


def test_password_of_a_catalog_is_not_shown(tmp_path: Path, postgres_url: str) -> None:
    folder = shop(tmp_path / "workspace")
    url = sa.make_url(postgres_url).set(password="secret").render_as_string(False)  # noqa: S106  nobody's
    with pytest.raises(InputError) as told:
        Workspace(folder, url)
    assert "secret" not in str(told.value)
