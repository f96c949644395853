"""Release of uploads that Streamlit holds in memory for sessions whose page no longer shows an uploader."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Final

import streamlit as st
from streamlit.runtime import exists, get_instance
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from core.ui.shared.frame import error

_LEAST: Final = 64 << 10
"""Minimum bytes counted per file, for its record, its name and the rest of its request."""

GRACE_SECONDS: Final = 120.0
"""Grace period for files whose page is gone, so that a browser that reconnects finds them again."""


class HeldUploads:
    """A registry of sessions that show a file uploader; releases the files of all others.

    Each run of a page reports through `runs` and `shown` whether it shows one. Thread-safe except for `notify`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[str, str] = {}  # session → its page
        self._uploaders: dict[str, str] = {}  # session → its page that shows an uploader
        self._shown: set[str] = set()  # sessions whose current run has shown one
        self._without: dict[str, float] = {}  # session → time since which its files have had no uploader
        self._notices: dict[str, str] = {}

    @contextmanager
    def runs(self, session: str, page: str) -> Iterator[None]:
        """Wrap a page run. The uploader counts as gone on another page, or after a full run that doesn't show it."""
        with self._lock:
            self._pages[session] = page
            self._shown.discard(session)
            if self._uploaders.get(session) != page:
                self._uploaders.pop(session, None)
        yield  # an interrupted run doesn't get past here and changes nothing
        with self._lock:
            if session not in self._shown:
                self._uploaders.pop(session, None)

    def shown(self, session: str) -> None:
        """Note that this session's page shows a file uploader."""
        with self._lock:
            self._uploaders[session] = self._pages.get(session, "")
            self._shown.add(session)

    def notice(self, session: str) -> str:
        """Return the pending notice of a session, once."""
        with self._lock:
            return self._notices.pop(session, "")

    def shows_uploader(self, session: str) -> bool:
        """Return whether a connected page of this session shows a file uploader."""
        with self._lock:
            return session in self._uploaders and exists() and get_instance().is_active_session(session)

    def held(self) -> int:
        """Return the bytes held in memory for all sessions."""
        files = _files()
        [found] = next(iter(files.get_stats().values()), [None])
        count = sum(len(of_session) for of_session in list(files.file_storage.values()))
        return (found.byte_length if found else 0) + count * _LEAST

    def release(self, *, at_once: bool = False) -> None:
        """Release the files of sessions that ended or show no uploader, after the grace period or at once."""
        files, runtime, now = _files(), get_instance(), time.monotonic()
        sessions = runtime._session_mgr  # noqa: SLF001  there is no public API
        with self._lock:
            for known in (self._pages, self._uploaders, self._notices):
                for session in [session for session in known if sessions.get_session_info(session) is None]:
                    del known[session]  # a session that lost its connection may come back without running a page
            self._shown &= self._uploaders.keys()
            showing = {session for session in self._uploaders if runtime.is_active_session(session)}
            idle = set(files.file_storage) - showing
            self._without = {session: self._without.get(session, now) for session in idle}
            due = [session for session, since in self._without.items() if at_once or now - since >= GRACE_SECONDS]
        for session in due:
            files.remove_session_files(session)

    def notify(self, session: str, sentence: str) -> None:
        """Show a sentence on the session's page now; call this only from the server's own thread."""
        if not self.shows_uploader(session):
            return
        with self._lock:
            self._notices[session] = sentence
        found = get_instance()._session_mgr.get_active_session_info(session)  # noqa: SLF001  there is no public API
        if found is not None:
            found.session.request_rerun(found.session._client_state)  # noqa: SLF001  reruns the page as it is


@cache  # Streamlit's cache must not be created before the server runs
def holder() -> HeldUploads:
    """Return this process's instance."""
    return HeldUploads()


@contextmanager
def page_runs(page: str) -> Iterator[None]:
    """Wrap the run of a page, identified by its path; first show why a dropped file was refused, if it was."""
    session = _session_id()
    notice = holder().notice(session)
    if notice:
        error(notice)
    with holder().runs(session, page):
        yield


def uploader(label: str, **options: Any) -> Any:
    """Draw `st.file_uploader` and register it; same arguments and result."""
    holder().shown(_session_id())
    return st.file_uploader(label, **options)


def _session_id() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else ""


def _files() -> MemoryUploadedFileManager:
    found = get_instance().uploaded_file_mgr
    assert isinstance(found, MemoryUploadedFileManager)  # noqa: S101  Streamlit's only implementation
    return found
