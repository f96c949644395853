"""Work on untrusted files in a child process with limits, so that no file can crash the main program.

The child reads one line of JSON per task from standard input. When that closes, the parent has gone and the child ends
too. It answers with lines of JSON: its progress, and finally the result or an error message for the user.
"""

import errno
import json
import logging
import os
import re
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Final

from core.errors import ClienteleError, InputError
from core.ingest.apart.child_process import Child, idle_child, keep_idle
from core.ingest.apart.disk_watch import DISK_GB, DiskWatch
from core.progress import Progress, nobody
from core.workspace.disk.disk_state import as_os_error, says_disk_full
from core.workspace.import_lock import place

Task = Callable[[dict[str, Any], Progress], Any]
"""A child's function from plain values and a progress callback to plain values."""

log = logging.getLogger("clientele.ingest")

ADVICE: Final = "upload it in parts or as Parquet"
"""The advice for files that take too long or too much space."""

_OUR_DEFECT: Final = 3
_TICK_SECONDS: Final = 0.25  # how often the parent can stop a silent child
_LONGEST_SAID: Final = 500
_OUT_OF_MEMORY: Final = ("MemoryError", "bad_alloc", "memory allocation", "Out of Memory Error")  # the last is DuckDB's
_LARGE_CHILD: Final = 1 << 30  # bytes; a child that grew this large is not reused


@dataclass(frozen=True, kw_only=True)
class Limits:
    """Resource limits of a child process.

    Parameters
    ----------
    memory_gb : float
        Gigabytes of address space.
    query_memory_gb : float
        Gigabytes that its queries may use before spilling to disk; at most half of `memory_gb`.
    minutes : float
        Minutes of wall time.
    disk_gb : float
        Gigabytes that it may write, and that its input may take once unpacked.
    niceness : int
        Added to its niceness so that pages stay fast; 0 for no change.
    workspace : Path, optional
        Workspace whose processes share the slots for children; without one, there is no limit.
    at_once : int
        Number of slots.
    patience_seconds : float, optional
        Seconds to wait for a slot; no limit by default.
    """

    memory_gb: float = 8.0
    query_memory_gb: float = 4.0
    minutes: float = 60.0
    disk_gb: float = DISK_GB
    niceness: int = 0
    workspace: Path | None = None
    at_once: int = 4
    patience_seconds: float | None = None

    def for_queries(self) -> float:
        """Return the gigabytes that queries may use, leaving room for the rest of the program."""
        return min(self.query_memory_gb, self.memory_gb / 2)

    def of_child(self) -> dict[str, Any]:
        """Return the limits that the child enforces itself."""
        return {"memory_gb": self.memory_gb, "disk_gb": self.disk_gb, "niceness": self.niceness}


def run_apart(  # noqa: PLR0913  the task and its limits
    module: str,
    told: dict[str, Any],
    *,
    files: str,
    limits: Limits,
    folders: Sequence[Path] = (),
    progress: Progress = nobody,
    advice: str = ADVICE,
    warm: bool = False,
) -> Any:
    """Run a module's task in a child process and return its result.

    Parameters
    ----------
    module : str
        Module that calls `serve` when it is run.
    told : dict
        Plain values.
    files : str
        Name of the file, for messages.
    limits : Limits
        The child is killed if it exceeds them.
    folders : sequence of Path, default ()
        Folders it writes to; temporary files go into the first.
    progress : callable
        See `Progress`; called a few times a second, even without news.
    advice : str
        Advice if it takes too long or too much space, for messages.
    warm : bool, default False
        Reuse an idle child and keep it afterwards, for pages where a user waits.

    Raises
    ------
    InputError
        If the child reports one, exceeds its limits, or is crashed by its input.
    OSError
        If the child found the disk full or not writable; `core.workspace.disk.disk_state.disk_full_told` turns it into
        a message.
    RuntimeError
        If the child failed because of a bug.
    """
    with _place(files, limits, progress):
        child = (idle_child(module, limits.of_child()) if warm else None) or Child(module)
        answer: dict[str, Any] | None = None
        try:
            scratch = str(folders[0].resolve()) if folders else None
            child.tell({**told, "limits": {**limits.of_child(), "scratch": scratch}})
            answer = _listen(child, files, limits, DiskWatch(folders, limits.disk_gb), progress, advice)
        finally:
            kept = warm and answer is not None and answer.get("again") and keep_idle(child, limits.of_child())
            complaints = "" if kept else child.end()
    if answer is None:
        raise _ended(child.status, complaints, files, limits, advice)
    if "disk" in answer:
        raise OSError(*answer["disk"])
    if "large" in answer:
        raise _takes_disk(files, limits, advice)
    if "refused" in answer:
        raise InputError(answer["refused"])
    return answer["result"]


@contextmanager
def _place(files: str, limits: Limits, progress: Progress) -> Iterator[None]:
    """Hold one of the slots for children, waiting until one is free."""
    if limits.workspace is None:
        yield
        return
    until = time.monotonic() + (limits.patience_seconds if limits.patience_seconds is not None else float("inf"))

    def wait() -> None:
        progress(0.0, f"Waiting: {_several(limits.at_once)} being read")
        if time.monotonic() > until:
            message = f"{files} can't be read yet: {_several(limits.at_once)} being read. Try again in a minute."
            raise InputError(message)

    with place(limits.workspace, limits.at_once, wait):
        yield


def _several(files: int) -> str:
    return "another file is" if files == 1 else f"{files} other files are"


def _listen(
    child: Child, files: str, limits: Limits, watch: DiskWatch, progress: Progress, advice: str
) -> dict[str, Any] | None:
    """Relay the child's progress until it answers; return None if it ends without an answer."""
    until = time.monotonic() + 60 * limits.minutes
    share, what = 0.0, "Starting"
    while True:
        try:
            line = child.lines.get(timeout=_TICK_SECONDS)
        except Empty:
            line = None
        if line == b"":
            child.wait()
            return None
        if line is not None:
            said = json.loads(line)
            if "share" not in said:
                return dict(said)
            share, what = said["share"], said["what"]
        progress(share, what)
        if time.monotonic() > until:
            message = f"{files} takes longer than {limits.minutes:g} minutes to read; {advice}, or raise "
            raise InputError(message + "CLIENTELE_READ_MINUTES.")
        if watch.is_over():
            raise _takes_disk(files, limits, advice)


def _takes_disk(files: str, limits: Limits, advice: str) -> InputError:
    return InputError(
        f"{files} takes more than {limits.disk_gb:g} GB of disk to read; {advice}, or raise CLIENTELE_READ_DISK_GB."
    )


def _ended(code: int, complaints: str, files: str, limits: Limits, advice: str = ADVICE) -> Exception:
    """Return the error for a child that ended without an answer."""
    if says_disk_full(complaints):
        is_ours = os.strerror(errno.EFBIG) in complaints
        return _takes_disk(files, limits, advice) if is_ours else OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    log.warning("Reading %s ended with %s: %s", files, code, complaints)
    if code < 0 or any(said in complaints for said in _OUT_OF_MEMORY):
        remedy = "save it as CSV" if advice == ADVICE else advice
        return InputError(
            f"{files} can't be read: it is damaged or needs more than the memory allowed "
            f"({limits.memory_gb:g} GB, less for a small workbook); {remedy}, or raise CLIENTELE_READ_MEMORY_GB."
        )
    return RuntimeError(f"Reading {files} ended with {code}:\n{complaints}")


def serve(task: Task) -> None:
    """Run as the child: take tasks from standard input and answer on standard output. Never returns.

    Parameters
    ----------
    task : callable
        See `Task`.
    """
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # library output must not mix with answers
    orders: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_hear, args=(orders,), daemon=True).start()

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer).encode() + b"\n")

    while True:
        told = json.loads(orders.get())
        limits = told.pop("limits")
        _limit(limits)
        _write_into(limits["scratch"])
        say(_answer(task, told, lambda share, what: say({"share": share, "what": what})))


def _answer(task: Task, told: dict[str, Any], progress: Progress) -> dict[str, Any]:
    try:
        return {"result": task(told, progress), "again": _size() < _LARGE_CHILD}
    except Exception as error:  # noqa: BLE001  every error is reported to the parent
        if found := as_os_error(error):  # even if it was raised as an error in the file
            if _is_too_large(error):
                return {"large": str(error)[:_LONGEST_SAID]}
            return {"disk": [found.errno, str(found.strerror)[:_LONGEST_SAID], str(found.filename or "") or None]}
        if isinstance(error, ClienteleError):
            return {"refused": str(error)}
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(_OUR_DEFECT)  # a normal exit would wait for the thread reading standard input, and abort


def _is_too_large(error: BaseException) -> bool:
    """Return whether an error or its cause comes from the limit on file size."""
    if os.strerror(errno.EFBIG) in str(error):
        return True
    return error.__cause__ is not None and _is_too_large(error.__cause__)


def _hear(orders: "SimpleQueue[bytes]") -> None:
    """Queue tasks from standard input, and exit when the parent has gone."""
    line = b""
    while block := os.read(0, 1 << 16):
        *lines, line = (line + block).split(b"\n")
        for whole in lines:
            orders.put(whole)
    os._exit(1)


def _limit(limits: dict[str, Any]) -> None:
    with suppress(ImportError):  # Windows has no such limits
        import resource  # noqa: PLC0415

        memory, disk = (int(limits[name] * (1 << 30)) for name in ("memory_gb", "disk_gb"))
        wanted = ((resource.RLIMIT_AS, memory), (resource.RLIMIT_FSIZE, disk), (resource.RLIMIT_CORE, 0))
        for what, value in wanted:
            with suppress(ValueError, OSError):  # some systems know a limit and refuse to set it
                resource.setrlimit(what, (value, value))
    _be_nice(limits["niceness"])
    with suppress(OSError):  # if memory runs out, kill this process rather than the server
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _be_nice(niceness: int) -> None:
    """Set the niceness; repeated calls have no further effect."""
    if niceness and hasattr(os, "nice"):
        os.nice(max(niceness - os.nice(0), 0))


def _write_into(folder: str | None) -> None:
    """Put temporary files where the parent monitors and deletes them; SQLite reads the environment."""
    tempfile.tempdir = folder
    if folder is not None:
        os.environ["TMPDIR"] = os.environ["SQLITE_TMPDIR"] = folder


def _size() -> int:
    """Return the peak memory of this process in bytes."""
    with suppress(OSError):  # `ru_maxrss` counts what the parent held when it started this process
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        if peak := re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE):
            return int(peak[1]) << 10
    try:
        import resource  # noqa: PLC0415
    except ImportError:  # Windows: unknown, so the child is not reused
        return _LARGE_CHILD
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10
