"""Where the names of the columns stand: not always in the first row, and sometimes nowhere."""

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from core.errors import InputError
from core.ingest.recognising.aliases import ALIASES, plain

ROWS_LOOKED_AT: Final = 30
MOST_COLUMNS: Final = 2_000
"""An order export has tens; more is not a table of orders."""

_LONGEST_NAME: Final = 1_000  # characters; it is shown and stored wherever the file is
ROW_COUNTER: Final = "file_row_number"
"""The column with the place of each row in a raw Parquet file, the first row below the header in row 1 being 0."""

_NAMES: Final = frozenset(alias for aliases in ALIASES.values() for alias in aliases)
_SURE: Final = 2  # known names in a row; one alone may be a word in a title
_VALUE: Final = re.compile(r"^[-+£$€]?\d[\d.,: /T-]*([+-]\d\d:?\d\d|Z)?$")  # a number, a date or a time
_FILLED: Final = 0.6  # of the usual number of cells: names may be missing


def header_row_of(rows: Sequence[Sequence[str]]) -> int:
    """Tell which row holds the names of the columns, from 1; 0 where none does.

    The first row with two names that order exports use, or one with more of them that follows before any values, since
    a row of groups may stand above. Without one: the first row about as wide as those below, unless it holds numbers or
    dates where the rows below hold them too.

    Parameters
    ----------
    rows : sequence of sequences of str
        The first rows of a file, cells as texts.
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
    """How many cells are names that order exports use for their columns."""
    return sum(plain(cell) in _NAMES for cell in row)


def names_of(file: str, header: Sequence[str], row: int) -> tuple[str, ...]:
    """Names of the columns; nameless ones are called after their position.

    Raises
    ------
    InputError
        Where there are too many columns, or two that the database cannot tell apart.
    """
    if len(header) > MOST_COLUMNS:
        message = f"{file}, row {max(row, 1)}: {len(header):,} columns, but at most {MOST_COLUMNS:,} can be read."
        raise InputError(message)
    names = tuple(name.strip() or f"column {position}" for position, name in enumerate(header, start=1))
    check_names(file, names, row)
    return names


def check_names(file: str, names: Sequence[str], row: int = 1) -> None:
    """Refuse names that the database cannot tell apart, and the one that counts its rows.

    Raises
    ------
    InputError
    """
    long = next((name for name in names if len(name) > _LONGEST_NAME), None)
    if long is not None:
        message = f"{file}, row {row}: the name of a column, “{long[:40]}…”, has {len(long):,} characters, but at most "
        raise InputError(message + f"{_LONGEST_NAME:,} can be read; shorten it, or say in which row the names are.")
    counts = Counter(name.casefold() for name in names)
    twice = next((name for name in names if counts[name.casefold()] > 1), None)
    if twice is not None:
        message = f"{file}, row {row}: the column “{twice}” stands twice; give each column a name of its own."
        raise InputError(message)
    if ROW_COUNTER in counts:
        message = f"{file}, row {row}: the column “{ROW_COUNTER}” has a name that is needed here; give it another name."
        raise InputError(message)


def _most_known(rows: Sequence[Sequence[str]]) -> int:
    """Row with the most known names of those above the first values, from 1; 0 where none has two of them."""
    best, most = 0, _SURE - 1
    for number, row in enumerate(rows, start=1):
        if best and sum(bool(_VALUE.match(cell.strip())) for cell in row) >= _SURE:
            break
        if (known := known_names(row)) > most:
            best, most = number, known
    return best


def _is_data(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of the rows looks like those below: values in the same columns, two of them at least."""
    if len(rows) < 2 or any(len(row) != len(rows[0]) for row in rows[1:]):  # noqa: PLR2004  nothing to compare with
        return False
    values = [position for position, cell in enumerate(rows[0]) if _VALUE.match(cell.strip())]
    shared = [position for position in values if all(_VALUE.match(row[position].strip()) for row in rows[1:])]
    return len(shared) >= _SURE and len(values) < len(rows[0]) + 1 and len(shared) == len(values)
