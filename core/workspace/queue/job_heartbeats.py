"""Detection of running jobs that lost their worker, using a monotonic clock."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.workspace import catalog
from core.workspace.queue.job_records import QUEUED, RUNNING, Job


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """A job's last heartbeat, and when this process first saw it, by its own clock."""

    mark: tuple[int, str | None, datetime | None]
    since: float


class Heartbeats:
    """One process's view of the heartbeats of running jobs.

    Times in the catalog come from clocks that may be changed, or differ between machines. So a heartbeat is stale when
    this process has seen it unchanged for long enough, whatever its time. Only the first check trusts its age, so that
    after a restart, long-lost jobs are recovered at once.

    Parameters
    ----------
    clock : callable
        Monotonic clock in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] | None = None

    def abandoned(self, active: Sequence[Job], stale: float) -> list[Job]:
        """Return running jobs without a heartbeat for `stale` seconds, and queued jobs to be cancelled.

        Parameters
        ----------
        active : sequence of Job
            All running and queued jobs.
        stale : float
            Seconds.
        """
        now = self._clock()
        self._seen = {job.id: self._look(job, now) for job in active if job.state == RUNNING}
        silent = {job_id for job_id, seen in self._seen.items() if now - seen.since > stale}
        return [job for job in active if job.id in silent or (job.state == QUEUED and job.cancel_requested)]

    def _look(self, job: Job, now: float) -> _Seen:
        mark = (job.attempts, job.worker, job.heartbeat_at)
        if self._seen is None:
            age = (catalog.now() - job.heartbeat_at).total_seconds() if job.heartbeat_at else 0.0
            return _Seen(mark=mark, since=now - max(age, 0.0))
        before = self._seen.get(job.id)
        return before if before is not None and before.mark == mark else _Seen(mark=mark, since=now)
