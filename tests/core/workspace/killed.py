"""Repeated kills at random moments of a process that changes a workspace, with checks after each."""

import logging
import os
import random
import signal
import sys
import time
from pathlib import Path

from core.errors import ClienteleError
from core.workspace.records import By, Written
from core.workspace.store import Workspace
from tests.core.workspace.made import ADA, SHOP, rows

logging.getLogger("clientele").addHandler(logging.NullHandler())  # what is wrong is printed, not what is cleared
CHANCE = random.Random(1)  # noqa: S311  the same moments each time, as far as the machine allows


def change(folder: Path, seed: int, begun: int) -> None:
    """Work until killed; each import has a name, and the next process retries it."""
    workspace, chance = Workspace(folder), random.Random(seed)  # noqa: S311
    os.write(begun, b"!")
    while True:
        newest = workspace.version(SHOP.id, workspace.dataset(SHOP.id).latest)
        done = len(workspace.versions(SHOP.id))
        by, some = By(who="ada", import_id=f"import-{done}"), chance.randint(1, done)

        def write(target: Path, done: int = done) -> Written:
            return rows("x" * (done % 7 + 1) * 20_000)(target)

        try:
            match chance.choice(["append", "replace", "restore", "delete"]):
                case "append":
                    workspace.append(newest, write, by)
                case "replace":
                    workspace.replace(newest, write, by)
                case "restore":
                    workspace.restore(SHOP.id, some, ADA)
                case _:
                    workspace.delete_version(SHOP.id, some, ADA)
        except ClienteleError:
            continue


def check(folder: Path) -> None:
    """Check that every version is complete, and the audit trail has a row for each step."""
    workspace = Workspace(folder)
    versions = workspace.versions(SHOP.id)
    there = [version for version in versions if not version.deleted_at]
    for version in there:
        assert len((version.folder / "rows.parquet").read_text()) == version.report["rows_read"], version
        assert (version.folder / "quality.json").read_text() == "{}", version
    assert [version.version for version in versions] == list(range(len(versions), 0, -1))
    steps = len(versions) + len(versions) - len(there)
    assert len(workspace.audit_trail(limit=10**6)) == steps, (steps, len(workspace.audit_trail(limit=10**6)))
    workspace.catalog().dispose()


def _by(number: int) -> By:
    return By(who="ada", import_id=f"first-{number}")


def main(folder: Path, times: int) -> None:
    """Kill and check."""
    workspace = Workspace(folder)
    workspace.create(SHOP, rows("one"), ADA)
    started = time.perf_counter()
    for number in range(5):
        workspace.append(workspace.version(SHOP.id, workspace.dataset(SHOP.id).latest), rows("x" * 20_000), _by(number))
    usual = (time.perf_counter() - started) / 5
    workspace.catalog().dispose()
    for seed in range(times):
        heard, begun = os.pipe()
        child = os.fork()
        if not child:
            change(folder, seed, begun)
        os.read(heard, 1)
        time.sleep(CHANCE.uniform(0.0, 6 * usual))  # as much work as there is at any load
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(heard)
        os.close(begun)
        check(folder)
    sys.stdout.write(f"{len(Workspace(folder).versions(SHOP.id))}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
