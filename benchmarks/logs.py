"""Large logs: the real one, repeated with shifted customer and order ids, as Parquet, CSV and XLSX."""

import gzip
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl  # type: ignore[import-untyped]  # carries no types
import pyarrow as pa
import pyarrow.parquet as pq

_PROJECT = Path(__file__).resolve().parents[1]
SCRATCH = _PROJECT / "benchmarks" / "scratch"
REAL = _PROJECT.parent / "shared" / "data" / "online_retail.csv.gz"
EARLIER = REAL.with_name("online_retail_2009_2010.csv.gz")  # the year before
CDNOW = REAL.with_name("cdnow_master.txt")

_ROW_GROUP = 122_880  # DuckDB's default
_SHIFTED = """
    CASE WHEN InvoiceNo LIKE 'C%' THEN 'C' ELSE '' END
        || (CAST(regexp_replace(InvoiceNo, '^[A-Z]', '') AS BIGINT) + 1000000 * $copy) AS InvoiceNo,
    StockCode, Description"""
_COLUMNS = {
    "csv": f"""{_SHIFTED}, Quantity, InvoiceDate, UnitPrice,
    CASE WHEN CustomerID <> '' THEN CAST(CAST(CustomerID AS DOUBLE) + 100000 * $copy AS VARCHAR) END AS CustomerID,
    Country""",
    "parquet": f"""{_SHIFTED}, CAST(Quantity AS INTEGER) AS Quantity,
    strptime(InvoiceDate, '%m/%d/%Y %H:%M') AS InvoiceDate, CAST(UnitPrice AS DOUBLE) AS UnitPrice,
    CASE WHEN CustomerID <> '' THEN
        CAST(CAST(CAST(CustomerID AS DOUBLE) AS BIGINT) + 100000 * $copy AS VARCHAR)
    END AS CustomerID, Country""",
}


def repeated_log(millions: float, kind: str = "parquet") -> tuple[Path, int]:
    """Return a file of some million lines, created once in `benchmarks/scratch`.

    It is created by another process: a program started later would count this one's memory as its own.

    Parameters
    ----------
    millions : float
        Number of lines, in millions.
    kind : {"parquet", "csv", "xlsx"}
        Parquet has typed columns; CSV the texts of the original, such as `12/1/2010 8:26` and `17850.0`; XLSX dates
        and numbers as such, and ids as numbers where they are digits only, as in the original.

    Returns
    -------
    path : Path
    lines : int
    """
    lines = round(millions * 1_000_000)
    target = SCRATCH / f"log-{lines}.{kind}"
    if not target.exists():
        SCRATCH.mkdir(parents=True, exist_ok=True)
        unfinished = target.with_suffix(".unfinished")
        subprocess.run([sys.executable, "-m", "benchmarks.logs", kind, str(lines), str(unfinished)], check=True)
        unfinished.replace(target)
    return target, lines


def _make(kind: str, lines: int, target: Path) -> None:
    plain = SCRATCH / "online_retail.csv"
    if not plain.exists():
        plain.write_bytes(gzip.decompress(REAL.read_bytes()))
    {"parquet": _parquet, "csv": _csv, "xlsx": _xlsx}[kind](plain, lines, target)


def _copies(plain: Path, lines: int, columns: str) -> Iterator[pa.Table]:
    """Yield copies of the log, the last one cut to size."""
    connection = duckdb.connect()
    query = f"SELECT {columns} FROM read_csv($path, all_varchar = true, header = true)"  # noqa: S608  constants
    copy = 0
    while lines > 0:
        table = connection.execute(query, {"path": str(plain), "copy": copy}).to_arrow_table()[:lines]
        yield table
        lines -= len(table)
        copy += 1


def _parquet(plain: Path, lines: int, target: Path) -> None:
    copies = _copies(plain, lines, _COLUMNS["parquet"])
    first = next(copies)
    with pq.ParquetWriter(target, first.schema) as writer:
        writer.write_table(first, row_group_size=_ROW_GROUP)
        for table in copies:
            writer.write_table(table, row_group_size=_ROW_GROUP)


def _csv(plain: Path, lines: int, target: Path) -> None:
    part = target.with_suffix(".part")
    with target.open("wb") as out:
        for copy, table in enumerate(_copies(plain, lines, _COLUMNS["csv"])):
            header = str(copy == 0).lower()
            connection = duckdb.connect().register("part", table)  # pyarrow would quote every text
            connection.execute(f"COPY part TO '{part}' (FORMAT csv, HEADER {header})")
            with part.open("rb") as text:
                shutil.copyfileobj(text, out)
    part.unlink()


def _xlsx(plain: Path, lines: int, target: Path) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Online Retail")
    ids = ("InvoiceNo", "StockCode", "CustomerID")
    for copy, table in enumerate(_copies(plain, lines, _COLUMNS["parquet"])):
        if copy == 0:
            sheet.append(table.column_names)
        for row in table.to_pylist():
            for name in ids:
                row[name] = int(row[name]) if row[name] and row[name].isdigit() else row[name]
            sheet.append(list(row.values()))
    book.save(target)


if __name__ == "__main__":
    _make(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
