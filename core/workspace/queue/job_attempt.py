"""One worker's attempt at a job: runs the handler, sends heartbeats, and records the outcome."""

import importlib
import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final
from uuid import uuid4

import sqlalchemy as sa

from core.errors import CancelledError, ClienteleError, DiskError, InputError, NotFoundError
from core.progress import Progress
from core.redaction import redacted
from core.settings import Settings
from core.workspace.disk import disk_state
from core.workspace.disk.version_damage import why
from core.workspace.queue import job_records, job_secrets
from core.workspace.queue.job_records import CANCELLED, DONE, FAILED, Claim, Job
from core.workspace.store import Workspace

log = logging.getLogger("clientele.jobs")

Handler = Callable[[Workspace, Settings, dict[str, Any], Progress], dict[str, Any]]

WRITE_SECONDS: Final = 0.25
"""Minimum time between two writes of progress, since each is a transaction."""
_WAITS: Final = (0.1, 0.5, 2.0, 5.0)  # seconds between tries to record the outcome
_CANCELLED, _STOPPED, _LOST = "cancelled", "its worker stopped", "taken over by another worker"


class Attempt:
    """A job that this process has claimed.

    Parameters
    ----------
    workspace : Workspace
        The workspace.
    job : Job
        The job as claimed.
    held : Claim
        The claim to it.
    heartbeat : float
        Seconds between heartbeats.
    """

    def __init__(self, workspace: Workspace, job: Job, held: Claim, heartbeat: float) -> None:
        self.job = job
        self._workspace, self._held, self._heartbeat = workspace, held, heartbeat
        self._share, self._message, self._written = 0.0, "", float("-inf")
        self._why: str | None = None  # reason to stop
        self._over = threading.Event()  # the handler has finished
        self._recorded = threading.Event()

    @classmethod
    def begin(cls, workspace: Workspace, job_id: str, worker: str, heartbeat: float) -> "Attempt | None":
        """Claim a job; return None if it is taken or no longer queued."""
        held = job_records.claim(workspace, job_id, worker)
        return None if held is None else cls(workspace, job_records.get(workspace, job_id), held, heartbeat)

    def run(self, settings: Settings, kinds: Mapping[str, str]) -> None:
        """Run the job's handler from `kinds` and record the outcome."""
        beating = threading.Thread(target=self._live, name="heartbeat", daemon=True)
        beating.start()
        try:
            state, values = self._outcome(settings, kinds)
        finally:
            self._over.set()
            beating.join()
        self._record(state, values)

    def stop(self) -> None:
        """Stop the handler at its next progress report, because the worker is stopping."""
        self._why = self._why or _STOPPED

    def leave(self) -> bool:
        """Return the job to the queue if the handler is still running; return whether it had finished."""
        if self._recorded.is_set():
            return True
        self._record_with_patience(lambda: job_records.give_back(self._workspace, self._held))
        return False

    def progress(self, share: float, message: str) -> None:
        """Report the handler's progress, which never decreases.

        Raises
        ------
        CancelledError
            If the job was cancelled, or this worker must not continue it.
        """
        self._share = min(max(self._share, share), 1.0)
        self._message = job_records.shorten(redacted(message))
        if self._why is None and time.monotonic() - self._written >= WRITE_SECONDS:
            self._beat()
        if self._why is not None:
            text = f"“{self.job.title}” was stopped ({self._why}); nothing was changed."
            raise CancelledError(text)

    def _beat(self) -> None:
        self._written = time.monotonic()
        try:
            unwanted = job_records.beat(self._workspace, self._held, progress=self._share, message=self._message)
        except (sa.exc.SQLAlchemyError, DiskError):  # locked, full or unreachable: don't fail the job for it
            log.warning("The progress of job %s could not be recorded", self.job.id, exc_info=True)
            return
        if unwanted is None:
            self._why = _LOST
        elif unwanted:
            self._why = _CANCELLED

    def _live(self) -> None:
        while not self._over.wait(self._heartbeat):
            self._beat()

    def _outcome(self, settings: Settings, kinds: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
        """Run the handler and return the job's final state and values to record."""
        try:
            spec = job_secrets.added(self._workspace.folder, self.job.id, self.job.spec)
            result = _handler(self.job.kind, kinds)(self._workspace, settings, spec, self.progress)
            json.dumps(result, allow_nan=False)
        except CancelledError:
            return CANCELLED, {}
        except (Exception, SystemExit) as error:  # noqa: BLE001  the job must end whatever its handler raises
            message = self._deleted() or self._disk_error(error) or self._message_of(error)
            return FAILED, {"error": redacted(message, *settings.addresses())}
        else:
            return DONE, {"result": result, "progress": 1.0}

    def _message_of(self, error: BaseException) -> str:
        """Return the message of an error; log the details of errors that users can't fix."""
        if isinstance(error, ClienteleError):
            return str(error)
        if isinstance(error, MemoryError):
            log.error("Job %s ran out of memory", self.job.id, exc_info=error)
            return "There wasn't enough memory for this job. Try again with less data at a time."
        if reason := self._unreadable():
            return reason
        number = uuid4().hex[:8]
        log.error("Error %s in job %s (%s)", number, self.job.id, self.job.kind, exc_info=error)
        return (
            f"An unexpected error occurred (number {number}); nothing was changed. Try again. If it happens again, "
            "give your administrator the number; the log has the details."
        )

    def _deleted(self) -> str | None:
        """Return the message if the job's dataset or version was deleted, which can cause any error."""
        version, target = self.job.spec.get("version"), self.job.spec.get("target") or {}
        dataset_id = self.job.dataset_id or self.job.spec.get("dataset_id") or target.get("dataset_id")
        if dataset_id is None:
            return None
        try:
            if name := self._workspace.deleted_name(dataset_id):
                return f"The dataset “{name}” was deleted before the job finished; nothing was changed."
            if version is not None:
                self._workspace.version(dataset_id, version)
        except NotFoundError as error:
            return str(error)
        except (sa.exc.SQLAlchemyError, ClienteleError):  # an unreachable or damaged catalog has its own message
            return None
        return None

    def _unreadable(self) -> str | None:
        """Return the message if the job's version is damaged, which can cause any error."""
        dataset_id, version = self.job.spec.get("dataset_id"), self.job.spec.get("version")
        if dataset_id is None or version is None:
            return None
        reason = why(self._workspace, dataset_id, version)
        return str(reason) if reason else None

    def _disk_error(self, error: BaseException) -> str | None:
        """Return the message if a disk is full or cannot be written."""
        places = (disk_state.workspace_place(self._workspace.folder), disk_state.temporary_place())
        explained = disk_state.explain(error, *places)
        return str(explained) if explained else None

    def _record(self, state: str, values: dict[str, Any]) -> None:
        """Record the outcome; a job told to stop may fail in any way, such as from a missing child process."""
        if state != DONE and self._why == _CANCELLED:
            state, values = CANCELLED, {}
        if state != DONE and self._why == _STOPPED:
            written = self._record_with_patience(lambda: job_records.give_back(self._workspace, self._held))
        else:
            written = self._record_with_patience(
                lambda: job_records.finish(self._workspace, self._held, state, **values)
            )
        if not written:
            log.warning("Job %s was taken over by another worker; its outcome here is not recorded", self.job.id)
        self._recorded.set()

    def _record_with_patience(self, record: Callable[[], bool]) -> bool:
        """Retry a few times; a job whose outcome can't be recorded loses its heartbeat and is run again."""
        for wait in (*_WAITS, None):
            try:
                return record()
            except (sa.exc.SQLAlchemyError, DiskError):
                if wait is None:
                    log.exception("The outcome of job %s could not be recorded", self.job.id)
                    return False
                time.sleep(wait)
        return False


def _handler(kind: str, kinds: Mapping[str, str]) -> Handler:
    if kind not in kinds:
        message = f"This version of Clientele doesn't support jobs of the kind “{kind}”, which another version queued."
        raise InputError(message)
    module, _, function = kinds[kind].partition(":")
    found: Handler = getattr(importlib.import_module(module), function)
    return found
