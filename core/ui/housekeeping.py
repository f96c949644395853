"""Housekeeping once a minute: garbage collection and release of abandoned uploads.

By default Streamlit collects all garbage after every run of a page, which takes three times as long as the run itself,
in the one process that serves everyone. `.streamlit/config.toml` turns that off. Instead, objects of the libraries are
frozen once, so that a collection only looks at newer objects and stays short.
"""

import gc
import logging
from typing import Final

import anyio
import anyio.to_thread

from core.ui.held_uploads import holder

log = logging.getLogger("clientele.ui")

EVERY_SECONDS: Final = 60.0
"""Interval of collections. Until then, a session that ended holds 2 to 4 MB; a collection takes about 40 ms."""


def freeze() -> None:
    """Exclude everything loaded so far from collections; libraries, settings and caches stay in memory anyway."""
    gc.collect()
    gc.freeze()


async def keep_house() -> None:
    """Release uploads and collect garbage every minute, until cancelled."""
    while True:
        await anyio.sleep(EVERY_SECONDS)
        try:
            holder().release()
            await anyio.to_thread.run_sync(gc.collect)
        except Exception:
            log.exception("Housekeeping failed this minute")  # the server keeps running
