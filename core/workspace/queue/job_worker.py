"""The worker: takes jobs out of the queue, one at a time, and looks after those that nobody works on."""

import logging
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from huey.consumer import Consumer

from core import scratch
from core.settings import Settings
from core.workspace.queue import job_records, job_secrets
from core.workspace.queue.job_attempt import Attempt
from core.workspace.queue.job_heartbeats import Heartbeats
from core.workspace.queue.job_queue import queue, send, waiting
from core.workspace.queue.job_records import QUEUED, Job
from core.workspace.retention import tidy
from core.workspace.store import Workspace

log = logging.getLogger("clientele.jobs")

MOST_ATTEMPTS: Final = 3  # a worker killed by chance once is likely; three times by the same job is no chance


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often a worker does what, in seconds.

    Parameters
    ----------
    heartbeat : float
        Between two signs of life.
    stale : float
        Without a sign of life after which a worker counts as dead: several heartbeats, for a machine that is short of
        memory may hold a process up for seconds.
    recover : float
        Between two looks for jobs that nobody works on.
    grace : float
        How long a job may take to tidy up when its worker ends.
    """

    heartbeat: float = 2.0
    stale: float = 15.0
    recover: float = 5.0
    grace: float = 3.0


PACE: Final = Pace()
_TICK: Final = 0.25  # seconds between two looks at whether to end
_SIGN_KEPT: Final = 24 * 3600.0  # seconds that the sign of a killed worker lies about
_TEND: Final = 60.0  # seconds between two times that the workspace is looked after
_TIDY: Final = 24 * 3600.0  # seconds between two times that old results, models and records are removed
_CONSUMER_CHECK: Final = 10.0  # seconds between two looks at Huey's threads


def is_any_alive(workspace: Workspace, pace: Pace = PACE) -> bool:
    """Whether any worker gave a sign of life recently; one from the future was left before the clock was set back."""
    now = time.time()
    return any(abs(_touched(sign) - now) < pace.stale for sign in _signs(workspace).glob("*"))


def worker_name() -> str:
    """A name for a worker that no other has had: machine, something random, and which process it is."""
    return f"{socket.gethostname()[:20]}-{uuid4().hex[:8]}{scratch.tag()}"


def wake(opened: Any, job: Job) -> None:
    """Send a message for a job if it is queued. Where that fails, a worker finds the job when it next looks."""
    if job.state != QUEUED:
        return
    try:
        send(opened, job.id)
    except Exception:  # of SQLite or of Redis, each has its own
        log.warning("No message could be sent for job %s; a worker will find it", job.id, exc_info=True)


def recover(
    workspace: Workspace,
    opened: Any,
    *,
    pace: Pace = PACE,
    mine: str | None = None,
    heartbeats: Heartbeats | None = None,
) -> None:
    """Put jobs of dead workers back, end those that killed too many, and wake workers for jobs without a message.

    Parameters
    ----------
    workspace : Workspace
        Where.
    opened : Huey
        The queue.
    pace : Pace
        When a worker counts as dead.
    mine : str, optional
        Id of the job that this process works on: it lives, even where its heartbeat was held up.
    heartbeats : Heartbeats, optional
        What this process saw when it looked before; without, this is its first look.
    """
    watched = heartbeats or Heartbeats()
    for job in watched.abandoned(job_records.active(workspace), pace.stale):
        error = _too_often(job) if job.attempts >= MOST_ATTEMPTS else None
        if job.id != mine and job_records.take_away(workspace, job, error=error):
            log.warning("Job %s (%s) lost its worker %s: %s", job.id, job.title, job.worker, error or "queued again")
    active = job_records.active(workspace)
    job_secrets.clear(workspace.folder, [job.id for job in active])
    queued = [job for job in active if job.state == QUEUED]
    known = waiting(opened) if queued else set()
    for job in queued:
        if job.id not in known:
            wake(opened, job)


class _Consumer(Consumer):  # type: ignore[misc]  # Huey has no types
    """Huey's threads without its signals: it would give a running job up without a word to the catalog."""

    def _set_signal_handlers(self) -> None:
        """Leave signals to the worker."""


class Worker:
    """Takes jobs out of the queue, one at a time, until it is told to end.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Where.
    kinds : mapping
        See `core.jobs.KINDS`.
    pace : Pace
        How often it does what.
    """

    def __init__(self, workspace: Workspace, settings: Settings, kinds: Mapping[str, str], pace: Pace = PACE) -> None:
        self.name = worker_name()
        self._workspace, self._settings, self._kinds, self._pace = workspace, settings, kinds, pace
        self._sign = _signs(workspace) / self.name
        self._heartbeats = Heartbeats()
        self._taking, self._tending = threading.Lock(), threading.Lock()
        self._attempt: Attempt | None = None
        self._ending = False  # no event: one that a signal sets while it is waited for can lock itself out

    def end(self, *_signal: object) -> None:
        """Have it end soon; a signal handler."""
        self._ending = True

    def run(self) -> bool:
        """Work until told to end; False where a job did not stop in time, and the process must end at once."""
        self._sign.parent.mkdir(exist_ok=True)
        for sign in self._sign.parent.glob("*"):
            if _touched(sign) < time.time() - _SIGN_KEPT:
                sign.unlink(missing_ok=True)
        with queue(self._workspace, self._settings, self._take) as opened:
            consumer = _Consumer(
                opened, workers=1, periodic=False, max_delay=1.0, scheduler_interval=60,
                check_worker_health=False, shutdown_timeout=self._pace.grace,
            )  # fmt: skip
            consumer.start()
            self._tend(opened, consumer)
            return self._leave(consumer)

    def _tend(self, opened: Any, consumer: Any) -> None:
        """Give signs of life and look after jobs that nobody works on."""
        due = dict.fromkeys(("sign", "recover", "consumer", "tidy"), 0.0) | {"workspace": time.monotonic() + _TEND}
        while not self._ending:
            now = time.monotonic()
            if now >= due["sign"]:
                due["sign"] = now + self._pace.heartbeat
                with suppress(OSError):  # a full disk: jobs say so
                    self._sign.touch()
            if now >= due["recover"]:
                due["recover"] = now + self._pace.recover
                self._recover(opened)
            if now >= due["consumer"]:
                due["consumer"] = now + _CONSUMER_CHECK
                consumer.check_worker_health()
            if now >= due["workspace"]:
                due["workspace"] = now + _TEND
                threading.Thread(target=self._tend_workspace, name="workspace", daemon=True).start()
            if now >= due["tidy"]:
                due["tidy"] = now + _TIDY
                threading.Thread(target=self._tidy, name="tidy", daemon=True).start()  # signs of life go on
            time.sleep(_TICK)

    def _tend_workspace(self) -> None:
        """Look after the workspace, beside all else: a large catalog takes a while to copy."""
        if not self._tending.acquire(blocking=False):
            return
        try:
            self._workspace.tend()
        except Exception:  # a full disk, a damaged catalog: whoever opens the workspace next says so
            log.exception("The workspace could not be looked after")
        finally:
            self._tending.release()

    def _tidy(self) -> None:
        """Remove what need not be kept any more."""
        try:
            removed = tidy(self._workspace, self._settings.keep_days, self._settings.keep_trainings)
            log.info("Tidied up: %d results, %d models and %d records of jobs were removed", *astuple(removed))
        except Exception:  # the catalog may be away, or the disk full: tomorrow is another day
            log.exception("What need not be kept could not be removed")

    def _recover(self, opened: Any) -> None:
        attempt = self._attempt
        try:
            mine = attempt.job.id if attempt else None
            recover(self._workspace, opened, pace=self._pace, mine=mine, heartbeats=self._heartbeats)
        except Exception:  # the catalog or the queue may be away for a while
            log.exception("Jobs that nobody works on could not be looked for")

    def _take(self, job_id: str) -> None:
        with self._taking:
            if self._ending:
                return  # without its message, the job is found by whoever looks next
            attempt = Attempt.begin(self._workspace, job_id, self.name, self._pace.heartbeat)
            self._attempt = attempt
        if attempt is not None:
            try:
                attempt.run(self._settings, self._kinds)
            finally:
                self._attempt = None

    def _leave(self, consumer: Any) -> bool:
        """Have the job stop and go back to the queue; it gets a moment to tidy up."""
        with self._taking:
            attempt = self._attempt
        if attempt is not None:
            attempt.stop()
        consumer.stop(graceful=True)
        self._sign.unlink(missing_ok=True)
        return attempt is None or attempt.leave()


def _too_often(job: Job) -> str:
    at = job.heartbeat_at
    last = f"{at:%H:%M} UTC on {at.day} {at:%B %Y}" if at else "an unknown time"
    return (
        f"The worker was stopped {job.attempts} times while it did this, the last time at {last}; the file may need "
        "more memory than there is: try it in smaller parts, or on a machine with more memory."
    )


def _signs(workspace: Workspace) -> Path:
    return workspace.folder / "workers"


def _touched(sign: Path) -> float:
    try:
        return sign.stat().st_mtime
    except FileNotFoundError:  # its worker ended meanwhile
        return 0.0
