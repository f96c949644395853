"""Excel workbooks, typed cell by cell."""

import subprocess
import sys
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # carries no types
import pyarrow.parquet as pq
import pytest

from core.errors import InputError
from core.ingest.reading.excel import read_workbook
from core.ingest.reading.header import ROW_COUNTER
from core.ingest.reading.raw_table import RawTable
from core.ingest.sources.files import SourceFile
from core.ingest.sources.read_options import ReadOptions
from core.ingest.sources.size_limits import Room
from tests.conftest import PROJECT
from tests.logs import HEADER, Ingest, plain_log

WHEN = datetime.fromisoformat("2024-03-01 08:26")
ROW = (536365, "A1", "Cup", 6, WHEN, 2.55, 17850, "UK")


def workbook(path: Path, *sheets: Sequence[Iterable[object]]) -> Path:
    """Write a workbook with several sheets."""
    book = openpyxl.Workbook()
    for position, rows in enumerate(sheets):
        sheet = book.active if position == 0 else book.create_sheet()
        assert sheet is not None
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    book.close()
    return path


def tables(path: Path, **how: object) -> list[RawTable]:
    """Read the tables of a workbook."""
    source = SourceFile(name=path.name, path=path)
    return read_workbook(source, path.parent, ReadOptions(**how), Room(source))  # type: ignore[arg-type]


def read(path: Path, **how: object) -> tuple[tuple[str, ...], list[dict[str, object]]]:
    """Read a workbook with one table; return column names and rows."""
    [raw] = tables(path, **how)
    rows = pq.read_table(raw.path).to_pylist()
    assert len(rows) == raw.rows
    return raw.columns, [{name: row[name] for name in raw.columns} for row in rows]


def places(raw: RawTable) -> list[int]:
    """Return row numbers in the sheet."""
    return [place + 2 for place in pq.read_table(raw.path)[ROW_COUNTER].to_pylist()]


def test_cells_keep_their_types(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", [HEADER, ROW, (None, "B2", None, None, None, None, None, "NA")])
    columns, rows = read(path)
    assert columns == HEADER
    assert tuple(rows[0].values()) == ROW
    assert tuple(rows[1].values()) == (None, "B2", None, None, None, None, None, "NA")


def test_columns_of_mixed_cells_are_texts_with_whole_numbers_unadorned(tmp_path: Path) -> None:
    cells: list[list[object]] = [[536365], ["C536379"], [2.5], [None], ["00123"], [WHEN], [True]]
    _, rows = read(workbook(tmp_path / "log.xlsx", [["id"], *cells]))
    found = [row["id"] for row in rows]
    assert found == ["536365", "C536379", "2.5", "00123", "2024-03-01 08:26:00", "True"]  # a blank row is none


@pytest.mark.parametrize(
    "cells", [(1, 2.5), (WHEN, date(2024, 3, 2)), (time(8, 26), None), (1e300, "x"), (1e300, 1), ("=1/0", "x")]
)
def test_columns_of_any_cells_can_be_stored(tmp_path: Path, cells: tuple[object, object]) -> None:
    _, rows = read(workbook(tmp_path / "log.xlsx", [["a", "b"], *([cell, "x"] for cell in cells)]))
    assert len(rows) == 2


def test_first_sheet_with_anything_in_it_counts(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", [], [["a"], [1]], [["b"], [2]])
    assert read(path) == (("a",), [{"a": 1.0}])


def test_sheets_with_the_same_header_belong_together(tmp_path: Path) -> None:
    """A year may be spread over several sheets; a sheet with another header is a different table."""
    path = workbook(tmp_path / "log.xlsx", [["a", "b"], [1, 2]], [["note"], ["x"]], [["a", "b"], [3, 4], [5, 6]])
    found = tables(path)
    assert [raw.name for raw in found] == ["log.xlsx › Sheet", "log.xlsx › Sheet2"]
    assert [raw.rows for raw in found] == [1, 2]
    assert found[0].sheets == ("Sheet", "Sheet1", "Sheet2")


def test_nameless_columns_are_called_after_their_position(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", [["a", None, "c"], [1, 2, 3]])
    assert read(path)[0] == ("a", "column 2", "c")


def test_workbook_is_read_like_the_same_text(ingest: Ingest, tmp_path: Path) -> None:
    """Ids as numbers, text and decimals are equal."""
    rows = [
        (int(row[0]), *row[1:3], int(row[3]), datetime.fromisoformat(row[4]), 2.5, float(row[6]), row[7])
        for row in plain_log()
    ]
    mixed = [(*row[:6], str(row[6]) if number % 2 else row[6], row[7]) for number, row in enumerate(rows)]
    cancelled = ("C1", "A1", "Cup", -1, WHEN, 2.5, 100, "UK")
    version = ingest(
        workbook(tmp_path / "typed.xlsx", [HEADER, *rows]),
        workbook(tmp_path / "mixed.xlsx", [HEADER, *mixed, cancelled]),
    )
    assert version.report.removed["duplicate"] == 12
    assert version.report.removed["cancelled"] == 1
    assert sorted(version.frame("orders")["customer_id"].unique()) == ["100", "101", "102", "103", "104", "105"]


def test_workbook_without_anything_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^log\.xlsx is empty: every sheet is blank\. Export the orders again\.$"):
        read(workbook(tmp_path / "log.xlsx", []))


def test_name_that_stands_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^log\.xlsx, row 1: the column “a” appears more than once"):
        read(workbook(tmp_path / "log.xlsx", [["a", "a"], [1, 2]]))


def test_damaged_workbook_is_refused(tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", [HEADER, ROW])
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(InputError, match=r"^log\.xlsx isn't a readable Excel workbook \("):
        read(path)


def test_huge_sheet_with_two_cells_does_not_end_the_process(tmp_path: Path) -> None:
    """A file of a kilobyte that contains the first and the last cell of a sheet would need 17 billion cells."""
    path = workbook(tmp_path / "log.xlsx", [["a"]])
    _replace(
        path,
        "xl/worksheets/sheet1.xml",
        "</sheetData>",
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>',
    )
    done = subprocess.run(
        [sys.executable, "-m", "core", "analyse", str(path), "--out", str(tmp_path / "out")],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2, done.stderr[-500:]
    assert done.stderr.startswith("log.xlsx")


def _replace(path: Path, member: str, old: str, new: str) -> None:
    """Replace a text in one member of a zip file."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    assert old in parts[member].decode()
    parts[member] = parts[member].decode().replace(old, new).encode()
    with zipfile.ZipFile(path, "w") as packed:
        for name, part in parts.items():
            packed.writestr(name, part)
