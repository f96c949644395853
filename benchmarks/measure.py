"""One program as a whole process: wall time, the part it says was work, and peak memory."""

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One run.

    Parameters
    ----------
    whole : float
        Wall seconds from start to end of the process.
    work : float
        Wall seconds without imports, as the program says.
    peak_mb : float
        Peak resident set in megabytes.
    answer : str
        What it found, to compare with others.
    """

    whole: float
    work: float
    peak_mb: float
    answer: str


def measure(command: Sequence[str]) -> Measured:
    """Run a program that prints a line of JSON with `work` and `answer`; Linux and macOS only."""
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None  # noqa: S101  for the type checker
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    whole = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        message = f"{' '.join(command)} ended with {process.returncode}"
        raise RuntimeError(message)
    said = json.loads(printed.splitlines()[-1])
    return Measured(whole=whole, work=said["work"], peak_mb=usage.ru_maxrss / 1024, answer=said["answer"])


def report(started: float, customers: int, orders: int, revenue: float) -> None:
    """Print what `measure` reads: seconds of work since `started` and what was found."""
    answer = f"{customers:,} customers, {orders:,} orders, {revenue:,.1f}"
    print(json.dumps({"work": time.perf_counter() - started, "answer": answer}))
