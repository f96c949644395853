"""Measurement of a program as a process: wall time, reported work, and peak memory with its children."""

import json
import os
import resource
import subprocess
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import psutil

PROJECT = Path(__file__).resolve().parents[1]
_TICK_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Figures of one run.

    Parameters
    ----------
    whole : float
        Wall seconds from start to end of the process.
    work : float
        Wall seconds without imports, as reported by the program.
    peak_mb : float
        Peak of the sum of the resident sets of the process and all below it, in megabytes.
    answer : str
        Its result, for comparison with other programs.
    """

    whole: float
    work: float
    peak_mb: float
    answer: str


class FailedError(Exception):
    """A program ended without an answer; the message says when and why."""


def measure(command: Sequence[str], *, memory_gb: float | None = None) -> Measured:
    """Run a program that prints a line of JSON with `work` and `answer`; Linux and macOS only.

    Parameters
    ----------
    command : sequence of str
        The program.
    memory_gb : float, optional
        Gigabytes of data allowed per process, so that one program doesn't take down others.

    Notes
    -----
    Memory is the larger of two figures: the kernel's peak of the process alone, and the peak of it and its children
    together, sampled fifty times a second. Shared memory counts once per process.

    Raises
    ------
    FailedError
        If its exit status isn't 0, for example because memory ran out.
    """
    limit = _limited(memory_gb) if memory_gb else None
    start = perf_counter()
    process = subprocess.Popen(
        command,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=limit,  # noqa: PLW1509  no threads yet
    )
    tree = _Tree(process.pid)
    tree.start()
    complaints: list[str] = []
    assert process.stdout is not None and process.stderr is not None  # noqa: S101, PT018  for the type checker
    listener = threading.Thread(target=complaints.extend, args=(process.stderr,))
    listener.start()
    printed = process.stdout.read()
    listener.join()
    tree.stop()
    _, status, usage = os.wait4(process.pid, 0)
    whole = perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    peak = max(tree.peak / (1 << 20), usage.ru_maxrss / 1024)
    if process.returncode:
        last = complaints[-1].strip()[:120] if complaints else f"signal {-process.returncode}"
        message = f"ended after {whole:.0f} s at {peak:,.0f} MB: {last}"
        raise FailedError(message)
    said = json.loads(printed.splitlines()[-1])
    return Measured(whole=whole, work=said["work"], peak_mb=peak, answer=said["answer"])


def report(started: float, customers: int, orders: int, revenue: float) -> None:
    """Print what `measure` reads: seconds of work since `started`, and the result."""
    answer = f"{customers:,} customers, {orders:,} orders, {revenue:,.1f}"
    print(json.dumps({"work": perf_counter() - started, "answer": answer}))


def _limited(memory_gb: float) -> Callable[[], None]:
    most = int(memory_gb * (1 << 30))
    return lambda: resource.setrlimit(resource.RLIMIT_DATA, (most, most))


class _Tree(threading.Thread):
    """A thread that tracks the peak memory of a process and its children."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._root = psutil.Process(pid)
        self._ended = threading.Event()

    def run(self) -> None:
        while not self._ended.wait(_TICK_SECONDS):
            self.peak = max(self.peak, self._now())

    def stop(self) -> None:
        self._ended.set()
        self.join()

    def _now(self) -> int:
        found = 0
        try:
            for process in (self._root, *self._root.children(recursive=True)):
                found += process.memory_info().rss
        except psutil.Error:  # ended meanwhile
            pass
        return found
