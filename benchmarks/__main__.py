"""Command line of the benchmarks: `python -m benchmarks NAME`."""

import argparse
import sys
from pathlib import Path

from benchmarks import explain, explore, files, ingest, load, predict, segment


def main() -> int:
    """Run one benchmark and print its tables."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    names = parser.add_subparsers(required=True)
    parquet = names.add_parser("ingest", help="Parquet to RFM against pandas and a hand-written DuckDB query")
    parquet.add_argument("--lines", type=float, nargs="+", help="millions of lines (default 0.5 5 10)")
    parquet.add_argument("--rounds", type=int, default=3, help="runs of each program; the median counts (default 3)")
    parquet.set_defaults(run=lambda options: ingest.run(options.lines, options.rounds))
    whole = names.add_parser("files", help="CSV, XLSX and Parquet to a version and RFM against pandas, and page reruns")
    whole.add_argument("--csv", type=float, default=11.5, help="millions of lines (default 11.5, about 1 GB)")
    whole.add_argument("--xlsx", type=float, default=0.5, help="millions of rows (default 0.5)")
    whole.add_argument("--parquet", type=float, default=50.0, help="millions of lines (default 50)")
    whole.add_argument("--rounds", type=int, default=1, help="runs of each program; the median counts (default 1)")
    whole.add_argument("--only", nargs="+", choices=files.KINDS, default=files.KINDS, help="parts (default all)")
    whole.add_argument("--pandas-gb", type=float, default=12.0, help="gigabytes pandas may use (default 12)")
    whole.set_defaults(run=files.run)
    choosing = names.add_parser("segment", help="choosing k against a loop with scikit-learn")
    choosing.add_argument(
        "--customers", type=int, nargs="*", default=[100_000, 500_000], help="simulated customers (default both sizes)"
    )
    choosing.add_argument("--rounds", type=int, default=1, help="runs of each program; the median counts (default 1)")
    choosing.add_argument("--bootstraps", type=int, default=100, help="resampled shops, or 0 for none (default 100)")
    choosing.set_defaults(run=segment.run)
    looking = names.add_parser("explore", help="jobs of the explore pages that read order lines")
    looking.add_argument("--lines", type=float, nargs="+", help="millions of lines (default 0.541909 10)")
    looking.set_defaults(run=lambda options: explore.run(options.lines))
    ahead = names.add_parser("predict", help="fitting BG/NBD against lifetimes, features and scores of many customers")
    ahead.add_argument(
        "--customers", type=int, nargs="*", default=[5_000, 50_000, 500_000], help="simulated (default all three sizes)"
    )
    ahead.add_argument("--rounds", type=int, default=3, help="runs of each program; the median counts (default 3)")
    ahead.add_argument(
        "--only", nargs="+", choices=list(predict.PARTS), default=list(predict.PARTS), help="parts (default all)"
    )
    ahead.set_defaults(run=predict.run)
    why = names.add_parser("explain", help="explaining many customers against shap, and one against explainerdashboard")
    why.add_argument(
        "--customers", type=int, nargs="*", default=[5_000, 50_000, 200_000], help="repeated (default all three sizes)"
    )
    why.add_argument("--rounds", type=int, default=1, help="runs of each program; the median counts (default 1)")
    why.add_argument("--dashboard", type=Path, default=explain.DASHBOARD, help="a Python with explainerdashboard 0.5.8")
    why.set_defaults(run=explain.run)
    crowd = names.add_parser("load", help="twenty users at once, under several policies of garbage collection")
    crowd.add_argument("--users", type=int, default=20, help="simultaneous users (default 20)")
    crowd.add_argument("--minutes", type=float, default=1.0, help="minutes per policy (default 1; 60 to watch memory)")
    crowd.add_argument("--thinking", type=float, default=5.0, help="mean seconds between two pages (default 5)")
    crowd.add_argument("--log", type=Path, help="an order log instead of the demo shop")
    crowd.add_argument("--by-page", action="store_true", help="also print a row per page")
    crowd.add_argument(
        "--policy", nargs="+", choices=list(load.POLICIES), default=["streamlit", "clientele"],
        help="policies of garbage collection (default streamlit clientele)",
    )  # fmt: skip
    crowd.set_defaults(run=load.run)
    options = parser.parse_args()
    status: int = options.run(options)
    return status


if __name__ == "__main__":
    sys.exit(main())
