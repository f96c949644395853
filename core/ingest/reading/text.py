"""Reader for delimited text, with a fast path for clean files and an exact one for the rest."""

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Final

import duckdb

from core.errors import InputError
from core.ingest.reading.dialect import Dialect, dialect_of, header_of
from core.ingest.reading.encodings import Measured, encoding_of, measure, to_utf8
from core.ingest.reading.header import ROW_COUNTER
from core.ingest.reading.plain_text import copy_plain
from core.ingest.reading.raw_table import RawTable
from core.ingest.reading.rejects import RejectsWriter, first_rejects
from core.ingest.reading.scanning import LONGEST_LINE, scan
from core.ingest.sources.files import SourceFile, new_path, one_line
from core.ingest.sources.read_options import ReadOptions

SHOWN_REJECTS: Final = 100
"""Rejected rows shown at once; the stored table has all of them."""

_PATTERN_MARKS: Final = frozenset("*?[")


def read_text(connection: duckdb.DuckDBPyConnection, file: SourceFile, scratch: Path, options: ReadOptions) -> RawTable:
    """Read delimited text, with every line part of an accepted or rejected row.

    Raises
    ------
    InputError
        If it isn't a table.
    """
    measured = measure(file.path)
    encoding = options.encoding or encoding_of(file, measured)
    utf8 = _without_pattern(to_utf8(file, encoding, scratch), scratch)
    dialect = replace(dialect_of(utf8, options), has_replacements=encoding.lower().startswith(("utf-16", "utf-32")))
    columns, above = header_of(file.name, utf8, dialect)
    measured = measured if utf8 == file.path else measure(utf8)
    target = new_path(scratch, "parquet")
    rows = _fast(utf8, target, columns, dialect, measured)
    rejected, rejects_path = 0, None
    if rows is None:
        rejects_path = new_path(scratch, "rejects.parquet")
        rows, rejected = _exact(connection, file, utf8, target, rejects_path, columns, dialect, above, scratch)
    return RawTable(
        name=file.name,
        path=target,
        columns=columns,
        rows=rows + rejected,
        has_places=rejects_path is not None,
        rejected=rejected,
        rejects=first_rejects(rejects_path, SHOWN_REJECTS) if rejects_path and rejected else (),
        rejects_path=rejects_path,
        encoding=encoding,
        delimiter=dialect.delimiter,
        quote=dialect.quote,
        header_row=dialect.header_row,
    )


def _without_pattern(path: Path, scratch: Path) -> Path:
    """Return a path that DuckDB doesn't interpret as a glob pattern, copying the file if needed."""
    if not _PATTERN_MARKS & set(str(path)):
        return path
    return Path(shutil.copyfile(path, new_path(scratch, "plain")))


def _fast(
    source: Path,
    target: Path,
    columns: tuple[str, ...],
    dialect: Dialect,
    measured: Measured,
) -> int | None:
    """Copy clean text to Parquet; return None if it isn't clean and each line must be checked.

    Text is clean if every line below the header is one row: no multi-line values, blank lines or rejected rows.
    """
    is_usual = measured.is_valid and not measured.has_nul and not measured.has_lone_returns
    is_usual &= not (dialect.has_replacements and measured.has_replacement)
    if not is_usual or not dialect.is_plain or dialect.header_row != 1:
        return None
    rows = copy_plain(source, target, columns, dialect.delimiter)
    return rows if rows is not None and rows + 1 == measured.lines else None


def _exact(  # noqa: PLR0913, PLR0917  one step of `read_text`
    connection: duckdb.DuckDBPyConnection,
    file: SourceFile,
    source: Path,
    target: Path,
    rejects_path: Path,
    columns: tuple[str, ...],
    dialect: Dialect,
    above: int,
    scratch: Path,
) -> tuple[int, int]:
    """Copy text line by line to Parquet and return the numbers of accepted and rejected rows."""
    clean = new_path(scratch, "clean")
    types = {ROW_COUNTER: "BIGINT", **dict.fromkeys(columns, "VARCHAR")}
    with RejectsWriter(rejects_path, file.name) as rejects:
        scanned = scan(source, clean, rejects, dialect, width=len(columns), skip=above)
        try:
            late = _copy(connection, clean, target, types, ",", header=False)
        except duckdb.Error as error:
            message = f"{file.name} can't be read as a table: {one_line(error)}. Save it as CSV again."
            raise InputError(message) from error
        for line, reason, text in late:
            rejects.add(line, reason, text)
    clean.unlink()
    return scanned.kept - len(late), scanned.rejected + len(late)


def _copy(
    connection: duckdb.DuckDBPyConnection,
    source: Path,
    target: Path,
    types: dict[str, str],
    delimiter: str,
    *,
    header: bool,
) -> list[tuple[int, str, str]]:
    """Copy CSV to Parquet in one pass and return line, reason and text of rejected rows."""
    stem = target.stem
    copy = f"""COPY (SELECT {_selected(types)} FROM read_csv(?, columns = {_struct(types)}, auto_detect = false,
        header = {str(header).lower()}, delim = ?, quote = '"', escape = '"', store_rejects = true,
        rejects_table = 'r{stem}', rejects_scan = 's{stem}', rejects_limit = 0, hive_partitioning = false,
        max_line_size = {8 * LONGEST_LINE}, null_padding = false)
    ) TO '{_quoted(str(target))}' (FORMAT parquet, COMPRESSION lz4_raw)"""  # noqa: S608  names quoted, values bound
    connection.execute(copy, [str(source), delimiter])
    found = connection.execute(
        f'SELECT min(csv_line), min(error_message) FROM "r{stem}" GROUP BY line'  # noqa: S608  a name of our own
    ).fetchall()
    for name in (f"r{stem}", f"s{stem}"):
        connection.execute(f'DROP TABLE IF EXISTS "{name}"')
    return [(_line_of(text), str(reason).splitlines()[0], str(text).partition(",")[2]) for text, reason in found]


def _selected(types: dict[str, str]) -> str:
    """Return the selected columns, with positions from 0 below a header in row 1, as the database counts."""
    names = [f"{_name(ROW_COUNTER)} - 2 AS {_name(ROW_COUNTER)}"] if ROW_COUNTER in types else []
    return ", ".join([*names, *(_name(name) for name in types if name != ROW_COUNTER)])


def _line_of(text: str) -> int:
    found = re.match(r"\d+", text or "")
    return int(found[0]) if found else 0


def _struct(types: dict[str, str]) -> str:
    return "{" + ", ".join(f"'{_quoted(name)}': '{kind}'" for name, kind in types.items()) + "}"


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    return text.replace("'", "''")
