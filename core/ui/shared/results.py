"""Results of long-running jobs on the dataset in view: shown if stored, else requested, with progress."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core import jobs
from core.errors import ConflictError, DiskError, NotFoundError
from core.segments import segment_registry
from core.ui.caching import cached
from core.ui.shared import frame, job_progress
from core.ui.shared.view import View
from core.ui.shared.visitor import who
from core.workspace import stored_results
from core.workspace.queue.job_records import DONE, QUEUED, Job
from core.workspace.stored_results import ResultKey

_SEGMENTS: Final = ("segments", "segment_model")  # spec fields that hold the digest of a segment model
_MOST_LOST: Final = 100  # how often a deleted result can be recomputed


def result(view: View, kind: str, spec: Mapping[str, Any], *, title: str) -> Path | None:
    """Return the folder of a result, or show the progress of its job.

    The job is submitted on the first visit, so that nobody has to click to see what a page is for. Further visits don't
    submit it again.

    Parameters
    ----------
    view : View
        The dataset in view.
    kind : str
        One of `core.jobs.KINDS`; its handler stores the result under this spec.
    spec : mapping
        Settings of the job, as plain JSON values.
    title : str
        Title of the job, such as “Comparing numbers of segments”.

    Returns
    -------
    Path or None
        None while the job runs or if it failed; the page has reported it.
    """
    key = _key(view, kind, spec)
    found = found_of(key)
    if found is None:
        try:
            job = _asked_by_page(view, key, title)
        except DiskError as error:  # the rest of the page still works
            frame.error(str(error))
            return None
        _show(job_progress.watch(job.id))
    return found


def result_on_request(
    view: View, kind: str, spec: Mapping[str, Any], *, title: str, offer: Callable[[Callable[[], None]], None]
) -> Path | None:
    """Return the folder of a result like `result`, but submit its job only on request because it takes minutes.

    Parameters
    ----------
    view, kind, spec, title
        See `result`.
    offer : callable
        Draws the offer to compute the result if nobody has requested it; receives the function that submits the job.
    """
    key = _key(view, kind, spec)

    def ask() -> None:
        _replace_older(key, _asked(view, key, title), running=False)

    job = _newest(key)  # read before looking for the result, which may arrive in between
    found = found_of(key)
    if found is not None and (job is None or not job.is_active):  # an active job hasn't committed it yet
        return found
    if job is None or job.state == DONE:  # done, but its result was deleted
        offer(ask)
    else:
        _show(job_progress.watch(job.id))
    return None


def found_of(key: ResultKey) -> Path | None:
    """Return the folder of a result, or None; also finds results whose key holds a segment model's number."""
    workspace = cached.workspace()
    found = stored_results.kept(workspace, key)
    for name in _SEGMENTS if found is None else ():
        if isinstance(digest := key.spec.get(name), str):
            numbers = segment_registry.numbers_of(workspace, key.dataset_id, digest)
            older = (replace(key, spec={**key.spec, name: number}) for number in numbers)
            found = next((folder for one in older if (folder := stored_results.kept(workspace, one))), None)
    return found


def is_made(view: View, kind: str, spec: Mapping[str, Any]) -> bool:
    """Return whether a result is being computed or queued."""
    job = _newest(_key(view, kind, spec))
    return job is not None and job.is_active


def _key(view: View, kind: str, spec: Mapping[str, Any]) -> ResultKey:
    return ResultKey(
        dataset_id=view.key.dataset_id,
        version=view.key.version,
        generation=view.key.generation,
        kind=kind,
        spec=dict(spec),
    )


def _newest(key: ResultKey) -> Job | None:
    """Return the latest job for a result, or None if nobody requested it."""
    found = None
    for number in range(_MOST_LOST):
        try:
            found = jobs.get(cached.workspace(), _job_id(key, number))
        except NotFoundError:
            break
    return found


def _job_id(key: ResultKey, number: int) -> str:
    return f"{key.digest[:28]}-{number}"


def _asked(view: View, key: ResultKey, title: str) -> Job:
    """Return the job that computes a result; submit a new one if earlier ones are done but their result was deleted."""
    for number in range(_MOST_LOST):
        job_id = _job_id(key, number)
        try:
            job = jobs.get(cached.workspace(), job_id)
        except NotFoundError:
            return jobs.submit(
                cached.workspace(),
                key.kind,
                key.to_json(),
                title=f"{title}, {view.dataset.name}",
                who=who(),
                dataset_id=key.dataset_id,
                job_id=job_id,
            )
        if job.state != DONE or stored_results.kept(cached.workspace(), key):
            return job
    return job


def _asked_by_page(view: View, key: ResultKey, title: str) -> Job:
    """Request a result without a click, and cancel work that this makes obsolete.

    This is work on earlier versions, and whatever this browser tab requested before its settings changed. If someone
    else is waiting for it, their page requests it again.
    """
    known = _newest(key)
    job = _asked(view, key, title)
    is_new = known is None or job.id != known.id
    if job.replaced_by is not None and job.can_retry:
        with suppress(ConflictError):  # another page was faster
            job, is_new = jobs.retry(cached.workspace(), job.id, who()), True
    if is_new:
        _replace_older(key, job, running=True)
        _replace_last(key, job)
    return job


def _replace_last(key: ResultKey, job: Job) -> None:
    """Cancel this tab's previous request; requests by other tabs stay, as someone may be waiting for them."""
    place = f"kept_asked_{key.dataset_id}_{key.kind}"
    before = st.session_state.get(place)
    if before not in (None, job.id):
        jobs.replace(cached.workspace(), before, job)
    st.session_state[place] = job.id


def _replace_older(key: ResultKey, job: Job, *, running: bool) -> None:
    """Cancel queued jobs for the same work on earlier states of the dataset; optionally also running ones."""
    for other in jobs.active(cached.workspace()):
        same = (other.kind, other.dataset_id) == (key.kind, key.dataset_id) and other.id != job.id
        if same and (running or other.state == QUEUED) and _state(other.spec) < (key.version, key.generation):
            jobs.replace(cached.workspace(), other.id, job)


def _state(spec: Mapping[str, Any]) -> tuple[int, int]:
    """Return the dataset version and generation that a job uses."""
    return int(spec["version"]), int(spec["generation"])


def _show(job: Job) -> None:
    """Report the outcome of a job that has ended without a result."""
    if job.state == DONE:
        st.rerun()
    if not job.can_retry:
        return
    if job.error:
        frame.error(job.error)
    else:
        st.info("This was cancelled.", icon=":material/cancel:")
    st.button(
        "Try again", icon=":material/refresh:", key=f"kept_again_{job.id}", on_click=job_progress.retry, args=(job.id,)
    )
    job_progress.say_problem()
