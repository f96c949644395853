"""Hand-made order logs with expected results, and helpers to write and read them."""

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
from ibis.backends.duckdb import Backend

from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.pipeline import Earlier
from core.ingest.report.quality_report import QualityReport
from core.ingest.report.version_details import read_rejects
from core.schema import ORDERS, ROWS

HEADER: Final = ("Invoice", "StockCode", "Description", "Quantity", "InvoiceDate", "Price", "Customer ID", "Country")

SMALL: Final = (
    ("1001", "A1", "Cup", "2", "2024-03-01 09:00", "2.50", "17", "UK"),  # row 2: included, 5.00
    ("1001", "B2", "Mug", "1", "2024-03-01 09:00", "4.00", "17", "UK"),  # row 3: included, 4.00
    ("1001", "A1", "Cup", "2", "2024-03-01 09:00", "2.50", "17", "UK"),  # row 4: a duplicate of row 2
    ("1002", "A1", "Cup", "1", "2024-03-02 10:30", "2.50", "", "UK"),  # row 5: no customer
    ("C1003", "A1", "Cup", "-1", "2024-03-03 11:00", "2.50", "17", "UK"),  # row 6: cancelled, 2.50 returned
    ("1004", "B2", "Mug", "-3", "2024-03-04 12:00", "4.00", "18", "UK"),  # row 7: negative quantity, 12.00 returned
    ("1005", "B2", "Mug", "1", "2024-03-05 13:00", "0.00", "18", "France"),  # row 8: price zero
    ("1006", "B2", "Mug", "two", "2024-03-06 14:00", "4.00", "18", "France"),  # row 9: quantity unreadable
    ("1007", "A1", "Cup", "4", "2024-03-07 15:00", "2.50", "18.0", "France"),  # row 10: included, 10.00
    ("1008", "C3", "Tray", "1", "2024-03-08 23:59", "10.00", "18", "Spain"),  # row 11: included, 10.00
    ("1009", "A1", "Cup", "10", "2024-03-09 08:00", "2.00", "19", "UK"),  # row 12: included, 20.00
    ("1010", "A1", "Cup", "1", "2024-03-10 00:00", "2.50", "20", "UK"),  # row 13: included, 2.50
)
"""One row for every reason, and six that count."""

SMALL_REPORT: Final[dict[str, Any]] = {
    "rows_read": 12,
    "rows_kept": 6,
    "removed": {
        "duplicate": 1,
        "missing_customer": 1,
        "cancelled": 1,
        "non_positive_quantity": 1,
        "non_positive_price": 1,
        "unreadable": 1,
    },
    "customers": 4,
    "orders": 5,
    "revenue": 51.5,
    "returned": 14.5,
    "first_order": "2024-03-01 09:00:00",
    "last_order": "2024-03-10 00:00:00",
}

SMALL_CUSTOMERS: Final[tuple[tuple[str, int, int, float, float, float, str], ...]] = (
    # At 2024-03-11: customer, recency, frequency, monetary, returned, net, country of the latest order.
    ("17", 9, 1, 9.0, 2.5, 6.5, "UK"),  # 9 days and 15 hours
    ("18", 2, 2, 20.0, 12.0, 8.0, "Spain"),  # 2 days and a minute
    ("19", 1, 1, 20.0, 0.0, 20.0, "UK"),
    ("20", 1, 1, 2.5, 0.0, 2.5, "UK"),  # exactly 24 hours
)


@dataclass(frozen=True, kw_only=True)
class Ingested:
    """A version written by the pipeline."""

    folder: Path
    report: QualityReport
    plans: tuple[ReadPlan, ...]

    def frame(self, name: str) -> pd.DataFrame:
        """Return one of its tables, sorted by position or id."""
        found = pd.read_parquet(self.folder / f"{name}.parquet")
        keys = [key for key in ("file_no", "row", "order_id", "customer_id", "product_id", "day") if key in found]
        return found.sort_values(keys).reset_index(drop=True)

    def details(self) -> dict[str, Any]:
        """Return the content of its quality.json."""
        found: dict[str, Any] = json.loads((self.folder / "quality.json").read_text(encoding="utf-8"))
        return found

    def rejects(self) -> list[dict[str, Any]]:
        """Return its rejected rows."""
        rows: list[dict[str, Any]] = read_rejects(self.folder).to_pylist()
        return rows

    def reasons(self) -> list[str | None]:
        """Return the reason of each row, in file order."""
        return [reason if isinstance(reason, str) else None for reason in self.frame("rows")["reason"]]


class Ingest(Protocol):
    """Reads files as the command line does."""

    def __call__(self, *files: Path, earlier: Earlier | None = None, **said: object) -> Ingested:
        """Write a version of the files; `said` holds the user's choices."""


def csv_text(rows: Iterable[Sequence[object]], header: Sequence[str] = HEADER, delimiter: str = ",") -> str:
    """Format rows below a header as delimited text."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return out.getvalue()


def write_csv(path: Path, rows: Iterable[Sequence[object]], header: Sequence[str] = HEADER, **how: str) -> Path:
    """Write rows below a header; `how` may contain `encoding` and `delimiter`."""
    text = csv_text(rows, header, how.get("delimiter", ","))
    path.write_bytes(text.encode(how.get("encoding", "utf-8")))
    return path


def write_small_log(path: Path) -> Path:
    """Write the small log as CSV."""
    return write_csv(path, SMALL)


def plain_log(count: int = 12, customers: int = 6) -> list[tuple[str, ...]]:
    """Return valid one-line orders, a day apart, with amounts 2.50, 5.00, 7.50, …."""
    first = datetime.fromisoformat("2024-01-05 10:00")
    rows: list[tuple[str, ...]] = []
    for i in range(count):
        when = (first + pd.Timedelta(days=i)).isoformat(sep=" ", timespec="minutes")
        rows.append((f"{1001 + i}", "A1", "Cup", f"{i + 1}", when, "2.50", f"{100 + i % customers}", "UK"))
    return rows


def rows_table(connection: Backend, rows: Sequence[Mapping[str, object]], name: str = "made_rows") -> ir.Table:
    """Return parsed rows as a table with the columns of `ROWS`, adding missing positions."""
    blank: dict[str, object] = dict.fromkeys(ROWS)
    placed = [{**blank, "file_no": 0, "row": number, **row} for number, row in enumerate(rows, start=2)]
    return _table(connection, placed, ROWS, name)


def orders_table(connection: Backend, rows: Sequence[Mapping[str, object]], name: str = "made_orders") -> ir.Table:
    """Return orders as a table with the columns of `ORDERS`, filling in missing values."""
    usual = {"new_order": 1, "amount": 1.0, "units": 1.0, "lines": 1, "country": None}
    return _table(connection, [{**usual, **row} for row in rows], ORDERS, name)


def _table(connection: Backend, rows: Sequence[Mapping[str, object]], schema: Mapping[str, str], name: str) -> ir.Table:
    types = ibis.schema({column: kind.lstrip("!") for column, kind in schema.items()}).to_pyarrow()
    return connection.create_table(name, pa.Table.from_pylist(list(rows), schema=types), temp=True, overwrite=True)
