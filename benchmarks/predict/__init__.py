"""Benchmark of prediction: fitting BG/NBD, computing features and scoring customers.

BG/NBD is fitted to CDNOW's 23,570 customers by this project and by lifetimes 0.11.3, which must agree to four digits.
Features are computed at the end of simulated logs, and on two years of the real shop at one cutoff and at twelve. Each
program runs in its own process. Times are wall seconds of the whole process and of the work without imports; memory is
the peak resident set; medians count.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from benchmarks.logs import CDNOW, EARLIER, SCRATCH
from benchmarks.measure import Measured, measure

_PROJECT = [sys.executable, "-m", "benchmarks.predict.project"]
_RIVAL = [sys.executable, "-m", "benchmarks.predict.rival"]
_DIGITS = 4
_MOST_MB = 2_000  # while scoring
_CUTOFFS, _TIMES = 12, 5.0  # number of cutoffs, and their largest time relative to one


def run(options: Namespace) -> int:
    """Measure the parts and print a table for each.

    Returns
    -------
    int
        Exit status: 1 if the fits disagree or a goal is missed.
    """
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    good = [PARTS[name](options) for name in options.only]
    return 0 if all(good) else 1


def _fit(options: Namespace) -> bool:
    if not CDNOW.exists():
        print(f"\nFits are skipped: {CDNOW.name} isn't in a folder `shared/data` beside the project.")
        return True
    histories = _made("cdnow.parquet", "cdnow")
    print(f"\nBG/NBD on 23,570 customers of CDNOW, load {os.getloadavg()[0]:.1f}")
    _head()
    ours = _row("project", [*_PROJECT, "fit", str(histories)], options.rounds)
    theirs = _row("lifetimes", [*_RIVAL, str(histories)], options.rounds)
    a, b = json.loads(ours.answer), json.loads(theirs.answer)
    same = all(f"{a[name]:.{_DIGITS}g}" == f"{b[name]:.{_DIGITS}g}" for name in b)
    faster = ours.work <= theirs.work
    print(f"Goal: the same parameters to {_DIGITS} digits: {'met' if same else 'missed'}.")
    print(f"Goal: at least as fast: {'met' if faster else 'missed'}, {theirs.work / ours.work:.1f} times as fast.")
    return same and faster


def _features(options: Namespace) -> bool:
    print(f"\nFeatures at one cutoff, simulated customers, load {os.getloadavg()[0]:.1f}")
    _head()
    for customers in options.customers:
        shop = _made(f"orders-{customers}", str(customers))
        _row(f"{customers:,}", [*_PROJECT, "features", str(shop), "1"], options.rounds)
    if not EARLIER.exists():
        print(f"\nThe real shop is skipped: {EARLIER.name} isn't in a folder `shared/data` beside the project.")
        return True
    shop = _made("two-real-years", "real")
    print(f"\nFeatures of two real years, load {os.getloadavg()[0]:.1f}")
    _head()
    one = _row("1 cutoff", [*_PROJECT, "features", str(shop), "1"], options.rounds)
    many = _row(f"{_CUTOFFS} cutoffs", [*_PROJECT, "features", str(shop), str(_CUTOFFS)], options.rounds)
    good = many.work < _TIMES * one.work
    times = many.work / one.work
    print(f"Goal: under {_TIMES:g} times the time of one: {'met' if good else 'missed'}, {times:.1f} times.")
    return good


def _score(options: Namespace) -> bool:
    """Train a champion on a sample, then score everyone; only scoring has a goal."""
    customers = max(options.customers)
    shop, model = _made(f"orders-{customers}", str(customers)), SCRATCH / f"model-{customers}"
    print(f"\nA champion for {customers:,} customers, and their scores, load {os.getloadavg()[0]:.1f}")
    _head()
    shutil.rmtree(model, ignore_errors=True)
    _row("training", [*_PROJECT, "train", str(shop), str(model)], 1)
    scored = _row("scoring", [*_PROJECT, "score", str(shop), str(model)], options.rounds)
    good = scored.peak_mb < _MOST_MB
    print(f"Goal: under {_MOST_MB:,} MB: {'met' if good else 'missed'}.")
    return good


PARTS = {"fit": _fit, "features": _features, "score": _score}
"""The parts by name; each prints its table and returns whether its goals are met."""


def _made(name: str, what: str) -> Path:
    """Return data in the scratch folder, created on first use."""
    target = SCRATCH / name
    if not target.exists():
        SCRATCH.mkdir(exist_ok=True)
        unfinished = target.with_name(f"{name}.unfinished")
        shutil.rmtree(unfinished, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "benchmarks.predict.shops", what, str(unfinished)], check=True)
        unfinished.replace(target)
    return target


def _head() -> None:
    print(f"{'':<14}{'whole s':>9}{'work s':>9}{'peak MB':>9}  found")


def _row(name: str, command: list[str], rounds: int) -> Measured:
    """Run a command for some rounds; print and return the medians."""
    runs = [measure(command) for _ in range(rounds)]
    whole, work, peak = (statistics.median(getattr(run, of) for run in runs) for of in ("whole", "work", "peak_mb"))
    print(f"{name:<14}{whole:>9.2f}{work:>9.3f}{peak:>9,.0f}  {runs[0].answer}")
    return Measured(whole=whole, work=work, peak_mb=peak, answer=runs[0].answer)
