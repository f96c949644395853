"""Excel workbooks, read with calamine in a process of its own: a file of a kilobyte can ask for 17 billion cells."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from core.errors import InputError
from core.ingest.files import SourceFile
from core.ingest.text import MOST_COLUMNS, check_names
from core.settings import PROJECT

_MOST_CELLS: Final = 60_000_000  # a full sheet of 1,048,576 rows with 57 columns
_MOST_BYTES: Final = 6 << 30  # of address space; a sheet of half a million rows takes under 3 GiB
_MOST_SECONDS: Final = 900
_OUR_REFUSAL: Final = 2


def read_excel(file: SourceFile, target: Path) -> tuple[tuple[str, ...], int]:
    """Write a workbook's table to Parquet, typed where a column holds one type only.

    Sheets with the same header as the first that holds anything are one table; others are left out.

    Returns
    -------
    columns : tuple of str
        Names from the sheet's first row.
    rows : int
        Rows below it.

    Raises
    ------
    InputError
        Where the workbook cannot be opened or has no table.
    """
    command = [
        sys.executable,
        "-X",
        "utf8",
        "-m",
        "core.ingest.excel",
        file.name,
        str(file.path.resolve()),
        str(target.resolve()),
    ]
    try:
        done = subprocess.run(  # noqa: S603  our own program, no shell
            command, cwd=PROJECT, capture_output=True, encoding="utf-8", check=False, timeout=_MOST_SECONDS
        )
    except subprocess.TimeoutExpired as error:
        message = f"{file.name} takes longer than {_MOST_SECONDS // 60} minutes to read; save it as CSV."
        raise InputError(message) from error
    if done.returncode == _OUR_REFUSAL:
        raise InputError(done.stdout.strip())
    if done.returncode:
        message = f"{file.name} cannot be read as an Excel workbook: it is damaged or too large; save it as CSV."
        raise InputError(message)
    found = json.loads(done.stdout)
    return tuple(found["columns"]), found["rows"]


def _convert(file: SourceFile, target: Path) -> tuple[tuple[str, ...], int]:
    """Do what `read_excel` says, in the child process."""
    first, *others = _sheets(file)
    header, *rows = first.to_python(skip_empty_area=True)
    columns = tuple(str(name).strip() or f"column {position}" for position, name in enumerate(header, start=1))
    check_names(file, columns)
    for sheet in others:
        other, *more = sheet.to_python(skip_empty_area=True)
        rows += more if other == header else []
    pq.write_table(pa.table({name: _column([row[i] for row in rows]) for i, name in enumerate(columns)}), target)
    return columns, len(rows)


def _sheets(file: SourceFile) -> list[CalamineSheet]:
    """Sheets that hold anything, none of them too large."""
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
        sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
    except (CalamineError, OSError, ValueError) as error:
        message = f"{file.name} is not an Excel workbook that can be read ({error}); save it again as .xlsx or CSV."
        raise InputError(message) from error
    filled = [sheet for sheet in sheets if sheet.height > 0]
    if not filled:
        message = f"{file.name} is empty: no sheet holds anything; export the orders again."
        raise InputError(message)
    for sheet in filled:
        if sheet.width > MOST_COLUMNS or sheet.width * sheet.height > _MOST_CELLS:
            message = f"{file.name}: {sheet.height:,} rows × {sheet.width:,} columns is too large; save it as CSV."
            raise InputError(message)
    return filled


def _column(values: list[object]) -> pa.Array:
    """An Arrow array of the cells: empty ones missing, mixed types as text with whole numbers unadorned."""
    cells = [None if value == "" else value for value in values]
    kinds = {type(value) for value in cells if value is not None}
    if len(kinds) <= 1:
        return pa.array(cells, type=None if kinds else pa.string())
    if kinds <= {int, float}:
        return pa.array(cells, type=pa.float64())
    return pa.array([None if value is None else _as_text(value) for value in cells], type=pa.string())


def _as_text(value: object) -> str:
    whole = isinstance(value, float) and value.is_integer()
    return str(int(value)) if whole else str(value)  # type: ignore[call-overload]


def _child(name: str, path: str, target: str) -> int:
    with suppress(ImportError, ValueError):  # Windows has no such limits
        import resource  # noqa: PLC0415

        resource.setrlimit(resource.RLIMIT_AS, (_MOST_BYTES, _MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        columns, rows = _convert(SourceFile(name=name, path=Path(path)), Path(target))
    except InputError as error:
        sys.stdout.write(str(error))
        return _OUR_REFUSAL
    sys.stdout.write(json.dumps({"columns": columns, "rows": rows}))
    return 0


if __name__ == "__main__":
    sys.exit(_child(*sys.argv[1:]))
