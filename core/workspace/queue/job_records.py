"""Job records: request, worker, progress and outcome.

Every change is one conditional statement, so that only one of several processes succeeds with the same change. A
worker holds a job by its claim: its name and the attempt's number. Once another worker has taken over the job, nothing
from the first one is recorded.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from core.errors import ConflictError, InputError, NotFoundError
from core.redaction import redacted
from core.workspace import catalog
from core.workspace.catalog import jobs
from core.workspace.disk.disk_reserve import uses_reserve
from core.workspace.queue import job_secrets
from core.workspace.store import Workspace

QUEUED: Final = "queued"
RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
CANCELLED: Final = "cancelled"
LOST: Final = (FAILED, CANCELLED)
"""States in which a job ended without a result."""
ENDED: Final = (DONE, *LOST)
LONGEST_TEXT: Final = 300  # characters of a title or message, as in the catalog's columns
_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,32}")
_BLANK: Final[Mapping[str, Any]] = {"progress": 0.0, "message": "", "worker": None, "heartbeat_at": None}


@dataclass(frozen=True, kw_only=True)
class Job:
    """A job, as recorded when it was read.

    Parameters
    ----------
    id : str
        Chosen by the submitter or generated; never reused.
    kind : str
        Kind of job; see `core.jobs.KINDS`.
    title : str
        Title shown to users, such as “Reading orders.csv”.
    who : str
        The person or program that requested it last.
    dataset_id : str or None
        The dataset it works on, if it already exists.
    state : str
        queued, running, done, failed or cancelled.
    progress : float
        Share done, 0 to 1.
    message : str
        Current step.
    spec : dict
        Input of its handler.
    result : dict or None
        Output of its handler.
    error : str or None
        Message for the user if it failed or was replaced.
    replaced_by : str or None
        Id of the newer job that replaced it.
    attempts : int
        Number of attempts, without those returned to the queue.
    cancel_requested : bool
        Whether it was asked to stop.
    worker : str or None
        Name of the worker that runs it.
    created_at : datetime
        In UTC, like all times here.
    started_at, heartbeat_at, finished_at : datetime or None
        Start of the last attempt, last heartbeat of its worker, end.
    """

    id: str
    kind: str
    title: str
    who: str
    dataset_id: str | None
    state: str
    progress: float
    message: str
    spec: dict[str, Any]
    result: dict[str, Any] | None
    error: str | None
    replaced_by: str | None
    attempts: int
    cancel_requested: bool
    worker: str | None
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None

    @property
    def is_active(self) -> bool:
        """True if it is queued or running."""
        return self.state in (QUEUED, RUNNING)

    @property
    def can_retry(self) -> bool:
        """True if it ended without a result."""
        return self.state in LOST

    def took(self, now: datetime) -> timedelta | None:
        """Return the duration of the last attempt, up to `now` if still running; None if it never started."""
        if self.started_at is None:
            return None
        return max((self.finished_at or now) - self.started_at, timedelta(0))


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker's claim to a job, unique to each attempt."""

    job_id: str
    worker: str
    attempt: int

    def holds(self) -> sa.ColumnElement[bool]:
        """Return the SQL condition that the claim is still valid."""
        return sa.and_(
            jobs.c.id == self.job_id,
            jobs.c.state == RUNNING,
            jobs.c.worker == self.worker,
            jobs.c.attempts == self.attempt,
        )


def add(workspace: Workspace, new: Mapping[str, Any]) -> Job:
    """Record a new job as queued; if its id exists, return the existing job.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    new : mapping
        `id`, `kind`, `title`, `who`, `dataset_id` and `spec`.
    """
    row = {
        **new,
        **_BLANK,
        "title": shorten(redacted(new["title"])),
        "state": QUEUED,
        "attempts": 0,
        "cancel_requested": False,
    }
    try:
        _write(workspace, sa.insert(jobs).values(**row, created_at=catalog.now()))
    except sa.exc.IntegrityError:
        return get(workspace, new["id"])
    return get(workspace, new["id"])


def get(workspace: Workspace, job_id: str) -> Job:
    """Return one job.

    Raises
    ------
    NotFoundError
    """
    found = _read(workspace, sa.select(jobs).where(jobs.c.id == job_id))
    if not found:
        message = f"The job “{job_id}” doesn't exist. Choose one on the Jobs page."
        raise NotFoundError(message)
    return found[0]


def history(
    workspace: Workspace, limit: int | None, kinds: Collection[str] = (), states: Collection[str] = ENDED, skip: int = 0
) -> list[Job]:
    """Return ended jobs, most recent first.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    limit : int or None
        Maximum number of jobs; None for all.
    kinds : collection of str
        Kinds to include; all if empty.
    states : collection of str
        States to include, of `ENDED`; `LOST` excludes jobs replaced by newer ones.
    skip : int
        Number of most recent jobs to skip.
    """
    query = sa.select(jobs).where(*_ended(kinds, states)).order_by(jobs.c.finished_at.desc(), jobs.c.id)
    return _read(workspace, query.limit(limit).offset(skip))


def count_ended(workspace: Workspace, kinds: Collection[str] = (), states: Collection[str] = ENDED) -> int:
    """Return the total number of jobs in `history`."""
    query = sa.select(sa.func.count()).select_from(jobs).where(*_ended(kinds, states))
    with workspace.catalog().connect() as connection:
        return int(connection.execute(query).scalar_one())


def _ended(kinds: Collection[str], states: Collection[str]) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [jobs.c.state.in_(states), *([jobs.c.kind.in_(kinds)] if kinds else [])]
    if states == LOST:
        found.append(jobs.c.replaced_by.is_(None))  # only the replacement matters
    return found


def active(workspace: Workspace) -> list[Job]:
    """Return running and queued jobs, in the order in which they were requested."""
    query = sa.select(jobs).where(jobs.c.state.in_((QUEUED, RUNNING))).order_by(jobs.c.created_at, jobs.c.id)
    return _read(workspace, query)


def check_id(job_id: str) -> str:
    """Return the id of a job unchanged; raise InputError if it is invalid."""
    if not _ID.fullmatch(job_id):
        message = f"A job's id must have 1 to 32 letters, digits, hyphens or underscores, got “{job_id}”."
        raise InputError(message)
    return job_id


def queued(workspace: Workspace) -> list[str]:
    """Return the ids of queued jobs, oldest first."""
    query = sa.select(jobs.c.id).where(jobs.c.state == QUEUED).order_by(jobs.c.created_at, jobs.c.id)
    with workspace.catalog().connect() as connection:
        return list(connection.execute(query).scalars())


def claim(workspace: Workspace, job_id: str, worker: str) -> Claim | None:
    """Claim a queued job; return None if it is taken or must not be run."""
    now = catalog.now()
    values: dict[str, Any] = {
        **_BLANK,
        "state": RUNNING,
        "attempts": jobs.c.attempts + 1,
        "worker": worker,
        "started_at": now,
        "heartbeat_at": now,
    }
    wanted = (jobs.c.id == job_id, jobs.c.state == QUEUED, sa.not_(jobs.c.cancel_requested))
    if not _write(workspace, sa.update(jobs).where(*wanted).values(values)):
        return None
    job = get(workspace, job_id)
    if (job.state, job.worker) != (RUNNING, worker):  # it was suspended for so long that it counted as dead
        return None
    return Claim(job_id=job_id, worker=worker, attempt=job.attempts)


def beat(workspace: Workspace, held: Claim, **values: Any) -> bool | None:
    """Record a heartbeat and the progress.

    Returns
    -------
    bool or None
        Whether the job was cancelled and must stop; None if the claim is lost.
    """
    if not _write(workspace, sa.update(jobs).where(held.holds()).values(heartbeat_at=catalog.now(), **values)):
        return None
    return get(workspace, held.job_id).cancel_requested


@uses_reserve
def finish(workspace: Workspace, held: Claim, state: str, **values: Any) -> bool:
    """Record the outcome of a job; return False if the claim was lost and nothing was recorded."""
    if isinstance(error := values.get("error"), str):  # may quote a file's content, which the catalog may not accept
        error = redacted(error, *_addresses(workspace, held.job_id))
        values["error"] = error.replace("\0", "�").encode("utf-8", "backslashreplace").decode("utf-8")
    if state == DONE:  # it finished before its replacement took effect
        values |= {"error": None, "replaced_by": None}
    ended = sa.update(jobs).where(held.holds()).values(state=state, finished_at=catalog.now(), **values)
    return _end(workspace, held.job_id, ended)


@uses_reserve
def give_back(workspace: Workspace, held: Claim) -> bool:
    """Return a job to the queue because its worker is stopping, without counting the attempt."""
    values = {**_BLANK, "state": QUEUED, "attempts": jobs.c.attempts - 1, "started_at": None}
    unwanted = sa.update(jobs).where(held.holds(), jobs.c.cancel_requested)
    if _end(workspace, held.job_id, unwanted.values(state=CANCELLED, finished_at=catalog.now())):
        return True
    return _write(workspace, sa.update(jobs).where(held.holds()).values(values))


@uses_reserve
def cancel(workspace: Workspace, job_id: str, stale: timedelta) -> Job:
    """Cancel a job: at once if queued or without a heartbeat for `stale`, else by asking its worker to stop.

    Ended jobs don't change.
    """
    ended = {"state": CANCELLED, "finished_at": catalog.now(), "cancel_requested": True}
    waits = sa.or_(jobs.c.state == QUEUED, _is_stale(stale))
    if not _end(workspace, job_id, sa.update(jobs).where(jobs.c.id == job_id, waits).values(ended)):
        is_active = jobs.c.state.in_((QUEUED, RUNNING))  # if queued, it was just returned and won't be claimed
        _write(workspace, sa.update(jobs).where(jobs.c.id == job_id, is_active).values(cancel_requested=True))
    return get(workspace, job_id)


@uses_reserve
def replace(workspace: Workspace, job_id: str, by: Job) -> None:
    """Cancel a job that a newer one replaces, and record the reason; ended jobs don't change."""
    why = {"cancel_requested": True, "replaced_by": by.id, "error": f"Replaced by “{by.title}”."}
    ended = {"state": CANCELLED, "finished_at": catalog.now(), **why}
    if not _end(workspace, job_id, sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == QUEUED).values(ended)):
        _write(workspace, sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == RUNNING).values(why))


def again(workspace: Workspace, job_id: str, who: str) -> Job:
    """Queue a failed or cancelled job again.

    Raises
    ------
    ConflictError
        If it is in another state, or was already queued again.
    """
    values = {
        **_BLANK, "state": QUEUED, "attempts": 0, "cancel_requested": False, "error": None,
        "replaced_by": None, "who": who, "started_at": None, "finished_at": None,
    }  # fmt: skip
    ended = jobs.c.state.in_(LOST)
    if not _write(workspace, sa.update(jobs).where(jobs.c.id == job_id, ended).values(values)):
        job = get(workspace, job_id)
        message = f"“{job.title}” is {job.state}; only failed or cancelled jobs can be retried."
        raise ConflictError(message)
    return get(workspace, job_id)


@uses_reserve
def take_away(workspace: Workspace, job: Job, *, error: str | None) -> bool:
    """Take an abandoned job from its worker: cancel it if requested, fail it with an error, or queue it again.

    Return False if the worker has sent a heartbeat, or another process was faster.
    """
    unchanged = (
        jobs.c.id == job.id, jobs.c.state == job.state, jobs.c.attempts == job.attempts,
        jobs.c.worker.is_not_distinct_from(job.worker), jobs.c.heartbeat_at.is_not_distinct_from(job.heartbeat_at),
    )  # fmt: skip
    if job.cancel_requested:
        values = {"state": CANCELLED, "finished_at": catalog.now()}
    elif error is not None:
        values = {"state": FAILED, "finished_at": catalog.now(), "error": error}
    else:
        return _write(workspace, sa.update(jobs).where(*unchanged).values(**_BLANK, state=QUEUED))
    return _end(workspace, job.id, sa.update(jobs).where(*unchanged).values(values))


def shorten(text: str) -> str:
    """Shorten a text to one line that fits the catalog's columns."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"


def _is_stale(stale: timedelta) -> sa.ColumnElement[bool]:
    """Return the condition of a running job without a current heartbeat.

    A heartbeat in the future is from before the clock was set back.
    """
    now = catalog.now()
    return sa.and_(jobs.c.state == RUNNING, sa.not_(jobs.c.heartbeat_at.between(now - stale, now + stale)))


def _read(workspace: Workspace, query: sa.Select[Any]) -> list[Job]:
    with workspace.catalog().connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [Job(**{name: _plain(row[name]) for name in Job.__dataclass_fields__}) for row in rows]


def _write(workspace: Workspace, statement: sa.Executable) -> bool:
    """Run one statement and return whether it changed a row."""
    with workspace.catalog().begin() as connection:
        return bool(connection.execute(statement).rowcount)


def _end(workspace: Workspace, job_id: str, statement: sa.Executable) -> bool:
    """Run the statement that ends a job, and delete the job's secret."""
    changed = _write(workspace, statement)
    if changed:
        job_secrets.drop(workspace.folder, job_id)
    return changed


def _addresses(workspace: Workspace, job_id: str) -> list[str]:
    """Return the secret values of a job's spec, which an error may quote."""
    return [str(value) for value in job_secrets.added(workspace.folder, job_id, {}).values()]


def _plain(value: Any) -> Any:
    """Return a catalog value, with times in UTC, as SQLite doesn't store the zone."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value
