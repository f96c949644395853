"""Uploads held for sessions whose page shows an uploader."""

from types import SimpleNamespace

import pytest
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from core.ui import held_uploads
from core.ui.held_uploads import HeldUploads


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Return the connected sessions of a fake server."""
    sessions = {"one", "two"}
    there = {"one", "two"}  # also while their connection is lost
    server = SimpleNamespace(
        uploaded_file_mgr=MemoryUploadedFileManager("/"),
        is_active_session=sessions.__contains__,
        _session_mgr=SimpleNamespace(get_session_info=lambda session: session if session in there else None),
    )
    monkeypatch.setattr(held_uploads, "get_instance", lambda: server)
    monkeypatch.setattr(held_uploads, "exists", lambda: True)
    for session in sessions:
        file = UploadedFileRec(file_id="a", name="a.csv", type="text/csv", data=bytes(1_000_000))
        server.uploaded_file_mgr.add_file(session, file)
    return sessions


@pytest.fixture
def held(connected: set[str]) -> HeldUploads:
    """Return two sessions on a page with an uploader, each with one file."""
    found = HeldUploads()
    for session in connected:
        with found.runs(session, "upload"):
            found.shown(session)
    return found


def test_a_session_that_lost_its_connection_and_comes_back_still_shows_its_uploader(
    held: HeldUploads, connected: set[str]
) -> None:
    connected.discard("one")
    held.release()
    assert not held.shows_uploader("one")
    connected.add("one")
    assert held.shows_uploader("one")
    assert held.held() // 1_000_000 == 2


def files(held: HeldUploads) -> int:
    held.release(at_once=True)
    return held.held() // 1_000_000


def test_files_are_kept_while_their_page_shows_uploader(held: HeldUploads) -> None:
    assert files(held) == 2
    assert held.shows_uploader("one")


def test_on_another_page_the_uploader_is_gone(held: HeldUploads) -> None:
    with held.runs("one", "jobs"):
        assert not held.shows_uploader("one")
    assert files(held) == 1


def test_after_a_run_without_an_uploader_it_is_gone(held: HeldUploads) -> None:
    with held.runs("one", "upload"):
        assert held.shows_uploader("one")
    assert not held.shows_uploader("one")


def test_an_interrupted_run_keeps_the_uploader(held: HeldUploads) -> None:
    with pytest.raises(KeyboardInterrupt), held.runs("one", "upload"):
        raise KeyboardInterrupt
    assert held.shows_uploader("one")


def test_a_session_that_is_gone_holds_nothing(held: HeldUploads, connected: set[str]) -> None:
    connected.discard("two")
    assert not held.shows_uploader("two")
    assert files(held) == 1


def test_a_session_that_ended_is_forgotten(held: HeldUploads, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = held_uploads.get_instance()._session_mgr  # type: ignore[attr-defined]  # noqa: SLF001  no public way
    monkeypatch.setattr(manager, "get_session_info", lambda _session: None)
    assert held.shows_uploader("one")
    held.release()
    assert not held.shows_uploader("one")


def test_files_outlive_their_page_for_a_while_where_there_is_room(
    held: HeldUploads, connected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grace period starts when the page is left."""
    now = [100.0]
    monkeypatch.setattr(held_uploads, "time", SimpleNamespace(monotonic=lambda: now[0]))
    connected.discard("two")
    for _ in range(2):
        held.release()
        assert held.held() > 2_000_000
        now[0] += held_uploads.GRACE_SECONDS - 1
    held.release()
    assert held.held() < 2_000_000
