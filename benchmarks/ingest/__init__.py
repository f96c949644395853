"""Benchmark from Parquet to RFM with full-row de-duplication: this project, pandas, and a hand-written DuckDB query.

Each program runs in its own process, in turn with the others, so that drift of the machine affects all alike; medians
are printed. Times are wall seconds of the whole process and of the work without imports; memory is the peak resident
set.
"""

import statistics
import sys
from pathlib import Path

from benchmarks.logs import repeated_log
from benchmarks.measure import Measured, measure

_HERE = Path(__file__).parent
PROGRAMS = ("project", "pandas_pipeline", "duckdb_query", "project_storing")
_DEFAULT_MILLIONS = (0.5, 5.0, 10.0)


def run(millions: list[float] | None, rounds: int) -> int:
    """Measure all programs at each size and print a table with ratios.

    Returns
    -------
    int
        Exit status: 1 if the programs disagree.
    """
    agree = True
    for size in millions or _DEFAULT_MILLIONS:
        log, lines = repeated_log(size)
        print(f"\n{lines / 1e6:.2f} million lines, {log.stat().st_size / 1e6:.0f} MB of Parquet, {rounds} rounds")
        found: dict[str, list[Measured]] = {name: [] for name in PROGRAMS}
        for _ in range(rounds):
            for name in PROGRAMS:
                found[name].append(measure([sys.executable, "-m", f"benchmarks.ingest.{name}", str(log)]))
        agree &= _print(found)
    return 0 if agree else 1


def _print(found: dict[str, list[Measured]]) -> bool:
    """Print medians and ratios to the project; return whether all programs agree."""
    print(f"{'program':<18}{'whole s':>9}{'work s':>9}{'peak MB':>9}{'whole ×':>9}{'work ×':>9}{'memory ×':>9}  found")
    middle = {name: _median(runs) for name, runs in found.items()}
    base = middle["project"]
    answers = set()
    for name, (whole, work, peak) in middle.items():
        answer = found[name][0].answer
        answers.add(answer)
        ratios = f"{whole / base[0]:>9.2f}{work / base[1]:>9.2f}{peak / base[2]:>9.2f}"
        print(f"{name:<18}{whole:>9.2f}{work:>9.2f}{peak:>9.0f}{ratios}  {answer}")
    if len(answers) > 1:
        print("The programs disagree.")
    return len(answers) == 1


def _median(runs: list[Measured]) -> tuple[float, float, float]:
    return (
        statistics.median(run.whole for run in runs),
        statistics.median(run.work for run in runs),
        statistics.median(run.peak_mb for run in runs),
    )
