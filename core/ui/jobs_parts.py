"""The parts of the jobs page, and what other pages show of jobs. Nothing here is cached: jobs change all the time."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
import streamlit as st

from core import jobs
from core.errors import ClienteleError, NotFoundError
from core.numbers import count, many
from core.ui import cached, frame, state
from core.ui.frame import PROJECT, escape_markdown
from core.ui.person import who
from core.ui.view import fragment
from core.workspace.job_records import CANCELLED, DONE, FAILED, LOST, QUEUED, Job
from core.workspace.retention import MOST_JOBS

REFRESH: Final = 1.0  # seconds, where progress is looked at
_GLANCE: Final = 3.0  # seconds, where it is at the edge of the screen
_HISTORY: Final = 50  # jobs on a page
_LOST: Final = 5  # failures on a page, each with its whole story
_PROBLEM: Final = "jobs_problem"
_NARROW: Final = 28  # characters on a line of the sidebar
_STATES: Final = {DONE: "✓ Done", FAILED: "✗ Failed", CANCELLED: "– Cancelled"}
_PAGE: Final = PROJECT / "pages" / "data" / "jobs.py"


def read() -> tuple[list[Job], Job | None]:
    """The jobs that run or wait, and the one that ended last."""
    last = jobs.history(cached.workspace(), 1)
    return jobs.active(cached.workspace()), last[0] if last else None


def sentence(running: Sequence[Job], last: Job | None) -> str:
    """What the page says in one sentence."""
    if running:
        waiting = sum(job.state == QUEUED for job in running)
        runs = len(running) - waiting
        now = f"{runs} {'jobs run' if runs > 1 else 'job runs'}" if runs else "Nothing runs yet"
        return f"{now}, {waiting} {'wait' if waiting > 1 else 'waits'}." if waiting else f"{now}."
    if last is None:
        return "No long work yet: what takes more than moments will be listed here."
    how = {DONE: "is done", FAILED: "failed", CANCELLED: "was cancelled"}[last.state]
    how = "was replaced by a newer job" if last.replaced_by else how
    return f"Nothing runs. “{last.title}” {how}{_since(last.finished_at)}."


def say_if_no_worker() -> None:
    """Say so where there is nobody to do the work."""
    if not jobs.is_worker_alive(cached.workspace()):
        st.warning(
            "No worker is running, so nothing moves. It starts with the server, which takes a few seconds; if this "
            "stays, tell whoever runs Clientele: the server's log says why. Nothing is lost meanwhile.",
            icon=":material/power_off:",
        )


def explain() -> None:
    """What jobs are and where they come from, shown until there is one."""
    with st.container(border=True):
        st.markdown("**Long work runs as a job, beside the pages**")
        st.markdown(
            "- reading large order files, or fetching them from elsewhere, becomes a job\n"
            "- it goes on when you change the page, close the browser, or the server starts again\n"
            "- it can be cancelled here while it runs, and tried again where it failed"
        )


def show_running(running: Sequence[Job]) -> None:
    """Jobs that run or wait, kept fresh; the page runs again as soon as one of them has ended."""
    fragment(_running, run_every=REFRESH)(tuple(job.id for job in running))


def _running(shown: tuple[str, ...]) -> None:
    found = jobs.active(cached.workspace())
    if not {job.id for job in found}.issuperset(shown):
        st.rerun()
    for position, job in enumerate(found):
        _card(job, position)


def watch(job_id: str) -> Job:
    """Show how far one job is, with a button to cancel it; the page runs again when it has ended.

    Returns
    -------
    Job
        As it is now. Of a job that has ended nothing is shown: the page knows better what that means.
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
    _card(job, place if job.state == QUEUED else 0)
    say_if_no_worker()
    st.caption("You can leave this page or close the browser meanwhile: it goes on, and *Jobs* shows how far it is.")


def _card(job: Job, before: int) -> None:
    """One job that runs or waits."""
    with st.container(border=True, key=f"job_{job.id}"):
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(f"**{escape_markdown(job.title)}**", width="content")
            st.button(
                "Stopping …" if job.cancel_requested else "Cancel",
                key=f"jobs_cancel_{job.id}",
                icon=":material/close:",
                disabled=job.cancel_requested,
                on_click=_cancel,
                args=(job.id,),
            )
        st.progress(job.progress, _doing(job, before))
        st.caption(escape_markdown(f"Asked for by {job.who}{_since(job.created_at)}"))


def _doing(job: Job, before: int) -> str:
    if job.state == QUEUED:
        return f"Waits; {before} before it" if before else "Waits for a worker"
    parts = [f"{job.progress:.0%}".replace("%", " %"), job.message or "Starting"]
    if (took := job.took(datetime.now(UTC))) is not None:
        parts.append(span(took))
    if job.attempts > 1:
        parts.append(f"attempt {job.attempts}")
    return escape_markdown(" · ".join(parts))


def _cancel(job_id: str) -> None:
    with suppress(NotFoundError):  # it ended long ago, and its record was cleared
        jobs.cancel(cached.workspace(), job_id)


def show_lost() -> None:
    """Jobs that failed or were cancelled, with the whole reason and a button to try again."""
    total = jobs.count_ended(cached.workspace(), states=LOST)
    if total:
        st.subheader("What did not work out", anchor=False)
    skip = _turned_to(total, _LOST, "jobs_lost_page")
    for job in jobs.history(cached.workspace(), _LOST, states=LOST, skip=skip):
        failed = job.state == FAILED
        label = f"{escape_markdown(job.title)} {'failed' if failed else 'was cancelled'}{_since(job.finished_at)}"
        icon = ":material/error:" if failed else ":material/cancel:"
        with st.expander(label, icon=icon, key=f"jobs_lost_{job.id}"):
            st.markdown(escape_markdown(job.error or "Somebody stopped it; nothing was changed."))
            st.caption(escape_markdown(f"Asked for by {job.who}{_since(job.created_at)}"))
            st.button(
                "Try again",
                key=f"jobs_retry_{job.id}",
                icon=":material/refresh:",
                on_click=retry,
                args=(job.id,),
            )
    say_problem()


def retry(job_id: str) -> None:
    """Have a job done after all; `say_problem` says why where that cannot be."""
    try:
        jobs.retry(cached.workspace(), cached.settings(), job_id, who())
    except ClienteleError as error:  # somebody else was faster
        st.session_state[_PROBLEM] = str(error)


def say_problem() -> None:
    """Say why a job was not tried again."""
    if problem := st.session_state.pop(_PROBLEM, None):
        frame.error(problem)


def _turned_to(total: int, size: int, key: str) -> int:
    """How many are left out before those of the page turned to; a choice of pages where there are several."""
    pages = -(-total // size)
    if pages <= 1:
        return 0
    st.session_state[key] = min(st.session_state.get(key, 1), pages)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        skip = size * (int(st.number_input("Page", 1, pages, key=key, width=140)) - 1)
        st.caption(f"Showing {count(skip + 1)} to {count(min(skip + size, total))} of {count(total)}, newest first.")
    return skip


def show_history() -> None:
    """Jobs that have ended as a table, the last one first."""
    zone = _zone()
    st.subheader("History", anchor=False)
    skip = _turned_to(jobs.count_ended(cached.workspace()), _HISTORY, "jobs_history_page")
    ended = jobs.history(cached.workspace(), _HISTORY, skip=skip)
    rows = [
        {
            "state": "– Replaced" if job.replaced_by else _STATES[job.state],
            "title": job.title,
            "who": job.who,
            "started": job.started_at and job.started_at.astimezone(zone).replace(tzinfo=None),
            "took": span(job.took(job.finished_at or job.created_at)) if job.started_at else "",
            "error": job.error or "",
        }
        for job in ended
    ]
    column = st.column_config
    st.dataframe(
        pd.DataFrame(rows).astype({"started": "datetime64[ns]"}),
        hide_index=True,
        alt="Jobs that have ended, the last one first",
        key="jobs_history",
        placeholder="",
        column_config={
            "state": column.TextColumn("State", width="small"),
            "title": column.TextColumn("Job", width="large"),
            "who": column.TextColumn("Asked for by", width="small"),
            "started": column.DatetimeColumn("Started", format="D MMM YYYY, HH:mm", help=f"Time zone: {zone}."),
            "took": column.TextColumn("Took", width="small"),
            "error": column.TextColumn("Error", width="medium"),
        },
    )


def say_how_long() -> None:
    """How long records of jobs are kept."""
    st.caption(
        f"Job records are kept for {many(int(cached.settings().keep_days), 'day')}, the latest {MOST_JOBS} for longer. "
        "Results nobody has opened in that time are deleted and recomputed when needed."
    )


def next_step() -> None:
    """Where to go: to the dataset that the last job was about, or to the upload page."""
    there = {dataset.id: dataset.name for dataset in cached.workspace().datasets()}
    done = jobs.history(cached.workspace(), 1, states=(DONE,))
    dataset = str(done[0].dataset_id or (done[0].result or {}).get("dataset_id")) if done else ""
    if dataset in there:
        label = f"Next: see which rows of {escape_markdown(there[dataset])} count"
        frame.next_step("pages/data/quality.py", label, "arrow_forward", **{state.DATASET: dataset})
    else:
        frame.next_step("pages/data/upload.py", "Next: upload orders", "arrow_forward")


def sidebar_indicator() -> None:
    """One line in the sidebar while anything runs or waits: what, and how far."""
    if jobs.active(cached.workspace()):
        fragment(_indicator, run_every=_GLANCE)()


def _indicator() -> None:
    found = jobs.active(cached.workspace())
    if not found:
        st.rerun()  # the last one ended: there may be a new dataset to choose
    first = next((job for job in found if job.state != QUEUED), found[0])
    share = " waits" if first.state == QUEUED else f" … {100 * first.progress:.0f} %"
    rest = share + (f" +{len(found) - 1}" if len(found) > 1 else "")
    room = _NARROW - len(rest)
    title = first.title if len(first.title) <= room else f"{first.title[:room].rstrip()}…"
    help_ = f"{first.title}: {first.message or 'not begun yet'}"
    st.page_link(
        _PAGE, label=escape_markdown(title + rest), icon=":material/hourglass_top:", help=escape_markdown(help_)
    )


def span(time: timedelta | None) -> str:
    """A span of time in words, such as “2 min 5 s”; empty where there is none."""
    if time is None:
        return ""
    seconds = int(time.total_seconds())
    if seconds < 60:  # noqa: PLR2004  a minute
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:  # noqa: PLR2004  an hour
        return f"{minutes} min {seconds} s"
    return f"{minutes // 60} h {minutes % 60} min"


def _since(when: datetime | None) -> str:
    """Such as “ 3 min ago”, or the day where that is longer ago."""
    if when is None:
        return ""
    passed = datetime.now(UTC) - when
    if passed < timedelta(minutes=1):
        return " just now"
    if passed < timedelta(hours=1):
        return f" {passed // timedelta(minutes=1)} min ago"
    there = when.astimezone(_zone())
    return f" on {there.day} {there:%B %Y} at {there:%H:%M}"


def _zone() -> tzinfo:
    """The browser's time zone."""
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
