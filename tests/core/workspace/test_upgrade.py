"""Older workspaces are upgraded once, completely, and by one of several processes."""

import json
import logging
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from core.errors import ConflictError, InputError
from core.workspace import catalog, upgrade
from core.workspace.queue import job_records
from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, on_disk, rows
from tests.logs import SMALL_REPORT, Ingested

SCHEMA_1 = """
CREATE TABLE datasets (
    id VARCHAR(32) NOT NULL PRIMARY KEY, name VARCHAR(200) NOT NULL, simulated BOOLEAN NOT NULL,
    currency VARCHAR(3) NOT NULL, timezone VARCHAR(64) NOT NULL, generation INTEGER NOT NULL,
    created_at TIMESTAMP NOT NULL
);
CREATE TABLE versions (
    dataset_id VARCHAR(32) NOT NULL REFERENCES datasets (id), version INTEGER NOT NULL,
    folder VARCHAR(80) NOT NULL UNIQUE, created_at TIMESTAMP NOT NULL, files JSON NOT NULL, report JSON NOT NULL,
    PRIMARY KEY (dataset_id, version)
);
CREATE TABLE segment_models (
    dataset_id VARCHAR(32) NOT NULL REFERENCES datasets (id), model_version INTEGER NOT NULL,
    fitted_on INTEGER NOT NULL, as_of DATE NOT NULL, created_at TIMESTAMP NOT NULL, model JSON NOT NULL,
    PRIMARY KEY (dataset_id, model_version)
);
"""
WHEN = "2026-01-02 03:04:05.000006"
REJECTS = [
    {"file": "a.csv", "row": 7, "problem": "Expected 8 columns, found 2", "text": "x,y"},
    {"file": "b.csv", "row": 2**33, "problem": "unquoted", "text": "“z”"},
]


@pytest.fixture
def old(tmp_path: Path, small: Ingested) -> Path:
    """Create a workspace of the first release, with a real, a damaged and a missing version."""
    folder = tmp_path / "workspace"
    for name in ("good", "damaged"):
        (folder / "versions" / name).mkdir(parents=True)
    for path in small.folder.iterdir():
        (folder / "versions" / "good" / path.name).write_bytes(path.read_bytes())
    details = {**small.details(), "rejects": REJECTS}
    (folder / "versions" / "good" / "quality.json").write_text(json.dumps(details))
    (folder / "versions" / "damaged" / "quality.json").write_text("{")
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        connection.executescript(SCHEMA_1)
        fill(connection)
        connection.commit()
    return folder


def fill(connection: sqlite3.Connection) -> None:
    """Write the rows of such a workspace."""
    connection.execute(f"INSERT INTO datasets VALUES ('shop', 'Shop', false, 'GBP', 'UTC', 0, '{WHEN}')")  # noqa: S608
    for number, name in enumerate(("good", "damaged", "missing"), start=1):
        values = ("shop", number, name, WHEN, '["small.csv"]', json.dumps(SMALL_REPORT))
        connection.execute("INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?)", values)
    connection.execute("INSERT INTO segment_models VALUES ('shop', 1, 1, '2026-01-01', ?, '{}')", (WHEN,))


def tables(path: Path) -> set[str]:
    """Return the names of a catalog's tables."""
    with closing(sqlite3.connect(path)) as connection:
        return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def test_old_workspace_is_brought_up_to_date(
    old: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    logger = logging.getLogger("clientele")  # whatever other tests in this process left of it
    for name, value in (("handlers", [caplog.handler]), ("propagate", False), ("disabled", False)):
        monkeypatch.setattr(logger, name, value)
    with caplog.at_level(logging.WARNING, "clientele"):
        workspace = Workspace(old)
    first = workspace.version("shop", 1)
    assert first.created_at == datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert (first.files, first.report) == (("small.csv",), SMALL_REPORT)
    assert (first.action, first.who, first.base, first.sources, first.deleted_at) == (None, None, None, (), None)
    assert workspace.dataset("shop").latest == 3
    with workspace.catalog().connect() as connection:
        assert upgrade.schema_of(connection) == upgrade.NEWEST == 5
        assert connection.scalars(sa.select(catalog.segment_models.c.model_version)).all() == [1]
    rejects = pd.read_parquet(first.folder / "rejects.parquet")
    assert rejects.to_dict("list") == {
        "file": ["a.csv", "b.csv"],
        "line": [7, 2**33],
        "reason": ["Expected 8 columns, found 2", "unquoted"],
        "text": ["x,y", "“z”"],
    }
    said = [record.getMessage().partition(" was left")[0] for record in caplog.records]
    assert [Path(one).name for one in said] == ["damaged", "missing"]
    assert [path.name for path in (old / "versions" / "damaged").iterdir()] == ["quality.json"]
    fourth = workspace.append(workspace.version("shop", 3), rows("four"), ADA)
    assert (fourth.version, fourth.action) == (4, "append")
    workspace.delete_version("shop", 3, ADA)


def test_workspace_without_maps_gets_their_table(tmp_path: Path) -> None:
    folder = tmp_path / "workspace"
    Workspace(folder).create(SHOP, rows("one"), ADA)
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        connection.executescript("DROP TABLE rfm_maps; UPDATE schema_number SET number = 2;")
    workspace = Workspace(folder)
    with workspace.catalog().connect() as connection:
        assert upgrade.schema_of(connection) == 5
        assert connection.execute(sa.select(catalog.rfm_maps)).all() == []
    assert workspace.dataset(SHOP.id).latest == 1
    assert "rfm_maps" not in tables(folder / "catalog-schema-2.sqlite")


def test_workspace_of_schema_4_opens_with_its_jobs(tmp_path: Path) -> None:
    """Newer columns are empty for its jobs and models."""
    folder = tmp_path / "workspace"
    workspace = Workspace(folder)
    new = {"id": "j1", "kind": "train", "title": "Training", "who": "ada", "dataset_id": None, "spec": {"segments": 1}}
    job = job_records.add(workspace, new)
    workspace.catalog().dispose()
    with closing(sqlite3.connect(folder / "catalog.sqlite")) as connection:
        connection.executescript(
            "ALTER TABLE jobs DROP COLUMN replaced_by; ALTER TABLE predictors DROP COLUMN training; "
            "UPDATE schema_number SET number = 4;"
        )
    workspace = Workspace(folder)
    assert job_records.get(workspace, "j1") == job
    with workspace.catalog().connect() as connection:
        assert upgrade.schema_of(connection) == 5
        assert "training" in {column["name"] for column in sa.inspect(connection).get_columns("predictors")}
    workspace.catalog().dispose()


def test_version_without_rejects_gets_an_empty_table(old: Path, small: Ingested) -> None:
    (old / "versions" / "good" / "quality.json").write_text(json.dumps(small.details()))
    folder = Workspace(old).version("shop", 1).folder
    assert dict(pd.read_parquet(folder / "rejects.parquet").dtypes.astype(str)) == {
        "file": "str",
        "line": "int64",
        "reason": "str",
        "text": "str",
    }


def test_catalog_of_before_is_kept(old: Path) -> None:
    Workspace(old)
    assert tables(old / "catalog-schema-1.sqlite") == {"datasets", "versions", "segment_models"}
    assert [path.name for path in old.glob("*schema*")] == ["catalog-schema-1.sqlite"]
    with closing(sqlite3.connect(old / "catalog-schema-1.sqlite")) as connection:
        assert connection.execute("SELECT max(version) FROM versions").fetchone() == (3,)


def test_upgraded_catalog_has_the_columns_and_indices_of_a_new_one(old: Path, tmp_path: Path) -> None:
    found = []
    for workspace in (Workspace(old), Workspace(tmp_path / "new")):
        inspector = sa.inspect(workspace.catalog())
        found.append(
            {
                name: (
                    {column["name"] for column in inspector.get_columns(name)},
                    {(index["name"], index["unique"]) for index in inspector.get_indexes(name)},
                )
                for name in inspector.get_table_names()
            }
        )
    assert found[0] == found[1]
    assert ("ix_versions_import_id", 1) in found[1]["versions"][1]


def test_new_workspace_begins_with_the_newest_schema_and_no_copy(tmp_path: Path) -> None:
    Workspace(tmp_path / "new")
    assert not list((tmp_path / "new").glob("*schema*"))
    with catalog.connect("", tmp_path / "new").connect() as connection:
        assert upgrade.schema_of(connection) == 5


def test_newer_workspace_is_refused(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    with workspace.catalog().begin() as connection:
        connection.execute(sa.update(catalog.schema_number).values(number=6))
    with pytest.raises(
        InputError, match=r"^The workspace has schema 6, but this Clientele only supports schemas up to 5"
    ):
        Workspace(tmp_path / "workspace")


def test_many_open_an_old_workspace_at_once(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start, steps = threading.Barrier(6), []
    step = upgrade.STEPS[1]

    def counted(connection: sa.Connection, folder: Path) -> None:
        steps.append(folder)
        step(connection, folder)

    monkeypatch.setitem(upgrade.STEPS, 1, counted)

    def open_it(_: int) -> int:
        start.wait()
        return Workspace(old).dataset("shop").latest

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(open_it, range(6))) == [3] * 6
    assert steps == [old]
    assert [path.name for path in old.glob("*schema*")] == ["catalog-schema-1.sqlite"]


def test_upgrade_that_is_stopped_leaves_the_catalog_as_it_was(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setitem(upgrade.STEPS, 1, stop)
        with pytest.raises(KeyboardInterrupt):
            Workspace(old)
    assert tables(old / "catalog.sqlite") == {"datasets", "versions", "segment_models"}
    assert Workspace(old).version("shop", 1).report == SMALL_REPORT


def test_workspace_made_between_the_two_schemas(old: Path) -> None:
    """It has some of the new tables and columns, but no number."""
    with closing(sqlite3.connect(old / "catalog.sqlite")) as connection:
        connection.executescript("ALTER TABLE versions ADD COLUMN who VARCHAR(200); CREATE TABLE jobs (id INTEGER);")
        connection.execute("DROP TABLE jobs")
    workspace = Workspace(old)
    workspace.delete_version("shop", 2, ADA)
    assert [version.version for version in workspace.versions("shop") if not version.deleted_at] == [3, 1]


def test_old_workspace_on_postgresql(old: Path, postgres_url: str) -> None:
    engine = sa.create_engine(postgres_url)
    with engine.begin() as connection:
        for statement in SCHEMA_1.split(";")[:3]:
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(f"INSERT INTO datasets VALUES ('shop', 'Shop', false, 'GBP', 'UTC', 0, '{WHEN}')")  # noqa: S608
        text = json.dumps(SMALL_REPORT)
        connection.exec_driver_sql(f"INSERT INTO versions VALUES ('shop', 1, 'good', '{WHEN}', '[\"a\"]', '{text}')")  # noqa: S608
    engine.dispose()
    start = threading.Barrier(3)

    def open_it(_: int) -> Workspace:
        start.wait()
        return Workspace(old, postgres_url)

    with ThreadPoolExecutor(3) as pool:
        workspaces = list(pool.map(open_it, range(3)))
    first = workspaces[0].version("shop", 1)
    assert (first.folder / "rejects.parquet").exists()
    assert not (old / "catalog-schema-1.sqlite").exists()
    second = workspaces[1].append(first, rows("two"), ADA)
    assert workspaces[2].restore("shop", 1, ADA).version == 3
    workspaces[0].delete_version("shop", second.version, ADA)
    other = workspaces[0].create(replace(SHOP, id="other"), rows("one"), ADA)
    workspaces[1].delete_dataset(other.dataset_id, ADA)
    assert [change.action for change in workspaces[2].audit_trail()] == [
        "delete_dataset",
        "create",
        "delete_version",
        "restore",
        "append",
    ]
    for workspace in workspaces:
        workspace.catalog().dispose()


def test_of_many_appends_at_once_on_postgresql_one_wins(tmp_path: Path, postgres_url: str) -> None:
    workspaces = [Workspace(tmp_path / "workspace", postgres_url) for _ in range(4)]
    first, start = workspaces[0].create(SHOP, rows("one"), ADA), threading.Barrier(8)

    def append(number: int) -> str:
        start.wait()
        try:
            workspaces[number % 4].append(first, rows(str(number)), ADA)
        except ConflictError:
            return "conflict"
        return str(number)

    with ThreadPoolExecutor(8) as pool:
        [winner] = set(pool.map(append, range(8))) - {"conflict"}
    assert sorted(on_disk(workspaces[0]).values()) == sorted([winner, "one"])
    for workspace in workspaces:
        workspace.catalog().dispose()
