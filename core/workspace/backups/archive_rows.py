"""Validation of the catalog's rows in a backup, with errors by table, row and column."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import sqlalchemy as sa

from core.workspace import catalog
from core.workspace.checked_paths import LONGEST_FOLDER, MOST_VERSIONS, is_id, is_version, shown

Rows = dict[str, list[dict[str, Any]]]
"""Rows of the catalog by table name, as Python values."""

Meanings = Mapping[str, Callable[[dict[str, Any]], object]]
"""By table, a function that parses a row's content, and raises if it is invalid."""

_SINCE: Final = {catalog.rfm_maps.name: 3}
"""Schema numbers that added tables; older backups don't have these."""

MOST_TEXT: Final = 1 << 27
"""Maximum bytes of a JSON file; ten thousand versions take a tenth of that."""
_MOST_VALUES: Final = 6_000_000  # in one JSON file; each takes up to 80 bytes of memory
_DEEPEST: Final = 32
_LARGEST: Final = 2**53  # larger integers lose precision in other JSON parsers
_MOST_ROW: Final = (1 << 31) - 1  # maximum of PostgreSQL's integers
_TIMES: Final = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
_UNIQUE: Final = {"datasets": (("id",),), "versions": (("dataset_id", "version"), ("folder",), ("import_id",))}
_DAYS: Final = (date(1900, 1, 1), date(2300, 1, 1))
_NUMBERS: Final = frozenset({"version", "fitted_on", "model_version", "base"})
_CONTENT: Final = {"versions": "report", "segment_models": "model", "rfm_maps": "map", "remembered_mappings": "choices"}
_LISTS: Final = {"files": str, "sources": dict}
_KINDS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


class WrongRowError(Exception):
    """An invalid row in a backup; the message is part of a sentence."""

    def __init__(self, what: str, table: str = "", row: int | None = None, column: str = "") -> None:
        places = (f"table “{table}”" if table else "", f"row {row}" if row else "")
        where = [*filter(None, places), *([f"column “{column}”"] if column else [])]
        super().__init__(f"{', '.join(where)}: {what}" if where else what)


def parsed(text: bytes) -> Any:
    """Parse the JSON of a backup.

    Raises
    ------
    WrongRowError
        If it is larger than any that Clientele writes, or has a duplicate key.
    ValueError, RecursionError
        If it is not valid JSON.
    """
    if sum(map(text.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        message = f"it contains over {_MOST_VALUES:,} values, more than Clientele ever writes"
        raise WrongRowError(message)
    return json.loads(text, object_pairs_hook=_members)


def rows_of(found: Any, tables: Iterable[sa.Table], schema: int, newest: int, meanings: Meanings) -> Rows:
    """Validate the rows of all tables and convert them to Python values.

    Parameters
    ----------
    found : any
        The backup's catalog, as returned by `parsed`.
    tables : iterable of Table
        Tables of a backup, each after those it references.
    schema, newest : int
        Schema numbers of the backup and of this program.
    meanings : Meanings
        Parsers of row content by table.

    Raises
    ------
    WrongRowError
        Names the first invalid row.
    """
    tables = list(tables)
    _check_members(found, [table.name for table in tables], schema)
    rows = {
        table.name: [
            row_of(table, values, number, older=schema < newest)
            for number, values in enumerate(_list(table, found.get(table.name, [])), start=1)
        ]
        for table in tables
    }
    _check_keys(tables, rows)
    _check_references(tables, rows)
    for name, read in meanings.items():
        for number, row in enumerate(rows.get(name, ()), start=1):
            _check_meaning(name, number, row, read)
    return rows


def is_sound(table: sa.Table, row: Mapping[str, Any]) -> bool:
    """Return whether a row may go into a backup; one that `rows_of` rejects would make it unusable."""
    try:
        for column in table.columns:
            value = row[column.name]
            _check_value(table, column, catalog.in_utc(value) if isinstance(value, datetime) else value, 0)
    except WrongRowError:
        return False
    return True


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        message = f"it has the key “{shown(twice)}” twice"
        raise WrongRowError(message)
    return found


def _check_members(found: Any, names: list[str], schema: int) -> None:
    if not isinstance(found, dict):
        message = "it contains no tables"
        raise WrongRowError(message)
    for name in found:
        if name not in names:
            message = f"the table “{shown(name)}” isn't part of a backup"
            raise WrongRowError(message)
    for name in names:
        if name not in found and schema >= _SINCE.get(name, 0):
            message = f"the table “{name}” is missing"
            raise WrongRowError(message)


def _list(table: sa.Table, rows: Any) -> Iterator[dict[str, Any]]:
    if not isinstance(rows, list):
        message = "must be a list of rows"
        raise WrongRowError(message, table.name)
    for number, row in enumerate(rows, start=1):
        if not isinstance(row, dict):
            message = f"must be a row with names and values, got {_quoted(row)}"
            raise WrongRowError(message, table.name, number)
        yield row


def row_of(table: sa.Table, values: dict[str, Any], number: int, *, older: bool) -> dict[str, Any]:
    """Convert a row from JSON, checking each value against its column; older backups lack newer columns."""
    for name in values:
        if name not in table.columns:
            message = "unknown column"
            raise WrongRowError(message, table.name, number, shown(name))
    row = {}
    for column in table.columns:
        if column.name not in values and not (older and column.nullable):
            message = "is missing"
            raise WrongRowError(message, table.name, number, column.name)
        value = _from_json(table, column, values.get(column.name), number)
        _check_value(table, column, value, number)
        row[column.name] = value
    return row


def _from_json(table: sa.Table, column: sa.Column[Any], value: Any, number: int) -> Any:
    """Convert a JSON value for its column: times and dates are strings in JSON."""
    if value is None or not isinstance(column.type, sa.DateTime | sa.Date):
        return value
    try:
        if isinstance(column.type, sa.DateTime):
            return catalog.in_utc(datetime.fromisoformat(value))
        return date.fromisoformat(value)
    except (TypeError, ValueError, OverflowError) as error:
        kind = "a time" if isinstance(column.type, sa.DateTime) else "a date"
        message = f"must be {kind} like {'2026-09-30T12:00:00+00:00' if kind == 'a time' else '2026-09-30'}, got "
        raise WrongRowError(message + _quoted(value), table.name, number, column.name) from error


def _check_value(table: sa.Table, column: sa.Column[Any], value: Any, number: int) -> None:
    """Raise if a value is invalid for its column."""
    what = _wrong(table, column, value)
    if what:
        raise WrongRowError(what, table.name, number, column.name)


def _wrong(table: sa.Table, column: sa.Column[Any], value: Any) -> str:
    """Describe the problem with a value; empty if it is valid."""
    kind = column.type
    if value is None:
        return "" if column.nullable else "must not be empty"
    if isinstance(kind, sa.JSON):
        return _wrong_json(column.name, value)
    if isinstance(kind, sa.DateTime | sa.Date):
        first, last = _TIMES if isinstance(kind, sa.DateTime) else _DAYS
        return "" if first <= value < last else f"must be between {first.year} and {last.year}, got {value}"
    if type(value) is not kind.python_type:
        return f"must be {_KINDS[kind.python_type]}, got {_quoted(value)}"
    if isinstance(kind, sa.String):
        return _wrong_text(table, column.name, value, kind.length)
    return _wrong_number(column.name, value)


def _wrong_number(name: str, value: float) -> str:
    if name in _NUMBERS and not is_version(value):
        return f"must be a whole number from 1 to {MOST_VERSIONS:,}, got {shown(value)}"
    return "" if 0 <= value <= _MOST_ROW else f"must be between 0 and {_MOST_ROW:,}, got {shown(value)}"


def _wrong_text(table: sa.Table, name: str, value: str, longest: int | None) -> str:
    if longest is not None and len(value) > longest:
        return f"must have at most {longest} characters, got {len(value):,}"
    if "\0" in value or not _is_unicode(value):
        return f"must be text that can be stored, got {_quoted(value)}"
    names_dataset = (table.name, name) == ("datasets", "id") or name == "dataset_id"
    if (names_dataset and not is_id(value)) or (name == "folder" and not is_id(value, LONGEST_FOLDER)):
        return f"must be an id of lower-case letters, digits, hyphens and underscores, got {_quoted(value)}"
    return ""


def _wrong_json(name: str, value: Any) -> str:
    if name in _LISTS:
        member = _LISTS[name]
        if not isinstance(value, list) or not all(isinstance(one, member) for one in value):
            return f"must be a list of {'strings' if member is str else 'objects'}, got {_quoted(value)}"
    elif not isinstance(value, dict):
        return f"must be an object, got {_quoted(value)}"
    return _wrong_inside(value, _DEEPEST)


def _wrong_inside(value: Any, left: int) -> str:
    """Describe the first problem inside a JSON value; empty if it is valid."""
    if isinstance(value, dict | list):
        if not left:
            return f"nests deeper than {_DEEPEST} levels"
        members = value.values() if isinstance(value, dict) else value
        names = list(value) if isinstance(value, dict) else []
        found = (_wrong_inside(one, left - 1) for one in (*names, *members))
        return next(filter(None, found), "")
    if isinstance(value, float) and not math.isfinite(value):
        return f"contains {value}, which isn't a number"
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        return f"contains the number {shown(value)}, which is too large"
    if isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
        return f"contains text that can't be stored: {_quoted(value)}"
    return ""


def _check_keys(tables: Iterable[sa.Table], rows: Rows) -> None:
    """Raise if two rows have the same unique key."""
    for table in tables:
        keys = _UNIQUE.get(table.name, (tuple(column.name for column in table.primary_key),))
        for key in keys:
            seen: dict[tuple[Any, ...], int] = {}
            for number, row in enumerate(rows[table.name], start=1):
                values = tuple(row[name] for name in key)
                if None in values:
                    continue
                first = seen.setdefault(values, number)
                if first != number:
                    key_text = " and ".join(f"“{shown(value)}”" for value in values)
                    message = f"{key_text} is already in row {first}"
                    raise WrongRowError(message, table.name, number, ", ".join(key))


def _check_references(tables: Iterable[sa.Table], rows: Rows) -> None:
    """Raise if a row references a dataset that isn't in the backup."""
    known = {row["id"] for row in rows["datasets"]}
    for table in tables:
        if not any(key.column.table is catalog.datasets for key in table.foreign_keys):
            continue
        for number, row in enumerate(rows[table.name], start=1):
            if row["dataset_id"] not in known:
                message = f"the dataset “{row['dataset_id']}” isn't in the backup"
                raise WrongRowError(message, table.name, number, "dataset_id")


def _check_meaning(name: str, number: int, row: dict[str, Any], read: Callable[[dict[str, Any]], object]) -> None:
    try:
        read(row)
    except Exception as error:  # invalid values may raise anything in a parser
        message = f"is invalid ({type(error).__name__}: {shown(error)})"
        raise WrongRowError(message, name, number, _CONTENT[name]) from error


def _is_unicode(text: str) -> bool:
    """Return whether a text can be encoded, which lone surrogates can't."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", type(None): "nothing"}
    return kinds.get(type(value), f"“{shown(value)}”")
