"""Job progress for every page that waits for a job. Nothing here is cached because jobs change all the time."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from core import jobs
from core.errors import ClienteleError, NotFoundError
from core.ui.caching import cached
from core.ui.shared import frame
from core.ui.shared.frame import PROJECT, escape_markdown
from core.ui.shared.view import fragment
from core.ui.shared.visitor import who
from core.workspace.queue.job_records import QUEUED, Job

REFRESH: Final = 1.0  # seconds, for progress in the page
_GLANCE: Final = 3.0  # seconds, for progress in the sidebar
_PROBLEM: Final = "jobs_problem"
_NARROW: Final = 28  # characters per line of the sidebar
_PAGE: Final = PROJECT / "pages" / "data" / "jobs.py"


def say_if_no_worker() -> None:
    """Warn if no worker is running."""
    if not jobs.is_worker_alive(cached.workspace()):
        st.warning(
            "No worker is running, so jobs can't start. It starts with the server within a few seconds. If this "
            "message stays, tell your administrator: the server's log says why. No job is lost.",
            icon=":material/power_off:",
        )


def watch(job_id: str) -> Job:
    """Show the progress of one job with a Cancel button; the page reruns when it ends.

    Returns
    -------
    Job
        Its current state. Nothing is drawn for a job that has ended; the page reports the outcome.
    """
    job = jobs.get(cached.workspace(), job_id)
    if job.is_active:
        fragment(_watched, run_every=REFRESH)(job_id)
    return job


def _watched(job_id: str) -> None:
    places = {job.id: (place, job) for place, job in enumerate(jobs.active(cached.workspace()))}
    if job_id not in places:  # ended, or its record was cleared
        st.rerun()
    place, job = places[job_id]
    card(job, place if job.state == QUEUED else 0)
    say_if_no_worker()
    st.caption("You can leave this page or close the browser. The job continues, and *Jobs* shows its progress.")


def card(job: Job, before: int) -> None:
    """Draw one running or queued job."""
    with st.container(border=True, key=f"job_{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{escape_markdown(job.title)}**", width="content")
            st.button(
                "Stopping…" if job.cancel_requested else "Cancel",
                key=f"jobs_cancel_{job.id}",
                icon=":material/close:",
                disabled=job.cancel_requested,
                on_click=_cancel,
                args=(job.id,),
            )
        st.progress(job.progress, _doing(job, before))
        st.caption(escape_markdown(f"Requested by {job.who}{since(job.created_at)}"))


def _doing(job: Job, before: int) -> str:
    if job.state == QUEUED:
        return f"Queued ({before} ahead)" if before else "Waiting for a worker"
    parts = [f"{job.progress:.0%}", job.message or "Starting"]
    if (took := job.took(datetime.now(UTC))) is not None:
        parts.append(span(took))
    if job.attempts > 1:
        parts.append(f"attempt {job.attempts}")
    return escape_markdown(" · ".join(parts))


def _cancel(job_id: str) -> None:
    with suppress(NotFoundError):  # it ended long ago and its record was cleared
        jobs.cancel(cached.workspace(), job_id)


def retry(job_id: str) -> None:
    """Retry a job; `say_problem` shows the reason if that fails."""
    try:
        jobs.retry(cached.workspace(), job_id, who())
    except ClienteleError as error:  # someone else was faster
        st.session_state[_PROBLEM] = str(error)


def say_problem() -> None:
    """Show why a job couldn't be retried."""
    if problem := st.session_state.pop(_PROBLEM, None):
        frame.error(problem)


def sidebar_indicator() -> None:
    """Show the progress of a running or queued job in one line of the sidebar."""
    if jobs.active(cached.workspace()):
        fragment(_indicator, run_every=_GLANCE)()


def _indicator() -> None:
    found = jobs.active(cached.workspace())
    if not found:
        st.rerun()  # the last job ended: there may be a new dataset to choose
    first = next((job for job in found if job.state != QUEUED), found[0])
    share = " queued" if first.state == QUEUED else f" … {100 * first.progress:.0f}%"
    rest = share + (f" +{len(found) - 1}" if len(found) > 1 else "")
    room = _NARROW - len(rest)
    title = first.title if len(first.title) <= room else f"{first.title[:room].rstrip()}…"
    help_ = f"{first.title}: {first.message or 'not started yet'}"
    st.page_link(
        _PAGE, label=escape_markdown(title + rest), icon=":material/hourglass_top:", help=escape_markdown(help_)
    )


def span(time: timedelta | None) -> str:
    """Format a duration, such as “2 min 5 s”; empty for None."""
    if time is None:
        return ""
    seconds = int(time.total_seconds())
    if seconds < 60:  # noqa: PLR2004  a minute
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:  # noqa: PLR2004  an hour
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"


def since(when: datetime | None) -> str:
    """Format a time as “ 3 min ago”, or as a date from an hour on."""
    if when is None:
        return ""
    passed = datetime.now(UTC) - when
    if passed < timedelta(minutes=1):
        return " just now"
    if passed < timedelta(hours=1):
        return f" {passed // timedelta(minutes=1)} min ago"
    there = when.astimezone(visitors_zone())
    return f" on {there.day} {there:%B %Y} at {there:%H:%M}"


def visitors_zone() -> tzinfo:
    """Return the browser's time zone, or UTC if unknown."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
