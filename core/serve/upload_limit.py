"""Limits on the memory of uploads: per file, and for all files together.

Streamlit holds each uploaded file in memory until its session ends. So a file that declares too large a size is
rejected before its body is read, one that declares no size while it is read, and one whose session shows no file
uploader at once.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Final, Protocol

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

FRAMING: Final = 1 << 20
"""Bytes that a request may have besides its file, for names and boundaries; the same as Streamlit allows."""

IDLE_SECONDS: Final = 60.0
"""Idle time after which an upload is aborted, so that it doesn't hold memory that others need."""

_UPLOAD: Final = re.compile(r"/_stcore/upload_file/(?P<session>[^/]+)/[^/]+/?$")

PAGE_CLOSED: Final = "This file wasn't uploaded: the page it was dropped on is closed. Reload the page and try again."
TOO_LARGE: Final = (
    "A file wasn't uploaded: it exceeds the limit of {limit:,} MB. Compress it (.gz or .zip) or split it."
)
NO_ROOM: Final = (
    "A file wasn't uploaded: the {limit:g} GB of memory shared by all uploads is full. Try again in a few minutes, or "
    "compress it (.gz or .zip)."
)
STOPPED: Final = "An upload stopped: nothing arrived for a minute. Try again."


class Holder(Protocol):
    """The holder of uploaded files, which knows the sessions."""

    def shows_uploader(self, session: str) -> bool:
        """Return whether a page of this session shows a file uploader."""

    def held(self) -> int:
        """Return the bytes held for all sessions."""

    def release(self, *, at_once: bool) -> None:
        """Release files that no page shows any more; immediately if memory is needed."""

    def notify(self, session: str, sentence: str) -> None:
        """Show a message on the session's page."""


class UploadLimit:
    """Middleware for Streamlit's upload route.

    Parameters
    ----------
    app : ASGI application
        The application to protect.
    holder : callable
        Returns the `Holder` of the files once the server runs.
    each : callable
        Returns the size limit of a file in megabytes.
    together_gb : float
        Gigabytes that all files may take together, including uploads in progress.
    """

    def __init__(
        self, app: ASGIApp, *, holder: Callable[[], Holder], each: Callable[[], int], together_gb: float
    ) -> None:
        self._app = app
        self._holder = holder
        self._each = each
        self._together_gb = together_gb
        self._coming = 0  # bytes received of uploads in progress; all requests share one thread

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on other requests; count the bytes of uploads."""
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
        is_number = declared.isascii() and declared.isdigit()  # Streamlit rejects anything else
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
    """A rejected upload; the message is shown to the user."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class _Counted:
    """A receive channel that counts the body's bytes and checks each part before passing it on."""

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
