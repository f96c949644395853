"""Forged backups are rejected by table, row and column, and nothing changes."""

import contextlib
import io
import json
import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.cli import main
from core.errors import InputError
from core.workspace import catalog
from core.workspace.backups import archive_rows
from core.workspace.backups.backup import write_backup
from core.workspace.backups.restore import restore_backup
from core.workspace.records import By, NewDataset
from core.workspace.store import Workspace
from tests.core.workspace.forged import Tables, forged, members_of, with_folder, write
from tests.core.workspace.made import ADA, SHOP, rows

BEN = By(who="ben on the command line")
MODEL = {
    "spec": {"preset": "clientele", "k": 2, "seed": 0}, "mean": [0, 0, 0], "scale": [1, 1, 1], "knots": [],
    "centroids": [[0, 0, 0], [1, 1, 1]], "names": ["A", "B"], "given": ["A", "B"], "reference": None,
}  # fmt: skip
REFERENCE = {"edges": [[1], [1], [1]], "shares": [[0.5, 0.5]] * 3, "far": 1}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a backup and an empty workspace, which every test must leave unchanged."""
    home = tmp_path_factory.mktemp("forged") / "around" / "home"
    home.mkdir(parents=True)
    made = Workspace(home / "made")
    made.append(made.create(SHOP, rows("one"), By(who="ada", import_id="1" * 32)), rows("two"), ADA)
    made.create(NewDataset(name="Other", id="other"), rows("other"), ADA)
    now = catalog.now()
    with made.catalog().begin() as connection:
        model = {"dataset_id": SHOP.id, "model_version": 1, "fitted_on": 1, "as_of": now.date(), "model": MODEL}
        connection.execute(sa.insert(catalog.segment_models).values({**model, "created_at": now}))
        rules = {"scores": {"levels": 3}, "rules": [["All", "**"]]}
        kept = {"dataset_id": SHOP.id, "name": "Mine", "map": rules, "who": "ada", "created_at": now}
        connection.execute(sa.insert(catalog.rfm_maps).values(kept))
        remembered = {"signature": "s", "choices": {"mapping": {"date": "Day"}}, "file": "a.csv", "who": "a", "at": now}
        connection.execute(sa.insert(catalog.remembered).values(remembered))
    write_backup(made, home / "backup.zip")
    Workspace(home / "empty")
    return home


def around(home: Path, file: Path) -> set[str]:
    """Return all files near the workspaces and the backup, except those of SQLite beside an open catalog."""
    found = (path for folder in (home.parents[1], file.parent) for path in folder.rglob("*"))
    return {str(path) for path in found if not path.name.startswith("catalog.sqlite-")}


def refused(home: Path, file: Path, *, by_command: bool = False) -> str:
    """Check that a backup is rejected and nothing changes, and return the message."""
    empty, before = Workspace(home / "empty"), around(home, file)
    if by_command:
        said = by_the_command(file, home / "empty")
    else:
        with pytest.raises(InputError) as told:
            restore_backup(empty, file, BEN)
        said = str(told.value)
    assert (empty.datasets(), empty.audit_trail()) == ([], [])
    assert around(home, file) == before
    assert said.startswith(f"{file}: ")
    assert "nothing was changed" in said
    return said


def by_the_command(file: Path, workspace: Path) -> str:
    """Restore on the command line and return the line on stderr."""
    with contextlib.redirect_stderr(io.StringIO()) as err, contextlib.redirect_stdout(io.StringIO()):
        assert main(["restore", str(file), "--workspace", str(workspace)]) == 2
    return err.getvalue().strip()


def put(table: str, column: str, value: Any, row: int = 0) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table][row][column] = value

    return change


def everywhere(old: str, new: str) -> Callable[[Tables], None]:
    """Change a dataset's id everywhere."""

    def change(tables: Tables) -> None:
        for found in tables.values():
            for row in found:
                for name in ("id", "dataset_id"):
                    if row.get(name) == old:
                        row[name] = new

    return change


def twice(table: str, row: int = 0, **other: Any) -> Callable[[Tables], None]:
    return lambda tables: tables[table].append({**tables[table][row], **other})


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


IDS = ["../../x", "..", ".", "", "a/b", "a\\b", "C:x", "/etc", "con", "NUL", "lpt1", "shop.", "Shop", "x" * 33, "a\0b",
       "from-files", "-rf", "ｓｈｏｐ", "a b", "a\n"]  # fmt: skip


@pytest.mark.parametrize("new", IDS)
def test_dataset_id_that_is_none_is_refused(home: Path, tmp_path: Path, new: str) -> None:
    said = refused(home, forged(home / "backup.zip", tmp_path / "b.zip", everywhere(SHOP.id, new)))
    assert re.search(
        r"catalog\.json, table “datasets”, row \d, column “id”: must (be an id|have at most|be text)", said
    )


def test_dataset_of_a_forged_backup_cannot_delete_a_folder_outside(home: Path, tmp_path: Path) -> None:
    """End to end: once restored, deleting the dataset would delete a folder beside the workspace."""
    workspace, outside = Workspace(tmp_path / "deep" / "workspace"), tmp_path / "deep" / "x"
    outside.mkdir()
    (outside / "mine.txt").write_text("mine")
    file = forged(home / "backup.zip", tmp_path / "b.zip", everywhere(SHOP.id, "../../x"))
    with pytest.raises(InputError, match="column “id”"):
        restore_backup(workspace, file, BEN)
    now = catalog.now()
    with workspace.catalog().begin() as connection:  # restored by the code of before
        row = {"id": "../../x", "name": "X", "simulated": False, "currency": "", "timezone": "UTC", "generation": 0}
        connection.execute(sa.insert(catalog.datasets).values({**row, "created_at": now}))
        version = {"dataset_id": "../../x", "version": 1, "folder": "f" * 32, "created_at": now, "files": []}
        connection.execute(sa.insert(catalog.versions).values({**version, "report": {}}))
    assert workspace.datasets() == []
    assert workspace.versions("../../x") == []
    with pytest.raises(Exception, match="doesn't exist"):
        workspace.delete_dataset("../../x", ADA)
    assert (outside / "mine.txt").read_text() == "mine"
    write_backup(workspace, tmp_path / "again.zip")  # what it cannot have written is left out, so that it can be used
    assert restore_backup(Workspace(home / "empty"), tmp_path / "again.zip", BEN).versions == 0


@pytest.mark.parametrize("name", ["../../x", "..", "con", "aux.parquet", "Folder", "", "a:b", "x" * 81])
def test_folder_of_a_version_that_is_none_is_refused(home: Path, tmp_path: Path, name: str) -> None:
    assert "isn't a file of a version" in refused(
        home, with_folder(home / "backup.zip", tmp_path / "b.zip", lambda _: name)
    )
    deleted = forged(home / "backup.zip", tmp_path / "c.zip", twice("versions", version=9, folder=name,
                     import_id=None, deleted_at="2026-01-01T00:00:00+00:00"))  # fmt: skip
    assert "table “versions”, row 4, column “folder”" in refused(home, deleted)


def test_folder_of_somebody_elses_version_is_refused(home: Path, tmp_path: Path) -> None:
    """The backup's files would replace its own."""
    workspace = Workspace(tmp_path / "workspace")
    mine = workspace.create(NewDataset(name="Mine", id="mine"), rows("mine"), ADA)
    file = with_folder(home / "backup.zip", tmp_path / "b.zip", lambda _: mine.folder.name)
    with pytest.raises(InputError, match=r"version 1 of the dataset “mine” has the same folder as"):
        restore_backup(workspace, file, BEN)
    assert (mine.folder / "rows.parquet").read_text() == "mine"
    assert [dataset.id for dataset in workspace.datasets()] == ["mine"]


@pytest.mark.parametrize(
    ("change", "where", "what"),
    [
        (put("versions", "version", "1"), "table “versions”, row 1, column “version”", "a whole number, got “1”"),
        (put("versions", "version", True), "row 1, column “version”", "a whole number, got “True”"),
        (put("versions", "version", 1.0), "row 1, column “version”", "a whole number"),
        (put("versions", "version", -1), "row 1, column “version”", "from 1 to 1,000,000, got -1"),
        (put("versions", "version", 0), "row 1, column “version”", "from 1 to 1,000,000"),
        (put("versions", "version", 10**9), "row 1, column “version”", "from 1 to 1,000,000, got 1000000000"),
        (put("versions", "base", -4, 1), "table “versions”, row ", "from 1 to"),
        (put("versions", "report", []), "column “report”", "must be an object, got a list"),
        (put("versions", "report", {"revenue": float("nan")}), "column “report”", "nan, which isn't a number"),
        (put("versions", "report", {"revenue": float("inf")}), "column “report”", "inf, which isn't a number"),
        (put("versions", "report", {"rows": 10**40}), "column “report”", "too large"),
        (put("versions", "report", deep(40)), "column “report”", "nests deeper than 32"),
        (put("versions", "report", {"a\ud800": 1}), "column “report”", "can't be stored"),
        (put("versions", "files", ["a.csv", 3]), "column “files”", "must be a list of strings"),
        (put("versions", "sources", {}), "column “sources”", "must be a list of objects"),
        (put("versions", "created_at", "yesterday"), "column “created_at”", "must be a time like"),
        (put("versions", "created_at", 5), "column “created_at”", "must be a time like"),
        (put("versions", "created_at", "9999-12-31T23:59:59-14:00"), "column “created_at”", "must be a time like"),
        (put("versions", "created_at", "9000-01-01T00:00:00+00:00"), "column “created_at”", "between 1990 and 2200"),
        (put("versions", "who", "x" * 10_000), "column “who”", "at most 200 characters, got 10,000"),
        (put("versions", "who", "\ud800"), "column “who”", "text that can be stored"),
        (put("versions", "import_id", 7), "column “import_id”", "text, got “7”"),
        (put("datasets", "simulated", 1), "table “datasets”, row 1, column “simulated”", "true or false, got “1”"),
        (put("datasets", "name", None), "column “name”", "must not be empty"),
        (put("datasets", "generation", -1), "column “generation”", "between 0 and"),
        (put("datasets", "generation", 10**30), "column “generation”", "between 0 and"),
        (put("datasets", "more", 1), "column “more”", "unknown column"),
        (lambda tables: tables["datasets"][0].pop("name"), "column “name”", "is missing"),
        (lambda tables: tables["datasets"][0].pop("deleted_at"), "column “deleted_at”", "is missing"),
        (put("segment_models", "as_of", "9999-12-31"), "table “segment_models”, row 1", "1900 and 2300"),
        (put("segment_models", "model_version", 0), "column “model_version”", "from 1 to"),
        (put("segment_models", "fitted_on", 2**40), "column “fitted_on”", "from 1 to"),
        (put("segment_models", "model", "pickle"), "column “model”", "must be an object"),
        (put("rfm_maps", "name", "x" * 81), "table “rfm_maps”, row 1, column “name”", "at most 80"),
        (put("audit", "details", None), "table “audit”, row 1, column “details”", "must not be empty"),
        (put("audit", "dataset_id", "../x"), "table “audit”, row 1, column “dataset_id”", "must be an id"),
        (put("remembered_mappings", "choices", 3), "table “remembered_mappings”, row 1", "must be an object"),
        (twice("datasets"), "table “datasets”, row 3, column “id”", "is already in row 1"),
        (twice("versions"), "table “versions”, row 4, column “dataset_id, version”", "is already in row 1"),
        (twice("versions", version=7), "table “versions”, row 4, column “folder”", "is already in row 1"),
        (twice("versions", 1, version=7, folder="f" * 32), "table “versions”, row 4, column “import_id”", "in row 2"),
        (twice("segment_models"), "table “segment_models”, row 2", "is already in row 1"),
        (twice("rfm_maps"), "table “rfm_maps”, row 2", "is already in row 1"),
        (twice("audit"), "table “audit”, row 4, column “id”", "is already in row 1"),
        (twice("remembered_mappings"), "table “remembered_mappings”, row 2", "is already in row 1"),
        (twice("versions", dataset_id="no", folder="f" * 32, import_id=None), "row 4, column “dataset_id”", "isn't in"),
        (lambda tables: tables.pop("audit"), "catalog.json", "the table “audit” is missing"),
        (lambda tables: tables.update(jobs=[]), "catalog.json", "the table “jobs” isn't part of"),
        (lambda tables: tables.update(audit={}), "table “audit”", "must be a list of rows"),
        (lambda tables: tables["audit"].append([]), "table “audit”, row 4", "must be a row with names and values"),
    ],
)  # fmt: skip
def test_wrong_rows_are_named(
    home: Path, tmp_path: Path, change: Callable[[Tables], object], where: str, what: str
) -> None:
    said = refused(home, forged(home / "backup.zip", tmp_path / "b.zip", change))
    assert said.startswith(f"{tmp_path / 'b.zip'}: catalog.json")
    assert where in said
    assert what in said


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (put("segment_models", "model", {"k": 4}), "table “segment_models”, row 1, column “model”"),
        (put("segment_models", "model", {**MODEL, "centroids": [[0, 0], [1, 1]]}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "centroids": [["a"] * 3, ["b"] * 3]}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "names": ["A", "a"]}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "names": ["A"] * 3}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "scale": [0, 1, 1]}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "centroids": [[0, 0, 0]] * 3}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "mean": [0, 0]}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "knots": [[[0, 1], [0, 1]]]}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "knots": [[[0, 1], [0]]] * 3}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "names": ["A", 3]}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "given": ["A", "B" * 201]}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "reference": {**REFERENCE, "far": "x"}}), "column “model”"),
        (put("segment_models", "model", {**MODEL, "spec": {"preset": "evil", "k": 2, "seed": 0}}), "column “model”"),
        (put("rfm_maps", "map", {"scores": {"levels": 3}, "rules": [["All", "[["]]}), "column “map”"),
        (
            put("rfm_maps", "map", {"scores": {"levels": 3, "recency": ["a", "b"]}, "rules": [["All", "**"]]}),
            "column “map”",
        ),
        (put("rfm_maps", "map", {}), "table “rfm_maps”, row 1, column “map”"),
        (put("remembered_mappings", "choices", {"mapping": {"date": 3}}), "column “choices”"),
        (put("remembered_mappings", "choices", {"mapping": {"evil": "Day"}}), "column “choices”"),
        (put("remembered_mappings", "choices", {"currency": 3}), "column “choices”"),
        (put("versions", "report", {"first_order": "never"}), "table “versions”, row 1, column “report”"),
        (put("versions", "report", {"rows_read": "many"}), "table “versions”, row 1, column “report”"),
        (put("versions", "report", {"removed": {"duplicate": "many"}}), "table “versions”, row 1, column “report”"),
    ],
)
def test_content_is_what_it_claims_to_be(
    home: Path, tmp_path: Path, change: Callable[[Tables], object], where: str
) -> None:
    said = refused(home, forged(home / "backup.zip", tmp_path / "b.zip", change), by_command=True)
    assert where in said
    assert "is invalid" in said


def test_true_backup_comes_back_by_the_command(home: Path, tmp_path: Path) -> None:
    assert main(["restore", str(home / "backup.zip"), "--workspace", str(tmp_path / "new")]) == 0
    assert len(Workspace(tmp_path / "new").datasets()) == 2


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("versions/{folder}/../x", "isn't a file of a version"),
        ("versions/{folder}/CON.parquet", "isn't a file of a version"),
        ("versions/{folder}/rows.parquet.", "isn't a file of a version"),
        ("versions/{folder}/a:b", "isn't a file of a version"),
        ("versions/{folder}/Rows.parquet", "occurs twice, possibly in different case"),
        ("versions/ffffffff/rows.parquet", "no row for the folder of the member"),
        ("more.txt", "isn't a file of a version"),
        ("Catalog.json", "isn't a file of a version"),
    ],
)
def test_wrong_members_are_named(home: Path, tmp_path: Path, name: str, what: str) -> None:
    members = members_of(home / "backup.zip")
    folder = next(iter(members)).split("/")[1]
    file = write(tmp_path / "b.zip", {**members, name.format(folder=folder): b"x"})
    assert what in refused(home, file)


def test_member_that_is_in_it_twice_is_refused(home: Path, tmp_path: Path) -> None:
    shutil.copyfile(home / "backup.zip", tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip", "a") as packed, pytest.warns(UserWarning, match="Duplicate"):
        packed.writestr(zipfile.ZipInfo("catalog.json"), b"{}")
    assert "the member “catalog.json” occurs twice" in refused(home, tmp_path / "b.zip")


def test_name_that_stands_twice_in_an_object_is_refused(home: Path, tmp_path: Path) -> None:
    members = members_of(home / "backup.zip")
    text = members["catalog.json"].replace(b'"id":', b'"id": "evil", "id":', 1)
    file = write(tmp_path / "b.zip", {**members, "catalog.json": text})
    assert "catalog.json: it has the key “id” twice" in refused(home, file)


def test_member_that_claims_another_size_is_refused(home: Path, tmp_path: Path) -> None:
    """A false central directory would make a member be read beyond its end, or look small."""
    content = bytearray((home / "backup.zip").read_bytes())
    at = content.index(b"PK\x01\x02")
    for offset in (20, 24):  # the packed and the real size
        content[at + offset : at + offset + 4] = (2**31 - 1).to_bytes(4, "little")
    (tmp_path / "b.zip").write_bytes(content)
    assert "the members' total size exceeds that of the file" in refused(home, tmp_path / "b.zip")


def test_huge_catalog_is_refused_before_it_is_parsed(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    members = members_of(home / "backup.zip")
    many = write(tmp_path / "b.zip", {**members, "catalog.json": b"[" + b"[]," * 3_100_000 + b"[]]"})
    assert "catalog.json: it contains over 6,000,000 values" in refused(home, many)
    monkeypatch.setattr("core.workspace.backups.archive.MOST_TEXT", 1000)
    assert "but Clientele never writes more than" in refused(home, home / "backup.zip")


def test_catalog_that_nests_without_end_is_refused(home: Path, tmp_path: Path) -> None:
    members = members_of(home / "backup.zip")
    for text in (b"[" * 1_000_000, b'{"a":' * 500_000, b'{"datasets": [' + b"9" * 5000 + b"]}"):
        assert "a Clientele backup" in refused(home, write(tmp_path / "b.zip", {**members, "catalog.json": text}))


def test_older_backup_may_lack_what_came_later(home: Path, tmp_path: Path) -> None:
    members = members_of(home / "backup.zip")
    tables = json.loads(members["catalog.json"])
    del tables["rfm_maps"]
    for row in tables["versions"]:
        del row["import_id"]
    file = write(tmp_path / "b.zip", {**members, "catalog.json": json.dumps(tables).encode()}, schema=2)
    assert restore_backup(Workspace(tmp_path / "new"), file, BEN).versions == 3


def test_rows_of_a_backup_are_those_of_the_catalog(home: Path) -> None:
    """A restore must accept everything that Clientele writes."""
    made = Workspace(home / "made")
    with made.catalog().connect() as connection:
        for table in (catalog.datasets, catalog.versions, catalog.segment_models, catalog.rfm_maps, catalog.audit):
            found = connection.execute(sa.select(table)).mappings().all()
            assert found
            assert all(archive_rows.is_sound(table, {**row}) for row in found)
