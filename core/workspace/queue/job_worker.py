"""The worker, which runs queued jobs one at a time and recovers abandoned ones."""

import logging
import socket
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4

from core import scratch
from core.settings import Settings
from core.workspace.queue import job_records, job_secrets
from core.workspace.queue.job_attempt import Attempt
from core.workspace.queue.job_heartbeats import Heartbeats
from core.workspace.queue.job_records import Job
from core.workspace.retention import tidy
from core.workspace.store import Workspace

log = logging.getLogger("clientele.jobs")

MOST_ATTEMPTS: Final = 3  # a worker may be killed once by chance, but not three times by the same job


@dataclass(frozen=True, kw_only=True)
class Pace:
    """Time intervals of a worker, in seconds.

    Parameters
    ----------
    poll : float
        Interval between checks for queued jobs: one indexed query, half a millisecond with SQLite.
    heartbeat : float
        Interval between heartbeats.
    stale : float
        Time without a heartbeat after which a worker counts as dead. Several heartbeats, since a machine short of
        memory may delay a process for seconds.
    recover : float
        Interval between checks for abandoned jobs.
    grace : float
        Time that a job may take to clean up when its worker stops.
    """

    poll: float = 0.25
    heartbeat: float = 2.0
    stale: float = 15.0
    recover: float = 5.0
    grace: float = 3.0


PACE: Final = Pace()
_TICK: Final = 0.25  # seconds between checks whether to stop
_SIGN_KEPT: Final = 24 * 3600.0  # seconds until the heartbeat file of a killed worker is deleted
_TEND: Final = 60.0  # seconds between maintenance runs of the workspace
_TIDY: Final = 24 * 3600.0  # seconds between removals of old results, models and records
_AWAY: Final = 5.0  # seconds between checks for jobs while the catalog is unreachable


def is_any_alive(workspace: Workspace, pace: Pace = PACE) -> bool:
    """Return whether any worker sent a heartbeat recently; one in the future is from before a clock change."""
    now = time.time()
    return any(abs(_touched(sign) - now) < pace.stale for sign in _signs(workspace).glob("*"))


def worker_name() -> str:
    """Return a unique worker name: machine, random digits, and process."""
    return f"{socket.gethostname()[:20]}-{uuid4().hex[:8]}{scratch.tag()}"


def recover(
    workspace: Workspace, *, pace: Pace = PACE, mine: str | None = None, heartbeats: Heartbeats | None = None
) -> None:
    """Queue the jobs of dead workers again, and fail those that killed too many workers.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    pace : Pace
        Defines when a worker counts as dead.
    mine : str, optional
        Id of the job that this process is running, which is alive even if its heartbeat was delayed.
    heartbeats : Heartbeats, optional
        Observations from earlier checks; without it, this is the first check.
    """
    watched = heartbeats or Heartbeats()
    for job in watched.abandoned(job_records.active(workspace), pace.stale):
        error = _too_often(job) if job.attempts >= MOST_ATTEMPTS else None
        if job.id != mine and job_records.take_away(workspace, job, error=error):
            log.warning("Job %s (%s) lost its worker %s: %s", job.id, job.title, job.worker, error or "queued again")
    job_secrets.clear(workspace.folder, [job.id for job in job_records.active(workspace)])


class Worker:
    """A worker that runs queued jobs, one at a time, until told to stop.

    Parameters
    ----------
    workspace, settings : Workspace, Settings
        Workspace of the jobs, and resource limits.
    kinds : mapping
        See `core.jobs.KINDS`.
    pace : Pace
        Time intervals.
    """

    def __init__(self, workspace: Workspace, settings: Settings, kinds: Mapping[str, str], pace: Pace = PACE) -> None:
        self.name = worker_name()
        self._workspace, self._settings, self._kinds, self._pace = workspace, settings, kinds, pace
        self._sign = _signs(workspace) / self.name
        self._heartbeats = Heartbeats()
        self._taking, self._tending = threading.Lock(), threading.Lock()
        self._attempt: Attempt | None = None
        self._ending = False  # not an Event, which can deadlock if a signal sets it during a wait

    def end(self, *_signal: object) -> None:
        """Stop the worker soon; can be used as signal handler."""
        self._ending = True

    def run(self) -> bool:
        """Work until told to stop; return False if a job didn't stop in time and the process must exit at once."""
        self._sign.parent.mkdir(exist_ok=True)
        for sign in self._sign.parent.glob("*"):
            if _touched(sign) < time.time() - _SIGN_KEPT:
                sign.unlink(missing_ok=True)
        working = threading.Thread(target=self._work, name="jobs", daemon=True)
        working.start()
        self._tend(working)
        return self._leave(working)

    def _work(self) -> None:
        """Run queued jobs, oldest first."""
        while not self._ending:
            try:
                is_idle = not any(self._take(job_id) for job_id in job_records.queued(self._workspace))
            except Exception:  # the catalog may be unreachable for a while
                log.exception("Couldn't check for queued jobs")
                time.sleep(_AWAY)
            else:
                if is_idle:
                    time.sleep(self._pace.poll)

    def _tend(self, working: threading.Thread) -> None:
        """Send heartbeats, recover abandoned jobs and start maintenance; end with the thread that runs the jobs."""
        due = dict.fromkeys(("sign", "recover", "tidy"), 0.0) | {"workspace": time.monotonic() + _TEND}
        while not self._ending and working.is_alive():
            now = time.monotonic()
            if now >= due["sign"]:
                due["sign"] = now + self._pace.heartbeat
                with suppress(OSError):  # full disk: jobs report it
                    self._sign.touch()
            if now >= due["recover"]:
                due["recover"] = now + self._pace.recover
                self._recover()
            if now >= due["workspace"]:
                due["workspace"] = now + _TEND
                threading.Thread(target=self._tend_workspace, name="workspace", daemon=True).start()
            if now >= due["tidy"]:
                due["tidy"] = now + _TIDY
                threading.Thread(target=self._tidy, name="tidy", daemon=True).start()  # heartbeats continue meanwhile
            time.sleep(_TICK)

    def _tend_workspace(self) -> None:
        """Maintain the workspace, in a separate thread because copying a large catalog takes a while."""
        if not self._tending.acquire(blocking=False):
            return
        try:
            self._workspace.tend()
        except Exception:  # full disk or damaged catalog: reported when the workspace is next opened
            log.exception("The maintenance of the workspace failed")
        finally:
            self._tending.release()

    def _tidy(self) -> None:
        """Remove outdated results, models and job records."""
        try:
            removed = tidy(self._workspace, self._settings.keep_days, self._settings.keep_trainings)
            log.info("Removed %d outdated results, %d models and %d job records", *astuple(removed))
        except Exception:  # unreachable catalog or full disk: retried tomorrow
            log.exception("Couldn't remove outdated results, models and job records")

    def _recover(self) -> None:
        attempt = self._attempt
        try:
            mine = attempt.job.id if attempt else None
            recover(self._workspace, pace=self._pace, mine=mine, heartbeats=self._heartbeats)
        except Exception:  # the catalog may be unreachable for a while
            log.exception("Couldn't check for abandoned jobs")

    def _take(self, job_id: str) -> bool:
        """Run a job; return False if another worker has it or this one is stopping."""
        with self._taking:
            if self._ending:
                return False
            attempt = Attempt.begin(self._workspace, job_id, self.name, self._pace.heartbeat)
            self._attempt = attempt
        if attempt is None:
            return False
        try:
            attempt.run(self._settings, self._kinds)
        finally:
            self._attempt = None
        return True

    def _leave(self, working: threading.Thread) -> bool:
        """Stop the running job, give it a moment to clean up, and return it to the queue."""
        with self._taking:
            attempt = self._attempt
        if attempt is not None:
            attempt.stop()
        working.join(self._pace.grace)
        self._sign.unlink(missing_ok=True)
        return attempt is None or attempt.leave()


def _too_often(job: Job) -> str:
    at = job.heartbeat_at
    last = f"{at:%H:%M} UTC on {at.day} {at:%B %Y}" if at else "an unknown time"
    return (
        f"The worker was stopped {job.attempts} times while running this job, most recently at {last}. The file may "
        "need more memory than this machine has. Try again in smaller parts, or on a machine with more memory."
    )


def _signs(workspace: Workspace) -> Path:
    return workspace.folder / "workers"


def _touched(sign: Path) -> float:
    try:
        return sign.stat().st_mtime
    except FileNotFoundError:  # its worker has ended
        return 0.0
