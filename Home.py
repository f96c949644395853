"""The application: its server, and whatever starts and stops with it. Run with `streamlit run Home.py`."""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import anyio.to_thread
import streamlit as st
from starlette.middleware import Middleware

from core.errors import ClienteleError
from core.redaction import guard_logs
from core.serve.own_site import OwnSite
from core.serve.upload_limit import UploadLimit
from core.settings import Settings
from core.ui.held_uploads import holder
from core.ui.housekeeping import freeze, keep_house
from core.ui.shared.frame import error as frame_error
from core.ui.worker import WorkerProcess

log = logging.getLogger("clientele")


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[dict[str, Any]]:
    """Open the workspace before the first visitor arrives, and keep a worker for long jobs while the server runs."""
    from core.ui import warm  # noqa: PLC0415  caches must be created after the runtime
    from core.ui.caching import cached  # noqa: PLC0415  caches must be created after the runtime

    settings = engine = None
    try:
        settings = await anyio.to_thread.run_sync(cached.settings)
        guard_logs(*settings.addresses())
        engine = await anyio.to_thread.run_sync(cached.engine)
        await anyio.to_thread.run_sync(warm.first_page)
        freeze()
    except Exception:  # a damaged version or an unreadable workspace: the pages show the error
        log.exception("The first page cannot be prepared")
    worker = WorkerProcess(settings=settings)
    worker.start()
    try:
        async with anyio.create_task_group() as beside:
            beside.start_soon(keep_house)
            yield {}
            beside.cancel_scope.cancel()
    finally:
        await anyio.to_thread.run_sync(worker.stop)
        if engine is not None:
            engine.clear_scratch()  # uvicorn ends the process by a signal, so exit handlers don't run


def show_error(error: Exception) -> bool:
    """Show an error; for a bug, show a number under which the log has it."""
    from core.ui.shared.failures import sentence_of  # noqa: PLC0415  see above
    from core.ui.shared.view import say_if_unreadable  # noqa: PLC0415

    if sentence := sentence_of(error):
        frame_error(sentence)
        return True
    if say_if_unreadable():
        return True
    number = uuid4().hex[:8]
    log.error("Error %s", number, exc_info=error)
    st.error(
        "Something went wrong on our side; nothing was lost. Reload the page, and if it happens again, give your "
        f"administrator the number {number}: the log has the details.",
        icon=":material/bug_report:",
    )
    return True


def guards() -> list[Middleware]:
    """Return the middleware of all requests; with unreadable settings, nothing is allowed and pages show the error."""
    try:
        settings = Settings.from_environment(os.environ)
    except ClienteleError:
        settings = Settings()
    return [
        Middleware(OwnSite, hosts=(*settings.served_hosts, st.get_option("server.address") or "")),
        Middleware(
            UploadLimit,
            holder=holder,
            each=lambda: int(st.get_option("server.maxUploadSize")),
            together_gb=settings.upload_memory_gb,
        ),
    ]


app = st.App("core/ui/shell.py", lifespan=lifespan, middleware=guards(), on_script_error=show_error)
