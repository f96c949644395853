"""Work on untrusted files in a process of its own, with limits, so that no file can end the program that reads it.

The child gets lines of JSON on its standard input, one for each piece of work; where it closes, the parent is gone, and
the child ends too. It answers with lines of JSON: how far it is, and last the result or a sentence for the user.
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
from core.ingest.child import Child, idle_child, keep_idle
from core.ingest.disk_watch import DiskWatch
from core.ingest.room import DISK_GB
from core.workspace.disk import as_os_error, says_disk_full
from core.workspace.turns import place

Progress = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and what is being done; may raise to stop the work."""

Task = Callable[[dict[str, Any], Progress], Any]
"""What a child does with what it is told; gives plain values."""

log = logging.getLogger("clientele.ingest")

ADVICE: Final = "upload it in parts, or as Parquet"
"""What to do about a file that takes too long or too much."""

_OUR_DEFECT: Final = 3
_TICK_SECONDS: Final = 0.25  # how often the parent may stop the work while nothing is said
_LONGEST_SAID: Final = 500
_OUT_OF_MEMORY: Final = ("MemoryError", "bad_alloc", "memory allocation", "Out of Memory Error")  # the last is DuckDB's
_LARGE_CHILD: Final = 1 << 30  # bytes; a child that grew so far is not kept for the next file


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a child may use.

    Parameters
    ----------
    memory_gb : float
        Gigabytes of address space.
    query_memory_gb : float
        Gigabytes that queries in it may use before they use the disk; at most half of all.
    minutes : float
        Minutes of wall time.
    disk_gb : float
        Gigabytes that it may write, and that what it reads may take once unpacked.
    niceness : int
        Added to its priority, so that pages stay fast; 0 to leave it.
    workspace : Path, optional
        The workspace whose processes share the places for children; without one, none are counted.
    at_once : int
        How many places there are.
    patience_seconds : float, optional
        How long to wait for a place; for ever by default.
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
        """Gigabytes that queries may use, so that the rest of the program has room, too."""
        return min(self.query_memory_gb, self.memory_gb / 2)

    def of_child(self) -> dict[str, Any]:
        """What the child itself sees to."""
        return {"memory_gb": self.memory_gb, "disk_gb": self.disk_gb, "niceness": self.niceness}


def run_apart(  # noqa: PLR0913  what is done, and what it may use
    module: str,
    told: dict[str, Any],
    *,
    files: str,
    limits: Limits,
    folders: Sequence[Path] = (),
    progress: Progress = lambda _share, _what: None,
    advice: str = ADVICE,
    warm: bool = False,
) -> Any:
    """Run a module's task in a child process and give its result.

    Parameters
    ----------
    module : str
        Module that calls `serve` when it is run.
    told : dict
        Plain values.
    files : str
        What is read, for messages.
    limits : Limits
        The child is ended where it goes beyond.
    folders : sequence of Path, default ()
        Where it writes; what is temporary goes into the first.
    progress : callable
        See `Progress`; called a few times a second, also while nothing is new.
    advice : str
        What to do where it takes too long or too much, for messages.
    warm : bool, default False
        Use a child that has done such work before, and keep it for the next: for pages, where a person waits.

    Raises
    ------
    InputError
        Where the child says so, or goes beyond its limits, or is ended by what it reads.
    OSError
        Where the child found a disk full, or could not write on it; `core.workspace.disk.disk_full_told` makes a
        sentence of it.
    RuntimeError
        Where the child has a defect of ours.
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
    """Have one of the places for children, as soon as one is free."""
    if limits.workspace is None:
        yield
        return
    until = time.monotonic() + (limits.patience_seconds if limits.patience_seconds is not None else float("inf"))

    def wait() -> None:
        progress(0.0, f"Waiting: {_several(limits.at_once)} being read")
        if time.monotonic() > until:
            message = f"{files} can't be read yet: {_several(limits.at_once)} being read; try again in a minute."
            raise InputError(message)

    with place(limits.workspace, limits.at_once, wait):
        yield


def _several(files: int) -> str:
    return "another file is" if files == 1 else f"{files} other files are"


def _listen(
    child: Child, files: str, limits: Limits, watch: DiskWatch, progress: Progress, advice: str
) -> dict[str, Any] | None:
    """Pass on how far the child is until it answers; None where it ends without an answer."""
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
    """What to say of a child that gave no answer."""
    if says_disk_full(complaints):
        is_ours = os.strerror(errno.EFBIG) in complaints
        return _takes_disk(files, limits, advice) if is_ours else OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    log.warning("Reading %s ended with %s: %s", files, code, complaints)
    if code < 0 or any(said in complaints for said in _OUT_OF_MEMORY):
        remedy = "save it as CSV" if advice == ADVICE else advice
        return InputError(
            f"{files} cannot be read: it is damaged, or needs more memory than reading may use "
            f"({limits.memory_gb:g} GB in all, less for a small workbook); {remedy}, or raise CLIENTELE_READ_MEMORY_GB."
        )
    return RuntimeError(f"Reading {files} ended with {code}:\n{complaints}")


def serve(task: Task) -> None:
    """Be the child: do what standard input tells, and answer on standard output. Does not return.

    Parameters
    ----------
    task : callable
        See `Task`.
    """
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is a complaint, not an answer
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
    except Exception as error:  # noqa: BLE001  told to the parent, whatever it is
        if found := as_os_error(error):  # also where a library's word for it was taken for the file's fault
            if _is_too_large(error):
                return {"large": str(error)[:_LONGEST_SAID]}
            return {"disk": [found.errno, str(found.strerror)[:_LONGEST_SAID], str(found.filename or "") or None]}
        if isinstance(error, ClienteleError):
            return {"refused": str(error)}
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(_OUR_DEFECT)  # a usual end would wait for the thread that reads standard input, and abort


def _is_too_large(error: BaseException) -> bool:
    """Whether an error, or the one that led to it, comes of the limit on what one file may hold."""
    if os.strerror(errno.EFBIG) in str(error):
        return True
    return error.__cause__ is not None and _is_too_large(error.__cause__)


def _hear(orders: "SimpleQueue[bytes]") -> None:
    """Take in what standard input tells, and end where the parent does: nobody waits for an answer any more."""
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
    with suppress(OSError):  # where memory runs out, this process goes first and not the server
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _be_nice(niceness: int) -> None:
    """Have this priority, however often it is asked for."""
    if niceness and hasattr(os, "nice"):
        os.nice(max(niceness - os.nice(0), 0))


def _write_into(folder: str | None) -> None:
    """Have temporary files where the parent watches and clears; SQLite looks into the environment."""
    tempfile.tempdir = folder
    if folder is not None:
        os.environ["TMPDIR"] = os.environ["SQLITE_TMPDIR"] = folder


def _size() -> int:
    """Bytes of memory that this process has had at most."""
    with suppress(OSError):  # `ru_maxrss` counts what the parent held when it started this process
        status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
        if peak := re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE):
            return int(peak[1]) << 10
    try:
        import resource  # noqa: PLC0415
    except ImportError:  # Windows: not known, so it is not used again
        return _LARGE_CHILD
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most << 10
