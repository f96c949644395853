"""Which running jobs lost their worker, judged by a clock that nobody can set."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.workspace import catalog
from core.workspace.queue.job_records import QUEUED, RUNNING, Job


@dataclass(frozen=True, kw_only=True)
class _Seen:
    """A job's last sign of life, and when, by the own clock, it was seen for the first time."""

    mark: tuple[int, str | None, datetime | None]
    since: float


class Heartbeats:
    """What one process has seen of other workers' signs of life.

    Times in the catalog come from clocks that may be set back or forward, or differ between machines. So a heartbeat
    counts as stale when this process has seen it unchanged for long enough, whatever time it names. Only at the first
    look is its age believed, so that a restart takes up at once what was lost long before.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._seen: dict[str, _Seen] | None = None

    def abandoned(self, active: Sequence[Job], stale: float) -> list[Job]:
        """Running jobs without a sign of life for `stale` seconds, and queued ones that are to be cancelled.

        Parameters
        ----------
        active : sequence of Job
            All jobs that run or wait.
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
