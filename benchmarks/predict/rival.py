"""BG/NBD as fitted by lifetimes 0.11.3 with its defaults."""

import json
import sys
import time
import warnings
from pathlib import Path

import pandas as pd

warnings.filterwarnings("ignore")  # from libraries newer than it supports
from lifetimes import BetaGeoFitter  # type: ignore[import-untyped]  # noqa: E402


def main(path: Path) -> None:
    """Print seconds of work and the parameters."""
    table = pd.read_parquet(path)
    started = time.perf_counter()
    found = BetaGeoFitter().fit(table["x"], table["t_x"], table["T"]).params_
    work = time.perf_counter() - started
    print(json.dumps({"work": work, "answer": json.dumps({name: float(value) for name, value in found.items()})}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
