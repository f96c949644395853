"""Housekeeping once a minute: garbage collection and release of abandoned uploads.

Streamlit collects all garbage after every run of a page by default, which takes three times as long as the run, in the
one process that serves everyone. That is switched off in `.streamlit/config.toml`. What the libraries hold is set
aside once instead, so that a collection looks only at what came later, and is short.
"""

import gc
import logging
from typing import Final

import anyio
import anyio.to_thread

from core.ui.held_uploads import holder

log = logging.getLogger("clientele.ui")

EVERY_SECONDS: Final = 60.0
"""A session that ended holds 2 to 4 MB until then; a collection takes about 40 ms."""


def freeze() -> None:
    """Exclude everything loaded so far from collections: libraries, settings and caches stay anyway."""
    gc.collect()
    gc.freeze()


async def keep_house() -> None:
    """Release and collect, until cancelled."""
    while True:
        await anyio.sleep(EVERY_SECONDS)
        try:
            holder().release()
            await anyio.to_thread.run_sync(gc.collect)
        except Exception:
            log.exception("Housekeeping failed this minute")  # the server goes on
