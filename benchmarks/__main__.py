"""`python -m benchmarks NAME`."""

import argparse
import sys

from benchmarks import ingest

_BENCHMARKS = {"ingest": ingest.run}


def main() -> int:
    """Run one benchmark and print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("name", choices=_BENCHMARKS)
    parser.add_argument("--lines", type=float, nargs="+", help="millions of lines (default 0.5 5 10)")
    parser.add_argument("--rounds", type=int, default=3, help="runs of each program; the median counts (default 3)")
    options = parser.parse_args()
    return _BENCHMARKS[options.name](options.lines, options.rounds)


if __name__ == "__main__":
    sys.exit(main())
