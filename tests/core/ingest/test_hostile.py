"""Small files and queries designed to become huge or never end: rejected by an estimate, or stopped on request."""

import gzip
import io
import sqlite3
import time
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from ibis.backends.duckdb import Backend

from core.errors import CancelledError, InputError
from core.ingest.reading.any_format import read_raw
from core.ingest.reading.workbook_size import check_cells
from core.ingest.sources.database import read_table
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.sources.unpacking import unpack
from core.ingest.staging import fetch_job
from core.settings import Settings
from core.workspace.store import Workspace
from tests.logs import csv_text, plain_log

ROWS = 20_000
LONG = "x" * 100_000
"""Expands to two gigabytes in each row."""


def table_with(values: Any, rows: int = ROWS) -> pa.Table:
    return pa.table({"customer": pa.array(np.arange(rows) % 7), "note": values})


def once(rows: int = ROWS, text: str | bytes = LONG) -> pa.Array:
    """Return a table with one text in all rows, stored once."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, dtype=np.int32)), pa.array([text]))


def written(table: pa.Table, **how: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(table, out, **{"compression": "zstd", **how})
    return out.getvalue()


HOSTILE: dict[str, Callable[[], bytes]] = {
    "a text in all rows": lambda: written(table_with(once())),
    "bytes in all rows": lambda: written(table_with(once(text=LONG.encode()))),
    "the same in many row groups": lambda: written(table_with(once()), row_group_size=2_000),
    "in lists": lambda: written(table_with(pa.ListArray.from_arrays(np.arange(0, ROWS + 1, 20), once()), ROWS // 20)),
    "within structures": lambda: written(table_with(pa.StructArray.from_arrays([once()], ["text"]))),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_parquet_file_is_refused_for_what_it_becomes(connection: Backend, tmp_path: Path, name: str) -> None:
    (tmp_path / "log").write_bytes(HOSTILE[name]())
    assert (tmp_path / "log").stat().st_size < 50_000
    with pytest.raises(InputError, match=r"^log would unpack to 2\.0 GB in [\d,]+ rows, mostly in the column “note"):
        read(connection, tmp_path)


FEW: Final = 200
SHARED: Final[dict[str, Any]] = {
    "use_dictionary": False, "column_encoding": {"customer": "PLAIN", "note": "DELTA_BYTE_ARRAY"}
}  # fmt: skip
MADE_SMALL: dict[str, Callable[[], bytes]] = {
    "a text that rows share": lambda: written(table_with(pa.array([LONG] * FEW), FEW), **SHARED),
    "in a width of its own": lambda: written(
        table_with(pa.array([LONG.encode()] * FEW, type=pa.binary(len(LONG))), FEW)
    ),
    "empty rows": lambda: written(pa.table({"customer": pa.nulls(2_500_000, pa.int64())})),
}


@pytest.mark.parametrize("name", MADE_SMALL)
def test_what_texts_share_widths_and_empty_rows_count(
    connection: Backend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The limit is lowered here, since creating such files takes as much memory as reading them."""
    monkeypatch.setattr("core.ingest.reading.parquet_size._SMALL", 10_000_000)
    (tmp_path / "log").write_bytes(MADE_SMALL[name]())
    with pytest.raises(
        InputError, match=r"^log would unpack to 2\d MB in [\d,]+ rows.*; the limit for a file of its size is 10 MB"
    ):
        read(connection, tmp_path)


def read(connection: Backend, folder: Path, **how: Any) -> int:
    return read_raw(connection.con, SourceFile(name="log", path=folder / "log"), folder, ReadOptions(), **how)[0].rows


def test_an_honest_log_with_one_long_note_is_read(connection: Backend, tmp_path: Path) -> None:
    """Its longest text times its number of rows would be sixty gigabytes."""
    rows = 600_000
    places = pa.array((np.arange(rows) == rows - 1).astype(np.int32))
    notes = pa.DictionaryArray.from_arrays(places, pa.array(["none", LONG]))
    (tmp_path / "log").write_bytes(written(table_with(notes, rows)))
    assert read(connection, tmp_path) == rows


@pytest.mark.long
def test_ten_million_wide_lines_are_read(connection: Backend, tmp_path: Path) -> None:
    rows = 10_000_000
    constant = {f"column {i}": once(rows, f"the same in all rows {i}") for i in range(30)}
    ids = {"order": pa.array(np.arange(rows) // 3), "amount": pa.array(np.random.default_rng(0).random(rows))}
    pq.write_table(pa.table({**ids, **constant}), tmp_path / "log")
    assert read(connection, tmp_path) == rows


def test_a_description_of_columns_that_alone_is_huge_is_refused(connection: Backend, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb") as file:
        file.write(b"PAR1")
        file.truncate(200 << 20)  # a hole, which takes no room
        file.seek(0, io.SEEK_END)
        file.write((150 << 20).to_bytes(4, "little") + b"PAR1")
    with pytest.raises(InputError, match=r"^log: its metadata alone takes 157 MB \(maximum 64 MB\)"):
        read(connection, tmp_path)


ZEROS = b"0" * 90_000_000


def zipped(*members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for number, content in enumerate(members):
            packed.writestr(f"{number}.csv", content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: zipped(ZEROS, ZEROS), "unpacks to 180 MB, more than 250 times its size, far beyond any order log"),
        (
            lambda: zipped(*[gzip.compress(ZEROS)] * 2),
            "unpacks to more than 250 times its size, far beyond any order log",
        ),
    ],
    ids=["files", "packed files"],
)
def test_an_archive_is_refused_for_all_that_is_in_it(tmp_path: Path, make: Callable[[], bytes], sentence: str) -> None:
    """Each file in it is small enough on its own."""
    path = tmp_path / "log.zip"
    path.write_bytes(make())
    with pytest.raises(InputError, match=rf"^log\.zip {sentence}"):
        unpack(SourceFile(name="log.zip", path=path), tmp_path)


def test_an_archive_is_refused_for_more_than_the_setting(connection: Backend, tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(gzip.compress(csv_text(plain_log(20_000)).encode()))
    with pytest.raises(InputError, match=r"than the 0\.0005 GB allowed per file\. Upload it in parts, or raise CLI"):
        read(connection, tmp_path, disk_gb=0.0005)
    assert read(connection, tmp_path) == 20_000


SHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
ODF = "urn:oasis:names:tc:opendocument:xmlns"


def book(cells: str, texts: str = "") -> dict[str, str]:
    return {
        "xl/workbook.xml": "<workbook/>",
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{SHEET}"><sheetData>{cells}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{SHEET}">{texts}</sst>',
    }


def document(rows: str) -> dict[str, str]:
    return {"content.xml": f'<d xmlns:table="{ODF}:table:1.0" xmlns:text="{ODF}:text:1.0">{rows}</d>'}


WORKBOOKS: dict[str, dict[str, str]] = {
    "two cells far apart": book(
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="150000"><c r="ATD150000"><v>1</v></c></row>'
    ),
    "one text in many cells": book(
        "".join(f'<row r="{i}"><c r="A{i}" t="s"><v>0</v></c></row>' for i in range(1, 70_000)),
        f"<si><t>{'x' * 32_000}</t></si>",
    ),
    "a repeated cell": document(
        '<table:table-row table:number-rows-repeated="100000"><table:table-cell table:number-columns-repeated="1000">'
        "<text:p>x</text:p></table:table-cell></table:table-row>"
    ),
    "a cell after many empty ones": document(
        '<table:table-row table:number-rows-repeated="100000"><table:table-cell table:number-columns-repeated="1000"/>'
        "<table:table-cell><text:p>x</text:p></table:table-cell></table:table-row>"
    ),
}


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_workbook_is_refused_before_it_is_opened(connection: Backend, tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "log", "w", zipfile.ZIP_DEFLATED) as packed:
        for part, content in WORKBOOKS[name].items():
            packed.writestr(part, content)
    with pytest.raises(
        InputError, match=r"^log: a sheet spans [\d,]+ cells, .* of memory \(maximum 1\.9 GB\)\. Delete"
    ):
        read(connection, tmp_path)


ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS i FROM n"
CROSS = "SELECT count(*) AS i FROM range(10000000) a, range(10000000) b WHERE a.range + b.range = -1"


def database(folder: Path, kind: str) -> Settings:
    """Return settings with a database file."""
    path = folder / f"shop.{kind}"
    if kind == "sqlite":
        with sqlite3.connect(path) as connection:
            connection.execute("CREATE TABLE orders (id INTEGER)")
        connection.close()
    else:
        with duckdb.connect(str(path)) as opened:
            opened.execute("CREATE TABLE orders (id INTEGER)")
    return Settings(
        workspace=folder, databases={"shop": f"{kind}:///{path}"}, allowed_folders=(folder,), read_minutes=0.5
    )


def fetch(folder: Path, settings: Settings, query: str, progress: Callable[[float, str], None]) -> dict[str, Any]:
    spec = {"kind": "database", "connection": "shop", "query": query, "staged": "0123456789ab"}
    return fetch_job.run(Workspace(folder / "workspace"), settings, spec, progress)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("kind", "query"), [("sqlite", ENDLESS), ("duckdb", CROSS)])
def test_an_endless_query_is_cancelled(tmp_path: Path, kind: str, query: str) -> None:
    until = time.monotonic() + 3

    def stop(_share: float, _what: str) -> None:
        if time.monotonic() > until:
            raise CancelledError

    with pytest.raises(CancelledError):
        fetch(tmp_path, database(tmp_path, kind), query, stop)
    assert time.monotonic() < until + 10
    assert list((tmp_path / "workspace" / "uploads").iterdir()) == []


@pytest.mark.long
@pytest.mark.parametrize(("kind", "query"), [("sqlite", ENDLESS), ("duckdb", ENDLESS)])
def test_an_endless_query_is_ended_by_itself(tmp_path: Path, kind: str, query: str) -> None:
    with pytest.raises(
        InputError,
        match=r"^The database shop (takes longer than 0\.5 minutes to read; request less data at once|can't be read)",
    ):
        fetch(tmp_path, database(tmp_path, kind), query, lambda _share, _what: None)


def silent(_share: float, _what: str) -> None:
    """Ignore progress."""


@pytest.mark.parametrize("query", ["SELECT zeroblob(900000000) AS b", "SELECT randomblob(200000000) AS b"])
def test_a_value_of_gigabytes_is_refused(tmp_path: Path, query: str) -> None:
    settings = database(tmp_path, "sqlite")
    with pytest.raises(InputError, match="error: string or blob too big"):
        read_table(settings.databases["shop"], query=query, target=tmp_path / "x", progress=silent)


@pytest.mark.parametrize(
    ("kind", "query"),
    [
        ("sqlite", "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"),
        ("duckdb", "SELECT range AS i FROM range(1000000000000000)"),
    ],
)
def test_rows_without_end_are_refused(tmp_path: Path, kind: str, query: str) -> None:
    settings = database(tmp_path, kind)
    with pytest.raises(InputError, match=r"returned more than 0\.001 GB \(over [\d,]+ rows\)\. Request less"):
        read_table(settings.databases["shop"], query=query, target=tmp_path / "x", progress=silent, disk_gb=0.001)


def test_wide_rows_are_read_a_few_at_a_time(tmp_path: Path) -> None:
    settings = database(tmp_path, "sqlite")
    query = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 1000) "
        "SELECT i, hex(zeroblob(100000)) AS w FROM n"
    )
    rows: list[str] = []
    read_table(
        settings.databases["shop"], query=query, target=tmp_path / "x", progress=lambda _share, what: rows.append(what)
    )
    assert rows[0] == "Reading the database: 400 rows"
    assert rows[-1] == "Reading the database: 1,000 rows"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("xl/worksheets/sheet1.xml", b't="s"' * 400_000),
        ("content.xml", b"<table-row " * 180_000),
        ("content.xml", b"<table-row>" + b"<table-cell>" * 160_000),
        ("content.xml", b"<table-row>" + b"<table-cell " * 160_000),
    ],
)
def test_a_workbook_that_closes_nothing_is_looked_through_at_once(tmp_path: Path, name: str, content: bytes) -> None:
    path = tmp_path / "log.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr(name, content)
        packed.writestr("xl/sharedStrings.xml", "<si>a</si>")
    begun = time.process_time()
    with zipfile.ZipFile(path) as packed, suppress(InputError):
        check_cells(SourceFile(name="log.xlsx", path=path), packed)
    assert time.process_time() - begun < 5
