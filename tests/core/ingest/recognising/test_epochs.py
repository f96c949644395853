"""Serial dates counted from 1900 or 1904: text files don't say which, so the user must, unless one is impossible."""

import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import openpyxl  # type: ignore[import-untyped]  # carries no types
import pytest
from openpyxl.utils.datetime import (  # type: ignore[import-untyped]
    CALENDAR_MAC_1904,
    CALENDAR_WINDOWS_1900,
)

from core.cli import main
from core.errors import InputError
from core.ingest.recognising.dates import readings
from tests.core.ingest.reading.test_excel import workbook
from tests.logs import HEADER, Ingest, csv_text, plain_log

LATE_2020 = 44_166  # 1 December 2020; counted from 1904, 2 December 2024
JULY_1986 = 31_594  # 1 July 1986; counted from 1904, 2 July 1990


def log(path: Path, first: float) -> Path:
    """Write the plain log with its dates as serial numbers."""
    rows = [(*row[:4], f"{first + place:.2f}", *row[5:]) for place, row in enumerate(plain_log(30))]
    path.write_text(csv_text(rows))
    return path


def test_numbers_that_can_be_both_are_asked_about(ingest: Ingest, tmp_path: Path) -> None:
    path = log(tmp_path / "log.csv", LATE_2020)
    says = (
        r"^log\.csv, column “InvoiceDate”: day numbers such as “44166\.00” could count from 1900 \(1 December 2020\) "
        r"or, as on old Macs, from 1904 \(2 December 2024\)\. Choose with --dates excel or --dates excel1904\.$"
    )
    with pytest.raises(InputError, match=says):
        ingest(path)
    with pytest.raises(InputError, match="Choose with"):
        ingest(path, dates="dmy")  # which does not answer it
    assert ingest(path, dates="excel").report.first_order == "2020-12-01 00:00:00"
    assert ingest(path, dates="excel1904").report.first_order == "2024-12-02 00:00:00"


@pytest.mark.parametrize(
    ("first", "read", "why"),
    [
        (45_296, "2024-01-05 00:00:00", "count from 1900: from 1904, the latest orders would be in February 2028."),
        (JULY_1986, "1990-07-02 00:00:00", "count from 1904: from 1900, the first orders would be in July 1986."),
    ],
)
def test_reading_that_cannot_be_of_orders_is_ruled_out_and_said(
    ingest: Ingest, tmp_path: Path, first: int, read: str, why: str
) -> None:
    made = ingest(log(tmp_path / "log.csv", first))
    assert made.report.first_order == read
    assert made.plans[0].notes == (f"Serial dates {why}",)
    assert made.plans[0].dates.ambiguous is False


@pytest.mark.parametrize("slip", [LATE_2020 + 1_500, JULY_1986])
def test_slip_of_a_key_does_not_decide(ingest: Ingest, tmp_path: Path, slip: int) -> None:
    """Alone, either number would exclude one reading: the first excludes 1904, the second 1900."""
    path = log(tmp_path / "log.csv", LATE_2020)
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines, *lines[1:] * 4, lines[1].replace(f"{LATE_2020}.00", f"{slip}.00")]))
    with pytest.raises(InputError, match="Choose with --dates excel"):
        ingest(path)


@pytest.mark.parametrize("first", [27_000, 47_000])
def test_where_neither_reading_is_of_orders_a_person_says(ingest: Ingest, tmp_path: Path, first: int) -> None:
    """1973 or 1977, and 2028 or 2032: what rules out both rules out none."""
    with pytest.raises(InputError, match="Choose with --dates excel"):
        ingest(log(tmp_path / "log.csv", first))


@pytest.mark.parametrize(
    ("epoch", "read", "notes"),
    [
        (CALENDAR_WINDOWS_1900, "2020-12-01 00:00:00", ()),
        (
            CALENDAR_MAC_1904,
            "2024-12-02 00:00:00",
            ("Serial dates count from 1904, as set in the workbook.",),
        ),
    ],
)
def test_workbook_says_from_when_its_bare_numbers_count(
    ingest: Ingest, tmp_path: Path, epoch: datetime, read: str, notes: tuple[str, ...]
) -> None:
    book = openpyxl.Workbook()
    book.epoch = epoch
    assert book.active is not None
    for row in [HEADER, *((*row[:4], LATE_2020 + place, *row[5:]) for place, row in enumerate(plain_log(30)))]:
        book.active.append(row)
    book.save(tmp_path / "log.xlsx")
    made = ingest(tmp_path / "log.xlsx")
    assert (made.report.first_order, made.plans[0].notes) == (read, notes)


@pytest.mark.parametrize("said", [pytest.param(b'date1904="1"', marks=pytest.mark.long), b"date1904 = 'true'"])
def test_1904_is_found_however_it_is_written(ingest: Ingest, tmp_path: Path, said: bytes) -> None:
    rows = [(*row[:4], LATE_2020 + place, *row[5:]) for place, row in enumerate(plain_log(30))]
    made = workbook(tmp_path / "log.xlsx", [HEADER, *rows])
    changed(made, lambda text: text.replace(b"<workbookPr", b"<workbookPr " + said))
    assert ingest(made).report.first_order == "2024-12-02 00:00:00"


def test_damaged_part_that_says_it_is_told_as_a_damaged_file(ingest: Ingest, tmp_path: Path) -> None:
    path = workbook(tmp_path / "log.xlsx", [HEADER, *plain_log(30)])
    content = bytearray(path.read_bytes())
    place = content.index(b"xl/workbook.xml") + len(b"xl/workbook.xml")
    content[place : place + 40] = bytes(255 - byte for byte in content[place : place + 40])
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"^log\.xlsx isn't a readable Excel workbook"):
        ingest(path)


def changed(path: Path, change: Callable[[bytes], bytes]) -> None:
    """Change a workbook's own metadata."""
    with zipfile.ZipFile(path) as packed:
        parts = {name: packed.read(name) for name in packed.namelist()}
    with zipfile.ZipFile(path, "w") as packed:
        for name, text in parts.items():
            packed.writestr(name, change(text) if name == "xl/workbook.xml" else text)


def test_both_days_are_named() -> None:
    assert readings("44166.5", "excel") == {"excel": "1 December 2020", "excel1904": "2 December 2024"}


def test_command_line_says_so_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = log(tmp_path / "log.csv", LATE_2020)
    assert main(["analyse", str(path), "--out", str(tmp_path / "out")]) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "--dates excel or --dates excel1904" in line
