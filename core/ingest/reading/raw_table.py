"""The raw table: a file's content in Parquet, before its columns are interpreted."""

from dataclasses import dataclass
from pathlib import Path

from core.plain import Plain


@dataclass(frozen=True, kw_only=True)
class RawTable(Plain):
    """A file's content, before its columns are interpreted.

    Parameters
    ----------
    name : str
        Name for messages: the file, with its sheet or its file within an archive.
    path : Path
        Parquet file with the source's columns, in order; text columns if the source is text.
    columns : tuple of str
        Their names.
    rows : int
        Rows read, including those that couldn't be split into columns.
    has_places : bool
        Whether the Parquet file has each row's position in `core.ingest.reading.header.ROW_COUNTER`; otherwise the rows
        are consecutive below a header in row 1.
    rejected : int
        Rows that could not be split into columns.
    rejects : tuple of (int, str, str)
        Line, reason and raw text of the first few.
    rejects_path : Path, optional
        All of them; see `core.ingest.reading.rejects.REJECTS`.
    encoding, delimiter, quote : str, optional
        Dialect of text files.
    header_row : int
        Row with the column names, from 1; 0 if there is none.
    sheet : str, optional
        Sheet of the workbook.
    sheets : tuple of str
        All non-empty sheets of the workbook.
    counts_from : int, optional
        Epoch year of serial dates, 1900 or 1904, if the file states it.
    """

    name: str
    path: Path
    columns: tuple[str, ...]
    rows: int
    has_places: bool = False
    rejected: int = 0
    rejects: tuple[tuple[int, str, str], ...] = ()
    rejects_path: Path | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header_row: int = 1
    sheet: str | None = None
    sheets: tuple[str, ...] = ()
    counts_from: int | None = None
