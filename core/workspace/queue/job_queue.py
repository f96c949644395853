"""The messages that wake a worker: each names one job, as JSON.

The catalog is what counts; a message only says where to look. So a message may be lost, doubled or damaged without
harm: a job that no message names gets another one, and a job is claimed in the catalog before it is run.
"""

import json
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from huey import Huey, SqliteHuey
from huey.exceptions import ConfigurationError
from huey.registry import Message
from huey.serializer import Serializer

from core.errors import InputError
from core.settings import Settings
from core.workspace.disk.disk_state import disk_full_told
from core.workspace.store import Workspace

log = logging.getLogger("clientele.jobs")

FILE: Final = "jobs.sqlite"
_TASK: Final = "run"
_ID: Final = re.compile(r"[0-9A-Za-z_-]{1,32}")


class _JsonMessages(Serializer):  # type: ignore[misc]  # Huey has no types
    """A message as `{"job": id}`; Huey's own form is a pickle, which runs whatever somebody puts into it."""

    def __init__(self, task: str) -> None:
        super().__init__()
        self._task = task

    def _serialize(self, data: Message) -> bytes:
        (job_id,) = data.args
        return json.dumps({"job": job_id}).encode()

    def _deserialize(self, data: bytes) -> Message:
        return Message(id=None, name=self._task, args=(_job_id(data),), kwargs={})


class _Reader(SqliteHuey):  # type: ignore[misc]  # Huey has no types
    """Drops messages that are not ours."""

    def dequeue(self) -> Any:
        """The next task; None where there is none, or it was dropped."""
        data = self.storage.dequeue()
        if data is None:
            return None
        try:
            return self.deserialize_task(data)
        except ValueError:
            log.warning("A message in the queue of jobs is damaged or not ours, and was dropped: %.80r", bytes(data))
            return None


@contextmanager
def queue(workspace: Workspace, settings: Settings, run: Callable[[str], None] | None = None) -> Iterator[Huey]:
    """The queue: in the workspace, or in Redis where the settings name one.

    Parameters
    ----------
    workspace : Workspace
        Has the queue unless the settings say otherwise.
    settings : Settings
        See `Settings.queue_url`.
    run : callable
        Is given the id of each job that a consumer of the queue takes out.

    Raises
    ------
    InputError
        Where Redis is wanted and its client is not installed.
    """

    def execute(job_id: str) -> None:
        if run is not None:
            run(job_id)

    given: dict[str, Any] = {"filename": str(workspace.folder / FILE), "timeout": 30}
    if settings.queue_url:
        from huey.storage import RedisStorage  # noqa: PLC0415  only where it is wanted

        given = {"storage_class": RedisStorage, "url": settings.queue_url}
    serializer = _JsonMessages(f"{__name__}.{_TASK}")
    try:
        with disk_full_told(workspace.folder):
            opened = _Reader("clientele", results=False, serializer=serializer, **given)
    except ConfigurationError as error:
        message = "CLIENTELE_QUEUE_URL names a Redis server, but its client is missing: pip install redis."
        raise InputError(message) from error
    opened.run_job = opened.task(name=_TASK)(execute)
    try:
        yield opened
    finally:
        opened.storage.close()


def send(opened: Huey, job_id: str) -> None:
    """Have a worker look at a job."""
    opened.run_job(job_id)


def waiting(opened: Huey) -> set[str]:
    """Ids of the jobs that a message in the queue names."""
    found = set()
    for data in opened.storage.enqueued_items():
        try:
            found.add(_job_id(data))
        except ValueError:
            continue  # whoever takes it out says so
    return found


def check_id(job_id: str) -> str:
    """Give the id of a job as it is; InputError where it could not be one."""
    if not _ID.fullmatch(job_id):
        message = f"A job's id must have 1 to 32 letters, digits, hyphens or underscores, got “{job_id}”."
        raise InputError(message)
    return job_id


def _job_id(data: bytes) -> str:
    """Id of the job a message names; ValueError where it is no message of ours."""
    try:
        message = json.loads(bytes(data))
    except RecursionError:  # brackets in brackets in brackets
        message = None
    job_id = message.get("job") if isinstance(message, dict) else None
    if not isinstance(job_id, str) or not _ID.fullmatch(job_id):
        text = "names no job"
        raise ValueError(text)
    return job_id
