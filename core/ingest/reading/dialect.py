"""The dialect of delimited text: delimiter, quotes and header row, detected or chosen by the user."""

import csv
import io
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from core.ingest.reading.header import ROWS_LOOKED_AT, header_row_of, names_of
from core.ingest.sources.read_options import ReadOptions

_BLOCK: Final = 1 << 20
_USUAL: Final = ",;\t|"
_RARE: Final = "^~\x01\x1f\x1e§: "  # tried only if the usual ones split nothing: times contain colons
_LINES: Final = 60
_BACKSLASHED: Final = re.compile(r'\\"[^,;\t|\r\n]')
_DOUBLED: Final = re.compile(r'[^,;\t|\r\n]""[^,;\t|\r\n]')
_QUOTED_SHARE: Final = 0.3  # of values in single quotes, so that occasional apostrophes don't count


@dataclass(frozen=True, kw_only=True)
class Dialect:
    r"""Rules for splitting text into rows and columns.

    Parameters
    ----------
    delimiter : str
        One or a few characters; a space stands for any number of spaces.
    quote : str
        Encloses values; empty for none.
    has_backslashes : bool
        Whether a quote within a value is written `\"` instead of `""`.
    header_row : int
        Row with the column names, from 1; 0 if there is none.
    has_replacements : bool
        Whether undecodable bytes were replaced by the replacement character.
    """

    delimiter: str
    quote: str = '"'
    has_backslashes: bool = False
    header_row: int = 1
    has_replacements: bool = False

    @property
    def is_plain(self) -> bool:
        """Return whether the database can read the text without conversion."""
        is_usual = len(self.delimiter) == 1 and self.delimiter.isascii() and self.delimiter != " "
        return is_usual and self.quote == '"' and not self.has_backslashes

    def split(self, text: str) -> list[str] | None:
        """Split one row, which may span several lines; return None if its quotes don't match."""
        body = text.rstrip("\r\n")
        if self.delimiter == " ":
            body = " ".join(body.split())
        if not self.quote or self.quote not in body:
            return body.split(self.delimiter)
        if len(self.delimiter) > 1:
            body = body.replace(self.delimiter, _STAND_IN)
        mark = self.delimiter if len(self.delimiter) == 1 else _STAND_IN
        escape = "\\" if self.has_backslashes else None
        try:
            rows = list(
                csv.reader(
                    io.StringIO(body, newline=""),
                    delimiter=mark,
                    quotechar=self.quote,
                    escapechar=escape,
                    doublequote=not self.has_backslashes,
                    strict=True,
                )
            )
        except csv.Error:
            return None
        return rows[0] if len(rows) == 1 else None


_STAND_IN: Final = "\x1d"  # a character that doesn't occur in text, standing in for longer delimiters


def dialect_of(path: Path, options: ReadOptions) -> Dialect:
    """Detect the dialect of UTF-8 text from its first lines; the user's options take precedence."""
    csv.field_size_limit(_BLOCK)
    lines = first_lines(path)
    quote = options.quote if options.quote is not None else _quote_of(lines)
    delimiter = options.delimiter or _delimiter_of(lines, quote)
    text = "".join(lines)
    backslashes = quote == '"' and bool(_BACKSLASHED.search(text)) and not _DOUBLED.search(text)
    found = Dialect(delimiter=delimiter, quote=quote, has_backslashes=backslashes)
    row = options.header_row if options.header_row is not None else header_row_of(_rows(lines, found))
    return replace(found, header_row=row)


def header_of(file: str, path: Path, dialect: Dialect) -> tuple[tuple[str, ...], int]:
    """Return the column names and the number of lines above the first row.

    Raises
    ------
    InputError
        If the names can't be used; see `core.ingest.reading.header.names_of`.
    """
    lines = first_lines(path, max(dialect.header_row, 1) + ROWS_LOOKED_AT)
    if dialect.header_row == 0:
        width = max((len(row) for row in _rows(lines, dialect)), default=0)
        return tuple(f"column {position}" for position in range(1, width + 1)), 0
    row, used = _joined(lines[dialect.header_row - 1 :], dialect)
    row = _without_surplus(row, _rows(lines[dialect.header_row - 1 + used :], dialect))
    return names_of(file, row, dialect.header_row), dialect.header_row - 1 + used


def first_lines(path: Path, count: int = _LINES) -> list[str]:
    """Return the first lines of the first block; a file may be one line of gigabytes."""
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as text:
        return io.StringIO(text.read(_BLOCK), newline="").readlines()[:count]


def _rows(lines: list[str], dialect: Dialect) -> list[list[str]]:
    """Return the first rows, each at the position of its first line; further lines are empty."""
    rows: list[list[str]] = []
    while len(rows) < min(len(lines), ROWS_LOOKED_AT):
        row, used = _joined(lines[len(rows) :], dialect)
        rows += [row, *[[]] * (used - 1)]
    return rows


def _joined(lines: list[str], dialect: Dialect) -> tuple[list[str], int]:
    """Return the row starting on the first line and its number of lines; unmatched quotes end with the line."""
    for used in range(1, min(len(lines), ROWS_LOOKED_AT) + 1):
        row = dialect.split("".join(lines[:used]))
        if row is not None:
            return row, used
    return (lines[0].rstrip("\r\n").split(dialect.delimiter) if lines else []), 1


def _without_surplus(header: list[str], rows: list[list[str]]) -> list[str]:
    """Remove trailing unnamed columns that no row below fills."""
    widest = max((len(row) for row in rows), default=len(header))
    named = next((count for count in range(len(header), 0, -1) if header[count - 1].strip()), len(header))
    return header[: max(named, widest)]


def _quote_of(lines: list[str]) -> str:
    """Return the quote character: single quotes if many values use them and none uses double quotes."""
    text = "".join(lines)
    if '"' in text or "'" not in text:
        return '"'
    for mark in _USUAL:
        values = [value.strip() for line in lines for value in line.rstrip("\r\n").split(mark)]
        quoted = [value for value in values if len(value) > 1 and value[0] == value[-1] == "'"]
        if len(quoted) > _QUOTED_SHARE * len(values):
            return "'"
    return '"'


def _delimiter_of(lines: list[str], quote: str) -> str:
    """Detect the delimiter that splits the lines most evenly into the most columns."""
    for candidates in (_USUAL, _RARE):
        scores = {mark: _evenness(lines, mark, quote) for mark in candidates}
        best = max(candidates, key=lambda mark: scores[mark])
        if scores[best] > 0:
            return best
    return ","


def _evenness(lines: list[str], delimiter: str, quote: str) -> float:
    """Return columns per row times the share of rows with the usual number; 0 for a single column."""
    if delimiter == " ":
        widths = [len(line.split()) for line in lines if line.strip()]
    else:
        how = {"quotechar": quote} if quote else {"quoting": csv.QUOTE_NONE}
        try:
            widths = [len(row) for row in csv.reader(lines, delimiter=delimiter, **how) if row]
        except csv.Error:
            return 0.0
    usual = max(set(widths), key=widths.count, default=1)
    return 0.0 if usual == 1 else usual * widths.count(usual) / len(widths)
