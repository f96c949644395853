"""The parent's side of a child process: starting, messaging, reusing and ending it."""

import atexit
import json
import subprocess
import sys
import threading
from contextlib import suppress
from queue import SimpleQueue
from tempfile import TemporaryFile
from typing import IO, Any, Final

from core.settings import PROJECT

_LAST_LINES: Final = 40
_IDLE_SECONDS: Final = 120.0  # users who review an upload act every few seconds
_MOST_IDLE: Final = 2  # each holds the libraries in memory, about 200 MB


class Child:
    """A child process that runs a module.

    Parameters
    ----------
    module : str
        Module that calls `core.ingest.apart.sandbox.serve` when it is run.

    Attributes
    ----------
    lines : SimpleQueue of bytes
        Lines it wrote; an empty one when it has ended.
    """

    def __init__(self, module: str) -> None:
        self.module = module
        self.lines: SimpleQueue[bytes] = SimpleQueue()
        self._complaints = TemporaryFile()  # noqa: SIM115  closed by `end`
        self._process = subprocess.Popen(  # noqa: S603  our own program, no shell
            [sys.executable, "-X", "utf8", "-m", module],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._complaints,
        )
        assert self._process.stdin is not None and self._process.stdout is not None  # noqa: S101, PT018  for the type checker
        self._in, self._out = self._process.stdin, self._process.stdout
        threading.Thread(target=_read_lines, args=(self._out, self.lines), daemon=True).start()

    @property
    def status(self) -> int:
        """Its exit status, once it has ended."""
        return int(self._process.returncode)

    def tell(self, told: dict[str, Any]) -> None:
        """Send it a task."""
        with suppress(BrokenPipeError):
            self._in.write(json.dumps(told).encode() + b"\n")
            self._in.flush()

    def wait(self) -> None:
        """Wait until it ends on its own."""
        self._process.wait()

    def end(self) -> str:
        """Kill it and return the last lines of its standard error."""
        self._process.kill()
        self._process.wait()
        with suppress(BrokenPipeError):
            self._in.close()
        self._out.close()
        self._complaints.seek(0)
        complaints = b"\n".join(self._complaints.read().splitlines()[-_LAST_LINES:]).decode("utf-8", "replace")
        self._complaints.close()
        return complaints


def idle_child(module: str, limits: dict[str, Any]) -> Child | None:
    """Return an idle child for a module and limits, or None."""
    return _IDLE.take(module, limits)


def keep_idle(child: Child, limits: dict[str, Any]) -> bool:
    """Keep a finished child for reuse; return False if enough are idle already."""
    return _IDLE.keep(child, limits)


def _read_lines(out: IO[bytes], lines: "SimpleQueue[bytes]") -> None:
    with suppress(ValueError, OSError):  # closed by the parent, which has its answer
        while line := out.readline():
            lines.put(line)
    lines.put(b"")


class _Idle:
    """A pool of idle children, each used by one thread at a time and ended after a timeout."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[tuple[Child, dict[str, Any], threading.Timer]] = []

    def take(self, module: str, limits: dict[str, Any]) -> Child | None:
        with self._lock:
            for entry in self._waiting:
                child, known, timer = entry
                if (child.module, known) == (module, limits) and child.lines.empty():  # else it has ended
                    timer.cancel()
                    self._waiting.remove(entry)
                    return child
        return None

    def keep(self, child: Child, limits: dict[str, Any]) -> bool:
        with self._lock:
            if len(self._waiting) >= _MOST_IDLE:
                return False
            timer = threading.Timer(_IDLE_SECONDS, self._drop, (child,))
            timer.daemon = True
            timer.start()
            self._waiting.append((child, limits, timer))
        return True

    def end_all(self) -> None:
        for child, _limits, _timer in list(self._waiting):
            self._drop(child)

    def _drop(self, child: Child) -> None:
        with self._lock:
            entry = next((entry for entry in self._waiting if entry[0] is child), None)
            if entry is None:  # taken just now
                return
            self._waiting.remove(entry)
        entry[2].cancel()
        child.end()


_IDLE: Final = _Idle()
atexit.register(_IDLE.end_all)
