"""Row-by-row reader for irregular text: every line ends up in exactly one accepted or rejected row.

The database reads clean text fast, but it silently swallows the rows after an unclosed quote. So text with anything
unusual (rows of other widths, quoted line breaks, stray quotes, invalid bytes, lines above the header) is scanned here
once, and the database receives clean text with the line of each row.
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
"""Maximum characters of a line; order lines have hundreds."""

_MOST_LINES: Final = 200  # a quoted note may span lines; more means an unclosed quote
_REPLACED: Final = "\ufffd"  # marks undecodable bytes


@dataclass(frozen=True, kw_only=True)
class Scanned:
    """Row counts of a scanned text.

    Parameters
    ----------
    kept, rejected : int
        Rows written to the clean text, and rows rejected.
    """

    kept: int
    rejected: int


def scan(source: Path, clean: Path, rejects: RejectsWriter, dialect: Dialect, *, width: int, skip: int) -> Scanned:
    """Write rows as wide as the header to clean CSV, each preceded by its line number.

    Parameters
    ----------
    source : Path
        UTF-8 text, possibly with invalid bytes.
    clean : Path
        CSV without header: `line` (from 1), then the values.
    rejects : RejectsWriter
        Receives the rows that can't be split.
    dialect : Dialect
        Rules for splitting rows.
    width : int
        Number of columns in the header.
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
    """A line reader with line numbers and push-back that truncates lines to `LONGEST_LINE`."""

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
    """Return why a line is unreadable regardless of its columns, if it is."""
    if len(line) >= LONGEST_LINE:
        return f"the line is longer than {LONGEST_LINE:,} characters"
    if "\0" in line:
        return "the line contains a NUL byte"
    if line.isascii():
        return None
    if dialect.has_replacements and _REPLACED in line:
        return "the line contains bytes that are invalid in the file's encoding"
    try:
        line.encode("utf-8")
    except UnicodeEncodeError:
        return "the line contains bytes that are invalid in the file's encoding"
    return None


def _quoted(lines: _Lines, number: int, line: str, dialect: Dialect, width: int) -> tuple[int, list[str]] | _Reject:
    """Parse a row with quotes, extending it over the lines below only if that completes the row."""
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
    return _Reject(number, "a quote is unclosed or inside a value", line)


def _swallows(lines: list[str], dialect: Dialect, width: int) -> bool:
    """Return whether the lines between two stray quotes are separate rows rather than one multi-line value."""
    mark = None if dialect.delimiter == " " else dialect.delimiter
    splits = [len(line.split(mark)) == width for line in lines]
    return width > 1 and (all(splits) or (len(lines) > 2 and all(splits[1:-1])))  # noqa: PLR2004  some in between


def _checked(number: int, line: str, values: list[str], width: int) -> tuple[int, list[str]] | _Reject:
    if len(values) == width or (len(values) > width and not any(map(str.strip, values[width:]))):
        return number, values[:width]
    columns = f"{len(values):,} column{'s' if len(values) > 1 else ''} instead of {width:,}"
    return _Reject(number, columns, line)
