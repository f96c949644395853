"""A visitor without a browser: raw requests, and a WebSocket session like that of Streamlit's page."""

import http.client
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

SECONDS = 120
BOUNDARY = "the-end-of-a-part"


def raw(port: int, *lines: str) -> int:
    """Send the raw lines of a request and return the response's status."""
    with socket.create_connection(("127.0.0.1", port), SECONDS) as wire:
        wire.sendall("\r\n".join([*lines, "", ""]).encode("latin-1"))
        return int(wire.makefile("rb").readline().split()[1])


def knock(port: int, *, host: str | None = None, origin: str | None = None) -> int:
    """Open and close a WebSocket and return the response's status, 101 on success."""
    headers = {name: value for name, value in (("Host", host), ("Origin", origin)) if value is not None}
    lines = [f"{name}: {value}" for name, value in {"Host": f"localhost:{port}", **headers}.items()]
    return raw(
        port, "GET /_stcore/stream HTTP/1.1", *lines, "Upgrade: websocket", "Connection: Upgrade",
        "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
    )  # fmt: skip


@contextmanager
def visiting(port: int) -> "Iterator[Session]":
    """Open a browser tab for the duration of the block."""
    address = f"ws://localhost:{port}/_stcore/stream"
    with connect(address, subprotocols=[Subprotocol("streamlit")], max_size=None, open_timeout=SECONDS) as opened:
        yield Session(opened)


class Session:
    """An open browser tab."""

    def __init__(self, opened: ClientConnection) -> None:
        self._socket = opened
        self.id = ""

    def open(self, page: str) -> str:
        """Open a page and return its text."""
        asked = BackMsg()
        asked.rerun_script.page_name = page
        self._socket.send(asked.SerializeToString())
        return self.read()

    def read(self) -> str:
        """Read until a page run has ended and return its text."""
        said = ""
        while True:
            answer = ForwardMsg()
            content = self._socket.recv(timeout=SECONDS)
            assert isinstance(content, bytes)
            answer.ParseFromString(content)
            said += str(answer.delta)
            if answer.WhichOneof("type") == "new_session":
                self.id = answer.new_session.initialize.session_id
            if answer.WhichOneof("type") == "script_finished":
                return said


@contextmanager
def upload(port: int, session: str, name: str, size: int | None) -> Iterator[http.client.HTTPConnection]:
    """Start an upload of a declared size, or chunked if None; the caller sends the body."""
    wire = http.client.HTTPConnection("localhost", port, timeout=SECONDS)
    wire.request("GET", "/_stcore/health")
    token = wire.getresponse()
    token.read()
    cookie = (token.getheader("Set-Cookie") or "").partition(";")[0]
    wire.putrequest("PUT", f"/_stcore/upload_file/{session}/{name}")
    wire.putheader("Cookie", cookie)
    wire.putheader("X-Xsrftoken", cookie.partition("=")[2])
    wire.putheader("Content-Type", f"multipart/form-data; boundary={BOUNDARY}")
    if size is None:
        wire.putheader("Transfer-Encoding", "chunked")
    else:
        wire.putheader("Content-Length", str(size + len(head()) + len(TAIL)))
    wire.endheaders()
    try:
        yield wire
    finally:
        wire.close()


def head() -> bytes:
    """Return the part of the body before the file."""
    return (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="orders.csv"\r\n'
        "Content-Type: text/csv\r\n\r\n"
    ).encode()


TAIL = f"\r\n--{BOUNDARY}--\r\n".encode()


def put(port: int, session: str, name: str, size: int) -> int:
    """Upload a file of a size and return the response's status."""
    with upload(port, session, name, size) as wire:
        wire.send(head() + b"x" * size + TAIL)
        return wire.getresponse().status
