"""The records of long work: what was asked for, who works on it, how far it is, how it ended.

Every change is one conditional statement, so that of several processes that try the same change one succeeds. A worker
holds a job by its claim: its name and the number of the attempt. Once another worker has taken the job up, nothing that
the first one still says about it is written.
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
LONGEST_TEXT: Final = 300  # characters of a title or message, as the catalog's columns
_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,32}")
_BLANK: Final[Mapping[str, Any]] = {"progress": 0.0, "message": "", "worker": None, "heartbeat_at": None}


@dataclass(frozen=True, kw_only=True)
class Job:
    """One piece of long work, as it was when it was read.

    Parameters
    ----------
    id : str
        Chosen by who submits it, or made up; never reused.
    kind : str
        What is to be done; see `core.jobs.KINDS`.
    title : str
        As shown, such as “Reading orders.csv”.
    who : str
        Who asked for it last.
    dataset_id : str or None
        The dataset it works on, where it exists before.
    state : str
        queued, running, done, failed or cancelled.
    progress : float
        Share done, 0 to 1.
    message : str
        What it does just now.
    spec : dict
        What its handler is given.
    result : dict or None
        What its handler gave back.
    error : str or None
        Why it failed or was replaced, in a sentence for the user.
    replaced_by : str or None
        Id of the newer job that makes it pointless.
    attempts : int
        How often a worker took it up and did not give it back.
    cancel_requested : bool
        Somebody wants it stopped.
    worker : str or None
        Who works on it.
    created_at : datetime
        In UTC, as all times here.
    started_at, heartbeat_at, finished_at : datetime or None
        Start of the last attempt, last sign of life of its worker, end.
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
        """Whether it waits or runs."""
        return self.state in (QUEUED, RUNNING)

    @property
    def can_retry(self) -> bool:
        """Whether it ended without a result."""
        return self.state in LOST

    def took(self, now: datetime) -> timedelta | None:
        """How long the last attempt took, or has taken until `now`; None where it did not start."""
        if self.started_at is None:
            return None
        return max((self.finished_at or now) - self.started_at, timedelta(0))


@dataclass(frozen=True, kw_only=True)
class Claim:
    """A worker's right to a job; no two attempts have the same."""

    job_id: str
    worker: str
    attempt: int

    def holds(self) -> sa.ColumnElement[bool]:
        """The condition under which it is still good."""
        return sa.and_(
            jobs.c.id == self.job_id,
            jobs.c.state == RUNNING,
            jobs.c.worker == self.worker,
            jobs.c.attempts == self.attempt,
        )


def add(workspace: Workspace, new: Mapping[str, Any]) -> Job:
    """Record new work as queued; where its id is known, what is recorded stays.

    Parameters
    ----------
    workspace : Workspace
        Where.
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
    """One job.

    Raises
    ------
    NotFoundError
    """
    found = _read(workspace, sa.select(jobs).where(jobs.c.id == job_id))
    if not found:
        message = f"The job “{job_id}” does not exist; the Jobs page lists those that do."
        raise NotFoundError(message)
    return found[0]


def history(
    workspace: Workspace, limit: int | None, kinds: Collection[str] = (), states: Collection[str] = ENDED, skip: int = 0
) -> list[Job]:
    """Jobs that have ended, the last one first.

    Parameters
    ----------
    workspace : Workspace
        Where.
    limit : int or None
        At most so many; None for all.
    kinds : collection of str
        Only these; all where it is empty.
    states : collection of str
        Only these, of `ENDED`; `LOST` leaves out what a newer job replaced.
    skip : int
        So many that ended after those are left out.
    """
    query = sa.select(jobs).where(*_ended(kinds, states)).order_by(jobs.c.finished_at.desc(), jobs.c.id)
    return _read(workspace, query.limit(limit).offset(skip))


def count_ended(workspace: Workspace, kinds: Collection[str] = (), states: Collection[str] = ENDED) -> int:
    """How many jobs `history` has in all."""
    query = sa.select(sa.func.count()).select_from(jobs).where(*_ended(kinds, states))
    with workspace.catalog().connect() as connection:
        return int(connection.execute(query).scalar_one())


def _ended(kinds: Collection[str], states: Collection[str]) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = [jobs.c.state.in_(states), *([jobs.c.kind.in_(kinds)] if kinds else [])]
    if states == LOST:
        found.append(jobs.c.replaced_by.is_(None))  # its replacement is what matters
    return found


def active(workspace: Workspace) -> list[Job]:
    """Jobs that run or wait, in the order in which they were asked for."""
    query = sa.select(jobs).where(jobs.c.state.in_((QUEUED, RUNNING))).order_by(jobs.c.created_at, jobs.c.id)
    return _read(workspace, query)


def check_id(job_id: str) -> str:
    """Return the id of a job unchanged; InputError if it can't be one."""
    if not _ID.fullmatch(job_id):
        message = f"A job's id must have 1 to 32 letters, digits, hyphens or underscores, got “{job_id}”."
        raise InputError(message)
    return job_id


def queued(workspace: Workspace) -> list[str]:
    """Return the ids of queued jobs, the oldest first."""
    query = sa.select(jobs.c.id).where(jobs.c.state == QUEUED).order_by(jobs.c.created_at, jobs.c.id)
    with workspace.catalog().connect() as connection:
        return list(connection.execute(query).scalars())


def claim(workspace: Workspace, job_id: str, worker: str) -> Claim | None:
    """Take a queued job up; None where somebody else did, or nobody is to."""
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
    if (job.state, job.worker) != (RUNNING, worker):  # slept so long that it was taken for dead
        return None
    return Claim(job_id=job_id, worker=worker, attempt=job.attempts)


def beat(workspace: Workspace, held: Claim, **values: Any) -> bool | None:
    """Say that the worker lives, and how far it is.

    Returns
    -------
    bool or None
        Whether it is to stop because somebody cancelled the job; None where the claim is lost.
    """
    if not _write(workspace, sa.update(jobs).where(held.holds()).values(heartbeat_at=catalog.now(), **values)):
        return None
    return get(workspace, held.job_id).cancel_requested


@uses_reserve
def finish(workspace: Workspace, held: Claim, state: str, **values: Any) -> bool:
    """Record how a job ended; False where the claim was lost, and nothing was written."""
    if isinstance(error := values.get("error"), str):  # may quote a file: no catalog takes everything that files hold
        error = redacted(error, *_addresses(workspace, held.job_id))
        values["error"] = error.replace("\0", "�").encode("utf-8", "backslashreplace").decode("utf-8")
    if state == DONE:  # before it heard that it was to be replaced
        values |= {"error": None, "replaced_by": None}
    ended = sa.update(jobs).where(held.holds()).values(state=state, finished_at=catalog.now(), **values)
    return _end(workspace, held.job_id, ended)


@uses_reserve
def give_back(workspace: Workspace, held: Claim) -> bool:
    """Put a job back because its worker ends; not counted as an attempt, for it did nothing wrong."""
    values = {**_BLANK, "state": QUEUED, "attempts": jobs.c.attempts - 1, "started_at": None}
    unwanted = sa.update(jobs).where(held.holds(), jobs.c.cancel_requested)
    if _end(workspace, held.job_id, unwanted.values(state=CANCELLED, finished_at=catalog.now())):
        return True
    return _write(workspace, sa.update(jobs).where(held.holds()).values(values))


@uses_reserve
def cancel(workspace: Workspace, job_id: str, stale: timedelta) -> Job:
    """Cancel a job: at once where it waits or its worker gave no sign for `stale`, else its worker is asked to stop.

    A job that has ended stays as it is.
    """
    ended = {"state": CANCELLED, "finished_at": catalog.now(), "cancel_requested": True}
    waits = sa.or_(jobs.c.state == QUEUED, _is_stale(stale))
    if not _end(workspace, job_id, sa.update(jobs).where(jobs.c.id == job_id, waits).values(ended)):
        is_active = jobs.c.state.in_((QUEUED, RUNNING))  # queued: it was given back just now, and will not be claimed
        _write(workspace, sa.update(jobs).where(jobs.c.id == job_id, is_active).values(cancel_requested=True))
    return get(workspace, job_id)


@uses_reserve
def replace(workspace: Workspace, job_id: str, by: Job) -> None:
    """Cancel a job because a newer one makes it pointless, and say so; one that has ended stays as it is."""
    why = {"cancel_requested": True, "replaced_by": by.id, "error": f"Replaced by “{by.title}”."}
    ended = {"state": CANCELLED, "finished_at": catalog.now(), **why}
    if not _end(workspace, job_id, sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == QUEUED).values(ended)):
        _write(workspace, sa.update(jobs).where(jobs.c.id == job_id, jobs.c.state == RUNNING).values(why))


def again(workspace: Workspace, job_id: str, who: str) -> Job:
    """Queue a job that failed or was cancelled once more.

    Raises
    ------
    ConflictError
        Where it did not, or somebody else tries again already.
    """
    values = {
        **_BLANK, "state": QUEUED, "attempts": 0, "cancel_requested": False, "error": None,
        "replaced_by": None, "who": who, "started_at": None, "finished_at": None,
    }  # fmt: skip
    ended = jobs.c.state.in_(LOST)
    if not _write(workspace, sa.update(jobs).where(jobs.c.id == job_id, ended).values(values)):
        job = get(workspace, job_id)
        message = f"“{job.title}” is {job.state}: only a job that failed or was cancelled can be tried again."
        raise ConflictError(message)
    return get(workspace, job_id)


@uses_reserve
def take_away(workspace: Workspace, job: Job, *, error: str | None) -> bool:
    """Take an abandoned job from its worker: cancelled where asked for, failed with an error, or else queued again.

    False where the worker gave a sign of life meanwhile, or somebody else was faster.
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
    """A text that fits the catalog's columns, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1]}…"


def _is_stale(stale: timedelta) -> sa.ColumnElement[bool]:
    """Running without a heartbeat of now: one in the future is of a worker from before the clock was set back."""
    now = catalog.now()
    return sa.and_(jobs.c.state == RUNNING, sa.not_(jobs.c.heartbeat_at.between(now - stale, now + stale)))


def _read(workspace: Workspace, query: sa.Select[Any]) -> list[Job]:
    with workspace.catalog().connect() as connection:
        rows = connection.execute(query).mappings().all()
    return [Job(**{name: _plain(row[name]) for name in Job.__dataclass_fields__}) for row in rows]


def _write(workspace: Workspace, statement: sa.Executable) -> bool:
    """Run one statement; whether it changed a row."""
    with workspace.catalog().begin() as connection:
        return bool(connection.execute(statement).rowcount)


def _end(workspace: Workspace, job_id: str, statement: sa.Executable) -> bool:
    """Run the statement that ends a job; what it needed to get in somewhere goes with it."""
    changed = _write(workspace, statement)
    if changed:
        job_secrets.drop(workspace.folder, job_id)
    return changed


def _addresses(workspace: Workspace, job_id: str) -> list[str]:
    """Secret values of a job's spec, which an error may quote."""
    return [str(value) for value in job_secrets.added(workspace.folder, job_id, {}).values()]


def _plain(value: Any) -> Any:
    """A value of the catalog; SQLite forgets that its times are in UTC."""
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return value
