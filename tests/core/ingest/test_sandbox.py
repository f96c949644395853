"""Children that answer, refuse, break and do not end."""

import time
from typing import Any

import pytest

from core.errors import CancelledError, InputError
from core.ingest.sandbox import Limits, Progress, run_apart, serve

SMALL = Limits(memory_gb=1.0, minutes=0.05)
"""Three seconds."""


def do(told: dict[str, Any], progress: Progress) -> Any:
    """Do what a test asks for."""
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
    if what == "print":
        print("a library says something")  # noqa: T201
    return {"got": what}


def run(what: str, **more: Any) -> Any:
    return run_apart(__name__, {"what": what}, files="orders.csv", limits=SMALL, **more)


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
    with pytest.raises(InputError, match=r"^orders\.csv cannot be read: it is damaged, or asks for more than the 1 GB"):
        run("grow")


def test_too_much_time_is_told() -> None:
    started = time.monotonic()
    with pytest.raises(InputError, match=r"^orders\.csv takes longer than 0\.05 minutes to read; upload it in parts"):
        run("sleep")
    assert time.monotonic() - started < 20


def test_cancelling_ends_the_child() -> None:
    def stop(share: float, _said: str) -> None:
        if share > 0:
            raise CancelledError

    started = time.monotonic()
    with pytest.raises(CancelledError):
        run("sleep", progress=stop)
    assert time.monotonic() - started < 20


if __name__ == "__main__":
    serve(do)
