"""Larger logs: the real one repeated with shifted customer and order ids."""

import gzip
import subprocess
import sys
from pathlib import Path

import duckdb

_PROJECT = Path(__file__).resolve().parents[2]
_SCRATCH = _PROJECT / "benchmarks" / "scratch"
_REAL = _PROJECT.parent / "shared" / "data" / "online_retail.csv.gz"

_REAL_LINES = 541_909

_REPEAT = """
COPY (
    SELECT
        CASE WHEN InvoiceNo LIKE 'C%' THEN 'C' ELSE '' END
            || (CAST(regexp_replace(InvoiceNo, '^[A-Z]', '') AS BIGINT) + 1000000 * copies.copy) AS InvoiceNo,
        StockCode, Description, CAST(Quantity AS INTEGER) AS Quantity,
        strptime(InvoiceDate, '%m/%d/%Y %H:%M') AS InvoiceDate, CAST(UnitPrice AS DOUBLE) AS UnitPrice,
        CASE WHEN CustomerID <> '' THEN
            CAST(CAST(CAST(CustomerID AS DOUBLE) AS BIGINT) + 100000 * copies.copy AS VARCHAR)
        END AS CustomerID,
        Country
    FROM read_csv(?, all_varchar = true, header = true), range(?) AS copies (copy)
    ORDER BY copies.copy
    LIMIT ?
) TO '{target}' (FORMAT parquet)
"""


def repeated_log(millions: float) -> tuple[Path, int]:
    """Parquet file of so many million lines, made once and kept in `benchmarks/scratch`.

    It is made by another process: a program started later would count this one's memory as its own.

    Returns
    -------
    path : Path
    lines : int
    """
    lines = round(millions * 1_000_000)
    target = _SCRATCH / f"log-{lines}.parquet"
    if not target.exists():
        _SCRATCH.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "benchmarks.ingest.logs", str(lines), str(target)], check=True)
    return target, lines


def _make(lines: int, target: Path) -> None:
    plain = _SCRATCH / "online_retail.csv"
    if not plain.exists():
        plain.write_bytes(gzip.decompress(_REAL.read_bytes()))
    copies = lines // _REAL_LINES + 1
    duckdb.connect().execute(_REPEAT.format(target=target), [str(plain), copies, lines])


if __name__ == "__main__":
    _make(int(sys.argv[1]), Path(sys.argv[2]))
