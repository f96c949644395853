"""What a file is, told from its first bytes and never from its name; and files freed of their gzip wrapping."""

import gzip
import shutil
import zlib
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final

from core.errors import InputError

_HEAD_BYTES: Final = 65_536  # enough to meet a NUL byte in every common binary format


class FileKind(Enum):
    """The formats that can be read."""

    DELIMITED = "text"
    EXCEL = "Excel workbook"
    PARQUET = "Parquet"


_KNOWN: Final[dict[bytes, FileKind]] = {b"PK\x03\x04": FileKind.EXCEL, b"PAR1": FileKind.PARQUET}
_REFUSED: Final[dict[bytes, str]] = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old or password-protected Excel workbook",
    b"SQLite format 3": "a SQLite database",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"BZh": "a bzip2 archive",
}
_UNICODE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")  # UTF-16 text is full of NUL bytes
_PATTERN_MARKS: Final = frozenset("*?[")
_MARKS_AND_BLANKS: Final = b"\xef\xbb\xbf\xff\xfe \t\r\n\f\v"


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file as the user knows it and where its bytes are.

    Parameters
    ----------
    name : str
        Name to show in messages.
    path : Path
        Where it lies.
    """

    name: str
    path: Path


def unwrap(file: SourceFile, scratch: Path) -> SourceFile:
    """Give the file itself, or its content without gzip, written below `scratch`.

    A file whose path DuckDB would take for a pattern of several paths is copied too.

    Raises
    ------
    InputError
        Where the gzip wrapping is damaged.
    """
    is_packed = _head(file)[:2] == b"\x1f\x8b"
    if not is_packed and not _PATTERN_MARKS & set(str(file.path)):
        return file
    plain = scratch / f"{len(list(scratch.iterdir()))}-plain"
    if not is_packed:
        return SourceFile(name=file.name, path=Path(shutil.copyfile(file.path, plain)))
    try:
        with gzip.open(file.path) as packed, plain.open("wb") as out:
            shutil.copyfileobj(packed, out, length=1 << 20)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        message = f"{file.name}: the gzip file is damaged or cut short ({error}); export or copy it again."
        raise InputError(message) from error
    return SourceFile(name=file.name, path=plain)


def kind_of(file: SourceFile, encoding: str | None = None) -> FileKind:
    """Tell the format of an unwrapped file from its first bytes; `encoding` is what the user says of text.

    Raises
    ------
    InputError
        Where it is empty or nothing that holds orders.
    """
    head = _head(file)
    if not head.strip(_MARKS_AND_BLANKS):
        message = f"{file.name} is empty; export the orders again."
        raise InputError(message)
    for magic, kind in _KNOWN.items():
        if head.startswith(magic):
            return kind
    for magic, what in _REFUSED.items():
        if head.startswith(magic):
            message = f"{file.name} is {what}, not a table of orders; save it as CSV, XLSX or Parquet."
            raise InputError(message)
    wide = head.startswith(_UNICODE_MARKS) or (encoding or "").lower().startswith(("utf-16", "utf-32"))
    if b"\0" in head and not wide:
        message = f"{file.name} is not text: it holds NUL bytes; save it as CSV, XLSX or Parquet."
        raise InputError(message)
    return FileKind.DELIMITED


def _head(file: SourceFile) -> bytes:
    try:
        with file.path.open("rb") as opened:
            return opened.read(_HEAD_BYTES)
    except OSError as error:
        message = f"{file.name} cannot be opened: {error.strerror or error}; check the name and your rights to it."
        raise InputError(message) from error
