"""Long work out of the web process: `submit` asks for it, a worker process (`python -m core.jobs`) does it.

A job is a row of the catalog (`core.workspace.queue.job_records`), so it survives page switches, closed browsers and
restarts. Workers poll that table and claim jobs by conditional updates (`core.workspace.queue.job_worker`), one job at
a time each. A worker ends when its standard input closes, which happens however its server ends, or on a signal; its
job goes back to the queue. The heartbeat of a killed worker stops, and another worker takes over its job.
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
"""What can be done, and which function does it: `module:function`, imported in the worker.

The function is given the workspace, the settings, the job's spec, and `progress(share, message)`, which it calls now
and then and which raises `CancelledError` where it is to stop; what it returns is the job's result, fit for JSON.
"""

_NICE: Final = 10  # pages come first


def submit(  # noqa: PLR0913  what is recorded, each once
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
    """Ask for long work.

    Parameters
    ----------
    workspace : Workspace
        Where.
    kind : str
        One of `KINDS`.
    spec : dict
        What its handler is given; fit for JSON.
    title : str
        As shown, such as “Reading orders.csv”.
    who : str
        Who asks for it.
    dataset_id : str, optional
        The dataset it works on, where there is one.
    job_id : str, optional
        Makes a second try of the same call harmless: where the id is known, the job there is comes back.
    secret : mapping of str to str, optional
        Values of the spec that let one in somewhere, kept apart and only until the job has ended; the spec itself
        stays, and has them redacted.

    Raises
    ------
    InputError
        Where the kind is unknown, the id is no id.
    """
    if kind not in KINDS:
        message = f"The kind of a job must be one of {', '.join(KINDS)}, got “{kind}”."
        raise InputError(message)
    json.dumps(spec, allow_nan=False)  # SQLite would take NaN, PostgreSQL would not
    job_id = job_records.check_id(job_id or uuid4().hex)
    new = {
        "id": job_id, "kind": kind, "title": title, "who": who, "dataset_id": dataset_id,
        "spec": spec,
    }  # fmt: skip
    if secret:
        job_secrets.put(workspace.folder, job_id, secret)
    job = job_records.add(workspace, new)
    if secret and not job.is_active:  # it is known, and has ended
        job_secrets.drop(workspace.folder, job.id)
    return job


def get(workspace: Workspace, job_id: str) -> Job:
    """One job; NotFoundError where there is none."""
    return job_records.get(workspace, job_id)


def history(
    workspace: Workspace, limit: int | None, kinds: Collection[str] = (), states: Collection[str] = ENDED, skip: int = 0
) -> list[Job]:
    """The jobs that ended last, the newest first; of some kinds and states where those are named."""
    return job_records.history(workspace, limit, kinds, states, skip)


def count_ended(workspace: Workspace, kinds: Collection[str] = (), states: Collection[str] = ENDED) -> int:
    """How many jobs `history` has in all."""
    return job_records.count_ended(workspace, kinds, states)


def active(workspace: Workspace) -> list[Job]:
    """The jobs that run or wait, the oldest first; one indexed query."""
    return job_records.active(workspace)


def cancel(workspace: Workspace, job_id: str) -> Job:
    """Have a job stopped: one that waits at once, one that runs as soon as its handler hears of it."""
    return job_records.cancel(workspace, job_id, timedelta(seconds=PACE.stale))


def replace(workspace: Workspace, job_id: str, by: Job) -> None:
    """Cancel a job that a newer one makes pointless; nobody is asked, so never one that a person waits for."""
    job_records.replace(workspace, job_id, by)


def retry(workspace: Workspace, job_id: str, who: str) -> Job:
    """Try a job that failed or was cancelled again; ConflictError where it did neither."""
    return job_records.again(workspace, job_id, who)


def run_job(workspace: Workspace, settings: Settings, job_id: str) -> None:
    """Do a queued job in this process, to its end; nothing where somebody else does it or it is not to be done."""
    attempt = Attempt.begin(workspace, job_id, job_worker.worker_name(), PACE.heartbeat)
    if attempt is not None:
        attempt.run(settings, KINDS)


def is_worker_alive(workspace: Workspace) -> bool:
    """Whether any worker gave a sign of life recently."""
    return job_worker.is_any_alive(workspace)


def main(pace: Pace = PACE) -> int:
    """Be a worker: `python -m core.jobs`. Gives the exit status."""
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
        log.error("The worker cannot start: %s", error)  # noqa: TRY400  the sentence says all
        return 2
    except Exception as error:
        explained = disk_state.explain(error, *places)
        if explained is None:
            raise
        log.error("The worker ends: %s", explained)  # noqa: TRY400
        return 2
    if not stopped:
        logging.shutdown()
        os._exit(0)  # a job that does not hear would go on while another worker does it
    return 0


def _listen(worker: Worker) -> None:
    """End on a signal, or when the server that started it is gone."""
    for name in ("SIGTERM", "SIGINT", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), worker.end)
    if hasattr(os, "nice"):
        os.nice(_NICE)
    if sys.stdin is not None and stat.S_ISFIFO(os.fstat(0).st_mode):  # by hand, there is a terminal or nothing

        def wait_for_end() -> None:
            while os.read(0, 1024):
                pass
            worker.end()

        threading.Thread(target=wait_for_end, name="stdin", daemon=True).start()


if __name__ == "__main__":
    sys.exit(main())
