"""Incremental Parquet writer for database rows, with a size limit."""

from pathlib import Path
from types import TracebackType
from typing import Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from core.errors import InputError
from core.progress import Progress

GROUP_BYTES: Final = 64 << 20
"""Bytes of rows held in memory at once; as Python objects they take several times as much."""


class Written:
    """A context manager that appends rows to a Parquet file.

    Parameters
    ----------
    target : Path
        File to write.
    disk_gb : float
        Maximum gigabytes of rows.
    progress : callable
        Called with the share done (0 if the number of rows is unknown) and a message; may raise.
    total : int, optional
        Expected number of rows.
    """

    def __init__(self, target: Path, disk_gb: float, progress: Progress, total: int | None = None) -> None:
        self.rows = 0
        self._target, self._disk_gb, self._progress, self._total = target, disk_gb, progress, total
        self._bytes = 0
        self._writer: pq.ParquetWriter | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._writer is not None:
            self._writer.close()
        if kind is None and self.rows == 0:
            message = "The table or query returned no rows. Choose another."
            raise InputError(message)

    def add(self, rows: pa.Table) -> None:
        """Append rows of the same schema.

        Raises
        ------
        InputError
            If the rows exceed the size limit.
        """
        self.rows += rows.num_rows
        self._bytes += rows.nbytes
        if self._bytes > self._disk_gb * (1 << 30):
            message = (
                f"The table or query returned more than {self._disk_gb:g} GB (over {self.rows:,} rows). Request less "
                "data at once, or raise CLIENTELE_READ_DISK_GB."
            )
            raise InputError(message)
        self._writer = self._writer or pq.ParquetWriter(self._target, rows.schema, compression="zstd")
        self._writer.write_table(rows)
        share = min(self.rows / self._total, 1.0) if self._total else 0.0
        self._progress(share, f"Reading the database: {self.rows:,} rows")
