"""Results of long work on the dataset in view: shown where they are there, else asked for, with progress."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import streamlit as st

from core import jobs
from core.errors import DiskError, NotFoundError
from core.ui import cached, frame, jobs_parts
from core.ui.person import who
from core.ui.view import View
from core.workspace import results
from core.workspace.job_records import DONE, Job
from core.workspace.results import ResultKey

_MOST_LOST: Final = 100  # times that one result was made and is gone again


def result(view: View, kind: str, spec: Mapping[str, Any], *, title: str) -> Path | None:
    """Give the folder of a result, or draw how far its making is.

    The job is asked for at the first look: a page that waits for a click to show what it is for helps nobody. Looking
    again asks for nothing new.

    Parameters
    ----------
    view : View
        The dataset in view.
    kind : str
        One of `core.jobs.KINDS`; its handler keeps its result under the spec it is given.
    spec : mapping
        How, in plain JSON values.
    title : str
        What the job does, such as “Comparing numbers of segments”.

    Returns
    -------
    Path or None
        None while it is made, or where that failed; the page has said so.
    """
    key = _key(view, kind, spec)
    found = results.kept(cached.workspace(), key)
    if found is None:
        try:
            job = _asked(view, key, title)
        except DiskError as error:  # the rest of the page can be looked at
            frame.error(str(error))
            return None
        _show(jobs_parts.watch(job.id))
    return found


def result_on_request(
    view: View, kind: str, spec: Mapping[str, Any], *, title: str, offer: Callable[[Callable[[], None]], None]
) -> Path | None:
    """Give the folder of a result as `result` does, but have it made only when somebody asks: it takes minutes.

    Parameters
    ----------
    view, kind, spec, title
        See `result`.
    offer : callable
        Draws how to ask for it, where nobody did yet; is given what asks.
    """
    key = _key(view, kind, spec)

    def ask() -> None:
        _asked(view, key, title)

    job = _newest(key)  # before the look for the result, which may come just then
    found = results.kept(cached.workspace(), key)
    if found is not None:
        return found
    if job is None or job.state == DONE:  # done, and what it made is gone
        offer(ask)
    else:
        _show(jobs_parts.watch(job.id))
    return None


def is_made(view: View, kind: str, spec: Mapping[str, Any]) -> bool:
    """Whether a result is being made, or waits for it."""
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
    """The last job that was to make a result; None where nobody asked for it."""
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
    """The job that makes a result; a new one where earlier ones are done and what they made is gone."""
    for number in range(_MOST_LOST):
        job_id = _job_id(key, number)
        try:
            job = jobs.get(cached.workspace(), job_id)
        except NotFoundError:
            return jobs.submit(
                cached.workspace(),
                cached.settings(),
                key.kind,
                key.to_json(),
                title=f"{title}, {view.dataset.name}",
                who=who(),
                dataset_id=key.dataset_id,
                job_id=job_id,
            )
        if job.state != DONE or results.kept(cached.workspace(), key):
            return job
    return job


def _show(job: Job) -> None:
    """What became of a job that is not running and left no result."""
    if job.state == DONE:
        st.rerun()
    if not job.can_retry:
        return
    if job.error:
        frame.error(job.error)
    else:
        st.info("This was cancelled.", icon=":material/cancel:")
    st.button("Try again", icon=":material/refresh:", key=f"kept_again_{job.id}", on_click=_again, args=(job.id,))


def _again(job_id: str) -> None:
    jobs.retry(cached.workspace(), cached.settings(), job_id, who())
