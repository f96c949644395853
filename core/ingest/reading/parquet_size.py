"""Estimates of a Parquet file's expanded size, from its metadata and dictionaries.

The sizes in the metadata don't help: a text of 100 KB in two million rows takes 100 KB, in a dictionary or as a prefix
shared with the text above. So dictionaries are inspected, and if they don't settle it, values are measured a few at a
time.
"""

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from core.errors import InputError
from core.ingest.sources.files import SourceFile
from core.ingest.sources.size_limits import Room, amount

MOST_TIMES: Final = 1_000
"""Maximum ratio of expanded to stored size; a wide log of equal values reaches a few hundred."""

_SMALL: Final = 1_000_000_000  # bytes allowed regardless of the ratio
_MOST_FOOTER: Final = 64 << 20  # bytes; ten thousand row groups of fifty columns take 50 MB
_FOOT: Final = struct.Struct("<I4s")
_WIDTH: Final = 8  # bytes of a number, of a time, or of a missing value
_FEW: Final = 256  # rows decoded at once if each may be large
_MANY: Final = 65_536  # rows of which only dictionary indices are decoded
_BUFFER: Final = 1 << 16


def check_footer(file: SourceFile) -> None:
    """Reject a file whose metadata alone would take gigabytes.

    Raises
    ------
    InputError
    """
    whole = file.path.stat().st_size
    with file.path.open("rb") as opened:
        opened.seek(max(whole - _FOOT.size, 0))
        foot = opened.read()
    size, mark = _FOOT.unpack(foot) if len(foot) == _FOOT.size else (0, b"")
    if whole > size > _MOST_FOOTER and mark == b"PAR1":  # otherwise it is damaged, which reading will report
        message = (
            f"{file.name}: its metadata alone takes {amount(size)} (maximum {_MOST_FOOTER >> 20} MB). "
            "Write the file again with larger row groups."
        )
        raise InputError(message)


def check(file: SourceFile, metadata: pq.FileMetaData, room: Room) -> None:
    """Reject a file that expands to too much.

    Parameters
    ----------
    file : SourceFile
        A Parquet file.
    metadata : FileMetaData
        Its metadata.
    room : Room
        Unpacking budget of the uploaded file.

    Raises
    ------
    InputError
    """
    most = min(max(_SMALL, MOST_TIMES * room.size), room.most)
    sizes = np.array([[_least(metadata, g, c) for c in range(metadata.num_columns)] for g in _groups(metadata)])
    if sizes.sum() > most:
        raise _too_large(file, metadata, sizes.sum(), room, most)
    texts = [(g, c) for g in _groups(metadata) for c in range(metadata.num_columns) if _may_grow(metadata, g, c)]
    with _Texts(file.path, metadata) as reader:
        bounds = {at: reader.longest(*at) * metadata.row_group(at[0]).column(at[1]).num_values for at in texts}
        known, open_ = int(sizes.sum()), sum(bounds.values())
        for at in sorted(texts, key=bounds.__getitem__, reverse=True):
            if known + open_ <= most:
                break
            open_ -= bounds[at]
            for size in reader.sizes(*at):  # one long note makes a large bound, so count
                known += size
                if known > most:
                    column = metadata.schema.column(at[1]).path
                    raise _too_large(file, metadata, sizes.sum() + sum(bounds.values()), room, most, column)


def _too_large(
    file: SourceFile, metadata: pq.FileMetaData, size: float, room: Room, most: int, column: str = ""
) -> InputError:
    where = f", mostly in the column “{column[:80]}”" if column else ""
    limit = (
        f"the limit is {room.disk_gb:g} GB. Upload it in parts, or raise CLIENTELE_READ_DISK_GB"
        if most == room.most
        else f"the limit for a file of its size is {amount(most)}. Remove long texts and empty rows"
    )
    return InputError(f"{file.name} would unpack to {amount(size)} in {metadata.num_rows:,} rows{where}; {limit}.")


def _groups(metadata: pq.FileMetaData) -> range:
    return range(metadata.num_row_groups)


def _least(metadata: pq.FileMetaData, group: int, column: int) -> int:
    """Return the minimum bytes a column takes in a row group."""
    chunk, kind = metadata.row_group(group).column(column), metadata.schema.column(column)
    width = max(kind.length, _WIDTH) if kind.physical_type == "FIXED_LEN_BYTE_ARRAY" else _WIDTH
    return int(max(chunk.num_values, 0) * width + max(chunk.total_uncompressed_size, 0))


def _may_grow(metadata: pq.FileMetaData, group: int, column: int) -> bool:
    """Return whether a column's texts may be stored once for many rows."""
    chunk = metadata.row_group(group).column(column)
    is_text = chunk.physical_type == "BYTE_ARRAY" and chunk.num_values > 0
    return bool(is_text and any("DICTIONARY" in name or name == "DELTA_BYTE_ARRAY" for name in chunk.encodings))


class _Texts:
    """A reader of Parquet texts that keeps dictionaries encoded, so that a long text is in memory once."""

    def __init__(self, path: Path, metadata: pq.FileMetaData) -> None:
        columns = [metadata.schema.column(column) for column in range(metadata.num_columns)]
        texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
        how: dict[str, Any] = {"metadata": metadata, "pre_buffer": False, "buffer_size": _BUFFER}
        self._names, self._metadata = [column.path for column in columns], metadata
        self._plain = pq.ParquetFile(path, **how)
        self._coded = pq.ParquetFile(path, read_dictionary=texts, **how)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._plain.close()
        self._coded.close()

    def longest(self, group: int, column: int) -> int:
        """Return the bytes of the longest dictionary text, or of all texts if prefixes are shared."""
        if self._is_shared(group, column):
            return int(self._metadata.row_group(group).column(column).total_uncompressed_size)
        first = next(self._arrays(self._coded, group, column, 1), None)
        return int(_lengths(first.dictionary).max(initial=0)) if first is not None else 0

    def sizes(self, group: int, column: int) -> Iterator[int]:
        """Yield the bytes of the texts, batch by batch."""
        if self._is_shared(group, column):
            yield from (int(_lengths(array).sum()) for array in self._arrays(self._plain, group, column, _FEW))
            return
        for array in self._arrays(self._coded, group, column, _MANY):
            yield int(_lengths(array.dictionary)[array.indices.drop_null().to_numpy()].sum())

    def _is_shared(self, group: int, column: int) -> bool:
        """Return whether texts are stored as differences from the previous one, and so have no dictionary indices."""
        return "DELTA_BYTE_ARRAY" in self._metadata.row_group(group).column(column).encodings

    def _arrays(self, file: pq.ParquetFile, group: int, column: int, rows: int) -> Iterator[Any]:
        name = self._names[column]
        for batch in file.iter_batches(batch_size=rows, row_groups=[group], columns=[name], use_threads=False):
            array = batch.column(0)
            while pa.types.is_nested(array.type) and not pa.types.is_dictionary(array.type):
                array = array.field(0) if pa.types.is_struct(array.type) else array.flatten()
            yield array


def _lengths(texts: Any) -> "np.ndarray[Any, np.dtype[np.int64]]":
    lengths = pc.fill_null(pc.binary_length(texts), 0)
    return np.asarray(lengths.to_numpy(zero_copy_only=False), dtype=np.int64)
