"""Child processes that answer, refuse, crash or never end."""

import os
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
import pytest

from core.errors import CancelledError, InputError
from core.ingest.apart import child_process
from core.ingest.apart.sandbox import Limits, run_apart, serve
from core.progress import Progress
from core.workspace.import_lock import place

SMALL = Limits(memory_gb=1.0, minutes=1.0)
SHORT = Limits(memory_gb=1.0, minutes=0.05)
"""Three seconds."""


def do(told: dict[str, Any], progress: Progress) -> Any:
    """Do what a test requests."""
    what = told["what"]
    progress(0.5, "Half way")
    if what == "refuse":
        message = "orders.csv, row 3: no"
        raise InputError(message)
    if what == "break":
        return 1 / 0
    if what == "grow":
        return len(bytearray(8 << 30))
    if what == "sleep":
        time.sleep(60)
    if what == "fill":  # many small files, and then one that waits
        for number in range(40):
            Path(told["into"], f"{number}").write_bytes(bytes(1 << 20))
        time.sleep(60)
    if what == "write":
        with TemporaryFile() as file:
            file.write(bytes(40 << 20))
    if what == "who":
        return os.getpid()
    if what == "print":
        print("a library says something")  # noqa: T201
    return {"got": what}


def run(what: str, limits: Limits = SMALL, **more: Any) -> Any:
    return run_apart(__name__, {"what": what, **more.pop("told", {})}, files="orders.csv", limits=limits, **more)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_answer_and_progress() -> None:
    shown: list[tuple[float, str]] = []
    assert run("print", progress=lambda share, said: shown.append((share, said))) == {"got": "print"}
    assert (0.5, "Half way") in shown


def test_refusal_is_passed_on() -> None:
    with pytest.raises(InputError, match=r"^orders\.csv, row 3: no$"):
        run("refuse")


def test_defect_of_ours_is_no_fault_of_the_file() -> None:
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        run("break")


def test_too_much_memory_is_told() -> None:
    with pytest.raises(
        InputError,
        match=r"^orders\.csv can't be read: it is damaged or needs more than the memory allowed \(1 GB",
    ):
        run("grow")


def test_too_much_time_is_told() -> None:
    started = time.monotonic()
    with pytest.raises(InputError, match=r"^orders\.csv takes longer than 0\.05 minutes to read; upload it in parts"):
        run("sleep", SHORT)
    assert time.monotonic() - started < 20


def test_cancelling_ends_the_child() -> None:
    def stop(share: float, _said: str) -> None:
        if share > 0:
            raise CancelledError

    started = time.monotonic()
    with pytest.raises(CancelledError):
        run("sleep", progress=stop)
    assert time.monotonic() - started < 20


def test_many_small_files_are_too_much_for_the_disk(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^orders\.csv takes more than 0\.01 GB of disk to read; upload it in parts"):
        run("fill", replace(SMALL, disk_gb=0.01), folders=[tmp_path], told={"into": str(tmp_path)})


def test_a_file_that_is_gone_from_its_folder_counts_too(tmp_path: Path) -> None:
    """SQLite's temporary files are like this."""
    with pytest.raises(InputError, match=r"^orders\.csv takes more than 0\.01 GB of disk to read"):
        run("write", replace(SMALL, disk_gb=0.01), folders=[tmp_path])
    assert list(tmp_path.iterdir()) == []


def test_only_so_many_are_read_at_once(tmp_path: Path) -> None:
    limits = replace(SMALL, workspace=tmp_path, at_once=2, patience_seconds=0.2)
    shown: list[str] = []
    sentence = r"^orders\.csv can't be read yet: 2 other files are being read\. Try again in a minute\.$"
    with place(tmp_path, 2, print), place(tmp_path, 2, print), pytest.raises(InputError, match=sentence):
        run("print", limits, progress=lambda _share, said: shown.append(said))
    assert set(shown) == {"Waiting: 2 other files are being read"}
    assert run("print", limits) == {"got": "print"}


def test_who_waits_for_a_place_can_stop(tmp_path: Path) -> None:
    def stop(_share: float, _said: str) -> None:
        raise CancelledError

    with place(tmp_path, 1, lambda: None), pytest.raises(CancelledError):
        run("print", replace(SMALL, workspace=tmp_path, at_once=1), progress=stop)


def test_a_warm_child_does_more_than_one_piece_of_work() -> None:
    child_process._IDLE.end_all()  # noqa: SLF001  other tests' children take the few places
    first = run("who", warm=True)
    with pytest.raises(InputError, match=r"no$"):
        run("refuse", warm=True)  # by the first, which is ended after a refusal
    second = run("who", warm=True)
    assert second != first
    assert run("who", warm=True) == second
    assert run("who") != second
    assert not is_alive(first)
    child_process._IDLE.end_all()  # noqa: SLF001
    assert not is_alive(second)


def test_a_warm_child_is_kept_by_a_parent_that_holds_much_memory() -> None:
    """The system counts the parent's memory towards the child's peak."""
    child_process._IDLE.end_all()  # noqa: SLF001
    held = np.ones(180_000_000)  # 1.4 GB
    first = run("who", warm=True)
    assert run("who", warm=True) == first
    assert held.size
    child_process._IDLE.end_all()  # noqa: SLF001


if __name__ == "__main__":
    serve(do)
