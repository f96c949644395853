"""Uploads that are too large, too many, or never arrive."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from core.serve import upload_limit
from core.serve.upload_limit import NO_ROOM, STOPPED, TOO_LARGE, UploadLimit

GB = 1 << 30
MB = 1 << 20
ROOM = NO_ROOM.format(limit=1)


class Holder:
    """A fake holder with a fixed size."""

    def __init__(self) -> None:
        self.bytes = 0
        self.freed = 0
        self.told: list[str] = []

    def shows_uploader(self, session: str) -> bool:
        """Return whether it is the one session with an uploader."""
        return session == "open"

    def held(self) -> int:
        """Return the size."""
        return self.bytes

    def release(self, *, at_once: bool) -> None:
        """Lower the size by what can be freed."""
        assert at_once
        self.bytes -= self.freed

    def notify(self, session: str, sentence: str) -> None:
        """Record the message."""
        assert session == "open"
        self.told.append(sentence)


class Upload:
    """A request whose parts arrive when the test sends them."""

    def __init__(self, limit: UploadLimit, **headers: str) -> None:
        self._parts: asyncio.Queue[Any] = asyncio.Queue()
        self._scope = {
            "type": "http", "method": "PUT", "path": "/_stcore/upload_file/open/file", "extensions": {},
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()],
        }  # fmt: skip
        self.status = 0
        self._task = asyncio.ensure_future(limit(self._scope, self._parts.get, self._send))

    async def part(self, size: int, *, last: bool = False) -> None:
        """Send a part, and let the server read it."""
        self._parts.put_nowait({"type": "http.request", "body": bytes(size), "more_body": not last})
        for _ in range(10):
            await asyncio.sleep(0)

    async def end(self) -> int:
        """Wait for the response and return its status."""
        await self._task
        return self.status

    async def _send(self, message: Any) -> None:
        self.status = message.get("status", self.status)


async def _store(scope: Any, receive: Any, send: Any) -> None:
    """Read a body to its end, like the upload route."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


@pytest.fixture
def holder() -> Holder:
    return Holder()


@pytest.fixture
def limit(holder: Holder) -> Callable[[], UploadLimit]:
    """Return a limit of 700 MB per file and 1 GB in total."""
    return lambda: UploadLimit(_store, holder=lambda: holder, each=lambda: 700, together_gb=1)


def test_two_uploads_on_their_way_share_the_room(limit: Callable[[], UploadLimit], holder: Holder) -> None:
    async def both() -> tuple[int, int, int]:
        guard = limit()
        first, second = Upload(guard), Upload(guard)
        await first.part(600 * MB)
        await second.part(500 * MB)
        refused = await second.end()
        await first.part(1, last=True)
        kept = await first.end()
        third = Upload(guard, content_length=str(650 * MB))
        await third.part(650 * MB, last=True)
        return refused, kept, await third.end()

    assert asyncio.run(both()) == (413, 204, 204)
    assert holder.told == [ROOM]


@pytest.mark.parametrize(("size", "sentence"), [(700 * MB + 1, TOO_LARGE.format(limit=700)), (600 * MB, ROOM)])
def test_a_file_that_says_it_is_too_large_is_not_read(
    limit: Callable[[], UploadLimit], holder: Holder, size: int, sentence: str
) -> None:
    holder.bytes = GB // 2

    async def one() -> int:
        return await Upload(limit(), content_length=str(size)).end()

    assert asyncio.run(one()) == 413
    assert holder.told == [sentence]


def test_room_is_made_before_a_file_is_refused(limit: Callable[[], UploadLimit], holder: Holder) -> None:
    holder.bytes = holder.freed = GB

    async def one() -> int:
        upload = Upload(limit(), content_length="9")
        await upload.part(9, last=True)
        return await upload.end()

    assert asyncio.run(one()) == 204


def test_a_file_that_says_nothing_is_read_up_to_the_limit(limit: Callable[[], UploadLimit], holder: Holder) -> None:
    async def one() -> int:
        upload = Upload(limit())
        await upload.part(700 * MB)
        await upload.part(2 * MB)
        return await upload.end()

    assert asyncio.run(one()) == 413
    assert holder.told == [TOO_LARGE.format(limit=700)]


def test_an_upload_that_stands_still_is_given_up(
    limit: Callable[[], UploadLimit], holder: Holder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_limit, "IDLE_SECONDS", 0.02)

    async def one() -> int:
        upload = Upload(limit(), content_length="9")
        await upload.part(1)
        return await upload.end()

    assert asyncio.run(one()) == 408
    assert holder.told == [STOPPED]
