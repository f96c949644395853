"""The rows of a version as they were saved, with the columns of today."""

from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from core.engine import parquet
from core.schema import ROWS


def saved_rows(connection: Backend, folder: Path) -> ir.Table:
    """Rows of a version, columns of `ROWS` in their order; those that an older version lacks are null.

    Parameters
    ----------
    connection : Backend
        May read the folder.
    folder : Path
        Of the version.
    """
    rows = parquet(connection, folder / "rows.parquet")
    kinds = {name: kind.lstrip("!") for name, kind in ROWS.items()}
    given = {name: rows[name] if name in rows.columns else ibis.null(kind) for name, kind in kinds.items()}
    return rows.select(**{name: value.cast(kinds[name]) for name, value in given.items()})
