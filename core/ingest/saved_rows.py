"""Stored rows of a version, converted to the current columns."""

from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from core.engine import parquet
from core.schema import ROWS


def saved_rows(connection: Backend, folder: Path) -> ir.Table:
    """Return the rows of a version with the columns of `ROWS`; columns missing from old versions are null.

    Parameters
    ----------
    connection : Backend
        Connection that may read the folder.
    folder : Path
        Folder of the version.
    """
    rows = parquet(connection, folder / "rows.parquet")
    kinds = {name: kind.lstrip("!") for name, kind in ROWS.items()}
    given = {name: rows[name] if name in rows.columns else ibis.null(kind) for name, kind in kinds.items()}
    return rows.select(**{name: value.cast(kinds[name]) for name, value in given.items()})
