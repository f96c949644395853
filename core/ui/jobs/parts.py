"""The parts of the Jobs page. Nothing here is cached because jobs change all the time."""

from collections.abc import Sequence
from typing import Final

import pandas as pd
import streamlit as st

from core import jobs
from core.numbers import count, many
from core.ui.caching import cached
from core.ui.shared import frame, state
from core.ui.shared.frame import escape_markdown
from core.ui.shared.job_progress import REFRESH, card, retry, say_problem, since, span, visitors_zone
from core.ui.shared.view import fragment
from core.workspace.queue.job_records import CANCELLED, DONE, FAILED, LOST, QUEUED, Job
from core.workspace.retention import MOST_JOBS

_HISTORY: Final = 50  # jobs per page
_LOST: Final = 5  # failures per page, each with its full error
_STATES: Final = {DONE: "✓ Done", FAILED: "✗ Failed", CANCELLED: "– Cancelled"}


def read() -> tuple[list[Job], Job | None]:
    """Return the running and queued jobs, and the one that ended most recently."""
    last = jobs.history(cached.workspace(), 1)
    return jobs.active(cached.workspace()), last[0] if last else None


def sentence(running: Sequence[Job], last: Job | None) -> str:
    """Summarise the jobs in one sentence."""
    if running:
        waiting = sum(job.state == QUEUED for job in running)
        runs = len(running) - waiting
        now = f"{many(runs, 'job')} running" if runs else "No running jobs"
        return f"{now}, {waiting} queued." if waiting else f"{now}."
    if last is None:
        return "No jobs yet. Anything that takes more than a few seconds is listed here."
    how = {DONE: "finished", FAILED: "failed", CANCELLED: "was cancelled"}[last.state]
    how = "was replaced by a newer job" if last.replaced_by else how
    return f"No running jobs. “{last.title}” {how}{since(last.finished_at)}."


def explain() -> None:
    """Explain jobs; shown until there is one."""
    with st.container(border=True):
        st.markdown("**Long tasks run as jobs in the background**")
        st.markdown(
            "- reading or fetching large order files runs as a job\n"
            "- a job continues if you leave the page, close the browser, or the server restarts\n"
            "- you can cancel a job while it runs, and retry it if it failed"
        )


def show_running(running: Sequence[Job]) -> None:
    """Show running and queued jobs; the page reruns as soon as one ends."""
    fragment(_running, run_every=REFRESH)(tuple(job.id for job in running))


def _running(shown: tuple[str, ...]) -> None:
    found = jobs.active(cached.workspace())
    if not {job.id for job in found}.issuperset(shown):
        st.rerun()
    for position, job in enumerate(found):
        card(job, position)


def show_lost() -> None:
    """Show failed and cancelled jobs with the full reason and a retry button."""
    total = jobs.count_ended(cached.workspace(), states=LOST)
    if total:
        st.subheader("Failed or cancelled", anchor=False)
    skip = _turned_to(total, _LOST, "jobs_lost_page")
    for job in jobs.history(cached.workspace(), _LOST, states=LOST, skip=skip):
        failed = job.state == FAILED
        label = f"{escape_markdown(job.title)} {'failed' if failed else 'was cancelled'}{since(job.finished_at)}"
        icon = ":material/error:" if failed else ":material/cancel:"
        with st.expander(label, icon=icon, key=f"jobs_lost_{job.id}"):
            st.markdown(escape_markdown(job.error or "Cancelled by a user; nothing was changed."))
            st.caption(escape_markdown(f"Requested by {job.who}{since(job.created_at)}"))
            st.button(
                "Try again",
                key=f"jobs_retry_{job.id}",
                icon=":material/refresh:",
                on_click=retry,
                args=(job.id,),
            )
    say_problem()


def _turned_to(total: int, size: int, key: str) -> int:
    """Return how many jobs to skip for the chosen page; show a page picker if there are several."""
    pages = -(-total // size)
    if pages <= 1:
        return 0
    st.session_state[key] = min(st.session_state.get(key, 1), pages)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        skip = size * (int(st.number_input("Page", 1, pages, key=key, width=140)) - 1)
        st.caption(f"Showing {count(skip + 1)} to {count(min(skip + size, total))} of {count(total)}, newest first.")
    return skip


def show_history() -> None:
    """Show ended jobs as a table, newest first."""
    zone = visitors_zone()
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
        alt="Ended jobs, newest first",
        key="jobs_history",
        placeholder="",
        column_config={
            "state": column.TextColumn("State", width="small"),
            "title": column.TextColumn("Job", width="large"),
            "who": column.TextColumn("Requested by", width="small"),
            "started": column.DatetimeColumn("Started", format="D MMM YYYY, HH:mm", help=f"Time zone: {zone}."),
            "took": column.TextColumn("Took", width="small"),
            "error": column.TextColumn("Error", width="medium"),
        },
    )


def say_how_long() -> None:
    """Show how long job records are stored."""
    st.caption(
        f"Job records are stored for {many(int(cached.settings().keep_days), 'day')}, the latest {MOST_JOBS} longer. "
        "Results nobody has opened in that time are deleted and recomputed when needed."
    )


def next_step() -> None:
    """Link to the dataset of the last job, or to the Upload page."""
    there = {dataset.id: dataset.name for dataset in cached.workspace().datasets()}
    done = jobs.history(cached.workspace(), 1, states=(DONE,))
    dataset = str(done[0].dataset_id or (done[0].result or {}).get("dataset_id")) if done else ""
    if dataset in there:
        label = f"Next: see which rows of {escape_markdown(there[dataset])} count"
        frame.next_step("pages/data/quality.py", label, "arrow_forward", **{state.DATASET: dataset})
    else:
        frame.next_step("pages/data/upload.py", "Next: upload orders", "arrow_forward")
