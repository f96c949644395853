"""The pipeline from raw tables to the Parquet files of a dataset version."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Final

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from core.engine import as_view, parquet
from core.ingest.cleaning.daily_products import product_days
from core.ingest.cleaning.exclusion_reasons import clean
from core.ingest.cleaning.one_currency import refuse_mixed
from core.ingest.cleaning.orders import orders_and_returns
from core.ingest.cleaning.parsing import parse, raw_table
from core.ingest.cleaning.read_plan import ReadPlan
from core.ingest.reading.raw_table import RawTable
from core.ingest.report.oddities import oddities_of
from core.ingest.report.quality_report import QualityReport, examples_of, report_of
from core.ingest.report.rejected_rows import REJECTS_FILE, rejected_rows
from core.ingest.saved_rows import saved_rows
from core.progress import Progress, nobody
from core.schema import PLACE, Reason

COUNTED: Final = (
    "file_no", "row", "reason", "order_id", "customer_id", "ordered_at", "quantity", "unit_price", "amount", "country",
    "problem", "cancelled",
)  # fmt: skip
"""Columns of `core.schema.ROWS` needed for orders, the report and both RFM presets."""


@dataclass(frozen=True, kw_only=True)
class PlannedFile:
    """A raw table and the plan for parsing it."""

    raw: RawTable
    plan: ReadPlan


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """The version that files are appended to.

    Parameters
    ----------
    folder : Path
        Its folder.
    names : tuple of str
        Its files, indexed by `file_no`.
    rejected : int
        Number of its rows that couldn't be split into columns.
    """

    folder: Path
    names: tuple[str, ...]
    rejected: int


def rows_of(
    connection: Backend, files: Sequence[PlannedFile], earlier: Earlier | None = None, only: ir.Table | None = None
) -> ir.Table:
    """Return all parsed rows of the files, after those of an earlier version; not cleaned yet.

    With `only`, a table with `file_no` and `row`, just the rows at these places.
    """
    start = len(earlier.names) if earlier else 0
    parts = [
        parse(raw_table(connection, file.raw), file.raw, file.plan, start + position, only)
        for position, file in enumerate(files)
    ]
    if earlier:
        saved = saved_rows(connection, earlier.folder)
        parts.insert(0, saved if only is None else saved.semi_join(only, tuple(PLACE)))
    return reduce(lambda left, right: left.union(right), parts)


def write_version(
    connection: Backend,
    files: Sequence[PlannedFile],
    folder: Path,
    *,
    now: datetime,
    earlier: Earlier | None = None,
    progress: Progress = nobody,
) -> QualityReport:
    """Parse, clean and aggregate files, and write all tables of a version.

    Parameters
    ----------
    connection : Backend
        Connection that may read the files and write the folder.
    files : sequence of PlannedFile
        Files to read.
    folder : Path
        Existing empty folder.
    now : datetime
        Current wall time in the shop's time zone, for the warning about future dates.
    earlier : Earlier, optional
        Version to append to.
    progress : callable
        See `Progress`.

    Returns
    -------
    QualityReport
        Also written to `quality.json`, with examples and oddities.

    Raises
    ------
    InputError
        If no row counts, or rows are in several currencies.
    """
    refuse_mixed(
        [(file.raw.name, file.plan) for file in files],
        _currencies(saved_rows(connection, earlier.folder)) if earlier else (),
    )
    progress(0.05, "Reading and comparing rows")
    with as_view(connection, rows_of(connection, files, earlier)) as rows:
        cleaned = clean(rows, lambda places: rows_of(connection, files, earlier, places))
        _write(cleaned, folder / "rows.parquet")
    rows = saved_rows(connection, folder)
    progress(0.6, "Aggregating orders")
    orders, returns = _write_orders(rows, folder)
    _write(product_days(rows), folder / "product_days.parquet")
    progress(0.8, "Preparing the quality report")
    names = [*(earlier.names if earlier else ()), *(file.raw.name for file in files)]
    rejected = (earlier.rejected if earlier else 0) + sum(file.raw.rejected for file in files)
    report = report_of(rows, orders, returns, rejected=rejected, files=", ".join(file.raw.name for file in files))
    raws = [file.raw for file in files]
    first_no, folder_before = (len(earlier.names), earlier.folder) if earlier else (0, None)
    unreadable = report.removed[Reason.UNREADABLE] > rejected
    rejects = rejected_rows(connection, rows, raws, first_no=first_no, earlier=folder_before, unreadable=unreadable)
    _write(rejects, folder / REJECTS_FILE)
    progress(0.9, "Checking for suspicious data")
    details = {
        "files": names,
        "examples": examples_of(rows, [reason for reason, count in report.removed.items() if count]),
        "rejected": rejected,
        "oddities": [asdict(oddity) for oddity in oddities_of(rows, orders, now=now, files=names)],
    }
    text = json.dumps({**report.to_json(), **details}, ensure_ascii=False, indent=1)
    (folder / "quality.json").write_text(text, encoding="utf-8")
    progress(1.0, "Done")
    return report


def count_orders(
    connection: Backend,
    files: Sequence[PlannedFile],
    folder: Path,
    progress: Progress = nobody,
) -> QualityReport:
    """Clean and aggregate files to orders, returns and a report, without what only pages need.

    Parameters
    ----------
    connection, files, folder, progress
        See `write_version`. `rows.parquet` has the columns of `COUNTED` only.

    Raises
    ------
    InputError
        If no row counts, or rows are in several currencies.
    """
    refuse_mixed([(file.raw.name, file.plan) for file in files])
    progress(0.05, "Reading and comparing rows")
    with as_view(connection, rows_of(connection, files)) as rows:
        cleaned = clean(rows, lambda places: rows_of(connection, files, None, places))
        cleaned.select(*COUNTED).to_parquet(str(folder / "rows.parquet"), compression="lz4_raw")
    rows = parquet(connection, folder / "rows.parquet")
    progress(0.7, "Aggregating orders")
    orders, returns = _write_orders(rows, folder)
    rejected = sum(file.raw.rejected for file in files)
    report = report_of(rows, orders, returns, rejected=rejected, files=", ".join(file.raw.name for file in files))
    progress(1.0, "Done")
    return report


def _write_orders(rows: ir.Table, folder: Path) -> tuple[ir.Table, ir.Table]:
    """Write orders and returns, and return both."""
    orders, returns = orders_and_returns(rows)
    _write(orders, folder / "orders.parquet")
    _write(returns, folder / "returns.parquet")
    return orders, returns


def _currencies(rows: ir.Table) -> tuple[str, ...]:
    """Return the currencies of the rows that count."""
    counted = rows.filter(rows.reason.isnull(), rows.currency.notnull()).select("currency").distinct()
    return tuple(str(code) for code in counted.execute()["currency"])


def _write(table: ir.Table, path: Path) -> None:
    table.to_parquet(str(path), compression="zstd")
