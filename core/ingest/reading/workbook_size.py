"""Estimates of the memory a workbook's cells will take, made before opening it.

Two cells at opposite corners make a sheet of 17 billion cells, one text may be shared by a million cells, and
OpenDocument can repeat a cell any number of times. So small workbooks are scanned for positions, texts and repetitions.
Large ones, for which that would take as long as reading, and other formats get memory in proportion to their size.
"""

import re
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np

from core.errors import InputError
from core.ingest.sources.files import SourceFile
from core.ingest.sources.size_limits import amount

MOST_CELLS: Final = 60_000_000  # a full sheet of 1,048,576 rows with 57 columns

_LOOKED_THROUGH: Final = 16 << 20  # bytes unpacked; a second or so
_TIMES_SIZE: Final = 4  # bytes of memory per unpacked byte; cells and texts take about two
_CELL_BYTES: Final = 32
_MOST_BYTES: Final = MOST_CELLS * _CELL_BYTES
_PLACE: Final = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
# Bounded, and an attribute holds no `<`: an open `[^>]*` takes quadratic time on a file without `>`.
_SHARED: Final = re.compile(rb"""\bt=["']s["'][^<>]{0,300}>\s{0,300}<(?:\w{1,40}:)?v>(\d{1,9})<""")
_TEXT: Final = re.compile(rb"<(?:\w+:)?si\b")
_ROW: Final = re.compile(rb"<(?:\w+:)?table-row\b[^<>]*>")
_CELL: Final = re.compile(rb"<(?:\w+:)?(?:covered-)?table-cell\b([^<>]*?)(/?)>")
_CLOSE: Final = re.compile(rb"</")
_ROWS: Final = re.compile(rb"""number-rows-repeated=["'](\d{1,9})["']""")
_TIMES: Final = re.compile(rb"""number-columns-repeated=["'](\d{1,9})["']""")


@contextmanager
def memory_for(unpacked: int) -> Iterator[None]:
    """Limit memory to the needs of a workbook of this unpacked size, where the system supports limits."""
    try:
        import resource  # noqa: PLC0415

        taken = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    except (ImportError, OSError):  # Windows, macOS
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    most = taken + _MOST_BYTES + _TIMES_SIZE * unpacked
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (most if soft == resource.RLIM_INFINITY else min(soft, most), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def check_cells(file: SourceFile, packed: zipfile.ZipFile) -> None:
    """Reject a small workbook whose cells take more memory than the largest allowed.

    Parameters
    ----------
    file : SourceFile
        For messages.
    packed : ZipFile
        Its parts.

    Raises
    ------
    InputError
    """
    if sum(part.file_size for part in packed.infolist()) > _LOOKED_THROUGH:
        return
    texts = _lengths(packed)
    for part in packed.infolist():
        if re.fullmatch(r"xl/worksheets/[^/]+\.xml", part.filename, re.IGNORECASE):
            cells, text = _sheet(_content(packed, part), texts)
        elif part.filename == "content.xml":
            cells, text = _repeated(_content(packed, part))
        else:
            continue
        if cells > MOST_CELLS or cells * _CELL_BYTES + text > _MOST_BYTES:
            message = (
                f"{file.name}: a sheet spans {cells:,} cells, including blanks, and would need "
                f"{amount(cells * _CELL_BYTES + text)} of memory (maximum {amount(_MOST_BYTES)}). Delete stray "
                "cells, or save it as CSV."
            )
            raise InputError(message)


def _content(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bytes:
    """Return a part's content up to its declared size, so that a false declaration can't fill memory."""
    with packed.open(part) as opened:
        return opened.read(part.file_size)


def _sheet(content: bytes, texts: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> tuple[int, int]:
    """Return the cells in a sheet's bounding box and the bytes of text in them."""
    places = _PLACE.findall(content)
    if not places:
        return 0, 0
    columns = [_number(column) for column in {column for column, _row in places}]
    rows = np.array([row for _column, row in places]).astype(np.int64)
    found = np.array(_SHARED.findall(content), dtype="S9").astype(np.int64)
    text = int(texts[found[found < len(texts)]].sum()) if len(texts) else 0
    return int((rows.max() - rows.min() + 1) * (max(columns) - min(columns) + 1)), text


def _number(column: bytes) -> int:
    return sum((sign - 64) * 26**place for place, sign in enumerate(reversed(column)))


def _lengths(packed: zipfile.ZipFile) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """Return the length in bytes of each shared string, including markup."""
    part = next((part for part in packed.infolist() if part.filename.lower() == "xl/sharedstrings.xml"), None)
    content = _content(packed, part) if part else b""
    starts = np.array([*(found.start() for found in _TEXT.finditer(content)), len(content)], dtype=np.int64)
    return starts[1:] - starts[:-1]


def _repeated(content: bytes) -> tuple[int, int]:
    """Return the cells of OpenDocument sheets up to the last filled one and the bytes of text in them."""
    rows = last = widest = text = 0
    closes = np.fromiter((found.start() for found in _CLOSE.finditer(content)), dtype=np.int64)
    for start, end in _between(_ROW, content):
        times = int((_ROWS.search(content, start, content.index(b">", start)) or [0, 1])[1])
        width, filled, said = 0, 0, 0
        for found in _CELL.finditer(content, start, end):
            repeated = int((_TIMES.search(found[1]) or [0, 1])[1])
            width += repeated
            if not found[2]:
                filled = width
                said += repeated * (_close(closes, found.end(), end) - found.end())
        rows += times
        if filled:
            last, widest, text = rows, max(widest, filled), text + times * said
    return last * widest, text


def _close(closes: "np.ndarray[tuple[int], np.dtype[np.int64]]", start: int, end: int) -> int:
    """Return the end of a cell's text, or of its row if the cell is unclosed."""
    at = int(np.searchsorted(closes, start))
    return min(int(closes[at]), end) if at < len(closes) else end


def _between(pattern: re.Pattern[bytes], content: bytes) -> Iterator[tuple[int, int]]:
    starts = [found.start() for found in pattern.finditer(content)]
    return pairwise([*starts, len(content)])
