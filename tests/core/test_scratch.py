"""Names that identify their process, and detection of leftovers."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from core import scratch
from core.act.exports import write_whole
from core.scratch import LEFTOVER_SECONDS
from core.settings import PROJECT
from tests.made_by_dead import name_of_a_dead_process


def test_name_says_that_its_maker_runs() -> None:
    name = scratch.new_name("reading-")
    assert name.startswith("reading-")
    assert scratch.owner_of(name) == "alive"
    assert scratch.owner_of(f"{name}.part") == "alive"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells when a process began")
def test_name_of_a_killed_process_and_of_another_with_its_number() -> None:
    assert scratch.owner_of(name_of_a_dead_process()) == "dead"
    machine, boot, space, pid, started = scratch.tag()[1:].split("-")
    assert scratch.owner_of(f"x_{machine}-{boot}-{space}-{pid}-{int(started) - 1}") == "dead"  # numbers come again
    assert scratch.owner_of(f"x_{machine}-{'0' * 5}1-{space}-{pid}-{started}") == "dead"  # before a restart


@pytest.mark.parametrize("name", ["3f2504e04f8941d39a0c0305e82c3301", "reading-old", "", "x_1-2-3-4-5", ".unfinished"])
def test_names_without_an_owner(name: str) -> None:
    assert scratch.owner_of(name) == "unknown"


def test_owner_on_another_machine_or_in_another_container_is_unknown() -> None:
    machine, boot, space, pid, started = scratch.tag()[1:].split("-")
    assert scratch.owner_of(f"x_abcdef-abcdef-{space}-{pid}-{started}") == "unknown"
    assert scratch.owner_of(f"x_{machine}-{boot}-abcdef-{pid}-{started}") == "unknown"


def test_temporary_folders_of_dead_processes_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    long_ago = time.time() - LEFTOVER_SECONDS - 60
    gone = [f"clientele-spill-{name_of_a_dead_process()}", f"clientele-files-{name_of_a_dead_process()}"]
    old = ["clientele-spill-a1b2c3d4", "clientele-a1b2c3_4", "clientele-pg-a1b2c3d4", "another"]
    mine = scratch.new_temporary("spill")
    for name in (*gone, *old, "clientele-zzzzzzzz"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "part").write_text("x")
    for name in (*old, mine.name):
        os.utime(tmp_path / name, (long_ago, long_ago))
    scratch.clear_temporary()
    kept = {mine.name, "clientele-pg-a1b2c3d4", "another", "clientele-zzzzzzzz"}
    assert {path.name for path in tmp_path.iterdir()} == kept


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_what_a_stopped_command_left_is_deleted_by_the_next(tmp_path: Path, how: signal.Signals) -> None:
    code = "import os\nfrom core import scratch\nwith scratch.temporary() as f:\n (f / 'member').write_text('x')\n"
    environment = {**os.environ, "TMPDIR": str(tmp_path)}

    def run(end: str) -> int:
        return subprocess.run([sys.executable, "-c", code + end], cwd=PROJECT, env=environment, check=False).returncode

    assert run(f" os.kill(os.getpid(), {int(how)})\n") == -how
    assert len(list(tmp_path.glob("clientele-*/member"))) == 1
    assert run(" pass\n") == 0
    assert list(tmp_path.iterdir()) == []


def test_unfinished_results_of_a_killed_command_go_with_the_next(tmp_path: Path) -> None:
    tag = name_of_a_dead_process().partition("_")[2]
    dead, theirs = tmp_path / f".quality.json_{tag}.0123abcd.unfinished", tmp_path / ".notes.unfinished"
    for path in (dead, theirs):
        path.write_text("half")
    write_whole({"quality.json": "{}"}, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".notes.unfinished", "quality.json"]
