"""Files of every format, read as raw tables."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from ibis.backends.duckdb import Backend

from core.engine import Engine
from core.errors import InputError
from core.ingest.cleaning.parsing import raw_table
from core.ingest.reading.any_format import read_raw
from core.ingest.reading.raw_table import RawTable
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from tests.logs import HEADER, SMALL, Ingest, csv_text, plain_log, write_csv

Read = Callable[..., RawTable]

RESERVED = r"row 1: the column name “file_row_number” is reserved\. Rename the column\.$"


@pytest.fixture
def read(connection: Backend, tmp_path: Path) -> Read:
    """Return a function that reads a file as raw text."""

    def run(path: Path, **how: Any) -> RawTable:
        return read_raw(connection.con, SourceFile(name=path.name, path=path), tmp_path, ReadOptions(**how))[0]

    return run


def write(path: Path, content: bytes | str) -> Path:
    """Write a file."""
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def content(connection: Backend, raw: RawTable) -> list[tuple[object, ...]]:
    """Return the cells of a raw table, with empty strings for missing ones."""
    frame = raw_table(connection, raw).order_by("file_row_number").select(*raw.columns).execute()
    return list(frame.astype(object).where(frame.notna(), "").itertuples(index=False, name=None))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_text_is_the_same_in_every_encoding_and_with_every_delimiter(
    connection: Backend, read: Read, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    rows = [("1", "Lee; Ann", "Côte d’Ivoire", "2,55"), ("2", 'Cup "large"', "NA", "a\tb"), ("", "", "", "00123")]
    path = write_csv(tmp_path / "log", rows, ("a", "b", "c", "d"), encoding=encoding, delimiter=delimiter)
    raw = read(path)
    assert (raw.columns, raw.rows, raw.rejects) == (("a", "b", "c", "d"), 3, ())
    assert (raw.encoding, raw.delimiter) == (encoding, delimiter)
    assert content(connection, raw) == rows


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system(connection: Backend, read: Read, tmp_path: Path, end: str) -> None:
    path = write(tmp_path / "log", csv_text([("1", "2"), ("3", "4")], ("a", "b")).replace("\n", end))
    assert content(connection, read(path)) == [("1", "2"), ("3", "4")]


@pytest.mark.parametrize("text", ["a,b\n1,2\n3,4", "a,b\n\n1,2\n\n\n3,4\n\n", 'a,b\n"1","2"\n3,4\n'])
def test_blank_lines_and_missing_last_line_ends_are_no_rows(
    connection: Backend, read: Read, tmp_path: Path, text: str
) -> None:
    raw = read(write(tmp_path / "log", text))
    assert (raw.rows, content(connection, raw)) == (2, [("1", "2"), ("3", "4")])


def test_line_ends_within_quotes_belong_to_the_value(connection: Backend, read: Read, tmp_path: Path) -> None:
    raw = read(write(tmp_path / "log", 'a,b\n"two\nlines","say ""hi"""\n3,4\n'))
    assert content(connection, raw) == [("two\nlines", 'say "hi"'), ("3", "4")]


def test_letters_at_the_edges_of_blocks_survive(connection: Backend, read: Read, tmp_path: Path) -> None:
    """The database's own decoding loses bytes there."""
    words = [f"café {'é' * (i % 7)} {i}" for i in range(120_000)]
    raw = read(write(tmp_path / "log", csv_text([(word, "x") for word in words], ("a", "b")).encode("cp1252")))
    assert [row[0] for row in content(connection, raw)] == words


def test_gzip_of_each_format_is_read(connection: Backend, read: Read, tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": ["1", "3"], "b": ["2", "4"]})
    frame.to_parquet(tmp_path / "plain.parquet", index=False)
    packed = [csv_text(frame.to_numpy().tolist(), ("a", "b")).encode(), (tmp_path / "plain.parquet").read_bytes()]
    for position, plain in enumerate(packed):
        raw = read(write(tmp_path / f"log{position}", gzip.compress(plain)))
        assert content(connection, raw) == [("1", "2"), ("3", "4")]


def test_the_user_may_say_encoding_and_delimiter(connection: Backend, read: Read, tmp_path: Path) -> None:
    path = write(tmp_path / "log", "a:b\nпривет:1\n".encode("koi8-r"))
    assert content(connection, read(path, encoding="koi8-r", delimiter=":")) == [("привет", "1")]


def test_utf16_without_a_mark_is_read_where_the_user_says_so(connection: Backend, read: Read, tmp_path: Path) -> None:
    path = write(tmp_path / "log", "a,b\n1,é\n".encode("utf-16-le"))
    assert content(connection, read(path, encoding="utf-16-le")) == [("1", "é")]


@pytest.mark.parametrize("line", ["1,2", "1,2,3,4", "1", "1,2,3,4,5,6,7"])
def test_ragged_rows_are_set_aside_with_their_place_and_text(read: Read, tmp_path: Path, line: str) -> None:
    raw = read(write(tmp_path / "log", f"a,b,c\n1,2,3\n{line}\n4,5,6\n"))
    assert raw.rows == 3
    [(row, problem, text)] = raw.rejects
    assert (row, text) == (3, line)
    assert problem


def test_ragged_rows_of_several_files_are_counted_once(ingest: Ingest, tmp_path: Path) -> None:
    lines = csv_text(plain_log()).splitlines()
    first = write(tmp_path / "first.csv", "\n".join([*lines[:4], "a,b,c", *lines[4:]]))
    second = write(tmp_path / "second.csv", "\n".join([lines[0], "1,2,3", *lines[1:8], "a,b,c", "x"]))
    version = ingest(first, second)
    assert [(row["file"], row["line"]) for row in version.rejects()] == [
        ("first.csv", 5),
        ("second.csv", 2),
        ("second.csv", 10),
        ("second.csv", 11),
    ]
    assert version.report.removed["unreadable"] == 4
    assert version.report.rows_read == 12 + 1 + 7 + 3


def test_every_ragged_row_is_counted(read: Read, tmp_path: Path) -> None:
    """They all count, even if there are too many to store as examples."""
    ragged = 40_000
    raw = read(write(tmp_path / "log", csv_text(plain_log()) + "a,b\n" * ragged))
    assert raw.rows == 12 + ragged


def test_several_files_with_different_headers_are_one_log(ingest: Ingest, tmp_path: Path) -> None:
    first = write_csv(tmp_path / "first.csv", plain_log(6))
    rows = [(7001, 100, 4.5, "2024-02-01 10:00", "gift"), (7002, 200, 5.5, "2024-02-02 10:00", "")]
    second = write_csv(
        tmp_path / "second.txt",
        rows,
        ("order_id", "customer", "total", "date", "note"),
        delimiter=";",
        encoding="utf-16",
    )
    frame = pd.DataFrame({"order": [7003], "customer_id": [100], "date": [datetime.fromisoformat("2024-02-03 10:00")]})
    third = tmp_path / "third.parquet"
    frame.assign(quantity=2, price=0.25).to_parquet(third, index=False)
    version = ingest(first, second, third)
    rows_kept = version.frame("rows")
    assert rows_kept.groupby("file_no")["amount"].sum().tolist() == [2.5 * 21, 10.0, 0.5]
    assert rows_kept.groupby("file_no")["row"].agg(list).tolist() == [[2, 3, 4, 5, 6, 7], [2, 3], [2]]
    assert version.details()["files"] == ["first.csv", "second.txt", "third.parquet"]
    assert (version.report.customers, version.report.orders) == (7, 9)


def test_names_of_folders_are_no_columns(connection: Backend, read: Read, tmp_path: Path) -> None:
    folder = tmp_path / "country=UK"
    folder.mkdir()
    write_csv(folder / "log.csv", [("1",)], ("a",))
    pd.DataFrame({"a": ["1"]}).to_parquet(folder / "log.parquet", index=False)
    for name in ("log.csv", "log.parquet"):
        raw = read(folder / name)
        assert raw.columns == ("a",)
        assert content(connection, raw) == [("1",)]
        assert "country" not in raw_table(connection, raw).columns


@pytest.mark.parametrize("name", ["orders[1]", "orders*", "orders?"])
def test_names_with_signs_of_file_patterns_are_names(
    connection: Backend, read: Read, tmp_path: Path, name: str
) -> None:
    """Browsers write `orders[1].csv`, and a star must not match other files."""
    for number, stem in enumerate(("orders1", name)):
        write_csv(tmp_path / f"{stem}.csv", [(number,)] * 2, ("a",))
        pd.DataFrame({"a": [number] * 2}).to_parquet(tmp_path / f"{stem}.parquet", index=False)
    assert content(connection, read(tmp_path / f"{name}.csv")) == [("1",)] * 2
    assert content(connection, read(tmp_path / f"{name}.parquet")) == [(1,)] * 2


def test_parquet_with_types_and_with_texts_give_the_same(tmp_path: Path, ingest: Ingest) -> None:
    texts = pd.DataFrame(plain_log(), columns=list(HEADER))
    typed = texts.assign(
        Invoice=texts["Invoice"].astype("int32"),
        Quantity=texts["Quantity"].astype("int16"),
        InvoiceDate=pd.to_datetime(texts["InvoiceDate"]),
        Price=texts["Price"].astype("float32"),
        Country=texts["Country"].astype("category"),
    )
    typed["Customer ID"] = texts["Customer ID"].astype("float64")
    texts.to_parquet(tmp_path / "texts.parquet", index=False)
    typed.to_parquet(tmp_path / "typed.parquet", index=False)
    version = ingest(tmp_path / "texts.parquet", tmp_path / "typed.parquet")
    assert (version.report.rows_kept, version.report.removed["duplicate"]) == (12, 12)


def test_parquet_with_columns_of_unusual_types_is_read(tmp_path: Path, ingest: Ingest) -> None:
    frame = pd.DataFrame(plain_log(), columns=list(HEADER))
    unusual: dict[str, object] = {
        "tags": ["a", "b"],
        "place": {"x": 1},
        "paid": True,
        "day": date(2024, 1, 5),
        "sent": datetime(2024, 1, 5, tzinfo=UTC),
        "raw": b"\xff\x00",
    }
    for name, value in unusual.items():
        frame[name] = pd.Series([value] * len(frame))
    frame.to_parquet(tmp_path / "log.parquet", index=False)
    assert ingest(tmp_path / "log.parquet").report.rows_kept == 12


def test_damaged_parquet_is_refused(read: Read, tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    pd.DataFrame({"a": range(100)}).to_parquet(path)
    write(path, path.read_bytes()[:200])
    with pytest.raises(InputError, match=r"^log\.parquet is a damaged Parquet file \(.*export or copy it again\.$"):
        read(path)


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_names_that_differ_in_capitals_only_are_refused(read: Read, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"log.{ending}"
    _write_table(pd.DataFrame([[1, 2]], columns=["Date", "date"]), path)
    with pytest.raises(InputError, match=rf"^log\.{ending}, row 1: the column “[Dd]ate” appears more than once"):
        read(path)


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_the_name_of_the_row_counter_is_refused(read: Read, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"log.{ending}"
    _write_table(pd.DataFrame([[1, 2]], columns=["a", "file_row_number"]), path)
    with pytest.raises(InputError, match=rf"^log\.{ending}, {RESERVED}"):
        read(path)


@pytest.mark.parametrize("ending", ["csv", "parquet", "xlsx"])
def test_header_alone_is_refused(read: Read, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"log.{ending}"
    _write_table(pd.DataFrame(columns=list(HEADER), dtype="str"), path)
    with pytest.raises(InputError, match=rf"^log\.{ending} has a header in row 1 but no order lines below it\. Export"):
        read(path)


def test_files_outside_the_folders_are_read_only_where_named(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.mkdir()
    frame = pd.DataFrame(SMALL, columns=list(HEADER))
    frame.to_parquet(outside / "named.parquet", index=False)
    frame.to_parquet(outside / "other.parquet", index=False)
    engine = Engine(folders=[inside], files=[outside / "named.parquet"])
    named = SourceFile(name="named.parquet", path=outside / "named.parquet")
    with engine.session() as connection:
        assert len(content(connection, read_raw(connection.con, named, inside, ReadOptions())[0])) == 12
        with pytest.raises(Exception, match="Cannot access file"):
            connection.read_parquet(str(outside / "other.parquet")).execute()
    engine.close()


def _write_table(frame: pd.DataFrame, path: Path) -> None:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".parquet":
        frame.to_parquet(path, index=False)
    else:
        frame.to_excel(path, index=False)
