"""The application: what is served, and what starts and stops with it. Run with `streamlit run Home.py`."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import anyio.to_thread
import streamlit as st

from core.redaction import guard_logs
from core.ui.worker import WorkerProcess

log = logging.getLogger("clientele")


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Open the workspace before the first visitor comes, and keep a worker for long jobs as long as the server runs."""
    from core.ui import cached, warm  # noqa: PLC0415  caches must be made once the runtime is there

    settings = None
    try:
        settings = await anyio.to_thread.run_sync(cached.settings)
        guard_logs(*settings.addresses())
        await anyio.to_thread.run_sync(warm.first_page)
    except Exception:  # a damaged version, or a workspace that cannot be opened: the pages say so in words
        log.exception("The first page cannot be prepared")
    worker = WorkerProcess(settings=settings)
    worker.start()
    try:
        yield {}
    finally:
        await anyio.to_thread.run_sync(worker.stop)


def show_error(error: Exception) -> bool:
    """Show a defect of ours as a sentence with a number to find it by in the log, or what is wrong with the dataset."""
    from core.ui.view import say_if_unreadable  # noqa: PLC0415  as above

    if say_if_unreadable():
        return True
    number = uuid4().hex[:8]
    log.error("Error %s", number, exc_info=error)
    st.error(
        f"Something went wrong on our side; nothing was lost. Reload the page, and if it happens again, tell whoever "
        f"runs Clientele the number {number}: the log has the details.",
        icon=":material/bug_report:",
    )
    return True


app = st.App("core/ui/shell.py", lifespan=lifespan, on_script_error=show_error)
