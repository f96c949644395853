"""Detection of file formats from the first bytes, never from the name."""

import zipfile
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Final
from uuid import uuid4

from core.errors import InputError

_HEAD_BYTES: Final = 65_536  # enough to find a NUL byte in every common binary format


class FileKind(Enum):
    """Formats that can be read."""

    DELIMITED = "text"
    EXCEL = "Excel workbook"
    PARQUET = "Parquet"
    GZIP = "gzip"
    ZIP = "ZIP archive"


_REFUSED: Final[dict[bytes, str]] = {
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"SQLite format 3": "a SQLite database",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"\xfd7zXZ": "an xz archive",
    b"BZh": "a bzip2 archive",
    b"\x7fELF": "a program",
    b"MZ\x90\0": "a program",
    b"{\\rtf": "a text document (RTF)",
}
_OLE: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")  # the stream of a workbook with a password
_WORKBOOK_PARTS: Final = ("xl/workbook.xml", "xl/workbook.bin", "content.xml")  # xlsx, xlsb, ods
_UNICODE_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")  # UTF-16 text is full of NUL bytes
_MARKS_AND_BLANKS: Final = b"\xef\xbb\xbf\xff\xfe \t\r\n\f\v"
_BINARY_SHARE: Final = 0.02  # of NUL bytes: damaged text has a few, binary formats many


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """A file with its display name and location.

    Parameters
    ----------
    name : str
        Name to show in messages.
    path : Path
        Its location.
    """

    name: str
    path: Path


def new_path(scratch: Path, ending: str) -> Path:
    """Return a unique path in a scratch folder."""
    return scratch / f"{uuid4().hex}.{ending}"


def one_line(error: Exception) -> str:
    """Return the first line of a library's error message."""
    return " ".join(next(iter(str(error).splitlines()), type(error).__name__).split())


def kind_of(file: SourceFile, encoding: str | None = None) -> FileKind:
    """Detect a file's format from its first bytes; `encoding` is the user's choice for text.

    Raises
    ------
    InputError
        If it is empty or not a table.
    """
    head = _head(file)
    if not head.strip(_MARKS_AND_BLANKS):
        message = f"{file.name} is empty. Export the orders again."
        raise InputError(message)
    if head.startswith(b"\x1f\x8b"):
        return FileKind.GZIP
    if head.startswith(b"PAR1"):
        return FileKind.PARQUET
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _kind_of_zip(file)
    if head.startswith(_OLE):
        return _kind_of_ole(file)
    for magic, what in _REFUSED.items():
        if head.startswith(magic):
            message = f"{file.name} is {what}, not a table of orders. Save it as CSV, XLSX or Parquet."
            raise InputError(message)
    wide = looks_wide(head) is not None or (encoding or "").lower().startswith(("utf-16", "utf-32"))
    if not wide and head.count(0) > _BINARY_SHARE * len(head):
        message = f"{file.name} isn't a text file (it contains NUL bytes). Save it as CSV, XLSX or Parquet."
        raise InputError(message)
    if head.lstrip(_MARKS_AND_BLANKS)[:15].lower().startswith((b"<!doctype html", b"<html")):
        message = f"{file.name} is a web page, not a table of orders. Download the file itself, not the page."
        raise InputError(message)
    return FileKind.DELIMITED


def looks_wide(head: bytes) -> str | None:
    """Return the encoding of text with two or four bytes per character, or None for other text."""
    marks = ((b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"), *((mark, "utf-16") for mark in _UNICODE_MARKS))
    marked = next((name for mark, name in marks if head.startswith(mark)), None)
    if marked or len(head) < 4:  # noqa: PLR2004  too short to tell
        return marked
    half = len(head) // 2
    if head[1::2].count(0) > 0.7 * half and head[::2].count(0) < 0.1 * half:
        return "utf-16-le"
    if head[::2].count(0) > 0.7 * half and head[1::2].count(0) < 0.1 * half:
        return "utf-16-be"
    return None


def _kind_of_zip(file: SourceFile) -> FileKind:
    """Distinguish a workbook, which is a ZIP archive, from an archive of files."""
    try:
        with zipfile.ZipFile(file.path) as packed:
            names = set(packed.namelist())
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        message = (
            f"{file.name} is damaged or incomplete: it looks like an XLSX or ZIP file but can't be opened. "
            "Export or copy it again."
        )
        raise InputError(message) from error
    return FileKind.EXCEL if names & set(_WORKBOOK_PARTS) else FileKind.ZIP


def _kind_of_ole(file: SourceFile) -> FileKind:
    with file.path.open("rb") as opened:
        if _ENCRYPTED in opened.read(1 << 26):
            message = f"{file.name} is password-protected. Remove the password in Excel and upload it again."
            raise InputError(message)
    return FileKind.EXCEL


def _head(file: SourceFile) -> bytes:
    if file.path.is_fifo() or file.path.is_char_device() or file.path.is_socket():
        message = f"{file.name} is a pipe, device or socket. Save its content to a file first."
        raise InputError(message)
    try:
        with file.path.open("rb") as opened:
            return opened.read(_HEAD_BYTES)
    except OSError as error:
        message = f"{file.name} can't be opened: {error.strerror or error}. Check its name and permissions."
        raise InputError(message) from error
