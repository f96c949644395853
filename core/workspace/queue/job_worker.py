"""The worker: takes jobs out of the queue, one at a time, and looks after those that nobody works on."""

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

MOST_ATTEMPTS: Final = 3  # a worker killed by chance once is likely; three times by the same job is no chance


@dataclass(frozen=True, kw_only=True)
class Pace:
    """How often a worker does what, in seconds.

    Parameters
    ----------
    poll : float
        Between two looks for a queued job: one indexed query, half a millisecond of SQLite.
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

    poll: float = 0.25
    heartbeat: float = 2.0
    stale: float = 15.0
    recover: float = 5.0
    grace: float = 3.0


PACE: Final = Pace()
_TICK: Final = 0.25  # seconds between two looks at whether to end
_SIGN_KEPT: Final = 24 * 3600.0  # seconds that the sign of a killed worker lies about
_TEND: Final = 60.0  # seconds between two times that the workspace is looked after
_TIDY: Final = 24 * 3600.0  # seconds between two times that old results, models and records are removed
_AWAY: Final = 5.0  # seconds between two looks for jobs while the catalog is away


def is_any_alive(workspace: Workspace, pace: Pace = PACE) -> bool:
    """Whether any worker gave a sign of life recently; one from the future was left before the clock was set back."""
    now = time.time()
    return any(abs(_touched(sign) - now) < pace.stale for sign in _signs(workspace).glob("*"))


def worker_name() -> str:
    """A name for a worker that no other has had: machine, something random, and which process it is."""
    return f"{socket.gethostname()[:20]}-{uuid4().hex[:8]}{scratch.tag()}"


def recover(
    workspace: Workspace, *, pace: Pace = PACE, mine: str | None = None, heartbeats: Heartbeats | None = None
) -> None:
    """Put jobs of dead workers back into the queue, and end those that killed too many workers.

    Parameters
    ----------
    workspace : Workspace
        Where.
    pace : Pace
        When a worker counts as dead.
    mine : str, optional
        Id of the job that this process works on: it lives, even where its heartbeat was held up.
    heartbeats : Heartbeats, optional
        What this process saw in earlier looks; without it, this is the first look.
    """
    watched = heartbeats or Heartbeats()
    for job in watched.abandoned(job_records.active(workspace), pace.stale):
        error = _too_often(job) if job.attempts >= MOST_ATTEMPTS else None
        if job.id != mine and job_records.take_away(workspace, job, error=error):
            log.warning("Job %s (%s) lost its worker %s: %s", job.id, job.title, job.worker, error or "queued again")
    job_secrets.clear(workspace.folder, [job.id for job in job_records.active(workspace)])


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
        working = threading.Thread(target=self._work, name="jobs", daemon=True)
        working.start()
        self._tend()
        return self._leave(working)

    def _work(self) -> None:
        """Take queued jobs, the oldest first, and do each to its end."""
        while not self._ending:
            try:
                is_idle = not any(self._take(job_id) for job_id in job_records.queued(self._workspace))
            except Exception:  # the catalog may be away for a while
                log.exception("Queued jobs could not be looked for")
                time.sleep(_AWAY)
            else:
                if is_idle:
                    time.sleep(self._pace.poll)

    def _tend(self) -> None:
        """Give signs of life and look after jobs that nobody works on."""
        due = dict.fromkeys(("sign", "recover", "tidy"), 0.0) | {"workspace": time.monotonic() + _TEND}
        while not self._ending:
            now = time.monotonic()
            if now >= due["sign"]:
                due["sign"] = now + self._pace.heartbeat
                with suppress(OSError):  # a full disk: jobs say so
                    self._sign.touch()
            if now >= due["recover"]:
                due["recover"] = now + self._pace.recover
                self._recover()
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

    def _recover(self) -> None:
        attempt = self._attempt
        try:
            mine = attempt.job.id if attempt else None
            recover(self._workspace, pace=self._pace, mine=mine, heartbeats=self._heartbeats)
        except Exception:  # the catalog may be away for a while
            log.exception("Jobs that nobody works on could not be looked for")

    def _take(self, job_id: str) -> bool:
        """Do a job; False where another worker has it, or this one ends."""
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
        """Stop the running job and put it back into the queue; it gets a moment to tidy up."""
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
