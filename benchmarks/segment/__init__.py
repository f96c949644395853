"""Benchmark of choosing k: this project against an analyst's scikit-learn loop, criteria for 2 to 12 segments.

On the real shop of 4,338 customers, with the notebook preset and in both of its groups, all figures must agree to nine
digits; stability has no counterpart in the loop and is timed separately. On simulated customers, both take the
silhouette of 10,000 of them. Each program runs in its own process. Times are wall seconds; memory is the peak of the
process. The loop runs with a thread per core, as scikit-learn does by default, and with one; the faster one counts.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.logs import REAL, SCRATCH
from benchmarks.measure import Measured, measure

_LOOP = [sys.executable, "-m", "benchmarks.segment.loop"]
PROGRAMS = {
    "project": [sys.executable, "-m", "benchmarks.segment.project"],
    "loop": _LOOP,
    "loop, one thread": ["env", "OMP_NUM_THREADS=1", *_LOOP],  # beside other programs, threads cost more than they gain
}
_FASTER = {100_000: 5.0}  # times, at least
_PEAK_MB = {500_000: 2_000}
_WCSS = 1e-3  # relative difference that doesn't matter
_SAME = 1e-9


def run(options: Namespace) -> int:
    """Measure all sizes and print a table for each.

    Returns
    -------
    int
        Exit status: 1 if the programs disagree or a goal is missed.
    """
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    good = True
    if REAL.exists():
        good &= _real(options)
    else:
        print(f"\nThe real shop is skipped: {REAL.name} isn't in a folder `shared/data` beside the project.")
    for customers in options.customers:
        good &= _simulated(customers, options.rounds)
    return 0 if good else 1


def _real(options: Namespace) -> bool:
    shop = _shop("real-shop", 0)
    print(f"\n4,338 real customers, notebook preset, 1 to 10 segments, load {os.getloadavg()[0]:.1f}")
    found = {name: _runs([*program, "notebook", str(shop)], options.rounds) for name, program in PROGRAMS.items()}
    good = _print(found)
    ours, loops = _figures(found["project"]), _figures(found["loop"])
    apart = [(a, b) for a, b in zip(ours, loops, strict=True) if not _same(a, b)]
    print("All figures agree." if not apart else f"Figures differ: {apart[0]}")
    if options.bootstraps:
        print(f"\n4,338 real customers, logarithms, 2 to 12 segments, {options.bootstraps} resampled shops each")
        [whole] = _runs([*PROGRAMS["project"], "stability", str(shop), str(options.bootstraps)], 1)
        print(f"{'project':<20}{whole.whole:>9.2f}{whole.work:>9.2f}{whole.peak_mb:>9,.0f}  {whole.answer}")
    return good and not apart


def _simulated(customers: int, rounds: int) -> bool:
    shop = _shop(f"customers-{customers}.parquet", customers)
    print(f"\n{customers:,} simulated customers, 2 to 12 segments, load {os.getloadavg()[0]:.1f}")
    found = {name: _runs([*program, "logarithms", str(shop)], rounds) for name, program in PROGRAMS.items()}
    good = _print(found, faster=_FASTER.get(customers), peak_mb=_PEAK_MB.get(customers))
    ours, loops = _figures(found["project"]), _figures(found["loop"])
    print(f"{'k':>4}{'WCSS':>16}{'less than loop':>18}{'silhouette':>12}{'± s.e.':>9}{'loop':>9}")
    for a, b in zip(ours, loops, strict=True):
        less = 1 - a["wcss"] / b["wcss"]
        error = f"{a['silhouette_se']:.4f}" if a.get("silhouette_se") else ""
        print(f"{a['k']:>4}{a['wcss']:>16,.1f}{less:>17.4%} {a['silhouette']:>11.4f}{error:>9}{b['silhouette']:>9.4f}")
    worst = max(a["wcss"] / b["wcss"] - 1 for a, b in zip(ours, loops, strict=True))
    print(f"WCSS is at most {max(worst, 0):.4%} above the loop's (goal: under {_WCSS:.1%}).")
    return good and worst < _WCSS


def _shop(name: str, customers: int) -> Path:
    """Return customers in the scratch folder, created on first use."""
    target = SCRATCH / name
    if not target.exists():
        SCRATCH.mkdir(exist_ok=True)
        unfinished = target.with_name(f"{name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "benchmarks.segment.shops", unfinished, str(customers)], check=True)
        unfinished.replace(target)
    return target


def _runs(command: list[str], rounds: int) -> list[Measured]:
    return [measure(command) for _ in range(rounds)]


def _figures(runs: list[Measured]) -> list[dict[str, float]]:
    figures: list[dict[str, float]] = json.loads(runs[0].answer)
    return figures


def _same(ours: dict[str, float], loops: dict[str, float]) -> bool:
    return all(
        (value is None and ours[name] is None) or abs(ours[name] - value) <= _SAME * max(1.0, abs(value))
        for name, value in loops.items()
    )


def _print(found: dict[str, list[Measured]], faster: float | None = None, peak_mb: float | None = None) -> bool:
    """Print medians and how much longer the loop takes; return whether the goals are met."""
    print(f"{'program':<20}{'whole s':>9}{'work s':>9}{'peak MB':>9}{'work ×':>9}")
    work = {name: statistics.median(run.work for run in runs) for name, runs in found.items()}
    peak = {name: statistics.median(run.peak_mb for run in runs) for name, runs in found.items()}
    for name, runs in found.items():
        whole = statistics.median(run.whole for run in runs)
        print(f"{name:<20}{whole:>9.2f}{work[name]:>9.2f}{peak[name]:>9,.0f}{work[name] / work['project']:>9.1f}")
    quickest = min(seconds for name, seconds in work.items() if name != "project")
    good = faster is None or quickest >= faster * work["project"]
    good &= peak_mb is None or peak["project"] <= peak_mb
    if faster or peak_mb:
        goal = f"{faster:g} times as fast" if faster else f"under {peak_mb:,.0f} MB"
        print(f"Goal: {goal}: {'met' if good else 'missed'}.")
    return good
