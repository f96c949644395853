"""Command line of the kill tests: `python -m tests.kills FOLDER [--kills N] [--seed N] [--lanes N]`.

Exit status: 0 if nothing was lost, duplicated or left over, else 1. The folders of failed kills stay in FOLDER.
"""

import argparse
import ctypes
import json
import os
import random
import sys
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Final

from tests.kills.lane import Kill, Usual, isolated, run, usual
from tests.kills.work import ALL, SHARES, Place, make

_SUBREAPER: Final = 36  # PR_SET_CHILD_SUBREAPER: the children of those that are killed become ours


def main(arguments: list[str]) -> int:
    """Prepare the data, run all work without kills, run the kills in each lane, and print the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills", description="Kill Clientele at its work.")
    parser.add_argument("folder", type=Path, help="an empty one, or none yet")
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lanes", type=int, default=2)
    parser.add_argument("--only", nargs="+", choices=SHARES, default=list(SHARES), help="kinds of work")
    options = parser.parse_args(arguments)
    ctypes.CDLL(None).prctl(_SUBREAPER, 1)
    started = time.monotonic()
    made = options.folder / "made"
    made.mkdir(parents=True)
    if isolated(Place(folder=made, made=made), make):
        sys.stdout.write(f"What work begins with cannot be made:\n{(made / 'log').read_text(errors='replace')}\n")
        return 1
    works = [work for work in ALL if work.kind in options.only]
    known = {
        work: usual(work, Place(folder=options.folder / f"usual-{work.kind}-{work.name}", made=made)) for work in works
    }
    _say_usual({f"{work.kind} {work.name}": found for work, found in known.items()}, time.monotonic() - started)
    lanes = []
    for number in range(options.lanes):
        times = options.kills // options.lanes + (number < options.kills % options.lanes)
        lanes.append(os.fork())
        if not lanes[-1]:
            ctypes.CDLL(None).prctl(_SUBREAPER, 1)
            folder = options.folder / f"lane-{number}"
            folder.mkdir()
            kills = run(made, folder, times, random.Random(f"{options.seed}-{number}"), known)  # noqa: S311
            (folder / "kills.json").write_text(json.dumps([asdict(kill) for kill in kills]), encoding="utf-8")
            os._exit(0)
    broken = sum(os.waitpid(lane, 0)[1] != 0 for lane in lanes)
    paths = sorted(options.folder.glob("lane-*/kills.json"))
    kills = [Kill(**values) for path in paths for values in json.loads(path.read_text(encoding="utf-8"))]
    _say(kills, time.monotonic() - started)
    return 1 if broken or any(kill.found for kill in kills) else 0


def _say_usual(known: dict[str, Usual], seconds: float) -> None:
    sys.stdout.write(f"Without a kill ({seconds:.0f} s):\n")
    for name, found in known.items():
        time_taken = f"{found.seconds:.1f} s, {found.busy:.1f} s of a processor"
        sys.stdout.write(f"  {name}: {time_taken}, {sum(found.points.values())} writes of {len(found.points)} kinds\n")
    sys.stdout.flush()


def _say(kills: list[Kill], seconds: float) -> None:
    """Print a row for each kind of work and of kill, and the findings."""
    sys.stdout.write(f"\n{'work':10} {'killed':8} {'kills':>6} {'found':>6}  cleared at the next starts\n")
    for kind in SHARES:
        for aimed in (True, False):
            some = [kill for kill in kills if (kill.kind, kill.aimed) == (kind, aimed)]
            if some:
                left: Counter[str] = Counter(what.split(",")[0] for kill in some for what in kill.left)
                said = "; ".join(f"{what.removeprefix('left: ')} {count}x" for what, count in left.most_common())
                found = sum(bool(kill.found) for kill in some)
                sys.stdout.write(f"{kind:10} {'at write' if aimed else 'random':8} {len(some):6} {found:6}  {said}\n")
    sys.stdout.write(f"{len(kills)} kills in {seconds:.0f} s\n")
    for kill in kills:
        for what in kill.found:
            sys.stdout.write(f"{kill.kind} {kill.name}, {kill.how}: {what}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
