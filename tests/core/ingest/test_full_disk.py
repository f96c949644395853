"""A disk that fills up at any moment of an import: reported in one sentence, and nothing is lost."""

import gzip
import io
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import duckdb
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from core.errors import DiskFullError, InputError
from core.ingest import import_job
from core.ingest.apart import sandbox
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.staged_files import read_staged, staged_folder
from core.locked_duckdb import connect_closed
from core.settings import Settings
from core.workspace import saved_mappings
from core.workspace.disk.disk_state import is_disk_full
from core.workspace.store import Workspace
from tests.core.ingest.here import work_here
from tests.core.ingest.killed import Checked, log_of, specs_in
from tests.logs import csv_text, plain_log

TOLD = r"^The disk of the workspace .* is full \(\d+ MB free\).*; nothing was changed\. Free some space or delete old"
SIZE = 4 << 20
PAGE = 4096


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small disk, or skip the test."""
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", folder], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("A small disk cannot be mounted here: that takes root's rights.")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path, pages: int) -> Path:
    """Fill a disk except for some pages; return the file that fills it."""
    ballast = disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while file.write(bytes(PAGE)):
            pass
    size = ballast.stat().st_size
    with ballast.open("r+b") as file:
        file.truncate(max(size - pages * PAGE, 0))
    return ballast


@pytest.mark.parametrize("step", [pytest.param(6, marks=pytest.mark.slow), pytest.param(1, marks=pytest.mark.long)])
def test_disk_that_runs_full_while_importing(disk: Path, tmp_path: Path, step: int) -> None:
    """Room for no page, for one, two, …, or every sixth, until there is enough; each try leaves all as it was."""
    specs = specs_in(tmp_path, log_of(2))
    folder = disk / "workspace"
    workspace = Workspace(folder)
    settings = Settings(workspace=folder, query_memory_gb=1.0)
    checked = Checked(folder, specs)
    for spec in specs:
        staged_folder(workspace, spec["files"][0]["staged"]).mkdir()
    with pytest.MonkeyPatch.context() as patch:
        work_here(patch)
        import_job.run(workspace, settings, specs[0], lambda _share, _what: None)
    told: list[str] = []
    for pages in range(0, 100, step):
        ballast = fill(disk, pages)
        try:
            import_job.run(workspace, settings, specs[1], lambda _share, _what: None)
        except DiskFullError as error:
            told.append(str(error))
        else:
            break
        assert list((folder / "unfinished").iterdir()) == []
        assert len(list((folder / "versions").iterdir())) == 1
        assert checked.check([specs[0]["import_id"]]) == 1, pages
        ballast.unlink()
    assert step * len(told) > 5
    assert [text for text in told if not re.match(TOLD, text)] == []
    assert checked.check([spec["import_id"] for spec in specs]) == 2


def parquet(text: bytes) -> bytes:
    out = io.BytesIO()
    table = pa_csv.read_csv(io.BytesIO(text), convert_options=pa_csv.ConvertOptions(column_types={"Invoice": "string"}))
    pq.write_table(table, out)
    return out.getvalue()


@pytest.mark.parametrize("pack", [bytes, pytest.param(gzip.compress, marks=pytest.mark.long), parquet])
def test_disk_that_runs_full_while_reading(disk: Path, pack: Callable[[bytes], bytes]) -> None:
    name, content = "orders", pack(csv_text(plain_log(5_000)).encode())
    folder = disk / "workspace"
    workspace, settings = Workspace(folder), Settings(workspace=folder, query_memory_gb=1.0)
    staged = staged_folder(workspace, "staged-1")
    staged.mkdir()
    (staged / "original").write_bytes(content)
    for pages in (0, 2, 8):
        ballast = fill(disk, pages)
        with pytest.raises((DiskFullError, InputError), match=f"{TOLD}|than the free disk space"):
            read_staged(workspace, settings, "staged-1", name, ReadOptions())
        assert [path.name for path in staged.iterdir()] == ["original"]
        ballast.unlink()
    assert read_staged(workspace, settings, "staged-1", name, ReadOptions()).tables[0].rows == 5_000


def test_full_disk_of_the_spill_folder_is_known_by_what_the_database_says(disk: Path, tmp_path: Path) -> None:
    fill(disk, 4)
    sort = "COPY (SELECT random() a, random() b, random() c, i FROM range(6000000) t(i) ORDER BY a) TO '{}'"
    with (
        closing(connect_closed(folders=[tmp_path], spill=disk / "spill", memory_gb=0.06, threads=1)) as connection,
        pytest.raises(duckdb.Error) as told,
    ):
        connection.execute(sort.format(tmp_path / "sorted.parquet"))
    assert is_disk_full(told.value), told.value


def test_choices_that_cannot_be_kept_do_not_make_a_failure_of_a_version(
    disk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: object, **_said: object) -> None:
        raise sa.exc.OperationalError("INSERT", {}, Exception("database or disk is full"))

    [spec] = specs_in(tmp_path, log_of(1))
    workspace = Workspace(disk / "workspace")
    work_here(monkeypatch)
    monkeypatch.setattr(saved_mappings, "remember", full)
    spec["remember"] = [{"columns": ["a"], "choices": {}, "file": "orders.csv"}]
    settings = Settings(workspace=workspace.folder, query_memory_gb=1.0)
    assert import_job.run(workspace, settings, spec, lambda _share, _what: None)["version"] == 1


def test_room_that_runs_out_before_a_child_can_say_so_is_told_as_such() -> None:
    def says(complaints: str, code: int = -6) -> Exception:
        return sandbox._ended(code, complaints, "orders.csv", sandbox.Limits())  # noqa: SLF001

    assert is_disk_full(says("terminate called … IO Error: No space left on device"))
    assert is_disk_full(says("failed to offload data block … the 'max_temp_directory_size' setting", 1))
    assert isinstance(says("duckdb.OutOfMemoryException: Out of Memory Error: could not allocate", 1), InputError)
    assert isinstance(says("ZeroDivisionError", 1), RuntimeError)
