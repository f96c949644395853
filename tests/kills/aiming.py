"""Kills at a write: before or after the n-th move, commit, sync or removal of a kind."""

import json
import os
import re
import shutil
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import sqlalchemy as sa
from sqlalchemy.engine.default import DefaultDialect

_WRITES: Final = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.IGNORECASE)
_STATES: Final = re.compile(r"UPDATE jobs SET .*\bstate=", re.IGNORECASE | re.DOTALL)
SIGNS: Final = "commit signs of life"
"""Name of the heartbeat commits, which recur and decide nothing."""
_HEX: Final = re.compile(r"[0-9a-f]{8,}")


@dataclass(frozen=True, kw_only=True)
class Aim:
    """The write at which to kill a process.

    Parameters
    ----------
    point : str
        Kind of write, as named by `Points.counts`.
    nth : int
        Number of the write, starting at 1.
    after : bool
        Whether to kill after the write, not before.
    how : Signals
        Signal that the process sends itself.
    """

    point: str
    nth: int
    after: bool
    how: signal.Signals

    def __str__(self) -> str:
        return f"{self.how.name} {'after' if self.after else 'before'} {self.point} {self.nth}"


class Points:
    """A counter of this process's writes that kills it at one of them.

    Parameters
    ----------
    roots : mapping of str to Path
        Named folders, to describe where a file is.
    counted : Path
        File for the number of writes of each kind.
    aim : Aim, optional
        The write to kill at.
    met : Path, optional
        File created just before the kill, since a process asked to stop may still finish normally.
    """

    def __init__(self, roots: dict[str, Path], counted: Path, aim: Aim | None = None, met: Path | None = None) -> None:
        self._counted = counted
        self.counts: Counter[str] = Counter()
        self._roots, self._aim, self._met = {name: root.resolve() for name, root in roots.items()}, aim, met
        self._pid, self._lock = os.getpid(), threading.Lock()

    def watch(self) -> None:
        """Start watching, until this process ends."""
        for module, name, word in ((os, "rename", "move to"), (os, "replace", "move to"), (shutil, "rmtree", "remove")):
            patch.object(module, name, self._watched(getattr(module, name), word)).start()
        patch.object(os, "fsync", self._synced(os.fsync)).start()
        sa.event.listen(sa.Engine, "before_cursor_execute", _note_tables)
        patch.object(DefaultDialect, "do_commit", self._committed(DefaultDialect.do_commit)).start()

    def _watched(self, done: Callable[..., Any], word: str) -> Callable[..., Any]:
        def do(*given: Any, **named: Any) -> Any:
            target = given[-1] if word == "move to" else given[0]
            with self._at(f"{word} {self._place(Path(target))}"):
                return done(*given, **named)

        return do

    def _synced(self, done: Callable[[int], None]) -> Callable[[int], None]:
        def do(descriptor: int) -> None:
            with self._at("sync"):
                done(descriptor)

        return do

    def _committed(self, done: Callable[..., Any]) -> Callable[..., Any]:
        def do(dialect: Any, connection: Any) -> Any:
            tables = connection.info.pop("written", None)
            if not tables:
                return done(dialect, connection)
            with self._at(f"commit {'+'.join(sorted(tables))}"):
                return done(dialect, connection)

        return do

    @contextmanager
    def _at(self, point: str) -> Iterator[None]:
        """Count a write, except in forked children."""
        with self._lock:
            self.counts[point] += os.getpid() == self._pid
            nth = self.counts[point]
            if os.getpid() == self._pid:
                self._counted.write_text(json.dumps(self.counts), encoding="utf-8")
        aim = self._aim
        met = aim is not None and (aim.point, aim.nth) == (point, nth) and os.getpid() == self._pid
        if aim and met and not aim.after:
            self._end(aim)
        yield
        if aim and met and aim.after:
            self._end(aim)

    def _end(self, aim: Aim) -> None:
        if self._met:
            self._met.touch()
        os.kill(self._pid, aim.how)

    def _place(self, path: Path) -> str:
        """Describe where a file is, in at most three parts and without generated names."""
        for name, root in self._roots.items():
            if path.resolve().is_relative_to(root):
                parts = path.resolve().relative_to(root).parts[:2]
                return "/".join([name, *(_HEX.sub("…", part) for part in parts)])
        return "elsewhere"


def _note_tables(connection: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
    """Record the tables that a transaction writes, with a job's state and heartbeat counted separately."""
    if found := _WRITES.match(statement):
        table = found[1]
        name = "signs of life" if table == "jobs" and not _STATES.match(statement) else table
        connection.info.setdefault("written", set()).add(name)
