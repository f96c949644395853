"""Housekeeping once a minute: garbage collection and release of abandoned uploads."""

import gc
import weakref
from collections.abc import Iterator

import anyio
import pytest

from core.ui import housekeeping


class Ring:
    """An object that refers to itself, so that only a collection frees it."""

    def __init__(self) -> None:
        self.self = self


class Holder:
    """A holder that fails the first time and counts calls."""

    def __init__(self) -> None:
        self.asked = 0

    def release(self) -> None:
        """Count the call."""
        self.asked += 1
        if self.asked == 1:
            raise OSError


@pytest.fixture
def thawed() -> Iterator[None]:
    """Undo a freeze after the test."""
    yield
    gc.unfreeze()


def test_garbage_is_collected_and_files_are_freed_again_and_again(
    monkeypatch: pytest.MonkeyPatch, thawed: None, caplog: pytest.LogCaptureFixture
) -> None:
    holder = Holder()
    monkeypatch.setattr(housekeeping, "holder", lambda: holder)
    monkeypatch.setattr(housekeeping, "EVERY_SECONDS", 0.001)
    housekeeping.freeze()
    gone = weakref.ref(Ring())
    assert gone() is not None

    async def until_freed() -> None:
        with anyio.fail_after(30):
            async with anyio.create_task_group() as beside:
                beside.start_soon(housekeeping.keep_house)
                while gone() is not None or holder.asked < 2:  # noqa: ASYNC110  nothing to wait for
                    await anyio.sleep(0.001)
                beside.cancel_scope.cancel()

    anyio.run(until_freed)
    assert "Housekeeping failed this minute" in caplog.text  # and it went on


def test_what_is_frozen_is_left_out_of_collections(thawed: None) -> None:
    before = gc.get_freeze_count()
    gone = weakref.ref(Ring())
    housekeeping.freeze()
    assert gc.get_freeze_count() > before + 1_000
    assert gone() is None  # frozen garbage would never be freed
