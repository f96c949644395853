"""Keeps uploads within a share of the memory: each file, and all of them together.

Streamlit holds each uploaded file in memory until its session ends, whoever sent it. So a file is refused before its
body is read if it declares too large a size, while it is read if it declares none, and at once if its session shows
no file uploader.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Final, Protocol

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FRAMING: Final = 1 << 20
"""Bytes that a request may have beyond its file: names and boundaries. As much as Streamlit allows."""

IDLE_SECONDS: Final = 60.0
"""An upload is given up when nothing arrives for this long; it would hold room that others need."""

_UPLOAD: Final = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+/?$")

PAGE_CLOSED: Final = "This file wasn't uploaded: the page it was dropped on is closed. Reload the page and try again."
TOO_LARGE: Final = (
    "A file wasn't uploaded: it is over the limit of {limit:,} MB. Compress it (.gz or .zip) or split it."
)
NO_ROOM: Final = (
    "A file wasn't uploaded: uploads share {limit:g} GB of memory, and there is no room for it. Try again in a few "
    "minutes, or compress it (.gz or .zip)."
)
STOPPED: Final = "An upload stopped: nothing arrived for a minute. Try again."


class Holder(Protocol):
    """The holder of uploaded files, which knows the sessions."""

    def shows_uploader(self, session: str) -> bool:
        """Whether a page of this session shows a file uploader."""

    def held(self) -> int:
        """Bytes held for all sessions."""

    def release(self, *, at_once: bool) -> None:
        """Release files that no page shows any more; at once if room is needed."""

    def notify(self, session: str, sentence: str) -> None:
        """Show a sentence on the session's page."""


class UploadLimit:
    """Middleware before Streamlit's route for uploads.

    Parameters
    ----------
    app : ASGI application
        What is served.
    holder : callable giving Holder
        Gives the holder of the files once the server runs.
    each : callable giving int
        Megabytes a file may have.
    together_gb : float
        Gigabytes that all files may take together, those on their way included.
    """

    def __init__(
        self, app: ASGIApp, *, holder: Callable[[], Holder], each: Callable[[], int], together_gb: float
    ) -> None:
        self._app = app
        self._holder = holder
        self._each = each
        self._together_gb = together_gb
        self._coming = 0  # bytes received of uploads that have not ended; all requests share one thread

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is no upload; count those that are."""
        upload = _UPLOAD.search(scope["path"]) if scope["type"] == "http" and scope["method"] == "PUT" else None
        if upload is None:
            await self._app(scope, receive, send)
            return
        session = upload["session"]
        counted = _Counted(receive, self._check_part)
        started = False

        async def sender(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            self._check_before(session, Headers(scope=scope))
            await self._app(scope, counted, sender)
        except _RefusedError as refused:
            if not started:
                await PlainTextResponse(f"{refused}\n", status_code=refused.status)(scope, receive, send)
            self._holder().notify(session, str(refused))
        finally:
            self._coming -= counted.received

    def _check_before(self, session: str, headers: Headers) -> None:
        if not self._holder().shows_uploader(session):
            raise _RefusedError(PAGE_CLOSED, 409)
        declared = headers.get("content-length", "")
        is_number = declared.isascii() and declared.isdigit()  # Streamlit refuses what is none
        whole = int(declared[:20]) if is_number else 0
        self._check_size(whole, self._each() << 20)
        self._check_room(whole)

    def _check_part(self, before: int, more: int) -> None:
        self._check_size(before + more, (self._each() << 20) + FRAMING)
        self._check_room(more)
        self._coming += more

    def _check_size(self, size: int, most: int) -> None:
        if size > most:
            raise _RefusedError(TOO_LARGE.format(limit=self._each()), 413)

    def _check_room(self, more: int) -> None:
        if not self._has_room(more):
            self._holder().release(at_once=True)
            if not self._has_room(more):
                raise _RefusedError(NO_ROOM.format(limit=self._together_gb), 413)

    def _has_room(self, more: int) -> bool:
        return self._holder().held() + self._coming + more <= self._together_gb * (1 << 30)


class _RefusedError(Exception):
    """Stops reading an upload; its text is shown to the user."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class _Counted:
    """Receives a body and counts it; each part is checked before it is passed on."""

    def __init__(self, receive: Receive, check: Callable[[int, int], None]) -> None:
        self._receive = receive
        self._check = check
        self.received = 0

    async def __call__(self) -> Message:
        try:
            message = await asyncio.wait_for(self._receive(), IDLE_SECONDS)
        except TimeoutError as error:
            raise _RefusedError(STOPPED, 408) from error
        more = len(message.get("body", b""))
        if more:
            self._check(self.received, more)
            self.received += more
        return message
