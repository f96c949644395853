"""Commands on a full, read-only or missing disk exit with status 2 and one line, and leave nothing."""

import errno
import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest

from core.act.exports import write_whole
from core.cli import main

COMMANDS = {
    "analyse": ["analyse", "log.csv"],
    "movement": ["movement", "log.csv", "--from", "2024-01-01", "--to", "2024-03-01"],
    "backtest": ["backtest", "log.csv", "--cutoff", "2024-03-01"],
    "train": ["train", "log.csv"],
    "score": ["score", "log.csv", "--model", "abcdefabcdef"],
    "simulate": ["simulate"],
    "backup": ["backup"],
}
ERRORS = {
    "full": (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "is full ("),
    "quota": (OSError(errno.EDQUOT, os.strerror(errno.EDQUOT)), "quota"),
    "limit of files": (OSError(errno.EFBIG, os.strerror(errno.EFBIG)), "ulimit -f"),
    "read-only": (OSError(errno.EROFS, os.strerror(errno.EROFS)), "read-only"),
    "denied": (OSError(errno.EACCES, os.strerror(errno.EACCES)), "permission is missing"),
    "open files": (OSError(errno.EMFILE, os.strerror(errno.EMFILE)), "ulimit -n"),
    "away": (OSError(errno.EIO, os.strerror(errno.EIO)), "disk isn't responding"),
    "as DuckDB says it": (RuntimeError("IO Error: Could not write: No space left on device"), "is full ("),
    "no temporary folder": (FileNotFoundError(2, "No usable temporary directory found in ['/tmp']"), "TMPDIR"),
}


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Return a function that runs a command with an empty output folder and returns its one line."""
    monkeypatch.setenv("CLIENTELE_WORKSPACE", str(tmp_path / "workspace"))
    (tmp_path / "workspace" / "versions").mkdir(parents=True)

    def call(command: str) -> str:
        out = {"simulate": tmp_path / "out" / "s.parquet", "backup": tmp_path / "out" / "b.zip"}
        (tmp_path / "out").mkdir(exist_ok=True)
        assert main([*COMMANDS[command], "--out", str(out.get(command, tmp_path / "out" / "new"))]) == 2
        assert list((tmp_path / "out").iterdir()) == []
        shown = capsys.readouterr()
        assert shown.out == ""
        [line] = shown.err.splitlines()
        return line

    return call


def failing(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_given: object, **_named: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("what", ERRORS)
def test_each_command_names_the_trouble(
    run: Callable[..., str], monkeypatch: pytest.MonkeyPatch, command: str, what: str
) -> None:
    error, says = ERRORS[what]
    monkeypatch.setattr("core.commands.reading.reduced", failing(error))
    monkeypatch.setattr("core.commands.score._folder", Path)
    monkeypatch.setattr("core.models.training.model_folder.read", Path)
    monkeypatch.setattr("core.commands.backups._workspace", failing(error))
    monkeypatch.setattr("data.simulate.simulate", failing(error))
    assert says in run(command)


@pytest.mark.parametrize("command", COMMANDS)
def test_results_that_cannot_be_written_are_found_before_work_begins(
    run: Callable[..., str], monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(total=1, free=0))
    monkeypatch.setattr("core.ingest.staging.named_sources.bring", failing(AssertionError("work began")))
    monkeypatch.setattr("core.commands.score._folder", Path)
    monkeypatch.setattr("core.models.training.model_folder.read", Path)
    monkeypatch.setattr("data.simulate.simulate", failing(AssertionError("work began")))
    assert "is full (0 MB free)" in run(command)


def test_results_are_written_together_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, out = Path.write_text, tmp_path / "new" / "out"

    def write_some(path: Path, text: str, **how: Any) -> int:
        if path.name.startswith(".b.csv"):
            write(path, text[:1], **how)
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(path, text, **how)

    monkeypatch.setattr(Path, "write_text", write_some)
    with pytest.raises(OSError, match="No space left"):
        write_whole({"a.csv": "new", "b.csv": "new"}, out)
    assert list(tmp_path.iterdir()) == []
    out.mkdir(parents=True)
    write(out / "a.csv", "old")
    with pytest.raises(OSError, match="No space left"):
        write_whole({"a.csv": "new", "b.csv": "new"}, out)
    assert {path.name: path.read_text() for path in out.iterdir()} == {"a.csv": "old"}


@pytest.fixture
def small_files() -> Iterator[None]:
    """Limit file size to 10 kB, like `ulimit -f`."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("name", ["shop.parquet", "shop.csv.gz"])
@pytest.mark.usefixtures("small_files")
def test_half_a_shop_is_not_left(tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["simulate", "--customers", "60", "--out", str(tmp_path / name)]) == 2
    assert "(ulimit -f); nothing was changed" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_standard_output_that_is_full_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    full = SimpleNamespace(write=len, flush=failing(OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))))
    monkeypatch.setattr(sys, "stdout", full)
    assert main(["simulate", "--customers", "60", "--out", str(tmp_path / "shop.parquet")]) == 2
    text = "Couldn't write to standard output (No space left on device); everything else completed."
    assert text in capsys.readouterr().err
    assert (tmp_path / "shop.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["analyse", "log.csv", "--out", ""], "must be a path for the results, got an empty or invalid"),
        (["analyse", "log.csv", "--out", "{tmp}/file"], "cannot be written because a file is in its place"),
        (["analyse", "log.csv", "--out", "{tmp}/file/below/it"], "cannot be written because a file is in its place"),
        (["simulate", "--out", "{tmp}"], "because it is a folder; name a file"),
        (["simulate", "--out", "{tmp}/file/s.parquet"], "cannot be written because a file is in its place"),
        (["backup", "--out", "{tmp}"], "because it is a folder; name a file"),
    ],
)
def test_out_that_cannot_be_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], says: str
) -> None:
    (tmp_path / "file").write_text("a file")
    assert main([argument.format(tmp=tmp_path) for argument in arguments]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line
    assert (tmp_path / "file").read_text() == "a file"


@pytest.mark.parametrize(("file", "says"), [("", "A FILE is empty"), ("a" * 5_000, "the file name is too long")])
def test_file_that_cannot_be_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str], file: str, says: str) -> None:
    assert main(["analyse", file, "--out", str(tmp_path / "out")]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert says in line


@pytest.mark.parametrize("folder", ["", " ", "~nobody-has-this-name/x"])
def test_workspace_that_cannot_be_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: str
) -> None:
    (tmp_path / "backup.zip").touch()
    monkeypatch.chdir(tmp_path)
    for command in (["backup", "--out", "b.zip"], ["restore", "backup.zip"]):
        assert main([*command, "--workspace", folder]) == 2
        [line] = capsys.readouterr().err.splitlines()
        assert f"--workspace: must be a folder, got “{folder}”" in line or not folder.strip()
    if folder.startswith("~"):
        monkeypatch.setenv("CLIENTELE_WORKSPACE", folder)
        assert main(["backup", "--out", "b.zip"]) == 2
        assert "CLIENTELE_WORKSPACE must be a path, got" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["backup.zip"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["analyse", "log.csv", "--as-of", "0001-01-01"],
        ["movement", "log.csv", "--from", "0001-01-01", "--to", "2024-01-01"],
        ["movement", "log.csv", "--from", "2024-01-01", "--to", "9999-12-31"],
        ["backtest", "log.csv", "--cutoff", "9999-12-31"],
        ["train", "log.csv", "--as-of", "9999-12-31"],
    ],
)
def test_days_at_the_ends_of_the_calendar_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert main([*arguments, "--out", str(tmp_path / "out")]) == 2
    assert "must be a date from 1900 to 2999" in capsys.readouterr().err
