"""From raw files to the Parquet files of a dataset version."""

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import reduce
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from core.ingest.cleaning import clean
from core.ingest.mixed import refuse_mixed
from core.ingest.oddities import oddities_of
from core.ingest.orders import orders_and_returns
from core.ingest.parsing import ReadPlan, parse, raw_table
from core.ingest.products import product_days
from core.ingest.quality import QualityReport, examples_of, report_of
from core.ingest.reading import RawTable
from core.ingest.saved import saved_rows

Progress = Callable[[float, str], None]
"""Called with the share done, 0 to 1, and what is being done."""


@dataclass(frozen=True, kw_only=True)
class PlannedFile:
    """A file and how it is to be read."""

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
        Its files, whose rows carry their positions as `file_no`.
    rejected : int
        How many of its rows could not be split into columns.
    rejects : tuple of dict
        The first of them.
    """

    folder: Path
    names: tuple[str, ...]
    rejected: int
    rejects: tuple[dict[str, Any], ...]


def rows_of(connection: Backend, files: Sequence[PlannedFile], earlier: Earlier | None = None) -> ir.Table:
    """All rows of the files, after those of an earlier version, parsed but not cleaned."""
    start = len(earlier.names) if earlier else 0
    parts = [
        parse(raw_table(connection, file.raw), file.raw, file.plan, start + position)
        for position, file in enumerate(files)
    ]
    if earlier:
        parts.insert(0, saved_rows(connection, earlier.folder))
    return reduce(lambda left, right: left.union(right), parts)


def write_version(
    connection: Backend,
    files: Sequence[PlannedFile],
    folder: Path,
    *,
    now: datetime,
    earlier: Earlier | None = None,
    progress: Progress = lambda _share, _what: None,
) -> QualityReport:
    """Read, clean, reduce and write all files of a version into an existing folder.

    Parameters
    ----------
    connection : Backend
        May read the files and write the folder.
    files : sequence of PlannedFile
        What to read.
    folder : Path
        Empty folder.
    now : datetime
        Wall time in the shop's zone, for the warning about future dates.
    earlier : Earlier, optional
        Version to append to.
    progress : callable
        See `Progress`.

    Returns
    -------
    QualityReport
        Also in `quality.json`, with examples and oddities.

    Raises
    ------
    InputError
        Where no row counts, or they are in several currencies.
    """
    refuse_mixed(
        [(file.raw.name, file.plan) for file in files],
        _currencies(saved_rows(connection, earlier.folder)) if earlier else (),
    )
    progress(0.05, "Reading and comparing rows")
    _write(clean(rows_of(connection, files, earlier)), folder / "rows.parquet")
    rows = saved_rows(connection, folder)
    progress(0.6, "Adding up orders")
    orders, returns = orders_and_returns(rows)
    for name, table in (("orders", orders), ("returns", returns), ("product_days", product_days(rows))):
        _write(table, folder / f"{name}.parquet")
    progress(0.8, "Counting what was kept and what was not")
    rejects = [*(earlier.rejects if earlier else ()), *_rejects(files)]
    names = [*(earlier.names if earlier else ()), *(file.raw.name for file in files)]
    rejected = (earlier.rejected if earlier else 0) + sum(file.raw.rejected for file in files)
    report = report_of(rows, orders, returns, rejected=rejected, files=", ".join(file.raw.name for file in files))
    progress(0.9, "Looking for what is odd")
    details = {
        "files": names,
        "examples": examples_of(rows),
        "rejected": rejected,
        "rejects": rejects,
        "oddities": [asdict(oddity) for oddity in oddities_of(rows, orders, now=now, files=names)],
    }
    text = json.dumps({**report.to_json(), **details}, ensure_ascii=False, indent=1)
    (folder / "quality.json").write_text(text, encoding="utf-8")
    progress(1.0, "Done")
    return report


def _currencies(rows: ir.Table) -> tuple[str, ...]:
    """Currencies of the rows that count."""
    counted = rows.filter(rows.reason.isnull(), rows.currency.notnull()).select("currency").distinct()
    return tuple(str(code) for code in counted.execute()["currency"])


def _write(table: ir.Table, path: Path) -> None:
    table.to_parquet(str(path), compression="zstd")


def _rejects(files: Sequence[PlannedFile]) -> list[dict[str, Any]]:
    return [
        {"file": file.raw.name, "row": row, "problem": problem, "text": text}
        for file in files
        for row, problem, text in file.raw.rejects
    ]
