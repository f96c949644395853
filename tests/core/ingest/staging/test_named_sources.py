"""Sources named on the command line, end to end: a database and a link give the same result as the file."""

import json
import sqlite3
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.cli import main
from tests.logs import SMALL_REPORT
from tests.postgres import Postgres


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Log nothing."""


def analyse(out: Path, *arguments: object) -> dict[str, object]:
    """Run the command and return its quality report."""
    assert main(["analyse", *map(str, arguments), "--out", str(out)]) == 0
    found: dict[str, object] = json.loads((out / "quality.json").read_text(encoding="utf-8"))
    return found


def test_a_link(small_log: Path, tmp_path: Path) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(small_log.parent)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        link = f"http://127.0.0.1:{server.server_address[1]}/{small_log.name}"
        assert analyse(tmp_path / "out", link) == SMALL_REPORT
    finally:
        server.shutdown()
        server.server_close()


SHOP = [
    ("17", "2024-03-01 22:30:00+00", "10.50", 2), ("17", "2024-03-01 22:30:00+00", "10.50", 2),
    ("18", "2024-03-02 10:00:00+00", "3.00", 1), (None, "2024-03-02 11:00:00+00", "1.00", 1),
    ("18", "2024-03-03 10:00:00+00", "4", 1), ("19", "2024-03-04 10:00:00+00", "7.25", 4),
    ("20", "2024-03-05 10:00:00+00", "1.10", 10), ("21", "2024-03-06 10:00:00+00", "100", 1),
]  # fmt: skip


def test_a_table_of_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    engine = sa.create_engine(postgres.socket_url().replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE SCHEMA given")
        connection.exec_driver_sql(
            "CREATE TABLE given.lines (customer_id text, order_date timestamptz, unit_price numeric, quantity int)"
        )
        connection.exec_driver_sql("INSERT INTO given.lines VALUES (%s, %s, %s, %s)", SHOP)
    engine.dispose()
    url = postgres.socket_url()
    zone = ("--timezone", "Europe/Helsinki", "--k", "2")
    report = analyse(tmp_path / "a", url, "--table", "given.lines", *zone)
    assert report["rows_read"] == 8
    assert report["rows_kept"] == 6
    assert report["removed"] == {
        "duplicate": 1, "missing_customer": 1, "cancelled": 0, "non_positive_quantity": 0, "non_positive_price": 0,
        "unreadable": 0,
    }  # fmt: skip
    assert report["revenue"] == pytest.approx(21.0 + 3 + 4 + 29 + 11 + 100)
    assert report["first_order"] == "2024-03-02 00:30:00"  # of the shop's day, two hours ahead of the database's
    query = "SELECT customer_id, order_date, unit_price, quantity FROM given.lines WHERE quantity < 5"
    assert analyse(tmp_path / "b", url, "--query", query, *zone)["rows_read"] == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["postgresql://h/x"], "A database URL needs --table or --query"),
        (["x.csv", "--table", "orders"], "A database URL needs --table or --query"),
        (["sqlite:///a", "duckdb:///b", "--table", "orders"], "A database URL needs --table or --query"),
        (["sqlite:///{}", "--table", "a", "--query", "SELECT 1"], "not both"),
        (["sqlite:///{}", "--table", "order"], "Choose from “orders”"),
        (["http://127.0.0.1:1/x.csv"], "The server 127.0.0.1:1 can't be reached (connection refused)"),
        (["ftp://h/x.csv"], "Addresses starting with “ftp:” aren't supported"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    path = tmp_path / "shop.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE orders (a)")
    connection.close()
    assert main(["analyse", *(part.format(path) for part in arguments), "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr()
    assert message in told.err
    assert told.err.count("\n") == 1
    assert told.out == ""
