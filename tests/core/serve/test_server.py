"""The real server, as started by `streamlit run Home.py`, with hostile and genuine requests."""

import http.client
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.serve.upload_limit import PAGE_CLOSED
from tests.browser.conftest import running_app
from tests.core.serve.visitor import head, knock, put, raw, upload, visiting

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

MB = 1 << 20


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """Return the port of a Clientele with a 10 MB upload limit, no dataset, and its own host name."""
    more = {
        "CLIENTELE_SERVED_HOSTS": "clientele.example.com",
        "CLIENTELE_UPLOAD_MEMORY_GB": "0.01",
        "CLIENTELE_DEMO_SHOP": "/nowhere.parquet",
    }
    with running_app(tmp_path_factory.mktemp("served"), **more) as (address, _):
        yield int(address.rpartition(":")[2])


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "path",
    ["/", "/overview", "/_stcore/health", "/_stcore/host-config", "/_stcore/upload_file/a/b", "/media/a", "/static/a",
     "/component/a/b"],
)  # fmt: skip
def test_other_hosts_are_refused_on_every_route(port: int, method: str, path: str) -> None:
    assert raw(port, f"{method} {path} HTTP/1.1", "Host: evil.example") == 400


def test_hosts_of_our_own_are_served(port: int) -> None:
    for host in ("localhost", f"LOCALHOST:{port}", "127.0.0.1:1", "[::1]", "localhost.", "clientele.example.com"):
        assert raw(port, "GET / HTTP/1.1", f"Host: {host}") == 200
        assert knock(port, host=host) == 101


def test_no_host_two_hosts_and_a_forwarded_host_are_refused(port: int) -> None:
    assert raw(port, "GET / HTTP/1.0") == 400
    assert raw(port, "GET / HTTP/1.1", "Host: localhost", "Host: evil.example") == 400
    assert raw(port, "GET / HTTP/1.1", "Host: evil.example", "X-Forwarded-Host: localhost") == 400


def test_no_other_site_opens_a_session(port: int) -> None:
    assert knock(port, origin=f"http://localhost:{port}") == 101
    assert knock(port, host=f"evil.example:{port}") == 400
    assert knock(port, host=f"evil.example:{port}", origin=f"http://evil.example:{port}") == 400
    assert knock(port, host="clientele.example.com", origin="https://clientele.example.com") == 101
    for origin in ("http://evil.example", "http://localhost:1", f"http://127.0.0.1:{port}", "null"):
        assert knock(port, origin=origin) == 403


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_no_other_site_changes_uploads(port: int, method: str) -> None:
    own = ("Host: localhost", "Origin: http://evil.example")
    assert raw(port, f"{method} /_stcore/upload_file/a/b HTTP/1.1", *own) == 403


def test_figures_of_the_server_and_its_agent_api_are_closed(port: int) -> None:
    for path in ("metrics", "metrics/", "metrics?families=cache_memory_bytes", "script-health-check", "agent/mcp",
                 "agent/openapi.json", "%6detrics"):  # fmt: skip
        for method in ("GET", "OPTIONS", "POST"):
            assert raw(port, f"{method} /_stcore/{path} HTTP/1.1", "Host: localhost") == 404


@pytest.mark.parametrize("path", ["/", "/overview", "/_stcore/health", "/_stcore/metrics", "/media/none.csv"])
def test_nobody_frames_a_page(port: int, path: str) -> None:
    wire = http.client.HTTPConnection("localhost", port, timeout=60)
    wire.request("GET", path)
    answer = wire.getresponse()
    assert answer.getheader("X-Frame-Options") == "DENY"
    assert "frame-ancestors 'none'" in (answer.getheader("Content-Security-Policy") or "")
    assert answer.getheader("X-Content-Type-Options") == "nosniff"
    assert answer.getheader("Referrer-Policy") == "same-origin"
    wire.close()


def test_a_session_that_shows_no_uploader_holds_no_files(port: int) -> None:
    with visiting(port) as session:
        session.open("jobs")
        assert put(port, session.id, "a", 1) == 409
        with upload(port, session.id, "b", 100) as wire:  # its body never comes
            answer = wire.getresponse()
            assert (answer.status, answer.read().decode()) == (409, f"{PAGE_CLOSED}\n")
    assert put(port, "unknown", "a", 1) == 409


def test_uploads_are_capped_in_total(port: int) -> None:
    with visiting(port) as one, visiting(port) as two:
        one.open("upload")
        two.open("upload")
        assert put(port, one.id, "a", 6 * MB) == 204
        assert put(port, two.id, "b", 6 * MB) == 413
        assert "shared by all uploads is full" in two.read()  # the page says so by itself
        with upload(port, two.id, "c", 6 * MB) as wire:  # refused before its body comes
            assert wire.getresponse().status == 413
        with upload(port, two.id, "d", 5_000 * MB) as wire:
            assert wire.getresponse().status == 413
        with upload(port, two.id, "e", None) as wire:  # says no size
            wire.send(f"{len(head()):x}\r\n".encode() + head() + b"\r\n")
            for _ in range(6):
                wire.send(f"{MB:x}\r\n".encode() + b"x" * MB + b"\r\n")
            assert wire.getresponse().status == 413
        assert put(port, two.id, "f", 2 * MB) == 204  # nothing of what was refused is counted

        one.open("jobs")  # leaves the page with its file
        assert put(port, two.id, "g", 6 * MB) == 204


def test_files_without_a_size_count_for_something(port: int) -> None:
    with visiting(port) as session:
        session.open("upload")
        assert put(port, session.id, "most", 10 * MB) == 204
        found = {put(port, session.id, str(number), 0) for number in range(10)}
    assert found == {204, 413}


@pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.long)])
def test_a_server_that_is_told_to_end_leaves_nothing_in_temporary_folders(tmp_path: Path, how: signal.Signals) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    with running_app(tmp_path, TMPDIR=str(temporary)) as (_, process):
        assert list(temporary.iterdir())
        process.send_signal(how)
        process.wait(timeout=60)
    assert not list(temporary.iterdir())


def test_a_server_with_unreadable_settings_ends_in_good_order(tmp_path: Path) -> None:
    with running_app(tmp_path, CLIENTELE_QUERY_MEMORY_GB="abc"):
        pass
    log = (tmp_path / "log").read_text()
    assert "must be a number of gigabytes" in log
    assert "shutdown failed" not in log
