"""Encoding, delimiter and header of delimited text, detected or as the user says."""

import codecs
import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from core.errors import InputError
from core.ingest.files import SourceFile

_BLOCK: Final = 1 << 20
_DELIMITERS: Final = ",;\t|"
_MARKS: Final = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ROW_COUNTER: Final = "file_row_number"  # the column that DuckDB adds to a Parquet file
MOST_COLUMNS: Final = 2_000  # an order export has tens; more is not a table of orders


@dataclass(frozen=True, kw_only=True)
class TextFormat:
    """How delimited text is to be read; what is None is detected.

    Parameters
    ----------
    encoding : str, optional
        A name Python knows, such as `utf-8` or `cp1252`.
    delimiter : str, optional
        One character.
    """

    encoding: str | None = None
    delimiter: str | None = None

    def __post_init__(self) -> None:
        if self.delimiter is not None and len(self.delimiter) != 1:
            message = f"`delimiter` must be one character, got “{self.delimiter}”."
            raise InputError(message)
        if self.encoding is not None:
            try:
                "".encode(self.encoding)  # refuses codecs such as base64, which are not for text
            except (LookupError, UnicodeError) as error:
                message = f"`encoding` must be a known encoding such as utf-8 or cp1252, got “{self.encoding}”."
                raise InputError(message) from error


def encoding_of(file: SourceFile) -> str:
    """Tell the encoding: a byte-order mark, else UTF-8 if every byte fits, else Windows-1252, else Latin-1.

    Every sequence of bytes is valid Latin-1, so that one comes last and never fails.
    """
    with file.path.open("rb") as opened:
        head = opened.read(4)
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    return next(name for name in ("utf-8", "cp1252", "latin-1") if _decodes(file.path, name))


def to_utf8(file: SourceFile, encoding: str, scratch: Path) -> Path:
    """Give a path to the text in UTF-8 without byte-order mark: the file itself where it already is.

    DuckDB's own decoding of Latin-1 loses bytes at the edges of its buffers (seen with 1.5.6 on a gzipped
    file: `PINK VINTInvoiceNo,StockCode`), so the decoding is Python's.

    Raises
    ------
    InputError
        Where the bytes are not in that encoding.
    """
    if codecs.lookup(encoding).name == "utf-8":
        return file.path
    target = scratch / f"{len(list(scratch.iterdir()))}-utf8"
    try:
        with (
            file.path.open(encoding=encoding, newline="") as text,
            target.open("w", encoding="utf-8", newline="") as out,
        ):
            while block := text.read(_BLOCK):
                out.write(block)
    except UnicodeError as error:
        message = f"{file.name} is not in the encoding {encoding} ({error}); give the right one, or leave it out."
        raise InputError(message) from error
    return target


def delimiter_of(path: Path) -> str:
    """Tell the delimiter: the candidate that splits the first lines most evenly into most columns."""
    lines = _first_lines(path, 50)
    scores = {mark: _evenness(lines, mark) for mark in _DELIMITERS}
    return max(_DELIMITERS, key=lambda mark: scores[mark])


def header_of(file: SourceFile, path: Path, delimiter: str) -> tuple[str, ...]:
    """Read the names of the columns from the first row; nameless ones are called after their position.

    Raises
    ------
    InputError
        Where there are too many columns; see also `check_names`.
    """
    with path.open(encoding="utf-8-sig", newline="") as text:
        first = next(csv.reader(_bounded(text), delimiter=delimiter), [])
    names = tuple(name.strip() or f"column {position}" for position, name in enumerate(first, start=1))
    if len(names) > MOST_COLUMNS:
        message = f"{file.name}, row 1: {len(names):,} columns, but at most {MOST_COLUMNS:,} can be read."
        raise InputError(message)
    check_names(file, names)
    return names


def check_names(file: SourceFile, names: tuple[str, ...]) -> None:
    """Refuse names that the database cannot tell apart, and the one that counts its rows.

    Raises
    ------
    InputError
    """
    folded = [name.casefold() for name in names]
    twice = next((name for name in names if folded.count(name.casefold()) > 1), None)
    if twice is not None:
        message = f"{file.name}, row 1: the column “{twice}” stands twice; give each column a name of its own."
        raise InputError(message)
    if _ROW_COUNTER in folded:
        message = (
            f"{file.name}, row 1: the column “{_ROW_COUNTER}” has a name that is needed here; give it another name."
        )
        raise InputError(message)


def _decodes(path: Path, encoding: str) -> bool:
    try:
        with path.open(encoding=encoding, newline="") as text:
            while text.read(_BLOCK):
                pass
    except UnicodeDecodeError:
        return False
    return True


def _first_lines(path: Path, count: int) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as text:
        return [line for line, _ in zip(_bounded(text), range(count), strict=False)]


def _bounded(text: io.TextIOBase) -> "list[str]":
    """Lines of the first block: a file may be one line of gigabytes."""
    return text.read(_BLOCK).splitlines(keepends=True)


def _evenness(lines: list[str], delimiter: str) -> float:
    """Columns per row times the share of rows with the usual number of columns; 0 for a single column."""
    csv.field_size_limit(_BLOCK)
    try:
        widths = [len(row) for row in csv.reader(lines, delimiter=delimiter) if row]
    except csv.Error:
        return 0.0
    usual = max(set(widths), key=widths.count, default=1)
    return 0.0 if usual == 1 else usual * widths.count(usual) / len(widths)
