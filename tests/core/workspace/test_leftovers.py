"""Leftovers of killed processes are cleared by owner and age; other files are never touched."""

import json
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core import scratch
from core.cli import main
from core.errors import ClienteleError, InputError
from core.workspace import catalog, folders
from core.workspace.backups import backup
from core.workspace.backups.backup import write_backup
from core.workspace.backups.restore import restore_backup
from core.workspace.ownership import quarantine
from core.workspace.records import Version, Written
from core.workspace.store import Workspace
from core.workspace.stored_results import ResultKey, keep
from tests.core.workspace.made import ADA, SHOP, age, on_disk, rows
from tests.made_by_dead import name_of_a_dead_process

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="only Linux tells whether a process runs since when"
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def first(workspace: Workspace) -> Version:
    return workspace.create(SHOP, rows("one"), ADA)


def put(folder: Path, *, old: bool = False) -> Path:
    """Create a folder with a file."""
    folder.mkdir(parents=True)
    (folder / "card.json").write_text("{}")
    if old:
        age(folder)
    return folder


def killed(workspace: Workspace, do: Callable[..., None], *given: Any) -> None:
    """Run a function in a process that opens the workspace and kills itself."""
    context = multiprocessing.get_context("forkserver")  # imports once for all tests
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_do, args=(workspace.folder, do, *given))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL


def _do(folder: Path, do: Callable[..., None], *given: Any) -> None:
    do(Workspace(folder), *given)


def die(*_given: Any, **_named: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def append_and_die(workspace: Workspace, step: str) -> None:
    setattr(workspace, step, die)
    workspace.append(workspace.version(SHOP.id, 1), rows("two"), ADA)


def create_and_die(workspace: Workspace) -> None:
    workspace._insert = die  # type: ignore[method-assign]  # noqa: SLF001
    workspace.create(SHOP, rows("one"), ADA)


def delete_and_die(workspace: Workspace, step: str) -> None:
    setattr(workspace, step, die)
    workspace.delete_version(SHOP.id, 1, ADA)


def train_and_die(workspace: Workspace, model: Path) -> None:
    with folders.announced(workspace.folder, [model]):
        put(model)
        die()


def back_up_and_die(workspace: Workspace, out: Path) -> None:
    backup._write = die  # noqa: SLF001
    write_backup(workspace, out)


def held(workspace: Workspace) -> list[str]:
    return [one.origin for one in quarantine.held(workspace.folder)]


def test_unfinished_things_go_at_once_where_their_process_is_dead_and_never_where_it_lives(
    workspace: Workspace, first: Version
) -> None:
    unfinished = workspace.folder / "unfinished"
    dead = put(unfinished / name_of_a_dead_process())
    staged = put(workspace.folder / "uploads" / "staged-1" / name_of_a_dead_process("reading-"))
    mine, unknown = put(folders.new_unfinished(workspace.folder), old=True), put(unfinished / "0123-spill", old=True)
    young = put(unfinished / "0124-spill")
    catalog_copy = workspace.folder / name_of_a_dead_process(".catalog-schema-4.sqlite.")
    catalog_copy.write_text("half")
    Workspace(workspace.folder)
    assert not any(path.exists() for path in (dead, staged, staged.parent, unknown, catalog_copy))
    assert mine.exists()
    assert young.exists()
    assert held(workspace) == ["unfinished/0123-spill"]
    assert workspace.version(first.dataset_id, 1) == first


def test_version_of_a_process_killed_before_its_commit_goes_into_quarantine_at_once(
    workspace: Workspace, first: Version
) -> None:
    killed(workspace, append_and_die, "_insert")
    [orphan] = set((workspace.folder / "versions").iterdir()) - {first.folder}
    Workspace(workspace.folder)
    assert on_disk(workspace) == {first.folder.name: "one"}
    assert held(workspace) == [f"versions/{orphan.name}"]


def test_first_version_of_a_new_workspace_killed_before_its_commit_refuses_nothing(workspace: Workspace) -> None:
    killed(workspace, create_and_die)
    assert Workspace(workspace.folder).create(SHOP, rows("one"), ADA).version == 1
    assert len(held(workspace)) == 1


def test_version_of_a_process_killed_after_its_commit_stays(workspace: Workspace, first: Version) -> None:
    killed(workspace, append_and_die, "_settle")
    opened = Workspace(workspace.folder)
    assert sorted(on_disk(opened).values()) == ["one", "two"]
    assert held(workspace) == []
    assert len(list((workspace.folder / "sidecars").iterdir())) == 2


@pytest.mark.parametrize("step", ["_settle", "_discard"])
def test_version_whose_deletion_was_killed_after_the_commit_is_deleted(
    workspace: Workspace, first: Version, step: str
) -> None:
    workspace.append(first, rows("two"), ADA)
    killed(workspace, delete_and_die, step)
    opened = Workspace(workspace.folder)
    assert list(on_disk(opened).values()) == ["two"]
    assert held(workspace) == []


def test_models_in_no_catalog_go_into_quarantine(workspace: Workspace, first: Version) -> None:
    home = folders.models_of(workspace.folder, first.dataset_id)
    old, young, loose = home / ("a" * 12), home / ("b" * 12), workspace.folder / "models" / "from-files" / ("c" * 12)
    put(old, old=True)
    put(young)
    put(loose, old=True)
    announced = home / ("d" * 12)
    killed(workspace, train_and_die, announced)
    assert announced.exists()
    Workspace(workspace.folder)
    assert (old.exists(), announced.exists(), young.exists(), loose.exists()) == (False, False, True, True)
    assert sorted(held(workspace)) == [f"models/shop/{'a' * 12}", f"models/shop/{'d' * 12}"]
    assert [path.name for path in (workspace.folder / "unfinished").iterdir()] == []


def test_unfinished_backup_beside_its_target_is_deleted(workspace: Workspace, first: Version, tmp_path: Path) -> None:
    killed(workspace, back_up_and_die, tmp_path / "b.zip")
    theirs = tmp_path / ".x.unfinished"
    theirs.write_text("a stranger's")
    assert len(list(tmp_path.glob(".b.zip*"))) == 1
    Workspace(workspace.folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".x.unfinished", "workspace"]


def test_note_cannot_name_what_its_process_did_not_make(workspace: Workspace, first: Version, tmp_path: Path) -> None:
    victim = tmp_path / "letter.unfinished"
    victim.write_text("a stranger's")
    note = workspace.folder / "unfinished" / f"{name_of_a_dead_process(folders.MOVES)}"
    note.write_text(json.dumps([str(victim), "../letter.unfinished", f"versions/{first.folder.name}", ".", "versions"]))
    Workspace(workspace.folder)
    assert victim.exists()
    assert on_disk(workspace) == {first.folder.name: "one"}
    assert held(workspace) == []


def test_clock_that_jumps_deletes_nothing(
    workspace: Workspace, first: Version, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year ahead, unknown files are quarantined and stay there; back again, new files aren't old."""
    unknown = put(workspace.folder / "versions" / "unknown")
    mine = put(folders.new_unfinished(workspace.folder))
    now = time.time()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now - 365 * 86400)
        Workspace(workspace.folder)
        assert unknown.exists()
    with monkeypatch.context() as patch:
        patch.setattr(time, "time", lambda: now + 365 * 86400)
        patch.setattr(quarantine, "_today", lambda: datetime.now(UTC).date() + timedelta(days=365))
        for _ in range(20):
            Workspace(workspace.folder)
    assert mine.exists()
    assert held(workspace) == ["versions/unknown"]
    assert workspace.version(first.dataset_id, 1) == first


def test_quarantine_lasts_a_week_of_days_that_were_seen(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    put(workspace.folder / "versions" / "unknown", old=True)
    Workspace(workspace.folder)
    assert held(workspace) == ["versions/unknown"]
    assert "versions/unknown" in (workspace.folder / "quarantine" / "log.txt").read_text()
    today = datetime.now(UTC).date()

    def on(day: date) -> list[str]:
        monkeypatch.setattr(quarantine, "_today", lambda: day)
        quarantine.expire(workspace.folder)
        return held(workspace)

    assert on(today + timedelta(days=1000)) == ["versions/unknown"]  # a clock that was ahead for a while
    for days in range(6):
        assert on(today + timedelta(days=days)) == ["versions/unknown"]
    assert on(today + timedelta(days=6)) == ["versions/unknown"]
    assert on(today + timedelta(days=7)) == []


def test_adopt_brings_back_what_is_in_quarantine(
    workspace: Workspace, first: Version, capsys: pytest.CaptureFixture[str]
) -> None:
    version = put(workspace.folder / "versions" / "unknown")
    (version / "quality.json").write_text(json.dumps({"rows_read": 7, "files": ["a.csv"], "examples": {}}))
    (version / "orders.parquet").write_text("orders")
    model = put(folders.models_of(workspace.folder, first.dataset_id) / ("a" * 12))
    (model / "card.json").write_text(json.dumps({"data": {"version": 1}}))
    (model / "predictor.json").write_text(json.dumps({"name": "xgboost", "horizon": 90, "as_of": "2026-01-01"}))
    age(version)
    age(model)
    put(workspace.folder / "unfinished" / "spill", old=True)
    Workspace(workspace.folder)
    names = {one.origin: one.name for one in quarantine.held(workspace.folder)}
    where = ["--workspace", str(workspace.folder)]
    assert main(["adopt", "nothing", *where]) == 2
    assert "“nothing” isn't in the quarantine of" in capsys.readouterr().err
    assert main(["adopt", names["unfinished/spill"], *where]) == 2
    assert "is neither a version nor a model" in capsys.readouterr().err
    assert main(["adopt", names["versions/unknown"], names[f"models/shop/{'a' * 12}"], *where]) == 0
    out = capsys.readouterr().out
    assert "1 version and 1 model added to the catalog" in out
    opened = Workspace(workspace.folder)
    [recovered] = [dataset for dataset in opened.datasets() if dataset.name.endswith(": a.csv")]
    assert opened.version(recovered.id, 1).report == {"rows_read": 7}
    with opened.catalog().connect() as connection:
        assert connection.execute(sa.select(catalog.predictors.c.id)).scalars().all() == ["a" * 12]
    assert model.is_dir()


def test_nothing_waits_for_the_disk_within_a_transaction(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    within: list[bool] = []
    waited: list[str] = []
    writing, fsync = catalog.writing, os.fsync

    @contextmanager
    def watched(engine: sa.Engine) -> Iterator[sa.Connection]:
        with writing(engine) as connection:
            within.append(True)
            try:
                yield connection
            finally:
                within.pop()

    def checked(descriptor: int) -> None:
        waited.append("within" if within else "outside")
        fsync(descriptor)

    monkeypatch.setattr(catalog, "writing", watched)
    monkeypatch.setattr(os, "fsync", checked)
    first = workspace.create(SHOP, rows("one"), ADA)
    workspace.append(first, rows("two"), ADA)
    keep(workspace, ResultKey(dataset_id=SHOP.id, version=2, generation=0, kind="sweep"), lambda _folder: None)
    workspace.restore(SHOP.id, 1, ADA)
    write_backup(workspace, tmp_path / "b.zip")
    workspace.rename(SHOP.id, "Another", ADA)
    workspace.delete_version(SHOP.id, 1, ADA)
    workspace.delete_dataset(SHOP.id, ADA)
    restore_backup(workspace, tmp_path / "b.zip", ADA)
    restore_backup(Workspace(tmp_path / "empty"), tmp_path / "b.zip", ADA)
    assert len(waited) > 30
    assert set(waited) == {"outside"}


def test_living_process_is_never_cleared_from(workspace: Workspace, first: Version) -> None:
    """At any age: an import that takes days, or a version between its move and its commit."""
    seen: list[bool] = []

    def write(folder: Path) -> Written:
        written = rows("two")(folder)
        age(folder)
        Workspace(workspace.folder)
        seen.append(folder.is_dir())
        return written

    insert = workspace._insert  # noqa: SLF001

    def late(*given: object) -> int:
        for path in (workspace.folder / "versions").iterdir():
            age(path)
        Workspace(workspace.folder)
        return insert(*given)  # type: ignore[arg-type]

    workspace._insert = late  # type: ignore[method-assign,assignment]  # noqa: SLF001
    second = workspace.append(first, write, ADA)
    assert (second.folder / "rows.parquet").read_text() == "two"
    assert seen == [True]


def damage_header(file: Path) -> None:
    file.write_bytes(b"not a database" + file.read_bytes()[14:])


def damage_rest(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: 3 * 4096])


def damage_page(file: Path) -> None:
    content = bytearray(file.read_bytes())
    for page in range(2, len(content) // 4096):
        content[page * 4096 : page * 4096 + 100] = b"\xff" * 100
    file.write_bytes(content)


def damage_all(file: Path) -> None:
    file.write_bytes(b"\x00garbage" * 3000)


@pytest.mark.parametrize("damage", [damage_header, damage_rest, damage_page, damage_all])
def test_damaged_catalog_is_told_and_its_last_good_copy_put_back(
    workspace: Workspace, first: Version, damage: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.tend()
    [copy] = (workspace.folder / "copies").iterdir()
    workspace.append(first, rows("two"), ADA)
    workspace.catalog().dispose()
    damage(workspace.folder / "catalog.sqlite")
    damaged = (workspace.folder / "catalog.sqlite").read_bytes()
    with pytest.raises(ClienteleError, match=r"^The catalog .*catalog\.sqlite is damaged; nothing was changed") as told:
        Workspace(workspace.folder)
    assert str(copy) in str(told.value)
    assert "python -m core adopt" in str(told.value)
    assert (workspace.folder / "catalog.sqlite").read_bytes() == damaged
    assert main(["adopt", "--workspace", str(workspace.folder)]) == 0
    assert f"the catalog was restored from its copy {copy}" in capsys.readouterr().out
    opened = Workspace(workspace.folder)
    assert sorted(on_disk(opened).values()) == ["one", "two"]
    assert opened.dataset(SHOP.id).latest == 2
    assert held(workspace) == ["files/catalog.sqlite"]


def test_damage_met_while_it_runs_is_told(workspace: Workspace, first: Version) -> None:
    workspace.catalog().dispose()
    damage_page(workspace.folder / "catalog.sqlite")
    with pytest.raises(InputError, match="is damaged; nothing was changed"):
        workspace.versions(first.dataset_id)
    with pytest.raises(InputError, match="is damaged; nothing was changed"):
        workspace.append(first, rows("two"), ADA)
    with pytest.raises(InputError, match="is damaged; nothing was changed"):
        workspace.tend()


def test_one_copy_is_kept_each_day_for_a_week(workspace: Workspace, first: Version) -> None:
    copies = workspace.folder / "copies"
    copies.mkdir()
    days = [f"catalog-2026-01-{day:02}.sqlite" for day in range(1, 10)]
    for name in (*days, "notes.sqlite"):
        (copies / name).write_text("x")
    for _ in range(2):
        workspace.tend()
    today = f"catalog-{datetime.now(UTC):%Y-%m-%d}.sqlite"
    assert sorted(path.name for path in copies.iterdir()) == sorted([*days[3:], today, "notes.sqlite"])
    assert list((workspace.folder / "unfinished").iterdir()) == []


def test_workspace_of_before_opens_and_gets_an_id(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    workspace.create(SHOP, rows("one"), ADA)
    with workspace.catalog().begin() as connection:  # as it was
        connection.execute(sa.text("DROP TABLE workspace_id"))
        connection.execute(sa.update(catalog.schema_number).values(number=4))
    workspace.catalog().dispose()
    (workspace.folder / "workspace.json").unlink()
    for path in (workspace.folder / "sidecars").iterdir():
        path.unlink()
    opened = Workspace(workspace.folder)
    said = json.loads((workspace.folder / "workspace.json").read_text())["id"]
    with opened.catalog().connect() as connection:
        assert connection.scalars(sa.select(catalog.workspace_id.c.id)).all() == [said]
    assert len(list((workspace.folder / "sidecars").iterdir())) == 1
    assert scratch.owner_of(said) == "unknown"
