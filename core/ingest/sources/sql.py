"""Validation of user input to databases: a table name, or a query that is a single SELECT."""

import difflib
from collections.abc import Sequence
from typing import Final

import sqlglot
import sqlglot.errors
import sqlglot.expressions as sge

from core.errors import InputError

_DIALECTS: Final = {"postgresql": "postgres", "mssql": "tsql", "sqlite": "sqlite", "duckdb": "duckdb", "mysql": "mysql"}
_NAMED: Final = 5  # tables suggested if the requested one doesn't exist: one line
_WRITES: Final = (
    sge.Insert, sge.Update, sge.Delete, sge.Merge, sge.Create, sge.Drop, sge.Alter, sge.Command, sge.Copy, sge.Into,
    sge.Lock, sge.Attach, sge.Pragma, sge.Set,
)  # fmt: skip


def one_select(query: str, database: str) -> str:
    """Return a query after checking that it is a single SELECT.

    Parameters
    ----------
    query : str
        As typed.
    database : str
        SQLAlchemy's name of the database type, such as `postgresql`.

    Raises
    ------
    InputError
        If it isn't. The session is read-only anyway; this check gives a clearer message.
    """
    try:
        found = sqlglot.parse(query, dialect=_DIALECTS.get(database))
    except sqlglot.errors.SqlglotError as error:
        where = _where(error)
        message = f"The query isn't valid SQL{where}. Write a single SELECT statement."
        raise InputError(message) from None
    parsed = [part for part in found if part is not None and not isinstance(part, sge.Semicolon)]
    if len(parsed) != 1:
        message = f"The query must be one SELECT statement, got {len(parsed)}. Remove the others."
        raise InputError(message)
    statement = parsed[0]
    if not isinstance(statement, sge.Query) or any(statement.find(kind) for kind in _WRITES):
        message = "The query must be a SELECT statement that only reads data."
        raise InputError(message)
    return query.strip()


def find_table(name: str, schemas: dict[str | None, Sequence[str]]) -> tuple[str | None, str]:
    """Find a table by a typed name: `orders`, `sales.orders`, or a name that contains a dot.

    Parameters
    ----------
    name : str
        As typed.
    schemas : dict of (str or None) to sequence of str
        Tables and views by schema; None is the default schema.

    Returns
    -------
    schema : str or None
    table : str

    Raises
    ------
    InputError
        If there is none, listing some that exist.
    """
    wanted = name.strip()
    known = {
        f"{schema}.{table}" if schema else table: (schema, table)
        for schema, tables in schemas.items()
        for table in tables
    }
    if wanted in known:
        return known[wanted]
    alike = [full for full in known if full.casefold() == wanted.casefold()]
    if len(alike) == 1:
        return known[alike[0]]
    once = [full for full, (schema, table) in known.items() if schema is None or table not in schemas.get(None, ())]
    near = difflib.get_close_matches(wanted, once, n=_NAMED, cutoff=0.5)
    shown = near + [full for full in once if full not in near][: _NAMED - len(near)]
    more = len(once) - len(shown)
    there = ", ".join(f"“{full}”" for full in shown) + (f" and {more:,} more" if more else "")
    message = f"There is no readable table “{wanted[:80]}”. "
    raise InputError(message + (f"Choose from {there}." if shown else "This user can't see any tables."))


def whole_table(schema: str | None, table: str, database: str, what: str = "*") -> str:
    """Return SQL that selects all rows of a table, or `count(*)`, with names quoted by sqlglot as in Ibis."""
    named = sge.table_(table, db=schema, quoted=True)
    return sge.select(what).from_(named).sql(dialect=_DIALECTS.get(database))


def _where(error: sqlglot.errors.SqlglotError) -> str:
    places = getattr(error, "errors", None)
    return f" (line {places[0]['line']}, character {places[0]['col']})" if places and places[0].get("line") else ""
