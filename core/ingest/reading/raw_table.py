"""A file's content in Parquet, its columns not yet interpreted."""

from dataclasses import dataclass
from pathlib import Path

from core.plain import Plain


@dataclass(frozen=True, kw_only=True)
class RawTable(Plain):
    """A file's content, its columns not yet interpreted.

    Parameters
    ----------
    name : str
        The file's name, for messages; with that of the sheet or of the file within an archive.
    path : Path
        Parquet file with the columns of the source, in its order; text columns where the source is text.
    columns : tuple of str
        Their names.
    rows : int
        Rows read, those that could not be split into columns included.
    has_places : bool
        Whether the Parquet file has the place of each row in `core.ingest.reading.header.ROW_COUNTER`; else the rows
        follow each other below a header in row 1.
    rejected : int
        Rows that could not be split into columns.
    rejects : tuple of (int, str, str)
        Line, reason and raw text of the first of them.
    rejects_path : Path, optional
        All of them; see `core.ingest.reading.rejects.REJECTS`.
    encoding, delimiter, quote : str, optional
        How text was read.
    header_row : int
        Row of the names, from 1; 0 where the file has none.
    sheet : str, optional
        Sheet of the workbook.
    sheets : tuple of str
        All sheets of the workbook that hold anything.
    counts_from : int, optional
        1900 or 1904, the year from which bare numbers count as days, where the file says so.
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
