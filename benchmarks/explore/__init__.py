"""Benchmark of the explore pages' jobs that read order lines, each in its own process.

Times are wall seconds of the whole process and of the work without imports; memory is the peak resident set.
"""

import sys
import tempfile
from pathlib import Path

from benchmarks.logs import repeated_log
from benchmarks.measure import measure

_DEFAULT_MILLIONS = (0.541909, 10.0)
JOBS = ("products", "profile")


def run(millions: list[float] | None) -> int:
    """Import a log of each size, run each job on it, and print a table.

    Returns
    -------
    int
        Exit status: 0.
    """
    print(f"{'job':<10}{'lines':>12}{'whole s':>9}{'work s':>9}{'peak MB':>9}  found")
    for size in millions or _DEFAULT_MILLIONS:
        log, lines = repeated_log(size)
        with tempfile.TemporaryDirectory() as scratch:
            workspace = Path(scratch) / "workspace"
            measure([sys.executable, "-m", "benchmarks.explore.job", "import", str(workspace), str(log)])
            for job in JOBS:
                found = measure([sys.executable, "-m", "benchmarks.explore.job", job, str(workspace)])
                print(
                    f"{job:<10}{lines:>12,}{found.whole:>9.1f}{found.work:>9.1f}{found.peak_mb:>9.0f}  {found.answer}"
                )
    return 0
