"""Files fetched by address instead of uploaded: only from allowed places, and complete or not at all."""

import gzip
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import CancelledError, InputError
from core.ingest.sources import addresses, download
from core.ingest.sources.addresses import UCI_ONLINE_RETAIL, check, fetch
from core.ingest.sources.download import harmless
from core.settings import Settings

CSV = b"customer,date,amount\n" + b"17,2024-03-01,2.55\n" * 5_000


def silent(_share: float, _what: str) -> None:
    """Ignore progress."""


class _Pages(BaseHTTPRequestHandler):
    """A misbehaving web server."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, dict[str, str]]]
    elsewhere = ""

    def do_GET(self) -> None:
        self.seen.append((self.path, dict(self.headers)))
        self.close_connection = True
        getattr(self, "_" + self.path.strip("/").split("/")[0].split(".")[0].split("?")[0])()

    def log_message(self, *_: object) -> None:
        """Log nothing."""

    def _send(self, body: bytes, *, status: int = 200, length: int | None = None, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        if length != -1:
            self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def _orders(self) -> None:
        self._send(CSV)

    def _named(self) -> None:
        self._send(
            CSV,
            Content_Disposition="attachment; filename=\"../../etc/pass\twd.csv\"; filename*=UTF-8''..%2Fb%C3%BC.csv",
        )

    def _unknown(self) -> None:
        self._send(CSV, length=-1)

    def _cut(self) -> None:
        self._send(CSV, length=len(CSV) + 1)

    def _chunked(self) -> None:
        self._chunks(b"0\r\n\r\n")

    def _chunkcut(self) -> None:
        self._chunks(b"")

    def _chunks(self, end: bytes) -> None:
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"%x\r\n%s\r\n" % (len(CSV), CSV) + end)

    def _encoded(self) -> None:
        self._send(gzip.compress(CSV), Content_Encoding="gzip")

    def _badcode(self) -> None:
        self._send(b"\x1f\x8b" + b"x" * 100, Content_Encoding="gzip")

    def _bomb(self) -> None:
        self._send(gzip.compress(b"0" * 50_000_000), Content_Encoding="gzip")

    def _huge(self) -> None:
        self._send(b"", length=10**15)

    def _html(self) -> None:
        self._send(b"<!doctype html><title>Sign in</title>", Content_Type="text/html")

    def _nothing(self) -> None:
        self._send(b"")

    def _missing(self) -> None:
        self._send(b"no", status=404)

    def _private(self) -> None:
        self._send(b"no", status=403)

    def _broken(self) -> None:
        self._send(b"no", status=500)

    def _odd(self) -> None:
        self._send(b"no", status=418)

    def _moved(self) -> None:
        self._send(b"", status=302, Location="/orders.csv")

    def _round(self) -> None:
        self._send(b"", status=302, Location="/round")

    def _away(self) -> None:
        self._send(b"", status=302, Location=self.elsewhere)

    def _tofile(self) -> None:
        self._send(b"", status=302, Location="file:///etc/passwd")

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b"x")
            time.sleep(0.05)

    def _silent(self) -> None:
        time.sleep(3)


class Web:
    """The server's address and the requests it received."""

    def __init__(self, server: ThreadingHTTPServer) -> None:
        self.host = f"127.0.0.1:{server.server_address[1]}"
        self.seen: list[tuple[str, dict[str, str]]] = []

    def link(self, path: str) -> str:
        """Return a link to one of its pages."""
        return f"http://{self.host}/{path}"


Serve = Callable[..., Web]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return a function that starts a web server."""
    servers = []

    def start(**values: str) -> Web:
        handler = type("Pages", (_Pages,), values)
        server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        server.handle_error = lambda *_: None  # type: ignore[method-assign]
        server.daemon_threads = True
        web = Web(server)
        handler.seen = web.seen  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return web

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def web(serve: Serve) -> Web:
    """Start a web server."""
    return serve()


def allowing(*hosts: str) -> Settings:
    """Return settings with these hosts allowed."""
    return Settings(allowed_hosts=hosts)


def test_a_link(web: Web, tmp_path: Path) -> None:
    told: list[tuple[float, str]] = []
    link = web.link("orders.csv?key=secret")
    file = fetch(f" {link} ", allowing(web.host), tmp_path / "x", lambda *said: told.append(said))
    assert (file.name, file.path) == ("orders.csv", tmp_path / "x")
    assert file.path.read_bytes() == CSV
    assert told[-1] == (1.0, "Downloaded: 0.1 MB")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


@pytest.mark.parametrize("page", ["unknown.csv", "chunked.csv", "encoded.csv", "moved"])
def test_other_ways_to_send_it(web: Web, tmp_path: Path, page: str) -> None:
    fetch(web.link(page), allowing(web.host), tmp_path / "x", silent)
    assert (tmp_path / "x").read_bytes() == CSV


def test_a_sign_in_page_is_somebody_elses_to_refuse(web: Web, tmp_path: Path) -> None:
    assert fetch(web.link("html"), allowing(web.host), tmp_path / "x", silent).path.read_bytes()[:5] == b"<!doc"


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("missing", r"^The server 127\.0\.0\.1:\d+ answered 404: the file doesn't exist\. Check the link\.$"),
        ("private", "answered 403: access to this file is denied"),
        ("broken", r"answered 500: server error\. Try again later"),
        ("odd", "answered 418: no file was returned"),
        ("cut", r"stopped after 95,\d\d\d bytes \(connection lost\)\. Try again"),
        ("chunkcut", r"stopped after [\d,]+ bytes \(connection lost\)\. Try again"),
        ("badcode", "compressed download is damaged"),
        ("nothing", "an empty file"),
        ("round", "redirects more than 5 times"),
        ("tofile", r"to a “file:” address\. Only http and https"),
        ("huge", "larger than 20 GB"),
    ],
)
def test_what_a_server_can_do_wrong(web: Web, tmp_path: Path, page: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fetch(web.link(page), allowing(web.host), tmp_path / "x", silent)
    assert list(tmp_path.iterdir()) == []


def test_no_more_than_agreed_is_unpacked(web: Web, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"larger than 0\.01 GB"):
        download.download(web.link("bomb"), None, tmp_path / "x", silent, most_bytes=10_000_000)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "SPARE_BYTES", 10**18)
    with pytest.raises(InputError, match=r"has [\d.]+ GB of disk left, too little"):
        fetch(web.link("orders.csv"), allowing(web.host), tmp_path / "x", silent)


def test_a_redirect_is_checked_before_it_is_followed(serve: Serve, tmp_path: Path) -> None:
    inner = serve()
    outer = serve(elsewhere=inner.link("orders.csv"))
    with pytest.raises(InputError, match=rf"^Links to {inner.host} aren't allowed\. Use a host in CLIENTELE_A"):
        fetch(outer.link("away"), allowing(outer.host), tmp_path / "x", silent)
    assert inner.seen == []
    fetch(outer.link("away"), allowing(outer.host, inner.host), tmp_path / "x", silent)
    fetch(outer.link("away"), Settings(), tmp_path / "x", silent, anywhere=True)
    assert len(inner.seen) == 2


def test_a_person_can_stop_a_server_that_drips(web: Web, tmp_path: Path) -> None:
    def stop(_share: float, _what: str) -> None:
        message = "Stopped."
        raise CancelledError(message)

    begun = time.monotonic()
    with pytest.raises(CancelledError):
        fetch(web.link("drip"), allowing(web.host), tmp_path / "x", stop)
    assert time.monotonic() - begun < 10
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_answer(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "_TIMEOUTS", (1.0, 0.3))
    with pytest.raises(InputError, match=r"can't be reached \(no answer in time\)"):
        fetch(web.link("silent"), allowing(web.host), tmp_path / "x", silent)


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(InputError, match=r"can't be reached \(connection refused\)") as error:
        fetch(f"http://me:secret@127.0.0.1:{port}/x", allowing(f"127.0.0.1:{port}"), tmp_path / "x", silent)
    assert "secret" not in f"{error.value}{error.value.__cause__}"


def test_the_environment_is_not_listened_to(
    web: Web, serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve()
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n", encoding="utf-8")
    for name, value in (("http_proxy", proxy.link("")), ("NETRC", str(tmp_path / "netrc")), ("no_proxy", "")):
        monkeypatch.setenv(name, value)
    fetch(web.link("orders.csv"), allowing(web.host), tmp_path / "x", silent)
    assert proxy.seen == []
    assert "Authorization" not in web.seen[0][1]


@pytest.mark.parametrize(
    ("allowed", "link", "works"),
    [
        ("files.example.com", "https://files.example.com/a", True),
        ("files.example.com", "http://FILES.example.com./a", True),
        ("files.example.com", "https://files.example.com:8443/a", False),
        ("files.example.com:8443", "https://files.example.com:8443/a", True),
        ("files.example.com:8443", "https://files.example.com/a", False),
        ("files.example.com", "https://evil.com/files.example.com", False),
        ("files.example.com", "https://files.example.com.evil.com/a", False),
        ("files.example.com", "https://files.example.com@evil.com/a", False),
        ("files.example.com", "https://evil.com#@files.example.com/a", False),
        ("files.example.com", "https://evil.com?@files.example.com/a", False),
        ("*.example.com", "https://a.b.example.com/a", True),
        ("*.example.com", "https://example.com/a", False),
        ("*.example.com", "https://evilexample.com/a", False),
        ("bücher.example", "https://b%C3%BCcher.example/", False),
        ("bücher.example", "https://bücher.example/", True),
        ("127.0.0.1", "http://2130706433/", False),
        ("127.0.0.1", "http://[::1]/", False),
        ("[::1]", "http://[::1]/", True),
        ("files.example.com", "http://localhost/", False),
    ],
)
def test_which_hosts_are_allowed(allowed: str, link: str, works: bool) -> None:  # noqa: FBT001
    if works:
        check(link, allowing(allowed))
    else:
        with pytest.raises(InputError, match=r"aren't allowed|isn't valid"):
            check(link, allowing(allowed))


@pytest.mark.parametrize(
    "link", ["http://evil.com\\@127.0.0.1/x", "http://127.0.0.1/a b", "http://127.0.0.1/a\nHost: x", "http://", "http:///x",
             "https://[::1", "http://exa mple.com/"]
)  # fmt: skip
def test_links_that_are_none(tmp_path: Path, link: str) -> None:
    with pytest.raises(InputError, match="The link "):
        fetch(link, allowing("127.0.0.1"), tmp_path / "x", silent)


@pytest.mark.parametrize("address", ["ftp://h/x", "file:///etc/passwd", "s3://b/x", "javascript:x", "data:text/csv,a"])
def test_other_kinds_of_address(tmp_path: Path, address: str) -> None:
    with pytest.raises(InputError, match=r"^Addresses starting with “\w+:” aren't supported"):
        fetch(address, Settings(allowed_folders=(tmp_path,)), tmp_path / "x", silent)


def test_no_host_is_allowed_unless_set(web: Web, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"CLIENTELE_ALLOWED_HOSTS \(none yet\)"):
        fetch(web.link("orders.csv"), Settings(), tmp_path / "x", silent)
    assert web.seen == []


def test_uci_is_always_allowed(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert UCI_ONLINE_RETAIL == "https://archive.ics.uci.edu/static/public/352/online+retail.zip"
    asked = []

    def pretend(link: str, hosts: object, target: Path, progress: object) -> str:
        asked.append((link, hosts))
        return "online+retail.zip"

    monkeypatch.setattr(addresses, "download", pretend)
    assert fetch("UCI:352", Settings(), tmp_path / "x", silent).name == "online+retail.zip"
    assert asked == [(UCI_ONLINE_RETAIL, ("archive.ics.uci.edu",))]


def test_the_servers_name_for_the_file(web: Web, tmp_path: Path) -> None:
    name = fetch(web.link("named/x"), allowing(web.host), tmp_path / "x", silent).name
    assert name in ("passwd.csv", "bü.csv")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("orders.csv", "orders.csv"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\a.csv", "a.csv"),
        ("a\x00b\nc\u202e.csv", "abc.csv"),
        ("", "download"),
        ("..", "download"),
        ("x" * 300 + ".csv", "x" * 115 + "….csv"),
        ("x" * 300, "x" * 118 + "…"),
    ],
)
def test_harmless(given: str, expected: str) -> None:
    assert harmless(given) == expected
    assert len(expected) <= 120


@given(st.text(max_size=400))
def test_harmless_is_harmless(name: str) -> None:
    found = harmless(name)
    assert 1 <= len(found) <= 120
    assert found.isprintable()
    assert not {"/", "\\"} & set(found)
    assert found not in (".", "..")
    assert harmless(found) == found


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Return an allowed folder that lies beside one that isn't."""
    (tmp_path / "shelf" / "deep").mkdir(parents=True)
    (tmp_path / "shelf" / "deep" / "orders.csv").write_bytes(CSV)
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "secret.csv").write_bytes(CSV)
    (tmp_path / "shelf" / "out").symlink_to(tmp_path / "private")
    (tmp_path / "shelf" / "in").symlink_to(tmp_path / "shelf" / "deep" / "orders.csv")
    (tmp_path / "shelf" / "loop").symlink_to(tmp_path / "shelf" / "loop")
    os.mkfifo(tmp_path / "shelf" / "pipe")
    return tmp_path / "shelf"


@pytest.mark.parametrize("path", ["deep/orders.csv", "{}/deep/orders.csv", "{}/deep/../deep/orders.csv", "in", "{}/in"])
def test_a_path_in_an_allowed_folder_is_used_in_place(shelf: Path, tmp_path: Path, path: str) -> None:
    settings = Settings(allowed_folders=(tmp_path / "none", shelf))
    file = fetch(path.format(shelf), settings, tmp_path / "x", silent)
    assert (file.name, file.path) == ("orders.csv", shelf / "deep" / "orders.csv")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "path",
    ["{}/../private/secret.csv", "../private/secret.csv", "{}/out/secret.csv", "out/secret.csv",
     "{}/../private/none.csv", "/etc/passwd", "/no/such", "{}-other/x", "/dev/zero",
     "/proc/self/environ", "~/x/../../../../etc/passwd"],
)  # fmt: skip
def test_a_path_outside_says_the_same_whether_it_exists_or_not(shelf: Path, tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError) as error:
        fetch(path.format(shelf), Settings(allowed_folders=(shelf,)), tmp_path / "x", silent)
    wanted = path.format(shelf)[-120:]
    assert str(error.value) == (
        f"“{wanted}” is outside the folders that may be read. Move the file to one of {shelf}, or add its folder "
        "to CLIENTELE_ALLOWED_FOLDERS."
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("deep", "is a folder. Enter the path of a file in it"),
        ("none.csv", "There is no file “none.csv” on the server"),
        ("pipe", "is a device, socket or pipe"),
        ("loop", "outside the folders|no file"),
        ("a\0b", "outside the folders"),
        ("x" * 5000, "outside the folders|no file"),
    ],
)
def test_what_a_path_can_be_wrong_about(shelf: Path, tmp_path: Path, path: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        fetch(path, Settings(allowed_folders=(shelf,)), tmp_path / "x", silent)


def test_no_folder_is_allowed_unless_set(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no folder is allowed\. Ask your administrator"):
        fetch("/etc/passwd", Settings(), tmp_path / "x", silent)
