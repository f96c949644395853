"""The job that fetches a file: complete or not at all, and safe to repeat."""

import json
import os
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from core.errors import CancelledError, InputError
from core.ingest.sources import addresses
from core.ingest.staging import fetch_job
from core.ingest.staging.fetch_job import run
from core.settings import Settings
from core.workspace.store import Workspace
from tests.postgres import Postgres

STAGED = "0123456789ab"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Return an empty workspace."""
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Return an allowed folder with a file."""
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "orders.csv").write_text("customer,date,amount\n", encoding="utf-8")
    return folder


def silent(_share: float, _what: str) -> None:
    """Ignore progress."""


def stop(_share: float, _what: str) -> None:
    """Act like a user who cancels."""
    message = "Stopped."
    raise CancelledError(message)


def address(path: str) -> dict[str, Any]:
    """Return the spec for a path."""
    return {"kind": "address", "address": path, "staged": STAGED}


def test_a_path_is_given_a_second_name(workspace: Workspace, shelf: Path) -> None:
    settings = Settings(allowed_folders=(shelf,))
    result = run(workspace, settings, address("orders.csv"), silent)
    folder = workspace.folder / "uploads" / STAGED
    assert result == {"staged": STAGED, "name": "orders.csv", "bytes": 21}
    assert (folder / "original").samefile(shelf / "orders.csv")
    assert sorted(path.name for path in folder.iterdir()) == ["fetched.json", "original"]
    (shelf / "orders.csv").unlink()
    assert run(workspace, settings, address("orders.csv"), silent) == result


def test_from_another_disk_it_is_copied(workspace: Workspace, shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(18, os.strerror(18))

    monkeypatch.setattr(os, "link", refuse)
    told: list[float] = []
    settings = Settings(allowed_folders=(shelf,))
    run(workspace, settings, address("orders.csv"), lambda share, _what: told.append(share))
    original = workspace.folder / "uploads" / STAGED / "original"
    assert original.read_bytes() == (shelf / "orders.csv").read_bytes()
    assert not original.samefile(shelf / "orders.csv")
    assert told == [1.0]


def test_what_a_killed_run_left_is_no_hindrance(workspace: Workspace, shelf: Path) -> None:
    folder = workspace.folder / "uploads" / STAGED
    folder.mkdir()
    (folder / "unfinished").write_text("half", encoding="utf-8")
    (folder / "fetched.json").write_text("{", encoding="utf-8")
    assert run(workspace, Settings(allowed_folders=(shelf,)), address("orders.csv"), silent)["bytes"] == 21


def test_nothing_is_left_of_what_was_stopped_or_failed(
    workspace: Workspace, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(allowed_folders=(shelf,))
    with pytest.raises(InputError, match="no file “none"):
        run(workspace, settings, address("none.csv"), silent)
    monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError()))
    with pytest.raises(CancelledError):
        run(workspace, settings, address("orders.csv"), stop)
    assert list((workspace.folder / "uploads").iterdir()) == []


@pytest.mark.parametrize("staged", ["../../elsewhere", "a/b/c/d/e", "", "short", "x" * 65, "a" * 8 + "\n"])
def test_a_staged_name_is_no_path(workspace: Workspace, shelf: Path, staged: str) -> None:
    with pytest.raises(InputError, match="valid name in the staging area"):
        run(workspace, Settings(allowed_folders=(shelf,)), {**address("orders.csv"), "staged": staged}, silent)


def test_uci(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def pretend(link: str, hosts: object, target: Path, progress: object) -> str:
        target.write_bytes(b"PK\x03\x04")
        return "online+retail.zip"

    monkeypatch.setattr(addresses, "download", pretend)
    result = run(workspace, Settings(), {"kind": "uci", "staged": STAGED}, silent)
    assert result == {"staged": STAGED, "name": "online+retail.zip", "bytes": 4}


def test_a_database(workspace: Workspace, postgres: Postgres) -> None:
    settings = Settings(databases={"shop": postgres.socket_url()})
    spec = {"kind": "database", "connection": "shop", "query": "SELECT generate_series(1, 3) AS i", "staged": STAGED}
    result = run(workspace, settings, spec, silent)
    original = workspace.folder / "uploads" / STAGED / "original"
    assert result == {"staged": STAGED, "name": "shop query", "rows": 3, "bytes": original.stat().st_size}
    assert pq.read_table(original).to_pydict() == {"i": [1, 2, 3]}
    assert json.loads((original.parent / "fetched.json").read_text(encoding="utf-8")) == result


def test_only_databases_of_the_settings(workspace: Workspace, tmp_path: Path) -> None:
    spec = {"kind": "database", "connection": "sqlite:///x", "table": "orders", "staged": STAGED}
    with pytest.raises(InputError, match=r"no database “sqlite:///x” in CLIENTELE_DATABASES, which contains: none"):
        run(workspace, Settings(), spec, silent)
    settings = Settings(databases={"shop": f"sqlite:///{tmp_path / 'shop.sqlite'}"}, allowed_folders=(tmp_path / "a",))
    with pytest.raises(InputError, match="outside the folders"):
        run(workspace, settings, {**spec, "connection": "shop"}, silent)


def test_a_worker_that_comes_back_late_takes_nothing_away(
    workspace: Workspace, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(allowed_folders=(shelf,))

    def late(*_: object) -> dict[str, Any]:
        run_again = dict(real(settings, address("orders.csv"), folder / "other", silent))
        (folder / "other").replace(folder / "original")
        assert run_again["name"] == "orders.csv"
        stop(0, "")
        return {}

    folder = workspace.folder / "uploads" / STAGED
    real = fetch_job._KINDS["address"]  # noqa: SLF001
    monkeypatch.setitem(fetch_job._KINDS, "address", late)  # noqa: SLF001
    with pytest.raises(CancelledError):
        run(workspace, settings, address("orders.csv"), silent)
    assert (folder / "original").exists()
