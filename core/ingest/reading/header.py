"""Detection of the header row, which isn't always the first and is sometimes missing."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from core.errors import InputError
from core.ingest.recognising.aliases import ALIASES, plain

ROWS_LOOKED_AT: Final = 30
MOST_COLUMNS: Final = 2_000
"""Order exports have tens of columns; more is not a table of orders."""

_LONGEST_NAME: Final = 1_000  # characters, since names are shown and stored with the file
ROW_COUNTER: Final = "file_row_number"
"""Column with each row's position in a raw Parquet file; 0 is the first row below a header in row 1."""

_NAMES: Final = frozenset(alias for aliases in ALIASES.values() for alias in aliases)
_SURE: Final = 2  # known names in a row; a single one may be part of a title
_VALUE: Final = re.compile(r"^[-+£$€]?\d[\d.,: /T-]*([+-]\d\d:?\d\d|Z)?$")  # a number, a date or a time
_FILLED: Final = 0.6  # of the usual number of cells: names may be missing


def header_row_of(rows: Sequence[Sequence[str]]) -> int:
    """Return the row with the column names, from 1; 0 if there is none.

    It is the first row with two names that order exports use, or a later one with more of them before any values, since
    a row of group headings may come first. Without such a row, it is the first row about as wide as those below, unless
    it has numbers or dates in the same columns as the rows below.

    Parameters
    ----------
    rows : sequence of sequences of str
        The first rows of a file, as texts.
    """
    looked = rows[:ROWS_LOOKED_AT]
    if named := _most_known(looked):
        return named
    widths = [sum(bool(cell.strip()) for cell in row) for row in looked]
    usual = Counter(width for width in widths if width).most_common(1)
    needed = _FILLED * usual[0][0] if usual else 1
    first = next((number for number, width in enumerate(widths, start=1) if width and width >= needed), 1)
    return 0 if _is_data(looked[first - 1 : first + 5]) else first


def known_names(row: Sequence[str]) -> int:
    """Count the cells that are column names used in order exports."""
    return sum(plain(cell) in _NAMES for cell in row)


def names_of(file: str, header: Sequence[str], row: int) -> tuple[str, ...]:
    """Return the column names, naming unnamed columns by position.

    Raises
    ------
    InputError
        If there are too many columns, or two with the same name to the database.
    """
    if len(header) > MOST_COLUMNS:
        message = f"{file}, row {max(row, 1)}: {len(header):,} columns (maximum {MOST_COLUMNS:,}). Check the delimiter."
        raise InputError(message)
    names = tuple(name.strip() or f"column {position}" for position, name in enumerate(header, start=1))
    check_names(file, names, row)
    return names


def check_names(file: str, names: Sequence[str], row: int = 1) -> None:
    """Reject names that are too long, reserved, or the same to the database.

    Raises
    ------
    InputError
    """
    long = next((name for name in names if len(name) > _LONGEST_NAME), None)
    if long is not None:
        message = f"{file}, row {row}: the column name “{long[:40]}…” has {len(long):,} characters (maximum "
        raise InputError(message + f"{_LONGEST_NAME:,}). Shorten it, or choose the header row.")
    counts = Counter(name.casefold() for name in names)
    twice = next((name for name in names if counts[name.casefold()] > 1), None)
    if twice is not None:
        message = f"{file}, row {row}: the column “{twice}” appears more than once. Give each column a unique name."
        raise InputError(message)
    if ROW_COUNTER in counts:
        message = f"{file}, row {row}: the column name “{ROW_COUNTER}” is reserved. Rename the column."
        raise InputError(message)


def _most_known(rows: Sequence[Sequence[str]]) -> int:
    """Return the row above the first values with the most known names, from 1; 0 if none has two."""
    best, most = 0, _SURE - 1
    for number, row in enumerate(rows, start=1):
        if best and sum(bool(_VALUE.match(cell.strip())) for cell in row) >= _SURE:
            break
        if (known := known_names(row)) > most:
            best, most = number, known
    return best


def _is_data(rows: Sequence[Sequence[str]]) -> bool:
    """Return whether the first row has values in the same columns as those below, at least two."""
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows[1:]):  # noqa: PLR2004  nothing to compare with
        return False
    values = [position for position, cell in enumerate(rows[0]) if _VALUE.match(cell.strip())]
    shared = [position for position in values if all(_VALUE.match(row[position].strip()) for row in rows[1:])]
    return len(shared) >= _SURE and len(shared) == len(values)
