"""Background jobs: `submit` queues one, and a worker process (`python -m core.jobs`) runs it.

A job is a row of the catalog (`core.workspace.queue.job_records`), so it survives page switches, closed browsers and
restarts. Workers poll that table, each claiming one job at a time by a conditional update
(`core.workspace.queue.job_worker`). A worker stops on a signal, or when its standard input closes, as it does however
its server ends; its job then returns to the queue. If a worker is killed, its heartbeat stops and another worker takes
over the job.
"""

import json
import logging
import os
import signal
import stat
import sys
import threading
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import uuid4

from core.errors import ClienteleError, InputError
from core.redaction import guard_logs
from core.settings import Settings
from core.workspace.disk import disk_state
from core.workspace.queue import job_records, job_secrets, job_worker
from core.workspace.queue.job_attempt import Attempt
from core.workspace.queue.job_records import ENDED, Job
from core.workspace.queue.job_worker import PACE, Pace, Worker
from core.workspace.store import Workspace

log = logging.getLogger("clientele.jobs")

KINDS: Final[dict[str, str]] = {
    "import": "core.ingest.import_job:run",
    "read": "core.ingest.staging.read_job:run",
    "fetch": "core.ingest.staging.fetch_job:run",
    "algorithms": "core.segments.choosing.algorithms_job:run",
    "sweep": "core.segments.choosing.k_comparison_job:run",
    "map": "core.segments.clustering.scatter_job:run",
    "products": "core.explore.products_job:run",
    "profile": "core.explore.profile_job:run",
    "train": "core.models.training.job:run",
    "score": "core.forecasts.job:run",
    "drivers": "core.explain.overall.job:run",
}
"""Job kinds and their handlers, as `module:function`, imported in the worker.

A handler takes the workspace, the settings, the job's spec, and `progress(share, message)`. It calls `progress` from
time to time, which raises `CancelledError` if the job must stop. It returns the job's result, JSON-serialisable.
"""

_NICE: Final = 10  # pages take priority


def submit(  # noqa: PLR0913  one parameter per recorded field
    workspace: Workspace,
    kind: str,
    spec: dict[str, Any],
    *,
    title: str,
    who: str,
    dataset_id: str | None = None,
    job_id: str | None = None,
    secret: Mapping[str, str] | None = None,
) -> Job:
    """Queue a job.

    Parameters
    ----------
    workspace : Workspace
        The workspace whose queue takes the job.
    kind : str
        One of `KINDS`.
    spec : dict
        Input of the handler; JSON-serialisable.
    title : str
        Title shown to users, such as “Reading orders.csv”.
    who : str
        The person or program that requests it.
    dataset_id : str, optional
        The dataset it works on, if any.
    job_id : str, optional
        Makes retries of the same call safe: if the id exists, the existing job is returned.
    secret : mapping of str to str, optional
        Credentials in the spec, stored separately and deleted when the job ends. The stored spec has them redacted.

    Raises
    ------
    InputError
        If the kind is unknown or the id is invalid.
    """
    if kind not in KINDS:
        message = f"The kind of a job must be one of {', '.join(KINDS)}, got “{kind}”."
        raise InputError(message)
    json.dumps(spec, allow_nan=False)  # SQLite accepts NaN, PostgreSQL does not
    job_id = job_records.check_id(job_id or uuid4().hex)
    new = {
        "id": job_id, "kind": kind, "title": title, "who": who, "dataset_id": dataset_id,
        "spec": spec,
    }  # fmt: skip
    if secret:
        job_secrets.put(workspace.folder, job_id, secret)
    job = job_records.add(workspace, new)
    if secret and not job.is_active:  # the id existed, and its job has ended
        job_secrets.drop(workspace.folder, job.id)
    return job


def get(workspace: Workspace, job_id: str) -> Job:
    """Return one job; raise NotFoundError if it does not exist."""
    return job_records.get(workspace, job_id)


def history(
    workspace: Workspace, limit: int | None, kinds: Collection[str] = (), states: Collection[str] = ENDED, skip: int = 0
) -> list[Job]:
    """Return the most recently ended jobs, newest first, optionally of certain kinds and states."""
    return job_records.history(workspace, limit, kinds, states, skip)


def count_ended(workspace: Workspace, kinds: Collection[str] = (), states: Collection[str] = ENDED) -> int:
    """Return the total number of jobs in `history`."""
    return job_records.count_ended(workspace, kinds, states)


def active(workspace: Workspace) -> list[Job]:
    """Return the running and queued jobs, oldest first, with one indexed query."""
    return job_records.active(workspace)


def cancel(workspace: Workspace, job_id: str) -> Job:
    """Cancel a job: at once if queued, else at its handler's next call of `progress`."""
    return job_records.cancel(workspace, job_id, timedelta(seconds=PACE.stale))


def replace(workspace: Workspace, job_id: str, by: Job) -> None:
    """Cancel a job that a newer one makes pointless. Never use it for a job a person is waiting for."""
    job_records.replace(workspace, job_id, by)


def retry(workspace: Workspace, job_id: str, who: str) -> Job:
    """Queue a failed or cancelled job again; raise ConflictError if it is neither."""
    return job_records.again(workspace, job_id, who)


def run_job(workspace: Workspace, settings: Settings, job_id: str) -> None:
    """Run a queued job to its end in this process; do nothing if it is taken or no longer queued."""
    attempt = Attempt.begin(workspace, job_id, job_worker.worker_name(), PACE.heartbeat)
    if attempt is not None:
        attempt.run(settings, KINDS)


def is_worker_alive(workspace: Workspace) -> bool:
    """Return whether any worker sent a heartbeat recently."""
    return job_worker.is_any_alive(workspace)


def main(pace: Pace = PACE) -> int:
    """Run a worker (`python -m core.jobs`) and return its exit status."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    places = [disk_state.temporary_place()]
    try:
        settings = Settings.from_environment(os.environ)
        places.insert(0, disk_state.workspace_place(settings.workspace))
        guard_logs(*settings.addresses())
        worker = Worker(Workspace(settings.workspace, settings.catalog_url), settings, KINDS, pace)
        _listen(worker)
        stopped = worker.run()
    except ClienteleError as error:
        log.error("The worker cannot start: %s", error)  # noqa: TRY400  the message needs no traceback
        return 2
    except Exception as error:
        explained = disk_state.explain(error, *places)
        if explained is None:
            raise
        log.error("The worker stopped: %s", explained)  # noqa: TRY400
        return 2
    if not stopped:
        logging.shutdown()
        os._exit(0)  # a job that ignores cancellation would continue while another worker runs it
    return 0


def _listen(worker: Worker) -> None:
    """Stop the worker on a signal, or when the server that started it has ended."""
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), worker.end)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    if sys.stdin is not None and stat.S_ISFIFO(os.fstat(0).st_mode):  # started by hand, it has a terminal or none

        def wait_for_end() -> None:
            while os.read(0, 1024):
                pass
            worker.end()

        threading.Thread(target=wait_for_end, name="stdin", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
