"""Files known to mislead readers: each is read correctly or rejected in one sentence, with every row accounted for."""

import gzip
import io
import os
import struct
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl  # type: ignore[import-untyped]  # carries no types
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904  # type: ignore[import-untyped]

from core.errors import InputError
from core.ingest.apart.sandbox import Limits
from core.ingest.sources.files import SourceFile, kind_of
from core.ingest.sources.read_options import ReadOptions
from core.ingest.staging.reading_apart import read_apart
from tests.logs import HEADER, Ingest, Ingested, csv_text, plain_log

PLAIN = csv_text(plain_log())
"""Twelve valid orders of six customers, 195.00 in total."""

SMALL = Limits(memory_gb=3)
LINES = PLAIN.splitlines(keepends=True)
BODY = "".join(LINES[1:])


@dataclass(frozen=True, kw_only=True)
class Right:
    """A file that can be read correctly, with its expected figures."""

    content: bytes | str
    read: int = 12
    kept: int = 12
    rejects: dict[int, str] = field(default_factory=dict)  # line → part of the reason
    customers: int = 6
    revenue: float | None = 195.0
    first: str = ""  # time of the first order, where it is in doubt
    said: dict[str, Any] = field(default_factory=dict)


def csv_with(position: int, line: str) -> str:
    """Replace a line; the header is line 0."""
    return "".join([*LINES[:position], line + "\n", *LINES[position + 1 :]])


def cell(column: str, *values: str) -> str:
    """Set values of a column, from the first row on."""
    rows = [list(row) for row in plain_log()]
    for row, value in zip(rows, values, strict=False):
        row[HEADER.index(column)] = value
    return csv_text(rows)


def euro(text: str) -> str:
    """Format text like a German spreadsheet."""
    rows = [line.split(",") for line in text.splitlines()]
    return "\n".join(";".join(part.replace(".", ",") for part in row) for row in rows) + "\n"


def workbook(*rows: tuple[object, ...], epoch: Any = None, above: int = 0) -> bytes:
    """Write a workbook with one sheet."""
    book = openpyxl.Workbook()
    if epoch is not None:
        book.epoch = epoch
    sheet = book.active
    assert sheet is not None
    for _ in range(above):
        sheet.append(["Orders of the shop"])
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def two_sheets(*tables: list[tuple[object, ...]]) -> bytes:
    """Write a workbook with one sheet per table."""
    book = openpyxl.Workbook()
    for number, rows in enumerate(tables):
        sheet = book.active if number == 0 else book.create_sheet()
        for row in rows:
            sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def typed_log() -> list[tuple[object, ...]]:
    """Return the plain log with typed numbers and times."""
    return [
        (int(r[0]), r[1], r[2], int(r[3]), datetime.fromisoformat(r[4]), float(r[5]), int(r[6]), r[7])
        for r in plain_log()
    ]


def zipped(**members: bytes | str) -> bytes:
    """Compress files."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members.items():
            packed.writestr(name.replace("_", "."), content)
    return out.getvalue()


def serials(first: float) -> str:
    """Write the dates of the plain log as serial numbers, starting with this one."""
    return cell("InvoiceDate", *[f"{first + i:.5f}" for i in range(12)])


RIGHT: dict[str, Right] = {
    "plain": Right(content=PLAIN),
    "ragged rows": Right(
        content=csv_with(3, "1,2") + "1,2,3,4,5,6,7,8,9\n",
        read=13,
        kept=11,
        rejects={4: "2 columns instead of 8", 14: "9 columns instead of 8"},
        revenue=None,
    ),
    "unclosed quote": Right(
        content=csv_with(5, '1005,A1,"Cup,5,2024-01-09 10:00,2.50,104,UK'),
        kept=11,
        rejects={6: "quote"},
        revenue=None,
    ),
    "unclosed quote in the last row": Right(
        content=csv_with(12, '1012,A1,"Cup,12,2024-01-16 10:00,2.50,105,UK'),
        kept=11,
        rejects={13: "quote"},
        revenue=None,
    ),
    "rows between two stray quotes": Right(
        content=csv_with(4, '1004,A1,"Cup,4,2024-01-08 10:00,2.50,103,UK').replace("1008,A1,Cup", '1008,A1,C"up'),
        kept=11,
        rejects={5: "quote"},
        revenue=None,
    ),
    "stray quote that closes where a value ends": Right(
        content=csv_with(4, '1004,A1,"Cup,4,2024-01-08 10:00,2.50,103,UK').replace("1005,A1,Cup", '1005,A1,Cup"'),
        kept=11,
        rejects={5: "quote"},
        revenue=None,
    ),
    "text after a closing quote": Right(
        content=csv_with(2, '1002,A1,"Cup" big,2,2024-01-06 10:00,2.50,101,UK'),
        kept=11,
        rejects={3: "quote"},
        revenue=None,
    ),
    "inches": Right(content=PLAIN.replace("Cup", '5" cup')),
    "quoted line ends": Right(content=PLAIN.replace("Cup", '"Cup,\nlarge\n\nblue"')),
    "quoted line ends in the header": Right(content=PLAIN.replace("Description", '"Descr\niption"')),
    "single quotes": Right(content=PLAIN.replace(",", "','").replace("\n", "'\n'")[:-1].join(("'", ""))),
    "backslashes before quotes": Right(content=PLAIN.replace("Cup", '"A \\"Cup\\" so"')),
    "doubled quotes": Right(content=PLAIN.replace("Cup", '"A ""Cup"", so"')),
    "NUL in a value": Right(
        content=csv_with(2, "1002,A1,C\0up,2,2024-01-06 10:00,2.50,101,UK"),
        kept=11,
        rejects={3: "NUL"},
        revenue=None,
    ),
    "UTF-16": Right(content=PLAIN.encode("utf-16")),
    "UTF-16 big endian": Right(content=b"\xfe\xff" + PLAIN.encode("utf-16-be")),
    "UTF-16 without a mark": Right(content=PLAIN.encode("utf-16-le")),
    "UTF-32": Right(content=PLAIN.encode("utf-32")),
    "UTF-16 cut in a letter": Right(content=PLAIN.encode("utf-16")[:-3], revenue=None, kept=11, rejects={13: ""}),
    "byte-order mark": Right(content=PLAIN.encode("utf-8-sig")),
    "Windows-1252": Right(content=PLAIN.replace("Cup", "Café – 5€").encode("cp1252")),
    "Windows-1251": Right(content=PLAIN.replace("Cup", "Чашка большая синяя").encode("cp1251")),
    "broken letters in UTF-8": Right(
        content=PLAIN.replace("Cup", "Café").encode().replace("é".encode(), b"\xe9", 1),
        kept=11,
        rejects={2: "invalid in"},
        revenue=192.5,
    ),
    "decimal commas": Right(content=euro(PLAIN)),
    "decimal commas and thousands": Right(
        content=euro(cell("Price", "1.000,50".replace(",", "|"))).replace("1,000|50", "1.000,50"), revenue=1193.0
    ),
    "thousands": Right(content=cell("Price", "1,234.50"), revenue=1427.0),
    "currency signs": Right(content=PLAIN.replace(",2.50,", ",£2.50,")),
    "currency codes and blanks": Right(content=PLAIN.replace(",2.50,", ", EUR 2.50 ,")),
    "serial dates": Right(content=serials(45296.41667), first="2024-01-05 10:00:00"),
    "serial dates of the other epoch": Right(
        content=serials(43834.41667), first="2024-01-05 10:00:00", said={"dates": "excel1904"}
    ),
    "seconds since 1970": Right(content=cell("InvoiceDate", *[str(1704448800 + 86400 * i) for i in range(12)])),
    "milliseconds since 1970": Right(content=cell("InvoiceDate", *[f"{1704448800 + 86400 * i}000" for i in range(12)])),
    "days as whole numbers": Right(content=cell("InvoiceDate", *[f"202401{5 + i:02}" for i in range(12)])),
    "workbook": Right(content=workbook(HEADER, *typed_log())),
    "workbook that counts from 1904": Right(content=workbook(HEADER, *typed_log(), epoch=CALENDAR_MAC_1904)),
    "workbook with lines above the header": Right(content=workbook(HEADER, *typed_log(), above=4)),
    "a row of groups above the header": Right(content=",,Item,,,,Buyer,\n" + PLAIN),
    "a delimiter at the end of the header": Right(content=PLAIN.replace("\n", ",\n", 1)),
    "delimiters at the end of rows below a title": Right(content="Orders\n\n" + LINES[0] + BODY.replace("\n", ",,\n")),
    "sheets whose headers differ in case": Right(
        content=two_sheets([HEADER, *typed_log()[:6]], [tuple(map(str.upper, HEADER)), *typed_log()[6:]])
    ),
    "workbook in a ZIP": Right(content=zipped(orders_xlsx=workbook(HEADER, *typed_log()))),
    "lines above the header": Right(content=f"Orders of the shop\nMade on 2024-02-01\n\n{PLAIN}"),
    "no header": Right(
        content=BODY,
        said={
            "overrides": {
                "order": "column 1", "quantity": "column 4", "date": "column 5", "unit_price": "column 6",
                "customer": "column 7",
            }
        },
    ),
    "gzip": Right(content=gzip.compress(PLAIN.encode())),
    "two files in a ZIP": Right(content=zipped(a_csv="".join(LINES[:7]), b_csv=LINES[0] + "".join(LINES[7:]))),
    "names with .. in a ZIP": Right(content=zipped(**{"../../etc/evil_csv": PLAIN})),
    "tabs": Right(content=PLAIN.replace(",", "\t")),
    "pipes": Right(content=PLAIN.replace(",", "|")),
    "carets": Right(content=PLAIN.replace(",", "^")),
    "two characters between values": Right(
        content=PLAIN.replace(",", "||"), said={"options": ReadOptions(delimiter="||")}
    ),
    "blanks between values": Right(
        content=PLAIN.replace(" 10:00", "").replace("Customer ID", "CustomerID").replace(",", "   ")
    ),
    "carriage returns": Right(content=PLAIN.replace("\n", "\r")),
    "line ends of all systems": Right(content=PLAIN.replace("\n", "\r\n", 3).replace("UK\n", "UK\r", 2)),
    "blank lines": Right(content=PLAIN.replace("\n", "\n\n") + "\n\n"),
    "a line of two million characters": Right(
        content=PLAIN + "x" * 2_000_000 + "\n", read=13, rejects={14: "longer than"}
    ),
    "ids with leading zeros": Right(content=cell("Customer ID", "00100", "100"), customers=7),
    "ids above 2^53 beside a blank": Right(
        content=cell("Customer ID", "9007199254740993", "9007199254740992", ""), kept=11, customers=8, revenue=187.5
    ),
    "ids as decimals": Right(content=cell("Customer ID", "100.0", "101.0")),
    "ids in scientific notation": Right(
        content=cell("Customer ID", "1.23457E+11", "1.23457E+11"), kept=10,
        rejects={2: "lost digits", 3: "lost digits"}, revenue=187.5,
    ),
    "the country NA": Right(content=cell("Country", "NA", "NA")),
    "an infinite price": Right(
        content=cell("Price", "inf"), kept=11, rejects={2: "“inf” is not a number"}, revenue=192.5
    ),
    "a price of 1e400": Right(
        content=cell("Price", "1e400"), kept=11, rejects={2: "“1e400” is not a number"}, revenue=192.5
    ),
    "dates far away": Right(
        content=cell("InvoiceDate", "2099-01-01 10:00", "1899-12-30 00:00"), kept=10,
        rejects={2: "is in the future", 3: "not a date"}, revenue=187.5,
    ),
    "a column named like SQL": Right(
        content=PLAIN.replace("Description", "\"x\"\" FROM rows; DROP TABLE rows --'\"").replace("StockCode", "select")
    ),
    "values like SQL": Right(content=PLAIN.replace("Cup", "'); DROP TABLE rows; --")),
    "80,995 units and their reversal": Right(
        content=PLAIN
        + "1020,A1,Cup,80995,2024-01-20 09:00,2.50,100,UK\nC1021,A1,Cup,-80995,2024-01-20 09:12,2.50,100,UK\n",
        read=14, kept=13, revenue=195.0 + 202_487.5,
    ),
}  # fmt: skip


SECOND_VARIANTS = {
    *("plain", "unclosed quote in the last row", "stray quote that closes where a value ends"),
    *("text after a closing quote", "inches", "quoted line ends in the header", "doubled quotes"),
    *("UTF-16", "UTF-16 big endian", "UTF-32", "byte-order mark", "Windows-1252", "Windows-1251"),
    *("decimal commas", "thousands", "currency codes and blanks", "seconds since 1970", "workbook"),
    *("workbook that counts from 1904", "a delimiter at the end of the header", "workbook in a ZIP"),
    *("lines above the header", "gzip", "tabs", "pipes", "carriage returns", "blank lines", "ids as decimals"),
    *("the country NA", "a price of 1e400", "values like SQL"),
}
"""Traps that are much like others, for the long run."""


@pytest.mark.parametrize(
    "trap",
    [
        pytest.param(trap, id=name, marks=[pytest.mark.long] if name in SECOND_VARIANTS else [])
        for name, trap in RIGHT.items()
    ],
)
def test_is_read_right(ingest: Ingest, tmp_path: Path, trap: Right) -> None:
    content = trap.content.encode() if isinstance(trap.content, str) else trap.content
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    version = ingest(path, **{"dates": None, **trap.said})
    report = version.report
    assert report.rows_read == report.rows_kept + sum(report.removed.values())
    assert (report.rows_read, report.rows_kept, report.customers) == (trap.read, trap.kept, trap.customers)
    if trap.revenue is not None:
        assert report.revenue == pytest.approx(trap.revenue)
    assert report.first_order == (trap.first or report.first_order)
    found = {row["line"]: row["reason"] for row in version.rejects()}
    assert list(found) == sorted(trap.rejects)
    assert all(part in found[line] for line, part in trap.rejects.items()), found


def test_what_is_set_aside_keeps_its_text(ingest: Ingest, tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(csv_with(3, 'a,"b') + "x\n")
    rows = ingest(path).rejects()
    assert [(row["file"], row["line"], row["text"]) for row in rows] == [("log.csv", 4, 'a,"b'), ("log.csv", 14, "x")]


@pytest.mark.parametrize("kind", ["ragged", "blank"])
def test_rows_keep_their_line_after_unusual_ones(ingest: Ingest, tmp_path: Path, kind: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text("".join([*LINES[:2], "x\n" if kind == "ragged" else "\n", *LINES[2:]]))
    assert ingest(path).frame("rows")["row"].tolist() == [2, *range(4, 15)]


def test_letters_come_through(ingest: Ingest, tmp_path: Path) -> None:
    """Not only the counts: the texts themselves, whatever the encoding."""
    words = {"cp1252": "Café – 5€", "cp1251": "Чашка большая", "utf-16": "カップ", "utf-8": "Ça"}
    for encoding, word in words.items():
        (tmp_path / f"{encoding}.csv").write_bytes(PLAIN.replace("Cup", word).encode(encoding))
    rows = ingest(*(tmp_path / f"{encoding}.csv" for encoding in words)).frame("rows")
    assert [set(of_file) for _, of_file in rows.groupby("file_no")["product"]] == [{word} for word in words.values()]


def ole(*streams: str) -> bytes:
    """Write the header of an old Office file, with names of its streams."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + b"".join(s.encode("utf-16-le") for s in streams)


def sheet_with(xml: str, doctype: str = "") -> bytes:
    """Write a workbook with this XML as its sheet data."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(("a",)))) as packed, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as to:
        for name in packed.namelist():
            content = packed.read(name)
            if name == "xl/worksheets/sheet1.xml":
                main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
                content = (
                    f'<?xml version="1.0"?>{doctype}<worksheet xmlns="{main}"><sheetData>{xml}</sheetData></worksheet>'
                ).encode()
            to.writestr(name, content)
    return out.getvalue()


def locked_zip() -> bytes:
    """Return a zip file whose member is marked as encrypted."""
    content = bytearray(zipped(a_csv=PLAIN))
    central = content.index(b"PK\x01\x02")
    content[6] |= 1
    content[central + 8] |= 1
    return bytes(content)


def wide_parquet() -> bytes:
    """Write a table with 3,000 columns."""
    out = io.BytesIO()
    pd.DataFrame({f"c{i}": [1] for i in range(3_000)}).to_parquet(out, index=False)
    return out.getvalue()


def parquet_with(name: str, values: pa.Array) -> bytes:
    """Write a table with an additional column."""
    out = io.BytesIO()
    pq.write_table(pa.table({"date": ["2024-01-05"], name: values}), out)
    return out.getvalue()


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">' for i in range(9))
    + "]>"
)

UNDERSTOOD = ("amounts in two currencies", "a column that is no number")
REFUSED: dict[str, tuple[Callable[[], bytes | str], str]] = {
    "empty": (lambda: b"", r"is empty\. Export the orders again\.$"),
    "header only": (lambda: LINES[0], r"has a header in row 1 but no order lines below it\. Export"),
    "a picture named .csv": (lambda: b"\x89PNG\r\n\x1a\n" + b"\0" * 99, r"is a PNG picture, not a table of orders"),
    "a web page": (lambda: "<!DOCTYPE html><html><body>Sign in</body></html>", r"is a web page, not a table of orders"),
    "a program": (lambda: b"\x7fELF" + b"\0" * 99, r"is a program, not a table"),
    "full of NUL bytes": (lambda: b"\0\1\2" * 999, r"isn't a text file \(it contains NUL bytes\)\. Save it as"),
    "a million columns": (lambda: ",".join(f"c{i}" for i in range(1_000_000)) + "\n", r"row 1: [\d,]+ columns \("),
    "3,000 columns in Parquet": (wide_parquet, r"3,000 columns \(maximum 2,000\)\. Remove some\.$"),
    "duplicate headers": (lambda: PLAIN.replace("Price", "Quantity", 1), r"the column “Quantity” appears more"),
    "a workbook with a password": (lambda: ole("EncryptedPackage"), r"is password-protected\. Remove the pass"),
    "an old workbook that is damaged": (lambda: ole("Workbook"), r"isn't a readable Excel workbook"),
    "a damaged workbook": (lambda: workbook(HEADER, *typed_log())[:900], r"is damaged or incomplete"),
    "a sheet of 17 billion cells": (
        lambda: sheet_with(
            '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
        ),
        r"(too large|would need [\d.]+ GB of memory)",
    ),
    "a cell of 300 MB": (
        lambda: sheet_with(f'<row r="1"><c r="A1" t="inlineStr"><is><t>{"a" * 300_000_000}</t></is></c></row>'),
        r"unpacks to 300 MB, too large for an order log\. Save it as CSV",
    ),
    "a cell of 2 MB": (
        lambda: sheet_with(
            '<row r="1"><c r="A1" t="inlineStr"><is><t>date</t></is></c></row>'
            f'<row r="2"><c r="A2" t="inlineStr"><is><t>{"a" * 2_000_000}</t></is></c></row>'
        ),
        r"row 2, column “date”: the cell has 2,000,000 characters, but Excel allows only 32,767",
    ),
    "entities that expand": (
        lambda: sheet_with('<row r="1"><c r="A1" t="inlineStr"><is><t>&j;</t></is></c></row>', LAUGHS),
        r"(can't be read|cannot be read|no order lines|readable)",
    ),
    "a damaged gzip": (lambda: gzip.compress(BODY.encode())[:60], r"the gzip file is damaged or incomplete"),
    "a gzip of zeros": (lambda: gzip.compress(b"0" * 200_000_000), r"unpacks to more than 250 times its size"),
    "gzip in gzip": (lambda: gzip.compress(gzip.compress(PLAIN.encode())), r"is compressed twice"),
    "a ZIP of zeros": (lambda: zipped(a_csv=b"0" * 200_000_000), r"unpacks to 200 MB, more than 250 times its size"),
    "a ZIP with a password": (locked_zip, r"is password-protected\. Unpack it"),
    "a ZIP in a ZIP": (lambda: zipped(a_zip=zipped(a_csv=PLAIN)), r"is an archive within an archive"),
    "an empty ZIP": (zipped, r"(is an empty ZIP file|is empty)"),
    "a damaged Parquet file": (lambda: b"PAR1" + struct.pack("<I", 9) * 40 + b"PAR1", r"is a damaged Parquet file"),
    "decimals of 70 digits": (
        lambda: parquet_with("Price", pa.array([Decimal("2.50")], type=pa.decimal256(70, 10))),
        r"column “Price”: decimals of 70 digits aren't supported\. Save it as",
    ),
    "a nameless column in Parquet": (
        lambda: parquet_with("", pa.array([1])), r"column 2 has no name\. Give it one\.$"
    ),
    "amounts in two currencies": (
        lambda: cell("Price", "€2.50", "€2.50", "£2.50"),
        r"column “Price”: amounts are in several currencies, EUR in row 2 and GBP in row 4\. Put the currency in",
    ),
    "a column that is no number": (
        lambda: PLAIN.replace("2.50", "12%"), r"row 2, column “Price”: “12%” is not a number\. Choose another column"
    ),
    "JSON": (lambda: '[{"a": 1},\n {"a": 2}]\n', r"row 1: found no column for the customer"),
    "dates with two readings": (
        lambda: cell("InvoiceDate", *[f"0{1 + i % 9}/02/2024" for i in range(12)]),
        r"column “InvoiceDate”: dates such as “01/02/2024” could be day first or month first\. Choose",
    ),
    "numbers with two readings": (
        lambda: csv_text(
            [(1, "a", "2024-01-05", "1.234"), (2, "b", "2024-01-06", "5.678")], ("order", "client", "date", "total")
        ),
        r"column “total”: numbers such as “1\.234” could have a thousands separator or decimals\. Choose",
    ),
}  # fmt: skip


REFUSED_ALIKE = {"a cell of 300 MB", "a program", "gzip in gzip", "an old workbook that is damaged", "a ZIP of zeros"}
"""Slow ones that are much like others, for the long run."""


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[pytest.mark.long] if name in REFUSED_ALIKE else []) for name in REFUSED]
)
def test_is_refused_in_one_sentence(ingest: Ingest, tmp_path: Path, small: Ingested, name: str) -> None:
    make, sentence = REFUSED[name]
    content = make()
    path = tmp_path / "log.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    before = {file.name: file.read_bytes() for file in small.folder.iterdir()}
    source = SourceFile(name="log.csv", path=path)
    read = partial(read_apart, scratch=tmp_path, options=ReadOptions(), limits=SMALL, warm=True)
    understood = name in ("dates with two readings", "numbers with two readings", "JSON", *UNDERSTOOD)
    with pytest.raises(InputError, match=sentence) as caught:
        _ = ingest(path, dates=None) if understood else read(source)
    said = str(caught.value)
    assert said.startswith("log.csv")
    assert "\n" not in said
    assert "Traceback" not in said
    assert {file.name: file.read_bytes() for file in small.folder.iterdir()} == before


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "..\\..\\boot.ini", "o" * 300 + ".csv", "a\nb.csv", "orders[1].csv"]
)
def test_names_are_shown_and_never_used_as_paths(tmp_path: Path, name: str) -> None:
    (tmp_path / "staged").write_text(PLAIN)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    source = SourceFile(name=name, path=tmp_path / "staged")
    found = read_apart(source, scratch, ReadOptions(), limits=Limits(), warm=True)
    assert (found[0].name, found[0].rows) == (name, 12)
    assert {path.name for path in tmp_path.iterdir()} == {"staged", "scratch"}


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    os.mkfifo(path)
    with pytest.raises(InputError, match=r"^orders\.csv is a pipe, device or socket\. Save its content to a file"):
        kind_of(SourceFile(name=path.name, path=path))


def test_a_workbook_with_ids_above_2_to_the_53_says_which_rows_lost_digits(ingest: Ingest, tmp_path: Path) -> None:
    rows = typed_log()
    rows[0] = (*rows[0][:6], 9007199254740993.0 * 4, rows[0][7])
    path = tmp_path / "log.xlsx"
    path.write_bytes(workbook(HEADER, *rows))
    version = ingest(path)
    assert [(row["line"], row["reason"].endswith("as text")) for row in version.rejects()] == [(2, True)]
