"""Benchmark of explanations: top three reasons for many customers, overall drivers, and one customer.

An XGBoost model is trained on two years of the real shop. Its customers, repeated with small changes, are explained by
this project and by plain `shap.TreeExplainer`, which must name the same reasons. explainerdashboard 0.5.8 explains the
same model and the real customers. It is incompatible with the project's libraries and needs an environment of its own,
see `_HOW`. Each program runs in its own process. Times are wall seconds of the whole process and of the work without
imports; memory is the peak resident set; medians count.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np

from benchmarks.explain.files import REAL as CUSTOMERS
from benchmarks.logs import EARLIER, REAL, SCRATCH
from benchmarks.measure import FailedError, Measured, measure

_PROJECT = [sys.executable, "-m", "benchmarks.explain.project"]
_PLAIN = [sys.executable, "-m", "benchmarks.explain.plain"]
_DASHBOARD = Path(__file__).with_name("dashboard.py")
_ONE_THREAD = ["env", "OMP_NUM_THREADS=1"]

DASHBOARD = SCRATCH / "explainerdashboard" / "bin" / "python"
_HOW = "python -m venv {0} && {0}/bin/pip install explainerdashboard==0.5.8 xgboost==3.2.0"
_SCALES = "logodds", "probability"  # the project's, and explainerdashboard's default

_JUDGED = 50_000  # customers at which the goals apply
_FASTER, _SAME = 3.0, 0.99  # times, at least; share of customers with the same top reason
_MOST_MS = 200.0  # for one customer
_FLAT = 1.5  # largest peak memory, relative to the smallest


def run(options: Namespace) -> int:
    """Measure all sizes, then explainerdashboard, and print a table of each.

    Returns
    -------
    int
        Exit status: 1 if a goal is missed.
    """
    if not (REAL.exists() and EARLIER.exists()):
        print("Skipped: the two years of the real shop aren't in a folder `shared/data` beside the project.")
        return 0
    print(f"{os.cpu_count()} cores, load before {os.getloadavg()[0]:.1f}")
    shop = _made("two-real-years", "benchmarks.predict.shops", "real")
    model = _made("explained", "benchmarks.explain.customers", "model", str(shop))
    good = True
    peaks: list[float] = []
    for customers in options.customers:
        met, peak = _many(model, customers, options.rounds)
        good, peaks = good and met, [*peaks, peak]
    if len(peaks) > 1:
        flat = max(peaks) < _FLAT * min(peaks)
        print(f"\nGoal: peak memory under {_FLAT:g} times the smallest: {_word(flat)}.")
        good &= flat
    _in_all(model, options)
    return 0 if good else 1


def _many(model: Path, customers: int, rounds: int) -> tuple[bool, float]:
    """Return whether the goals are met, and the project's peak memory in megabytes."""
    rows = _made(f"explained-{customers}.f32", "benchmarks.explain.customers", str(customers), str(model))
    print(f"\nThree reasons for each of {customers:,} customers, load {os.getloadavg()[0]:.1f}")
    _head()
    tops = {name: SCRATCH / f"tops-{name}.npz" for name in ("project", "shap", "cores")}
    ours = _row("project", [*_ONE_THREAD, *_PROJECT, str(model), str(rows), str(tops["project"])], rounds)
    plain = _row("shap, 1 thread", [*_ONE_THREAD, *_PLAIN, str(model), str(rows), str(tops["shap"])], rounds)
    if customers == _JUDGED:
        _row("shap, all cores", [*_PLAIN, str(model), str(rows), str(tops["cores"])], rounds)
    driver, column, apart = _alike(tops["project"], tops["shap"])
    faster, one = plain.work / ours.work, json.loads(ours.answer)["one_ms"]
    print(f"{faster:.1f} times as fast as shap with one thread, {plain.whole / ours.whole:.1f} times with imports.")
    print(f"Same top driver for {driver:.3%}, same top input for {column:.3%}; effects differ by {apart:.1e} at most.")
    if customers != _JUDGED:
        return True, ours.peak_mb
    good = faster >= _FASTER and min(driver, column) >= _SAME and one < _MOST_MS
    print(f"Goal: {_FASTER:g} times as fast, same top reason for {_SAME:.0%}, one in {_MOST_MS:g} ms: {_word(good)}.")
    return good, ours.peak_mb


def _alike(ours: Path, theirs: Path) -> tuple[float, float, float]:
    """Return shares of customers with the same top driver and top input, and the largest difference of effects."""
    with np.load(ours) as a, np.load(theirs) as b:
        driver = (a["drivers"][:, 0] == b["drivers"][:, 0]).mean()
        column = (a["column"] == b["column"]).mean()
        return float(driver), float(column), float(np.abs(a["effects"] - b["effects"]).max())


def _in_all(model: Path, options: Namespace) -> None:
    """Compare overall drivers of the real customers, and the explanation of one, with explainerdashboard."""
    print(f"\nMean contribution of each input over the real customers, and one customer, load {os.getloadavg()[0]:.1f}")
    if not options.dashboard.exists():
        print(f"explainerdashboard is skipped: {options.dashboard} doesn't exist. Create it with\n  {_how(options)}")
        return
    _head()
    rows = model / CUSTOMERS
    ours = _row("project", [*_PROJECT, str(model), str(rows), str(SCRATCH / "tops-real.npz")], options.rounds)
    rival = [str(options.dashboard), str(_DASHBOARD), str(model)]
    try:
        theirs = [_row(f"its {scale}", [*rival, scale], options.rounds) for scale in _SCALES]
    except FailedError as error:
        print(f"explainerdashboard is skipped: it {error}")
        return
    one = json.loads(ours.answer)["one_ms"]
    for scale, its in zip(_SCALES, theirs, strict=True):
        single = json.loads(its.answer)["one_ms"] / one
        print(f"{its.work / ours.work:.0f} times as fast as its {scale} for all customers, {single:.0f} times for one.")


def _how(options: Namespace) -> str:
    return _HOW.format(options.dashboard.parents[1])


def _made(name: str, program: str, *arguments: str) -> Path:
    """Return data in the scratch folder, created on first use."""
    target = SCRATCH / name
    if not target.exists():
        SCRATCH.mkdir(exist_ok=True)
        unfinished = target.with_name(f"{name}.unfinished")
        if unfinished.is_dir():
            shutil.rmtree(unfinished)
        subprocess.run([sys.executable, "-m", program, *arguments, str(unfinished)], check=True)
        unfinished.replace(target)
    return target


def _word(good: bool) -> str:  # noqa: FBT001  puts it into words
    return "met" if good else "missed"


def _head() -> None:
    print(f"{'':<17}{'whole s':>9}{'work s':>9}{'peak MB':>9}{'one ms':>9}")


def _row(name: str, command: list[str], rounds: int) -> Measured:
    """Run a command for some rounds; print and return the medians."""
    runs = [measure(command) for _ in range(rounds)]
    whole, work, peak = (statistics.median(getattr(run, of) for run in runs) for of in ("whole", "work", "peak_mb"))
    one = statistics.median(json.loads(run.answer)["one_ms"] for run in runs)
    print(f"{name:<17}{whole:>9.2f}{work:>9.3f}{peak:>9,.0f}{one:>9.2f}")
    return Measured(whole=whole, work=work, peak_mb=peak, answer=json.dumps({"one_ms": one}))
