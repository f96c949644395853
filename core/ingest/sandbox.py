"""Work on untrusted files in a process of its own, with limits, so that no file can end the program that reads it.

The child gets one line of JSON on its standard input, which then stays open: where it closes, the parent is gone, and
the child ends too. It answers with lines of JSON: how far it is, and last the result or a sentence for the user.
"""

import errno
import json
import logging
import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from tempfile import TemporaryFile
from typing import IO, Any, Final

from core.errors import ClienteleError, InputError
from core.settings import PROJECT
from core.workspace.disk import as_os_error, says_disk_full

Progress = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and what is being done; may raise to stop the work."""

Task = Callable[[dict[str, Any], Progress], Any]
"""What a child does with what it is told; gives plain values."""

log = logging.getLogger("clientele.ingest")

_OUR_DEFECT: Final = 3
_TICK_SECONDS: Final = 0.25  # how often the parent may stop the work while nothing is said
_LAST_LINES: Final = 40
_LONGEST_SAID: Final = 500
_OUT_OF_MEMORY: Final = ("MemoryError", "bad_alloc", "memory allocation", "Out of Memory Error")  # the last is DuckDB's


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
    niceness : int
        Added to its priority, so that pages stay fast; 0 to leave it.
    """

    memory_gb: float = 8.0
    query_memory_gb: float = 4.0
    minutes: float = 60.0
    niceness: int = 0

    def for_queries(self) -> float:
        """Gigabytes that queries may use, so that the rest of the program has room, too."""
        return min(self.query_memory_gb, self.memory_gb / 2)


def run_apart(
    module: str, told: dict[str, Any], *, files: str, limits: Limits, progress: Progress = lambda _share, _what: None
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
    progress : callable
        See `Progress`; called a few times a second, also while nothing is new.

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
    with TemporaryFile() as complaints:
        child = subprocess.Popen(  # noqa: S603  our own program, no shell
            [sys.executable, "-X", "utf8", "-m", module],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
        )
        assert child.stdin is not None and child.stdout is not None  # noqa: S101, PT018  for the type checker
        try:
            said = {**told, "limits": {"memory_gb": limits.memory_gb, "niceness": limits.niceness}}
            with suppress(BrokenPipeError):
                child.stdin.write(json.dumps(said).encode() + b"\n")
                child.stdin.flush()
            answer = _listen(child, child.stdout, files, limits, progress)
        finally:
            child.kill()
            child.wait()
            child.stdin.close()
            child.stdout.close()
        if answer is None:
            raise _ended(child.returncode, _tail(complaints), files, limits)
    if "disk" in answer:
        raise OSError(*answer["disk"])
    if "refused" in answer:
        raise InputError(answer["refused"])
    return answer["result"]


def _listen(
    child: "subprocess.Popen[bytes]", out: IO[bytes], files: str, limits: Limits, progress: Progress
) -> dict[str, Any] | None:
    """Pass on how far the child is until it answers; None where it ends without an answer."""
    lines: SimpleQueue[bytes] = SimpleQueue()
    threading.Thread(target=_read_lines, args=(out, lines), daemon=True).start()
    until = time.monotonic() + 60 * limits.minutes
    share, what = 0.0, "Starting"
    while True:
        try:
            line = lines.get(timeout=_TICK_SECONDS)
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
            message = (
                f"{files} takes longer than {limits.minutes:g} minutes to read; upload it in parts, or as Parquet, or "
                "raise CLIENTELE_READ_MINUTES."
            )
            raise InputError(message)


def _read_lines(out: IO[bytes], lines: "SimpleQueue[bytes]") -> None:
    with suppress(ValueError, OSError):  # closed by the parent, which has its answer
        while line := out.readline():
            lines.put(line)
    lines.put(b"")


def _ended(code: int, complaints: str, files: str, limits: Limits) -> Exception:
    """What to say of a child that gave no answer."""
    if says_disk_full(complaints):
        return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    log.warning("Reading %s ended with %s: %s", files, code, complaints)
    if code < 0 or any(said in complaints for said in _OUT_OF_MEMORY):
        return InputError(
            f"{files} cannot be read: it is damaged, or asks for more than the {limits.memory_gb:g} GB of memory that "
            "reading may take; save it as CSV, or raise CLIENTELE_READ_MEMORY_GB."
        )
    return RuntimeError(f"Reading {files} ended with {code}:\n{complaints}")


def _tail(complaints: IO[bytes]) -> str:
    complaints.seek(0)
    return b"\n".join(complaints.read().splitlines()[-_LAST_LINES:]).decode("utf-8", "replace")


def serve(task: Task) -> None:
    """Be the child: do what standard input tells, and answer on standard output. Does not return.

    Parameters
    ----------
    task : callable
        See `Task`.
    """
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is a complaint, not an answer
    told = json.loads(_first_line())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit(told.pop("limits"))

    def say(answer: dict[str, Any]) -> None:
        answers.write(json.dumps(answer).encode() + b"\n")

    try:
        result = task(told, lambda share, what: say({"share": share, "what": what}))
    except Exception as error:  # noqa: BLE001  told to the parent, whatever it is
        if found := as_os_error(error):  # also where a library's word for it was taken for the file's fault
            say({"disk": [found.errno, str(found.strerror)[:_LONGEST_SAID], str(found.filename or "") or None]})
        elif isinstance(error, ClienteleError):
            say({"refused": str(error)})
        else:
            traceback.print_exc()
            sys.stderr.flush()
            os._exit(_OUR_DEFECT)  # a usual end would wait for the thread that reads standard input, and abort
    else:
        say({"result": result})
    os._exit(0)  # at once: threads of libraries may still be busy


def _first_line() -> bytes:
    """What standard input tells, without a buffer that two threads would share."""
    line = b""
    while not line.endswith(b"\n") and (block := os.read(0, 1 << 16)):
        line += block
    return line


def _end_with_parent() -> None:
    """End where the parent does: nobody waits for an answer any more."""
    while os.read(0, 1024):
        pass
    os._exit(1)


def _limit(limits: dict[str, Any]) -> None:
    with suppress(ImportError):  # Windows has no such limits
        import resource  # noqa: PLC0415

        most = int(limits["memory_gb"] * (1 << 30))
        for what, value in ((resource.RLIMIT_AS, most), (resource.RLIMIT_CORE, 0)):
            with suppress(ValueError, OSError):  # some systems know a limit and refuse to set it
                resource.setrlimit(what, (value, value))
    if limits["niceness"] and hasattr(os, "nice"):
        os.nice(limits["niceness"])
    with suppress(OSError):  # where memory runs out, this process goes first and not the server
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
