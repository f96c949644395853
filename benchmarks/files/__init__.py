"""Benchmark from files to RFM: the project's import against an analyst's pandas, on CSV, XLSX and Parquet.

Each program runs in its own process, in turn with the others; medians are printed. Times are wall seconds of the whole
process and of the work without imports; memory is the peak of the process and its children together.
"""

import json
import os
import statistics
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.logs import repeated_log
from benchmarks.measure import PROJECT, FailedError, Measured, measure

_PROJECT_ROWS = {
    "project, stored": ("benchmarks.files.project", "storing"),
    "project, RFM only": ("benchmarks.files.project", "rfm"),
}
_PANDAS_ROWS = {
    "csv": {"pandas": "csv"},
    "xlsx": {"pandas, openpyxl": "openpyxl", "pandas, calamine": "calamine"},
    "parquet": {"pandas": "parquet"},
}
KINDS = (*_PANDAS_ROWS, "page")
_GOALS = {"csv": (0.5, 0.25)}  # relative to the time and memory of pandas
_PARQUET_MB = 6_000
_PAGE_TIMES = 2.0


def run(options: Namespace) -> int:
    """Measure the parts in `options.only` and print a table for each.

    Returns
    -------
    int
        Exit status: 1 if the programs disagree or a goal is missed.
    """
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    good = True
    for kind in options.only:
        if kind == "page":
            good &= _page(repeated_log(options.csv, "csv")[0])
        else:
            log, lines = repeated_log(getattr(options, kind), kind)
            print(f"\n{kind}: {lines / 1e6:.2f} million lines, {log.stat().st_size / 1e6:,.0f} MB, ", end="")
            print(f"{options.rounds} rounds, load {os.getloadavg()[0]:.1f}")
            good &= _files(kind, log, options)
    return 0 if good else 1


def _files(kind: str, log: Path, options: Namespace) -> bool:
    commands = {name: ["-m", module, how, str(log)] for name, (module, how) in _PROJECT_ROWS.items()}
    for name, reader in _PANDAS_ROWS[kind].items():
        commands[name] = ["-m", "benchmarks.files.pandas_pipeline", reader, str(log)]
    found: dict[str, list[Measured]] = {name: [] for name in commands}
    failed: dict[str, str] = {}
    for _ in range(options.rounds):
        for name, command in commands.items():
            if name in failed:
                continue
            limit = options.pandas_gb if name in _PANDAS_ROWS[kind] else None
            try:
                found[name].append(measure([sys.executable, *command], memory_gb=limit))
            except FailedError as error:
                failed[name] = str(error)
    for name in failed.keys() & _PROJECT_ROWS.keys():
        raise RuntimeError(failed[name])
    return _print(kind, found, failed, options.pandas_gb)


def _print(kind: str, found: dict[str, list[Measured]], failed: dict[str, str], limit: float) -> bool:
    """Print medians and ratios to pandas; return whether all programs agree and the goals are met."""
    print(f"{'program':<19}{'whole s':>9}{'work s':>9}{'peak MB':>9}{'whole ×':>9}{'memory ×':>9}  found")
    middle = {name: _median(runs) for name, runs in found.items() if name not in failed}
    base = next((middle[name] for name in _PANDAS_ROWS[kind] if name in middle), None)
    good = True
    for name, (whole, work, peak) in middle.items():
        ratios = f"{whole / base[0]:>9.2f}{peak / base[2]:>9.2f}" if base else f"{'':>18}"
        print(f"{name:<19}{whole:>9.2f}{work:>9.2f}{peak:>9,.0f}{ratios}  {found[name][0].answer}")
        if name in _PROJECT_ROWS:
            goals = _GOALS.get(kind)
            good &= not (goals and base) or (whole <= goals[0] * base[0] and peak <= goals[1] * base[2])
            good &= kind != "parquet" or peak < _PARQUET_MB
    for name, why in failed.items():
        print(f"{name:<19} {why} (limit {limit:g} GB)")
    if len({runs[0].answer for name, runs in found.items() if name in middle}) > 1:
        print("The programs disagree.")
        return False
    if not good:
        print("The goal is missed.")
    return good


def _page(log: Path) -> bool:
    print(f"\nexplore/overview while {log.name} is imported at low priority, load {os.getloadavg()[0]:.1f}")
    command = [sys.executable, "-W", "ignore", "-m", "benchmarks.files.page", str(log)]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, check=False, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    said = json.loads(done.stdout.splitlines()[-1])
    good = True
    print(f"{'':<19}{'idle s':>9}{'busy s':>9}{'runs':>9}{'busy ×':>9}")
    for kind in ("rerun", "anew"):
        idle, busy = (statistics.median(said[state][kind]) for state in ("idle", "busy"))
        print(f"{kind:<19}{idle:>9.2f}{busy:>9.2f}{len(said['busy'][kind]):>9}{busy / idle:>9.2f}")
        good &= busy <= _PAGE_TIMES * idle
    return good


def _median(runs: list[Measured]) -> tuple[float, float, float]:
    return (
        statistics.median(run.whole for run in runs),
        statistics.median(run.work for run in runs),
        statistics.median(run.peak_mb for run in runs),
    )
