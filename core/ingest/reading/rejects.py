"""The table of rejected rows stored with a version: file, line, reason and raw text."""

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

REJECTS: Final = pa.schema(
    [("file", pa.string()), ("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())]
)
"""Columns of the table of rejected rows; `line` counts from 1 within the file or sheet."""

LONGEST_TEXT: Final = 5_000
"""Characters of raw text stored per row."""

_BATCH: Final = 10_000


class RejectsWriter:
    """A context manager that writes rejected rows of one file to Parquet.

    Parameters
    ----------
    path : Path
        Parquet file to write.
    file : str
        Name of the source file.
    """

    def __init__(self, path: Path, file: str) -> None:
        self._writer = pq.ParquetWriter(path, REJECTS)
        self._file = file
        self._rows: list[dict[str, object]] = []

    def add(self, line: int, reason: str, text: str) -> None:
        """Add a row, with undecodable bytes escaped."""
        shown = (
            text.rstrip("\r\n")[:LONGEST_TEXT].encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
        )
        self._rows.append({"file": self._file, "line": line, "reason": reason, "text": shown})
        if len(self._rows) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        self._writer.write_table(pa.Table.from_pylist(self._rows, schema=REJECTS))
        self._rows.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._flush()
        self._writer.close()


def first_rejects(path: Path, count: int) -> tuple[tuple[int, str, str], ...]:
    """Return line, reason and text of the first rejected rows."""
    rows = next(pq.ParquetFile(path).iter_batches(batch_size=count), None)
    return tuple((r["line"], r["reason"], r["text"]) for r in rows.to_pylist()) if rows is not None else ()
