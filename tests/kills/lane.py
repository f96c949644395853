"""One lane of kills: start, kill, inspect, repeat the work, inspect again, each in its own workspace.

This process imports everything but uses none of it, so that it can fork for each piece of work, kill and restart.
"""

import json
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.kills.aiming import SIGNS, Aim, Points
from tests.kills.state import State, age, copy, differing, look, lost
from tests.kills.work import SHARES, Place, Work

MOST_SECONDS: Final = 600.0  # for any one process
ORPHAN_SECONDS: Final = 30.0  # until the children of a killed process have noticed
ROUNDS: Final = 3  # starts, each long after the one before, by which all that was left must be gone
TERM_SHARE, AIMED_SHARE, TWICE_SHARE = 0.2, 0.5, 0.25
SLOWER: Final = 1.1  # so that some random kills come too late


@dataclass(frozen=True, kw_only=True)
class Usual:
    """A run of a piece of work without a kill.

    Parameters
    ----------
    seconds, busy : float
        Elapsed time and processor time.
    points : dict
        See `tests.kills.aiming.Points`.
    shape : Counter
        Content afterwards, see `State.shape`.
    """

    seconds: float
    busy: float
    points: dict[str, int]
    shape: "Counter[str]"


@dataclass(kw_only=True)
class Kill:
    """One kill and its findings."""

    kind: str
    name: str
    aimed: bool
    how: str
    found: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)


def isolated(place: Place, do: Callable[[Place], None]) -> int:
    """Run a function in its own process and return the exit status."""

    def done(there: Place) -> int:
        do(there)
        return 0

    return _ended(_forked(place, done))


def usual(work: Work, place: Place) -> Usual:
    """Run a piece of work without a kill."""
    _begin(work, place)
    before = look(place.workspace, *place.beside)
    started, used = time.monotonic(), _used()
    status = _ended(_forked(place, work.do))
    seconds = time.monotonic() - started
    stray = _reaped()
    busy = _used() - used
    after = look(place.workspace, *place.beside)
    found = [*lost(before, after), *(f"still runs: {process}" for process in stray), *_undone(after)]
    if status not in (0, -signal.SIGTERM) or found:  # a server that is asked to end says so in its status
        message = f"{work.kind} {work.name} ended with {status} without a kill: {found}\n{_log(place)}"
        raise AssertionError(message)
    points = json.loads((place.folder / "points.json").read_text(encoding="utf-8"))
    shape = after.shape()
    shape[f"in {place.beside[1].name}"] = 0  # whatever an end in good order leaves there is too much, too
    return Usual(seconds=seconds, busy=busy, points=points, shape=shape)


def _used() -> float:
    """Return the processor seconds of all children so far."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def killed(work: Work, place: Place, known: Usual, chance: random.Random) -> list[Kill]:
    """Kill a piece of work once or twice, finish it, and return the findings."""
    _begin(work, place)
    before = look(place.workspace, *place.beside)
    kills: list[Kill] = []
    for _ in range(1 + (chance.random() < TWICE_SHARE)):
        how = chance.random() < TERM_SHARE
        aim = _aim(known, chance, signal.SIGTERM if how else signal.SIGKILL) if _next_aimed(kills, chance) else None
        after = chance.uniform(0, known.seconds * SLOWER)
        stopped = _killed_once(work, place, aim, after, signal.SIGTERM if how else signal.SIGKILL)
        found = [f"still runs: {process}" for process in _reaped()]
        found += lost(before, look(place.workspace, *place.beside))
        if stopped:
            said = str(aim) if aim else f"{'SIGTERM' if how else 'SIGKILL'} after {after:.2f} s"
            kills.append(Kill(kind=work.kind, name=work.name, aimed=aim is not None, how=said, found=found))
    if kills:
        _done_again(work, place, known, before, kills[-1])
    return kills


def _next_aimed(kills: list[Kill], chance: random.Random) -> bool:
    return chance.random() < AIMED_SHARE if not kills else not kills[-1].aimed


def _aim(known: Usual, chance: random.Random, how: signal.Signals) -> Aim:
    point = chance.choice(sorted(set(known.points) - {SIGNS}))
    return Aim(point=point, nth=chance.randint(1, known.points[point]), after=chance.random() < 0.5, how=how)


def _killed_once(work: Work, place: Place, aim: Aim | None, after: float, how: signal.Signals) -> bool:
    """Kill it at a write, or after some seconds; return False if it finished before."""
    met = place.folder / "met"
    met.unlink(missing_ok=True)
    pid = _forked(place, work.do, aim=aim, met=met)
    if aim:
        status = _ended(pid)
        return status == -signal.SIGKILL or met.exists()
    time.sleep(after)
    over = os.waitpid(pid, os.WNOHANG)[0] == pid
    if over:
        return False
    os.kill(pid, how)
    _ended(pid)
    return True


def _done_again(work: Work, place: Place, known: Usual, before: State, kill: Kill) -> None:
    """Restart, twice after a long time, and record differences from a run without a kill."""
    again = work.again or work.do
    status = _ended(_forked(place, again))
    status = 0 if status == -signal.SIGTERM else status  # a server that was asked to end
    state = look(place.workspace, *place.beside)
    kill.found += [f"still runs: {process}" for process in _reaped()]
    kill.found += [*lost(before, state), *_undone(state)]
    if status != 0:
        kill.found.append(f"the next start ended with {status}: {_log(place)}")
    if not kill.found:
        kill.left = [what for what in differing(known.shape, state.shape()) if what.startswith("left")]
    for _ in range(ROUNDS):
        if kill.found or not differing(known.shape, state.shape()):
            break
        age(place.workspace, before, *place.beside)
        _ended(_forked(place, again))
        _reaped()
        state = look(place.workspace, *place.beside)
        kill.found += lost(before, state)
    if not kill.found:
        kill.found += differing(known.shape, state.shape())


def _undone(state: State) -> list[str]:
    """Return the jobs that did not succeed."""
    return [
        f"stuck: a job {job['kind']} is {job['state']} after {job['attempts']} tries: {job['error'] or 'no error'}"
        for job in state.rows.get("jobs", {}).values()
        if job["state"] != "done"
    ]


def _begin(work: Work, place: Place) -> None:
    for folder in place.beside:
        folder.mkdir(parents=True)
    if work.begins:
        copy(place.made / work.begins, place.workspace)
    assert isolated(place, work.ask) == 0, _log(place)


def _forked(place: Place, do: Callable[[Place], int], *, aim: Aim | None = None, met: Path | None = None) -> int:
    """Run a function in its own process and return the process id."""
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        _settle(place)
        roots = {"workspace": place.workspace, "out": place.folder / "out"}
        Points(roots, place.folder / "points.json", aim, met).watch()
        status = do(place)
    except SystemExit as ending:
        status = int(ending.code or 0)
    except BaseException:  # noqa: BLE001  it must not become a second parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _settle(place: Place) -> None:
    """Set up the process as if started for this place only."""
    os.environ |= {
        "CLIENTELE_WORKSPACE": str(place.workspace),
        "CLIENTELE_DEMO_SHOP": str(place.made / "demo.parquet"),
        "CLIENTELE_QUERY_MEMORY_GB": "1",
        "TMPDIR": str(place.folder / "temp"),
    }
    tempfile.tempdir = None
    log = os.open(place.folder / "log", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for number in (1, 2):
        os.dup2(log, number)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)


def _ended(pid: int) -> int:
    """Wait for a process and return its exit status; kill it if it takes too long."""
    until = time.monotonic() + MOST_SECONDS
    while time.monotonic() < until:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.01)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    return -signal.SIGALRM


def _reaped() -> list[str]:
    """Wait for orphaned children; return those still running, and kill them."""
    until = time.monotonic() + ORPHAN_SECONDS
    while time.monotonic() < until:
        try:
            if not os.waitpid(-1, os.WNOHANG)[0]:
                time.sleep(0.02)
        except ChildProcessError:
            return []
    stray = [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    said = [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ").strip() for pid in stray]
    for pid in stray:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return said


def _log(place: Place) -> str:
    return (place.folder / "log").read_text(errors="replace")[-2000:]


def run(made: Path, folder: Path, times: int, chance: random.Random, known: dict[Work, Usual]) -> list[Kill]:
    """Run a number of kills; the folders of failed ones stay."""
    kills: list[Kill] = []
    plan = [kind for kind, share in SHARES.items() for _ in range(share) if any(work.kind == kind for work in known)]
    chance.shuffle(plan)
    while len(kills) < times:
        kind = plan[len(kills) % len(plan)]
        work = chance.choice([work for work in known if work.kind == kind])
        place = Place(folder=folder / f"{len(kills):03}-{work.kind}-{work.name}", made=made)
        made_now = killed(work, place, known[work], chance)
        kills += made_now
        if not any(kill.found for kill in made_now):
            shutil.rmtree(place.folder)
    return kills
