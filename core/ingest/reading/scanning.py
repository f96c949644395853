"""Text with anything unusual in it, row by row: every line ends up in exactly one row that is kept or set aside.

The database reads a clean text fast, but where quotes are not closed it takes the rows below for one value and says
nothing of them. So a text with anything unusual (rows of other widths, quoted line ends, stray quotes, broken bytes,
lines above the header) is gone through here once, and what the database gets is clean, with the line of each row.
"""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from core.ingest.reading.dialect import Dialect
from core.ingest.reading.rejects import RejectsWriter

LONGEST_LINE: Final = 1 << 20
"""Characters; an order line has hundreds."""

_MOST_LINES: Final = 200  # a quoted note may run over; more is a quote that was never closed
_REPLACED: Final = "\ufffd"  # stands where bytes meant nothing


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """Rows of a text.

    Parameters
    ----------
    kept, rejected : int
        Rows written to the clean text; rows set aside.
    """

    kept: int
    rejected: int


def scan(source: Path, clean: Path, rejects: RejectsWriter, dialect: Dialect, *, width: int, skip: int) -> Scanned:
    """Write the rows that have the width of the header as clean CSV, each after the line it begins on.

    Parameters
    ----------
    source : Path
        Text in UTF-8, perhaps with broken bytes.
    clean : Path
        CSV without header: `line` (the first being 1), then the values.
    rejects : RejectsWriter
        Takes the rows that cannot be split.
    dialect : Dialect
        How rows are split.
    width : int
        Columns of the header.
    skip : int
        Lines above the first row.
    """
    kept = rejected = 0
    with (
        source.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as text,
        clean.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, lineterminator="\n")
        lines = _Lines(text, skip=skip)
        for row in _records(lines, dialect, width):
            if isinstance(row, _Reject):
                rejects.add(row.line, row.reason, row.text)
                rejected += 1
            else:
                line, values = row
                writer.writerow((line, *values))
                kept += 1
    return Scanned(kept=kept, rejected=rejected)


@dataclass(frozen=True)
class _Reject:
    line: int
    reason: str
    text: str


class _Lines:
    """Lines of a text with their numbers, which can be put back; longer ones than `LONGEST_LINE` are cut."""

    def __init__(self, text: IO[str], skip: int) -> None:
        self._text = text
        self._number = 0
        self._waiting: deque[tuple[int, str]] = deque()
        for _ in range(skip):
            self.take()

    def take(self) -> tuple[int, str] | None:
        if self._waiting:
            return self._waiting.popleft()
        line = self._text.readline(LONGEST_LINE)
        if not line:
            return None
        self._number += 1
        if len(line) == LONGEST_LINE and line[-1] not in "\r\n":
            while (rest := self._text.readline(LONGEST_LINE)) and len(rest) == LONGEST_LINE and rest[-1] not in "\r\n":
                pass
        return self._number, line

    def put_back(self, lines: list[tuple[int, str]]) -> None:
        self._waiting.extendleft(reversed(lines))


def _records(lines: _Lines, dialect: Dialect, width: int) -> Iterator[tuple[int, list[str]] | _Reject]:
    quote, mark = dialect.quote, dialect.delimiter
    while (taken := lines.take()) is not None:
        number, line = taken
        if not line.strip():
            continue
        if problem := _problem(line, dialect):
            yield _Reject(number, problem, line)
        elif quote and quote in line:
            yield _quoted(lines, number, line, dialect, width)
        else:
            values = line.rstrip("\r\n").split(mark) if mark != " " else line.split()
            yield _checked(number, line, values, width)


def _problem(line: str, dialect: Dialect) -> str | None:
    """What makes a line unreadable whatever its columns."""
    if len(line) >= LONGEST_LINE:
        return f"the line is longer than {LONGEST_LINE:,} characters"
    if "\0" in line:
        return "the line holds a NUL byte"
    if line.isascii():
        return None
    if dialect.has_replacements and _REPLACED in line:
        return "the line holds bytes that are no letters in the file's encoding"
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return "the line holds bytes that are no letters in the file's encoding"
    return None


def _quoted(lines: _Lines, number: int, line: str, dialect: Dialect, width: int) -> tuple[int, list[str]] | _Reject:
    """A row with quotes, which may run over the lines below, but only where that makes it a whole row."""
    values = dialect.split(line)
    if values is not None:
        return _checked(number, line, values, width)
    taken: list[tuple[int, str]] = []
    text = line
    while len(taken) < _MOST_LINES and len(text) < LONGEST_LINE and (more := lines.take()) is not None:
        taken.append(more)
        text += more[1]
        if dialect.quote not in more[1]:
            continue
        values = dialect.split(text)
        if values is None:
            continue
        if len(values) != width or _swallows([line, *(below for _, below in taken)], dialect, width):
            break
        problem = _problem(text, dialect)
        return _Reject(number, problem, text) if problem else (number, values)
    lines.put_back(taken)
    return _Reject(number, "a quote is not closed, or stands within a value", line)


def _swallows(lines: list[str], dialect: Dialect, width: int) -> bool:
    """Whether what stands between two stray quotes are rows of their own and no value of several lines."""
    mark = None if dialect.delimiter == " " else dialect.delimiter
    splits = [len(line.split(mark)) == width for line in lines]
    return width > 1 and (all(splits) or (len(lines) > 2 and all(splits[1:-1])))  # noqa: PLR2004  some in between


def _checked(number: int, line: str, values: list[str], width: int) -> tuple[int, list[str]] | _Reject:
    if len(values) == width or (len(values) > width and not any(map(str.strip, values[width:]))):
        return number, values[:width]
    columns = f"{len(values):,} column{'s' if len(values) > 1 else ''} instead of {width:,}"
    return _Reject(number, columns, line)
