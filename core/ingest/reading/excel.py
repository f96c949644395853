"""Reader for Excel and OpenDocument workbooks (calamine), to run in `core.ingest.apart.sandbox` only.

A file of one kilobyte can declare 17 billion cells, which crashes the process that reads it.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from core.errors import InputError
from core.ingest.reading.header import MOST_COLUMNS, ROW_COUNTER, ROWS_LOOKED_AT, header_row_of, known_names, names_of
from core.ingest.reading.raw_table import RawTable
from core.ingest.reading.workbook_size import MOST_CELLS, check_cells, memory_for
from core.ingest.sources.files import SourceFile, new_path, one_line
from core.ingest.sources.read_options import ReadOptions
from core.ingest.sources.size_limits import MOST_RATIO, Room, amount

_MOST_SHEETS: Final = 255
_MOST_UNPACKED: Final = 8 << 30
_SMALL: Final = 100 << 20  # bytes unpacked regardless of the ratio
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError)  # of `zipfile`
_WORKBOOK: Final = "xl/workbook.xml"
_FROM_1904: Final = re.compile(
    rb"""<(?:\w{1,40}:)?workbookPr\b[^<>]{0,5000}\bdate1904\s{0,9}=\s{0,9}["'](?:1|true)["']"""
)
_LONGEST_CELL: Final = 32_767  # Excel's own limit; longer cells are malicious
_BATCH: Final = 50_000
_TYPES: Final = {
    str: pa.string(),
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    datetime: pa.timestamp("us"),
    date: pa.date32(),
}


def read_workbook(file: SourceFile, scratch: Path, options: ReadOptions, room: Room) -> list[RawTable]:
    """Read the table of a workbook, typing columns that hold a single type.

    The sheet that looks most like orders is read, and every sheet with the same header, each as a separate table. Blank
    rows and rows above the header are skipped.

    Raises
    ------
    InputError
        If the workbook can't be opened or has no table.
    """
    unpacked = _check_size(file, room)
    counts_from = _counts_from(file)
    try:
        with memory_for(unpacked):
            workbook = CalamineWorkbook.from_path(str(file.path))
            _check_sheets(file, workbook.sheet_names)
            sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
    except (CalamineError, OSError, ValueError) as error:
        raise _damaged(file, error) from error
    filled = [sheet for sheet in sheets if sheet.height > 0]
    if not filled:
        message = f"{file.name} is empty: every sheet is blank. Export the orders again."
        raise InputError(message)
    names = tuple(sheet.name for sheet in filled)
    found = [_read_sheet(file, sheet, scratch, row, names) for sheet, row in _chosen(file, filled, options)]
    return [replace(table, counts_from=counts_from) for table in found]


def _check_size(file: SourceFile, room: Room) -> int:
    """Return the unpacked size of a workbook in bytes, rejecting implausibly large ones."""
    if not zipfile.is_zipfile(file.path):
        return file.path.stat().st_size
    try:
        with zipfile.ZipFile(file.path) as packed:
            size = sum(member.file_size for member in packed.infolist())
            if size > _SMALL and (size > MOST_RATIO * room.size or size > min(_MOST_UNPACKED, room.most)):
                message = f"{file.name} unpacks to {amount(size)}, too large for an order log. Save it as CSV."
                raise InputError(message)
            check_cells(file, packed)
    except _BROKEN as error:
        raise _damaged(file, error) from error
    return size


def _counts_from(file: SourceFile) -> int | None:
    """Return the epoch year of an .xlsx workbook (ECMA-376, part 1, 18.2.28); None for other formats."""
    with suppress(KeyError, *_BROKEN), zipfile.ZipFile(file.path) as packed, packed.open(_WORKBOOK) as part:
        return 1904 if _FROM_1904.search(part.read(_SMALL)) else 1900
    return None  # calamine will report what is wrong


def _damaged(file: SourceFile, error: Exception) -> InputError:
    return InputError(
        f"{file.name} isn't a readable Excel workbook ({one_line(error)}). Save it again as .xlsx or CSV."
    )


def _check_sheets(file: SourceFile, names: list[str]) -> None:
    if len(names) > _MOST_SHEETS:
        message = f"{file.name} has {len(names):,} sheets (maximum {_MOST_SHEETS}). Save the orders as CSV."
        raise InputError(message)


def _chosen(file: SourceFile, filled: list[CalamineSheet], options: ReadOptions) -> list[tuple[CalamineSheet, int]]:
    """Return the sheets to read, each with its header row."""
    for sheet in filled:
        if sheet.width > MOST_COLUMNS or sheet.width * sheet.total_height > MOST_CELLS:
            message = (
                f"{file.name}, sheet {sheet.name}: {sheet.total_height:,} rows × {sheet.width:,} columns is too large. "
                "Save it as CSV."
            )
            raise InputError(message)
    if options.sheet is not None:
        named = [sheet for sheet in filled if sheet.name == options.sheet]
        if not named:
            listed = ", ".join(sheet.name for sheet in filled)
            message = f"{file.name} has no sheet with data named “{options.sheet}”. Choose from {listed}."
            raise InputError(message)
        return [(named[0], _header_row(named[0], options))]
    rows = [(sheet, _header_row(sheet, options)) for sheet in filled]
    widest = max(rows, key=lambda pair: _known(*pair))  # the first of several
    header = _same_names(widest)
    return [pair for pair in rows if pair == widest or _same_names(pair) == header]


def _same_names(found: tuple[CalamineSheet, int]) -> list[str]:
    """Normalise a header for comparison, ignoring case, spaces and trailing empty columns."""
    names = [" ".join(name.casefold().split()) for name in _header(*found)]
    return names[: max((position for position, name in enumerate(names, start=1) if name), default=0)]


def _header_row(sheet: CalamineSheet, options: ReadOptions) -> int:
    return options.header_row if options.header_row is not None else header_row_of(_first_rows(sheet))


def _first_rows(sheet: CalamineSheet) -> list[list[str]]:
    return [[_as_text(cell) for cell in row] for _, row in zip(range(ROWS_LOOKED_AT), sheet.iter_rows(), strict=False)]


def _header(sheet: CalamineSheet, row: int) -> list[str]:
    rows = _first_rows(sheet)
    return rows[row - 1] if 0 < row <= len(rows) else [""] * sheet.width


def _known(sheet: CalamineSheet, row: int) -> int:
    """Count a sheet's columns named as in order exports."""
    return known_names(_header(sheet, row))


def _read_sheet(
    file: SourceFile, sheet: CalamineSheet, scratch: Path, header_row: int, sheets: tuple[str, ...]
) -> RawTable:
    """Write a sheet to Parquet: a first pass over the cells finds types, a second writes values."""
    name = file.name if len(sheets) == 1 else f"{file.name} › {sheet.name}"
    columns = names_of(name, _header(sheet, header_row), header_row)
    columns = columns if header_row else tuple(f"column {i}" for i in range(1, sheet.width + 1))
    kinds: list[set[type]] = [set() for _ in columns]
    rows = 0
    for place, row in _rows(sheet, header_row):
        rows += 1
        for position, value in enumerate(row):
            if value != "":
                kinds[position].add(type(value))
                _check_cell(name, place, columns[position], value)
    schema = pa.schema([(ROW_COUNTER, pa.int64()), *zip(columns, map(_type_of, kinds), strict=True)])
    target = new_path(scratch, "parquet")
    with pq.ParquetWriter(target, schema, compression="lz4") as writer:
        batch: list[tuple[int, list[object]]] = []
        for placed in _rows(sheet, header_row):
            batch.append(placed)
            if len(batch) == _BATCH:
                writer.write_table(_table(batch, schema))
                batch.clear()
        writer.write_table(_table(batch, schema))
    return RawTable(
        name=name,
        path=target,
        columns=columns,
        rows=rows,
        has_places=True,
        header_row=header_row,
        sheet=sheet.name,
        sheets=sheets,
    )


def _rows(sheet: CalamineSheet, header_row: int) -> Iterator[tuple[int, list[object]]]:
    """Yield non-blank rows below the header, each with its row number in the sheet."""
    for number, row in enumerate(sheet.iter_rows(), start=1):
        if number > header_row and any(value != "" for value in row):
            yield number, row  # type: ignore[misc]  # cells are objects


def _check_cell(name: str, row: int, column: str, value: object) -> None:
    if isinstance(value, str) and len(value) > _LONGEST_CELL:
        message = (
            f"{name}, row {row:,}, column “{column}”: the cell has {len(value):,} characters, but Excel allows only "
            f"{_LONGEST_CELL:,}. Shorten or clear it."
        )
        raise InputError(message)


def _type_of(kinds: set[type]) -> pa.DataType:
    """Return the common type of a column's cells: float for mixed integers and floats, else text if mixed."""
    if kinds and kinds <= {int, float}:
        return pa.float64() if float in kinds else pa.int64()
    return _TYPES.get(next(iter(kinds)), pa.string()) if len(kinds) == 1 else pa.string()


def _table(rows: list[tuple[int, list[object]]], schema: pa.Schema) -> pa.Table:
    arrays = [pa.array([place - 2 for place, _ in rows], type=pa.int64())]
    for position, kind in enumerate(schema.types[1:]):
        cells = [None if row[position] == "" else row[position] for _, row in rows]
        if kind == pa.string():
            cells = [None if cell is None else _as_text(cell) for cell in cells]
        arrays.append(pa.array(cells, type=kind))
    return pa.Table.from_arrays(arrays, schema=schema)


def _as_text(value: object) -> str:
    """Convert a cell to text, whole numbers without decimals."""
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)  # type: ignore[call-overload]
