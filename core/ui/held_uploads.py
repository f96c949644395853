"""The files Streamlit holds in memory for the pages that show a place to drop them, and for no others."""

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

from core.ui.frame import error

_LEAST: Final = 64 << 10
"""Bytes that a file counts for at least: its record, its name and the rest of its request take some."""

GRACE_SECONDS: Final = 120.0
"""How long files outlive their page, so that a browser that loses its connection finds them again."""


class HeldUploads:
    """Knows which sessions show a place to drop files, and frees what the others hold.

    Pages say on each run whether they show one, through `runs` and `place`; the server asks, and may tell a session's
    page a sentence. Safe to use from any thread, except for `tell`.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pages: dict[str, str] = {}  # session → its page
        self._places: dict[str, str] = {}  # session → the page of it that shows a place
        self._placed: set[str] = set()  # sessions whose run under way has shown it
        self._without: dict[str, float] = {}  # session → since when its files have had no place
        self._sentences: dict[str, str] = {}

    @contextmanager
    def runs(self, session: str, page: str) -> Iterator[None]:
        """Go around the run of a page: another page, or one run to its end without a place, ends the place."""
        with self._lock:
            self._pages[session] = page
            self._placed.discard(session)
            if self._places.get(session) != page:
                self._places.pop(session, None)
        yield  # a run that the next one interrupts leaves things as they were
        with self._lock:
            if session not in self._placed:
                self._places.pop(session, None)

    def place(self, session: str) -> None:
        """The page of this session shows a place to drop files."""
        with self._lock:
            self._places[session] = self._pages.get(session, "")
            self._placed.add(session)

    def said(self, session: str) -> str:
        """What the session's page is to be told, once."""
        with self._lock:
            return self._sentences.pop(session, "")

    def shows_a_place(self, session: str) -> bool:
        """Whether a page of this session, connected now, shows a place to drop files."""
        with self._lock:
            return session in self._places and exists() and get_instance().is_active_session(session)

    def held(self) -> int:
        """Bytes held for all sessions."""
        files = _files()
        [found] = next(iter(files.get_stats().values()), [None])
        count = sum(len(of_session) for of_session in list(files.file_storage.values()))
        return (found.byte_length if found else 0) + count * _LEAST

    def free(self, *, pressed: bool = False) -> None:
        """Let go of the files of sessions that show no place for them or are gone: after a while, or at once."""
        files, runtime, now = _files(), get_instance(), time.monotonic()
        with self._lock:
            for known in (self._pages, self._places, self._sentences):
                for session in [session for session in known if not runtime.is_active_session(session)]:
                    del known[session]
            self._placed &= self._places.keys()
            idle = set(files.file_storage) - self._places.keys()
            self._without = {session: self._without.get(session, now) for session in idle}
            due = [session for session, since in self._without.items() if pressed or now - since >= GRACE_SECONDS]
        for session in due:
            files.remove_session_files(session)

    def tell(self, session: str, sentence: str) -> None:
        """Show a sentence on the session's page now; to be called by the server, from its own thread."""
        if not self.shows_a_place(session):
            return
        with self._lock:
            self._sentences[session] = sentence
        found = get_instance()._session_mgr.get_active_session_info(session)  # noqa: SLF001  there is no public way
        if found is not None:
            found.session.request_rerun(found.session._client_state)  # noqa: SLF001  the page and its widgets as they are


@cache  # not Streamlit's, which must not be made before the server runs
def holder() -> HeldUploads:
    """The one of this process."""
    return HeldUploads()


@contextmanager
def page_runs(page: str) -> Iterator[None]:
    """Go around the run of a page, named by its path, and first say why a file that was dropped on it is not there."""
    session = _session_id()
    sentence = holder().said(session)
    if sentence:
        error(sentence)
    with holder().runs(session, page):
        yield


def uploader(label: str, **options: Any) -> Any:
    """`st.file_uploader`, which makes its page a place to drop files; takes what that takes and gives what it gives."""
    holder().place(_session_id())
    return st.file_uploader(label, **options)


def _session_id() -> str:
    context = get_script_run_ctx()
    return context.session_id if context else ""


def _files() -> MemoryUploadedFileManager:
    found = get_instance().uploaded_file_mgr
    assert isinstance(found, MemoryUploadedFileManager)  # noqa: S101  Streamlit has no other
    return found
