"""Fast conversion of clean delimited text to Parquet; anything unusual is rejected.

Arrow takes half the time and a third of the memory of DuckDB. But it accepts misplaced quotes silently, so quotes are
checked along the way.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as pcsv
import pyarrow.parquet as pq

_BLOCK: Final = 8 << 20  # makes row groups of about 100,000 lines; clean text has no longer lines
_PIECE: Final = 1 << 17
_QUOTE, _LINE_END, _RETURN = b'"\n\r'


def copy_plain(source: Path, target: Path, columns: Sequence[str], delimiter: str) -> int | None:
    """Copy UTF-8 text with a header in line 1 to Parquet as texts, with empty values as null.

    Parameters
    ----------
    source, target : Path
        Source and target files.
    columns : sequence of str
        Names of the columns.
    delimiter : str
        One character.

    Returns
    -------
    int or None
        Number of rows; None if a line has a different number of columns or a misplaced quote, in which case `target` is
        unusable.
    """
    with source.open("rb", buffering=0) as opened:
        watched = _Watched(opened, delimiter)
        try:
            rows = _copy(watched, target, columns, delimiter)
        except pa.ArrowInvalid:
            return None
    return rows if watched.is_clean() else None


def _copy(watched: "_Watched", target: Path, columns: Sequence[str], delimiter: str) -> int:
    """Read each block while the previous one is written."""
    reader = pcsv.open_csv(
        pa.PythonFile(watched, mode="r"),
        read_options=pcsv.ReadOptions(block_size=_BLOCK, use_threads=False, skip_rows=1, column_names=list(columns)),
        parse_options=pcsv.ParseOptions(delimiter=delimiter),
        convert_options=pcsv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()), null_values=[""], strings_can_be_null=True
        ),
    )
    rows = 0
    with pq.ParquetWriter(target, reader.schema, compression="lz4") as writer, ThreadPoolExecutor(1) as pool:
        coming = pool.submit(next, reader, None)
        while (batch := coming.result()) is not None:
            coming = pool.submit(next, reader, None)
            writer.write_batch(batch)
            rows += batch.num_rows
    return rows


class _Watched:
    """A file wrapper that checks quotes as it is read: each value has two, at its ends, or none."""

    closed = False

    def __init__(self, opened: BinaryIO, delimiter: str) -> None:
        self._opened = opened
        self._beside = np.zeros(256, dtype=bool)
        self._beside[[ord(delimiter), _LINE_END, _RETURN, _QUOTE]] = True
        self._rest = b""
        self._clean = True

    def read(self, size: int = -1) -> bytes:
        """Read a block and check it in pieces that fit the processor's cache."""
        block = self._opened.read(size)
        for start in range(0, len(block), _PIECE):
            if self._clean:
                lines, end, self._rest = (self._rest + block[start : start + _PIECE]).rpartition(b"\n")
                self._clean = self._are_clean(lines + end)
        return block

    def is_clean(self) -> bool:
        """Return whether everything read so far was clean."""
        return self._clean and self._are_clean(self._rest + b"\n")

    def close(self) -> None:
        """Do nothing; the opener closes the file."""

    def _are_clean(self, lines: bytes) -> bool:
        """Return whether quotes in whole lines alternately open a value and close it on the same line."""
        if b'"' not in lines:
            return True
        signs = np.frombuffer(lines, dtype=np.uint8)
        quotes = np.flatnonzero(signs == _QUOTE)
        if len(quotes) % 2:
            return False
        first, last = quotes[::2], quotes[1::2]
        ends = np.flatnonzero(signs == _LINE_END)
        return bool(
            (self._beside[signs[first - 1]] | (first == 0)).all()
            and self._beside[signs[last + 1]].all()
            and (np.searchsorted(ends, first) == np.searchsorted(ends, last)).all()
        )
