"""The catalog's rows in a backup, each checked before any is used: what is wrong is named by table, row and column."""

import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Final

import sqlalchemy as sa

from core.workspace import catalog
from core.workspace.checked_paths import LONGEST_FOLDER, MOST_VERSIONS, is_id, is_version, shown

Rows = dict[str, list[dict[str, Any]]]
"""Rows of the catalog by the names of their tables, in Python's own types."""

Meanings = Mapping[str, Callable[[dict[str, Any]], object]]
"""By table, what reads a row's content as what it claims to be; it raises where it cannot."""

_SINCE: Final = {catalog.rfm_maps.name: 3}
"""Schema numbers of tables that came later: a backup of an older one has none of their rows."""

MOST_TEXT: Final = 1 << 27
"""Bytes of a JSON file: ten thousand versions take a tenth of that."""
_MOST_VALUES: Final = 6_000_000  # in one JSON file; each takes up to 80 bytes of memory
_DEEPEST: Final = 32
_LARGEST: Final = 2**53  # beyond, other programs that read JSON change whole numbers
_MOST_ROW: Final = (1 << 31) - 1  # PostgreSQL's integers
_TIMES: Final = (datetime(1990, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
_UNIQUE: Final = {"datasets": (("id",),), "versions": (("dataset_id", "version"), ("folder",), ("import_id",))}
_DAYS: Final = (date(1900, 1, 1), date(2300, 1, 1))
_NUMBERS: Final = frozenset({"version", "fitted_on", "model_version", "base"})
_CONTENT: Final = {"versions": "report", "segment_models": "model", "rfm_maps": "map", "remembered_mappings": "choices"}
_LISTS: Final = {"files": str, "sources": dict}
_KINDS: Final = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}


class WrongRowError(Exception):
    """What is wrong in the rows of a backup, as part of a sentence."""

    def __init__(self, what: str, table: str = "", row: int | None = None, column: str = "") -> None:
        places = (f"table “{table}”" if table else "", f"row {row}" if row else "")
        where = [*filter(None, places), *([f"column “{column}”"] if column else [])]
        super().__init__(f"{', '.join(where)}: {what}" if where else what)


def parsed(text: bytes) -> Any:
    """Plain values from the JSON of a backup.

    Raises
    ------
    WrongRowError
        Where it is larger than any that Clientele writes, or names a member twice.
    ValueError, RecursionError
        Where it is no JSON.
    """
    if sum(map(text.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        message = f"it holds over {_MOST_VALUES:,} values, more than any that Clientele writes"
        raise WrongRowError(message)
    return json.loads(text, object_pairs_hook=_members)


def rows_of(found: Any, tables: Iterable[sa.Table], schema: int, newest: int, meanings: Meanings) -> Rows:
    """The rows of all tables, in Python's own types.

    Parameters
    ----------
    found : any
        What `parsed` made of the catalog in a backup.
    tables : iterable of Table
        Those that a backup has, each after those it refers to.
    schema, newest : int
        Schema number of the backup, and of this program.
    meanings : Meanings
        See there.

    Raises
    ------
    WrongRowError
        Which names the first wrong row.
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
    """Whether a row of the catalog may go into a backup: a row that `rows_of` refuses would spoil all of it."""
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
        message = f"it has the member “{shown(twice)}” twice"
        raise WrongRowError(message)
    return found


def _check_members(found: Any, names: list[str], schema: int) -> None:
    if not isinstance(found, dict):
        message = "it holds no tables"
        raise WrongRowError(message)
    for name in found:
        if name not in names:
            message = f"there is no table “{shown(name)}” in a backup"
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


def row_of(table: sa.Table, said: dict[str, Any], number: int, *, older: bool) -> dict[str, Any]:
    """A row from JSON, each value checked against its column; an older backup lacks what came later."""
    for name in said:
        if name not in table.columns:
            message = "there is no such column"
            raise WrongRowError(message, table.name, number, shown(name))
    row = {}
    for column in table.columns:
        if column.name not in said and not (older and column.nullable):
            message = "is missing"
            raise WrongRowError(message, table.name, number, column.name)
        value = _from_json(table, column, said.get(column.name), number)
        _check_value(table, column, value, number)
        row[column.name] = value
    return row


def _from_json(table: sa.Table, column: sa.Column[Any], value: Any, number: int) -> Any:
    """A value in Python's own type: times and dates are texts in JSON."""
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
    """Raise where a value cannot stand in its column."""
    what = _wrong(table, column, value)
    if what:
        raise WrongRowError(what, table.name, number, column.name)


def _wrong(table: sa.Table, column: sa.Column[Any], value: Any) -> str:
    """What is wrong with a value; empty where nothing is."""
    kind = column.type
    if value is None:
        return "" if column.nullable else "must not be empty"
    if isinstance(kind, sa.JSON):
        return _wrong_json(column.name, value)
    if isinstance(kind, sa.DateTime | sa.Date):
        first, last = _TIMES if isinstance(kind, sa.DateTime) else _DAYS
        return "" if first <= value < last else f"must lie between {first.year} and {last.year}, got {value}"
    if type(value) is not kind.python_type:
        return f"must be {_KINDS[kind.python_type]}, got {_quoted(value)}"
    if isinstance(kind, sa.String):
        return _wrong_text(table, column.name, value, kind.length)
    return _wrong_number(column.name, value)


def _wrong_number(name: str, value: float) -> str:
    if name in _NUMBERS and not is_version(value):
        return f"must be a whole number from 1 to {MOST_VERSIONS:,}, got {shown(value)}"
    return "" if 0 <= value <= _MOST_ROW else f"must lie between 0 and {_MOST_ROW:,}, got {shown(value)}"


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
            return f"must be a list of {'texts' if member is str else 'objects'}, got {_quoted(value)}"
    elif not isinstance(value, dict):
        return f"must be an object, got {_quoted(value)}"
    return _wrong_inside(value, _DEEPEST)


def _wrong_inside(value: Any, left: int) -> str:
    """What is wrong anywhere inside a JSON value."""
    if isinstance(value, dict | list):
        if not left:
            return f"nests deeper than {_DEEPEST} levels"
        members = value.values() if isinstance(value, dict) else value
        names = list(value) if isinstance(value, dict) else []
        found = (_wrong_inside(one, left - 1) for one in (*names, *members))
        return next(filter(None, found), "")
    if isinstance(value, float) and not math.isfinite(value):
        return f"holds {value}, which is no number"
    if isinstance(value, int) and not -_LARGEST <= value <= _LARGEST:
        return f"holds the number {shown(value)}, which is too large"
    if isinstance(value, str) and ("\0" in value or not _is_unicode(value)):
        return f"holds text that cannot be stored: {_quoted(value)}"
    return ""


def _check_keys(tables: Iterable[sa.Table], rows: Rows) -> None:
    """Raise where two rows have a key in common that only one may have."""
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
                    said = " and ".join(f"“{shown(value)}”" for value in values)
                    message = f"{said} stands in row {first} already"
                    raise WrongRowError(message, table.name, number, ", ".join(key))


def _check_references(tables: Iterable[sa.Table], rows: Rows) -> None:
    """Raise where a row belongs to a dataset that the backup does not have."""
    known = {row["id"] for row in rows["datasets"]}
    for table in tables:
        if not any(key.column.table is catalog.datasets for key in table.foreign_keys):
            continue
        for number, row in enumerate(rows[table.name], start=1):
            if row["dataset_id"] not in known:
                message = f"there is no dataset “{row['dataset_id']}” in the backup"
                raise WrongRowError(message, table.name, number, "dataset_id")


def _check_meaning(name: str, number: int, row: dict[str, Any], read: Callable[[dict[str, Any]], object]) -> None:
    try:
        read(row)
    except Exception as error:  # whatever foreign values do to what reads them
        message = f"is not what it claims to be ({type(error).__name__}: {shown(error)})"
        raise WrongRowError(message, name, number, _CONTENT[name]) from error


def _is_unicode(text: str) -> bool:
    """Whether a text can be written: half a pair of surrogates cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _quoted(value: Any) -> str:
    kinds = {dict: "an object", list: "a list", type(None): "nothing"}
    return kinds.get(type(value), f"“{shown(value)}”")
