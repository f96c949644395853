"""Tables and queries of real databases as Parquet: lossless, read-only, in bounded memory, without exposing secrets."""

import datetime as dt
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlalchemy as sa

from core.errors import CancelledError, InputError
from core.ingest.apart.sandbox import Limits
from core.ingest.sources import database
from core.ingest.sources.database import is_database, read_table
from core.ingest.sources.database_apart import read_table_apart
from tests.postgres import PASSWORD, USER, Postgres

SETUP = """
CREATE SCHEMA IF NOT EXISTS sales;
CREATE TABLE sales.orders (
    id bigint, customer text, ordered_at timestamp, seen timestamptz, day date, price numeric(10, 2), free numeric,
    weight double precision, paid boolean, extra jsonb, tags text[], key uuid, nothing text, span interval, raw bytea
);
INSERT INTO sales.orders VALUES
(1, '00123', '2024-03-01 09:00:00.123456', '2024-03-01 09:00:00+02', '2024-03-01', 2.55, 1.5, 0.1, true,
 '{"a": [1.0000000000000000001, "é"]}', '{red,"b,c"}',
 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', NULL, '1 day', '\\x00ff'),
(9007199254740993, '', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE sales.exact AS SELECT 12345678901234567890.123456789012::numeric AS id;
CREATE TABLE public."Odd ""name"" 100%%" AS SELECT 1 AS "a%%b", 2 AS "A:b";
CREATE TABLE public.empty (a integer);
CREATE VIEW public.recent AS SELECT id, customer FROM sales.orders;
CREATE MATERIALIZED VIEW public.kept AS SELECT 7 AS seven;
CREATE TABLE public.endless AS SELECT 'infinity'::timestamp AS at;
CREATE ROLE {user} LOGIN PASSWORD '{password}';
GRANT USAGE ON SCHEMA sales TO {user};
GRANT SELECT ON ALL TABLES IN SCHEMA sales TO {user};
"""


def silent(_share: float, _what: str) -> None:
    """Ignore progress."""


@pytest.fixture(scope="module")
def server(postgres: Postgres) -> Iterator[Postgres]:
    """Start a server with the tables of this module."""
    engine = engine_of(postgres)
    with engine.begin() as connection:
        connection.exec_driver_sql("CREATE DATABASE shop", execution_options={"isolation_level": "AUTOCOMMIT"})
    engine = engine_of(postgres, "shop")
    with engine.begin() as connection:
        for statement in SETUP.replace("{user}", USER).replace("{password}", PASSWORD).split(";\n"):
            if statement.strip():
                connection.exec_driver_sql(statement.replace("%%", "%"), execution_options={"no_parameters": True})
    yield postgres
    engine.dispose()


def engine_of(server: Postgres, name: str = "postgres") -> sa.Engine:
    """Connect as the superuser, without a pool."""
    url = server.socket_url(name).replace("postgresql:", "postgresql+psycopg:")
    isolation: Any = "AUTOCOMMIT"
    return sa.create_engine(url, poolclass=sa.pool.NullPool, isolation_level=isolation)


def test_every_type_without_loss(server: Postgres, tmp_path: Path) -> None:
    target = tmp_path / "x.parquet"
    columns, rows = read_table(server.socket_url("shop"), table="sales.orders", target=target, progress=silent)
    found = pq.read_table(target)
    assert rows == 2
    assert columns == tuple(found.column_names)
    first, second = found.to_pylist()
    assert first == {
        "id": 1,
        "customer": "00123",
        "ordered_at": dt.datetime(2024, 3, 1, 9, 0, 0, 123456),  # noqa: DTZ001
        "seen": dt.datetime(2024, 3, 1, 7, 0, tzinfo=dt.UTC),
        "day": dt.date(2024, 3, 1),
        "price": 2.55,
        "free": 1.5,
        "weight": 0.1,
        "paid": True,
        "extra": '{"a": [1.0000000000000000001, "é"]}',
        "tags": '["red", "b,c"]',
        "key": "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11",
        "nothing": None,
        "span": "1 day, 0:00:00",
        "raw": "\\x00ff",
    }
    assert (second.pop("id"), second.pop("customer")) == (9007199254740993, "")
    assert set(second.values()) == {None}
    assert found.schema.field("seen").type == pa.timestamp("us", tz="UTC")
    assert found.schema.field("price").type == pa.float64()


def test_a_number_beyond_binary_fractions_becomes_text(server: Postgres, tmp_path: Path) -> None:
    read_table(server.socket_url("shop"), table="sales.exact", target=tmp_path / "x", progress=silent)
    assert pq.read_table(tmp_path / "x").to_pylist() == [{"id": "12345678901234567890.123456789012"}]


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ('Odd "name" 100%', {"a%b": 1, "A:b": 2}),
        ('public.Odd "name" 100%', {"a%b": 1, "A:b": 2}),
        ("kept", {"seven": 7}),
        ("KEPT", {"seven": 7}),
    ],
)
def test_names_are_taken_as_they_are(server: Postgres, tmp_path: Path, table: str, expected: dict[str, int]) -> None:
    read_table(server.socket_url("shop"), table=table, target=tmp_path / "x", progress=silent)
    assert pq.read_table(tmp_path / "x").to_pylist() == [expected]


def test_views_and_queries(server: Postgres, tmp_path: Path) -> None:
    url = server.socket_url("shop")
    assert read_table(url, table="recent", target=tmp_path / "x", progress=silent) == (("id", "customer"), 2)
    query = "WITH a AS (SELECT customer, id % 10 AS last FROM sales.orders WHERE id < 5) SELECT * FROM a; -- ':x' %s"
    assert read_table(url, query=query, target=tmp_path / "x", progress=silent) == (("customer", "last"), 1)


def test_wider_columns_are_found_on_the_way(server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_BATCH", 10)
    monkeypatch.setattr(database, "_GROUP", 10)
    query = (
        "SELECT CASE WHEN i > 35 THEN i END AS late, CASE WHEN i = 30 THEN 1e30 + 0.1 ELSE i END AS exact, "
        "i + 0.5 AS x FROM generate_series(1, 40) i ORDER BY i"
    )
    columns, rows = read_table(server.socket_url("shop"), query=query, target=tmp_path / "x", progress=silent)
    found = pq.read_table(tmp_path / "x")
    assert (columns, rows) == (("late", "exact", "x"), 40)
    assert found.column("late").to_pylist() == [None] * 35 + [36, 37, 38, 39, 40]
    assert found.column("exact").to_pylist()[28:31] == ["29", "1000000000000000000000000000000.1", "31"]
    assert found.column("x").to_pylist() == [i + 0.5 for i in range(1, 41)]


@pytest.mark.timeout(60)
def test_rows_are_streamed_and_a_person_can_stop_it(server: Postgres, tmp_path: Path) -> None:
    seen = []

    def stop(share: float, what: str) -> None:
        seen.append((share, what))
        if len(seen) == 2:
            message = "Stopped."
            raise CancelledError(message)

    endless = "SELECT generate_series(1, 1000000000000) AS i"
    with pytest.raises(CancelledError):
        read_table(server.socket_url("shop"), query=endless, target=tmp_path / "x", progress=stop)
    assert seen == [(0.0, "Reading the database: 20,000 rows"), (0.0, "Reading the database: 70,000 rows")]


def test_the_share_done_is_known_for_a_table(server: Postgres, tmp_path: Path) -> None:
    seen: list[float] = []
    read_table(
        server.socket_url("shop"),
        table="recent",
        target=tmp_path / "x",
        progress=lambda share, _what: seen.append(share),
    )
    assert seen == [1.0]


@pytest.mark.parametrize(
    "query",
    [
        "DELETE FROM sales.orders",
        "SELECT 1; DROP TABLE sales.orders",
        "WITH gone AS (DELETE FROM sales.orders RETURNING *) SELECT * FROM gone",
        "SELECT * INTO copied FROM sales.orders",
        "CREATE TABLE copied AS SELECT 1",
        "COPY sales.orders TO '/tmp/x'",
        "SELECT * FROM sales.orders FOR UPDATE",
        "EXPLAIN ANALYZE DELETE FROM sales.orders",
        "SET ROLE postgres",
        "VACUUM",
        "SELECT ((",
        "",
        "DO $$ BEGIN DELETE FROM sales.orders; END $$",
    ],
)
def test_only_one_select(server: Postgres, tmp_path: Path, query: str) -> None:
    with pytest.raises(InputError, match=r"^The query "):
        read_table(server.socket_url("shop"), query=query, target=tmp_path / "x", progress=silent)
    assert engine_of(server, "shop").connect().exec_driver_sql("SELECT count(*) FROM sales.orders").scalar() == 2


def test_a_select_that_writes_by_a_function_is_stopped_by_the_session(server: Postgres, tmp_path: Path) -> None:
    with engine_of(server, "shop").connect() as connection:
        connection.exec_driver_sql(
            "CREATE OR REPLACE FUNCTION wipe() RETURNS int LANGUAGE sql AS 'DELETE FROM sales.orders; SELECT 1'"
        )
    for query in ("SELECT wipe()", "SELECT set_config('transaction_read_only', 'off', false), wipe()"):
        with pytest.raises(InputError, match=r"error: .*read-(only|write)"):
            read_table(server.socket_url("shop"), query=query, target=tmp_path / "x", progress=silent)


def test_a_second_statement_is_stopped_by_the_driver(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "one_select", lambda query, _kind: query)  # as if it had been fooled
    query = "SELECT 1; COMMIT; DELETE FROM sales.orders"
    with pytest.raises(InputError, match="multiple commands"):
        read_table(server.socket_url("shop"), query=query, target=tmp_path / "x", progress=silent)


def test_a_query_that_takes_too_long_is_stopped(
    server: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "STATEMENT_SECONDS", 1)
    with pytest.raises(InputError, match=r"took over .* to answer\. Request less"):
        read_table(server.socket_url("shop"), query="SELECT pg_sleep(30)", target=tmp_path / "x", progress=silent)


@pytest.mark.long
@pytest.mark.timeout(180)
def test_the_server_ends_a_query_whose_job_was_cancelled(server: Postgres, tmp_path: Path) -> None:
    # Its text is that of the cursor that fetches it.
    running = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
    # What runs is looked up once a transaction: each look must be one of its own.
    with engine_of(server).connect().execution_options(isolation_level="AUTOCOMMIT") as connection:

        def stop(_share: float, _what: str) -> None:
            if connection.scalar(running):
                raise CancelledError

        with pytest.raises(CancelledError):
            read_table_apart(
                server.socket_url("shop"), query="SELECT pg_sleep(1234)", target=tmp_path / "x", progress=stop,
                limits=Limits(),
            )  # fmt: skip
        while connection.scalar(running):
            time.sleep(0.5)


def reader(server: Postgres, password: str = PASSWORD, **changed: object) -> str:
    """Return the URL of the user with a password."""
    parts = {"host": "127.0.0.1", "port": server.port, "name": "shop", **changed}
    return f"postgresql://{USER}:{quote(password, safe='')}@{parts['host']}:{parts['port']}/{parts['name']}"


def test_a_password_with_every_odd_character(server: Postgres, tmp_path: Path) -> None:
    assert read_table(reader(server), table="sales.exact", target=tmp_path / "x", progress=silent)[1] == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ({"password": "secret-1"}, "rejected the user “reader”. Check the user and password in its URL."),
        ({"port": 1}, "can't be reached"),
        ({"host": "no-such-host.invalid"}, "can't be reached"),
        ({"name": "elsewhere"}, 'database "elsewhere" does not exist'),
    ],
)
def test_no_way_in(
    server: Postgres, tmp_path: Path, caplog: pytest.LogCaptureFixture, url: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError) as error:
        read_table(reader(server, **url), table="x", target=tmp_path / "x", progress=silent)
    assert message in str(error.value)
    told = f"{error.value!r}{error.value.__cause__!r}{caplog.text}"
    assert "secret-1" not in told
    assert PASSWORD not in told
    assert quote(PASSWORD, safe="") not in told


def test_an_unreadable_url_is_not_repeated(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="isn't a database URL") as error:
        read_table("postgresql://u:secret@h:port/x", table="x", target=tmp_path / "x", progress=silent)
    assert error.value.__cause__ is None
    assert "secret" not in str(error.value)


def test_a_wrong_table_names_some_that_exist(server: Postgres, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no readable table “sales\.order”\. Choose from “sales\.orders”, "):
        read_table(server.socket_url("shop"), table="sales.order", target=tmp_path / "x", progress=silent)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"table": "empty"}, "returned no rows"),
        ({"query": "SELECT 1 AS a, 2 AS a"}, "two columns named “a”. Use AS to give each a unique name"),
        ({"query": "SELECT nothing FROM nowhere"}, 'error: relation "nowhere" does not exist'),
        ({"table": "endless"}, "timestamp too large"),
        ({}, "not both"),
        ({"table": "a", "query": "SELECT 1"}, "not both"),
    ],
)
def test_what_cannot_be_read(server: Postgres, tmp_path: Path, asked: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_table(server.socket_url("shop"), target=tmp_path / "x", progress=silent, **asked)


@pytest.mark.timeout(60)
def test_a_connection_that_is_lost(server: Postgres, tmp_path: Path) -> None:
    def cut(_share: float, _what: str) -> None:
        with engine_of(server).connect() as connection:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'shop'")

    with pytest.raises(InputError, match=r"error: .*terminat"):
        read_table(
            server.socket_url("shop"),
            query="SELECT generate_series(1, 100000000) AS i",
            target=tmp_path / "x",
            progress=cut,
        )


@pytest.fixture
def sqlite(tmp_path: Path) -> Path:
    """Return a SQLite file in which a column holds other types than it declares."""
    path = tmp_path / "a shop.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE orders (id INTEGER, price NUMERIC, mixed INTEGER, at TEXT)")
    connection.executemany(
        "INSERT INTO orders VALUES (?, ?, ?, ?)",
        [(1, 2, 5, "2024-01-01"), (2, 2.5, "x7", None), (3, None, 2.5, "2024-01-03")],
    )
    connection.commit()
    connection.close()
    return path


def test_sqlite(sqlite: Path, tmp_path: Path) -> None:
    url = f"sqlite:///{sqlite}"
    assert read_table(url, table="orders", target=tmp_path / "x", progress=silent)[1] == 3
    assert pq.read_table(tmp_path / "x").to_pydict() == {
        "id": [1, 2, 3],
        "price": [2.0, 2.5, None],
        "mixed": ["5", "x7", "2.5"],
        "at": ["2024-01-01", None, "2024-01-03"],
    }
    with pytest.raises(InputError, match="Choose from “orders”"):
        read_table(url, table="order", target=tmp_path / "x", progress=silent)
    with pytest.raises(InputError, match="must be a SELECT"):
        read_table(url, query="ATTACH 'x.db' AS y", target=tmp_path / "x", progress=silent)


@pytest.fixture
def duckdb_file(tmp_path: Path) -> Path:
    """Return a DuckDB file."""
    path = tmp_path / "shop.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute(
            'CREATE SCHEMA sales; CREATE TABLE sales."or ders" AS SELECT 1 AS id, 2.5::DECIMAL(9,2) AS p'
        )
        connection.execute("CREATE VIEW recent AS SELECT 7 AS seven")
    return path


def test_duckdb(duckdb_file: Path, tmp_path: Path) -> None:
    url = f"duckdb:///{duckdb_file}"
    assert read_table(url, table="sales.or ders", target=tmp_path / "x", progress=silent) == (("id", "p"), 1)
    assert read_table(url, table="recent", target=tmp_path / "x", progress=silent) == (("seven",), 1)
    assert read_table(url, query="SELECT 1 AS a", target=tmp_path / "x", progress=silent) == (("a",), 1)
    with pytest.raises(InputError, match="Choose from “recent”"):
        read_table(url, table="recents", target=tmp_path / "x", progress=silent)
    with pytest.raises(InputError, match="returned no rows"):
        read_table(url, query="SELECT 1 AS a WHERE false", target=tmp_path / "x", progress=silent)


@pytest.mark.parametrize(
    "query",
    ["SELECT * FROM read_text('{}')", "SELECT * FROM '{}'", "COPY (SELECT 1) TO '{}'", "ATTACH '{}' AS y",
     "SELECT * FROM glob('{}')"],
)  # fmt: skip
def test_duckdb_reads_nothing_else(duckdb_file: Path, tmp_path: Path, query: str) -> None:
    other = tmp_path / "other.csv"
    other.write_text("secret\n1\n", encoding="utf-8")
    with pytest.raises(InputError):
        read_table(f"duckdb:///{duckdb_file}", query=query.format(other), target=tmp_path / "x", progress=silent)
    assert other.read_text(encoding="utf-8") == "secret\n1\n"


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_files_are_streamed_too(sqlite: Path, duckdb_file: Path, tmp_path: Path, kind: str) -> None:
    def stop(_share: float, _what: str) -> None:
        message = "Stopped."
        raise CancelledError(message)

    endless = {
        "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n",
        "duckdb": "SELECT * FROM range(1000000000000)",
    }
    path = {"sqlite": sqlite, "duckdb": duckdb_file}[kind]
    with pytest.raises(CancelledError):
        read_table(f"{kind}:///{path}", query=endless[kind], target=tmp_path / "x", progress=stop)


def test_database_files_lie_in_allowed_folders(sqlite: Path, tmp_path: Path) -> None:
    inside, outside = tmp_path, tmp_path / "elsewhere"
    outside.mkdir()
    url = f"sqlite:///{sqlite}"
    assert read_table(url, table="orders", target=tmp_path / "x", progress=silent, folders=[inside])[1] == 3
    (outside / "link.sqlite").symlink_to(sqlite)
    for path in (sqlite, outside / "link.sqlite", outside / ".." / sqlite.name, tmp_path / "missing"):
        with pytest.raises(InputError, match="outside the folders that may be read"):
            read_table(f"sqlite:///{path}", table="orders", target=tmp_path / "x", progress=silent, folders=[outside])
    with pytest.raises(InputError, match="There is no database file"):
        read_table("sqlite:////no/such.sqlite", table="orders", target=tmp_path / "x", progress=silent)
    with pytest.raises(InputError, match="There is no database file"):
        read_table("sqlite://", table="orders", target=tmp_path / "x", progress=silent)


@pytest.mark.parametrize("form", ["duckdb:///{absolute}", "duckdb://{absolute}", "duckdb:///{name}", "duckdb://{name}"])
def test_paths_as_sqlalchemy_and_as_ibis_write_them(
    duckdb_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    monkeypatch.chdir(duckdb_file.parent)
    url = form.format(absolute=duckdb_file, name=duckdb_file.name)
    assert read_table(url, table="recent", target=tmp_path / "x", progress=silent, folders=[tmp_path])[1] == 1


@pytest.mark.parametrize("scheme", ["postgres", "postgresql+psycopg", "postgresql+psycopg2"])
def test_postgresql_by_other_names(server: Postgres, tmp_path: Path, scheme: str) -> None:
    url = server.socket_url("shop").replace("postgresql:", f"{scheme}:")
    assert read_table(url, table="kept", target=tmp_path / "x", progress=silent) == (("seven",), 1)


def test_a_kind_without_a_driver(tmp_path: Path) -> None:
    for url in ("mysql://u:secret@h/x", "nonsense://h/x"):
        with pytest.raises(InputError, match="databases isn't installed") as error:
            read_table(url, table="x", target=tmp_path / "x", progress=silent)
        assert "secret" not in str(error.value)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("postgresql://h/x", True), ("postgres://h/x", True), ("duckdb:///x", True), ("sqlite:///x", True),
        ("https://h/x", False), ("HTTP://h", False), ("orders.csv", False), ("uci:352", False), ("file:///x", False),
    ],
)  # fmt: skip
def test_what_a_database_is(address: str, expected: bool) -> None:  # noqa: FBT001
    assert is_database(address) is expected
