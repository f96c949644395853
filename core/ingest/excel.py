"""Excel workbooks, read with calamine."""

from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq
from python_calamine import CalamineError, CalamineWorkbook

from core.errors import InputError
from core.ingest.files import SourceFile
from core.ingest.text import MOST_COLUMNS, check_names

_MOST_CELLS: Final = 60_000_000  # a full sheet of 1,048,576 rows with 57 columns


def read_excel(file: SourceFile, target: Path) -> tuple[tuple[str, ...], int]:
    """Write the first sheet that holds a table to Parquet, typed where a column holds one type only.

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
    try:
        workbook = CalamineWorkbook.from_path(str(file.path))
        sheets = [workbook.get_sheet_by_name(name) for name in workbook.sheet_names]
    except (CalamineError, OSError, ValueError) as error:
        message = f"{file.name} is not an Excel workbook that can be read ({error}); save it again as .xlsx or CSV."
        raise InputError(message) from error
    sheet = next((sheet for sheet in sheets if sheet.height > 0), None)
    if sheet is None:
        message = f"{file.name} is empty: no sheet holds anything; export the orders again."
        raise InputError(message)
    if sheet.width > MOST_COLUMNS or sheet.width * sheet.height > _MOST_CELLS:
        message = f"{file.name}: {sheet.height:,} rows × {sheet.width:,} columns is too large; save it as CSV."
        raise InputError(message)
    header, *rows = sheet.to_python(skip_empty_area=True)
    columns = tuple(str(name).strip() or f"column {position}" for position, name in enumerate(header, start=1))
    check_names(file, columns)
    pq.write_table(pa.table({name: _column([row[i] for row in rows]) for i, name in enumerate(columns)}), target)
    return columns, len(rows)


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
