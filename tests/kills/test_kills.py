"""Kills at any time lose, duplicate and leave nothing."""

import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import PROJECT

KILLS = 300


@pytest.mark.long
@pytest.mark.timeout(3 * 3600)
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux gives a killed process's children away")
def test_kills_lose_double_and_leave_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """300 kills, half of them at a write; run more with `python -m tests.kills FOLDER --kills N`."""
    command = [sys.executable, "-m", "tests.kills", str(tmp_path / "kills"), "--kills", str(KILLS)]
    with capfd.disabled():  # the table is what one wants to see
        done = subprocess.run(command, cwd=PROJECT, check=False)
    assert done.returncode == 0
