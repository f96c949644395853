"""Killed processes leave a consistent workspace."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from core.settings import PROJECT
from core.workspace.records import Version
from core.workspace.store import Workspace
from tests.core.workspace.made import SHOP, age, on_disk


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows cannot fork")
@pytest.mark.parametrize("kills", [12, pytest.param(200, marks=pytest.mark.long)])
def test_killing_at_random_moments_loses_doubles_or_half_writes_nothing(tmp_path: Path, kills: int) -> None:
    folder = tmp_path / "workspace"
    command = [sys.executable, "-m", "tests.core.workspace.killed", str(folder), str(kills)]
    done = subprocess.run(command, cwd=PROJECT, check=False, capture_output=True, text=True, timeout=280)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 6 + kills // 10  # six before; that many versions at least: it did work in between
    for name in ("unfinished", "versions"):
        for left in (folder / name).iterdir():
            age(left)
    workspace = Workspace(folder)
    there: list[Version] = [version for version in workspace.versions(SHOP.id) if not version.deleted_at]
    assert set(on_disk(workspace)) == {version.folder.name for version in there}
