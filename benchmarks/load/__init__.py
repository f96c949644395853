"""Load benchmark of twenty simultaneous users: page times, processor time per page, and growth of server memory.

Runs a real server on a workspace of its own, with visitors over real WebSockets. A page's time runs from its request to
the end of its script, without drawing in the browser. Every page is opened once beforehand, and again after the jobs
that this submits have finished, so that users view figures that already exist.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, sleep

import numpy as np
import psutil

from benchmarks.load.visitor import Walk, connected, open_page, walk
from benchmarks.measure import PROJECT, measure
from core.workspace.queue import job_records
from core.workspace.store import Workspace

POLICIES = {
    "streamlit": "fully after each page run, as Streamlit does by default",
    "python": "when Python decides",
    "clientele": "when Python decides and once a minute, except for objects of libraries",
}

_START_SECONDS = 180
_JOBS_SECONDS = 3600
_MOST_USERS = 200
_MOST_MINUTES = 24 * 60.0
_STEPS = 6  # samples of memory per policy


def run(options: argparse.Namespace) -> int:
    """Serve with each policy in turn and print a table.

    Returns
    -------
    int
        Exit status: 0, 1 if a page failed, or 2 if an option is out of range.
    """
    if not (0 < options.users <= _MOST_USERS and 0 < options.minutes <= _MOST_MINUTES):
        print(f"--users must be 1 to {_MOST_USERS}, --minutes up to {_MOST_MINUTES:g}.", file=sys.stderr)
        return 2
    for policy in options.policy:
        print(f"{policy}: garbage is collected {POLICIES[policy]}")
    print(f"\n{'policy':<11}{'pages':>7}{'p50 s':>8}{'p95 s':>8}{'max s':>8}{'CPU ms a page':>15}  MB before, then")
    failed = 0
    for policy in options.policy:
        failed += _one(policy, options)
    return 1 if failed else 0


def _one(policy: str, options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as scratch, _server(policy, Path(scratch), options.log) as (port, process):
        plan = Walk(
            address=f"ws://localhost:{port}/_stcore/stream",
            query="dataset=log" if options.log else "",
            thinking=options.thinking,
            until=0.0,
        )
        _warm(plan, Path(scratch) / "workspace")
        plan.seconds.clear()
        before, used = _megabytes(process), _cpu(process)
        after = asyncio.run(_visits(plan, options, process))
        if not plan.seconds:
            print(f"{policy:<11} no page was completed", file=sys.stderr)
            return max(plan.failed, 1)
        taken = np.array([seconds for _, seconds in plan.seconds])
        cpu = (_cpu(process) - used) / len(taken) * 1_000
        p50, p95, most = np.quantile(taken, [0.5, 0.95, 1.0])
        print(
            f"{policy:<11}{len(taken):>7,}{p50:>8.2f}{p95:>8.2f}{most:>8.2f}{cpu:>15.0f}"
            f"  {before:,.0f}, {' '.join(f'{found:,.0f}' for found in after)}"
        )
        if options.by_page:
            _print_pages(plan)
        if plan.failed:
            print(f"{plan.failed} pages failed; see the server's log above.", file=sys.stderr)
        return plan.failed


def _warm(plan: Walk, folder: Path) -> None:
    """Open every page until none requests another job."""
    workspace = Workspace(folder)
    until = perf_counter() + _JOBS_SECONDS
    asyncio.run(_all_pages(plan))
    while job_records.active(workspace):
        while job_records.active(workspace):
            if perf_counter() > until:
                message = f"The jobs requested by pages didn't finish within {_JOBS_SECONDS} seconds."
                raise RuntimeError(message)
            sleep(1)
        asyncio.run(_all_pages(plan))


async def _all_pages(plan: Walk) -> None:
    async with connected(plan) as opened:
        for page in await open_page(opened, plan, ""):
            await open_page(opened, plan, page)


async def _visits(plan: Walk, options: argparse.Namespace, process: psutil.Process) -> list[float]:
    """Run all visitors at once; return the server's memory at equal time steps, in megabytes."""
    whole = options.minutes * 60
    plan.until = perf_counter() + whole
    found = []

    async def watch() -> None:
        for _ in range(_STEPS):
            await asyncio.sleep(whole / _STEPS)
            found.append(_megabytes(process))

    await asyncio.gather(watch(), *(walk(plan, seed) for seed in range(options.users)))
    return found


def _print_pages(plan: Walk) -> None:
    for page in sorted({page for page, _ in plan.seconds}):
        taken = [seconds for name, seconds in plan.seconds if name == page]
        p50, p95 = np.quantile(taken, [0.5, 0.95])
        print(f"  {page or '(home)':<16}{len(taken):>6,}{p50:>8.2f}{p95:>8.2f}")


@contextmanager
def _server(policy: str, folder: Path, log: Path | None) -> Iterator[tuple[int, psutil.Process]]:
    workspace = folder / "workspace"
    if log is not None:
        measure([sys.executable, "-m", "benchmarks.explore.job", "import", str(workspace), str(log.resolve())])
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = int(probe.getsockname()[1])
    environment = {**os.environ, "CLIENTELE_WORKSPACE": str(workspace)}
    command = [sys.executable, "-m", "benchmarks.load.server", policy, str(port)]
    process = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port, psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait(timeout=60)


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = perf_counter() + _START_SECONDS
    while perf_counter() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://localhost:{port}/_stcore/health", timeout=2):
                return
        except OSError:
            sleep(0.3)
    message = f"The server didn't start within {_START_SECONDS} seconds."
    raise RuntimeError(message)


def _megabytes(process: psutil.Process) -> float:
    return float(process.memory_info().rss) / (1 << 20)


def _cpu(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)
