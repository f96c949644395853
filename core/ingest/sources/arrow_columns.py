"""Lossless conversion of database values to Arrow columns, with types inferred while reading.

A database may store values that its declared types don't describe (SQLite), or declare types with no Arrow equivalent
(`numeric` without limits), so the type is inferred from the values. The first batch decides. If a later one doesn't
fit, the reader starts again with wider types, which is rare and happens at most a few times.
"""

import json
import math
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any, Final

import pyarrow as pa


class Kind(Enum):
    """Types of values a column can hold."""

    NOTHING = "nothing"
    BOOLEAN = "boolean"
    INTEGER = "integer"
    NUMBER = "number"
    DATE = "date"
    TIME = "time"
    INSTANT = "instant"
    TEXT = "text"


_TYPES: Final = {
    Kind.NOTHING: pa.string(),
    Kind.BOOLEAN: pa.bool_(),
    Kind.INTEGER: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.DATE: pa.date32(),
    Kind.TIME: pa.timestamp("us"),
    Kind.INSTANT: pa.timestamp("us", tz="UTC"),
    Kind.TEXT: pa.string(),
}
_KINDS: Final = {
    bool: Kind.BOOLEAN, int: Kind.INTEGER, float: Kind.NUMBER, Decimal: Kind.NUMBER, date: Kind.DATE, str: Kind.TEXT
}  # fmt: skip
_TEXTS: Final = {str, type(None)}
_LARGEST: Final = 2**63
_WIDER: Final = {
    frozenset({Kind.INTEGER, Kind.NUMBER}): Kind.NUMBER,
    frozenset({Kind.DATE, Kind.TIME}): Kind.TIME,
}


def arrow_type(kind: Kind) -> pa.DataType:
    """Return the Arrow type of a kind."""
    return _TYPES[kind]


def kind_of_all(values: Sequence[Any], known: Kind) -> Kind:
    """Return the kind that holds these values and those of the `known` kind without loss."""
    kind = known
    for python in set(map(type, values)) - {type(None)}:
        kind = _wider(kind, _instant(values) if python is datetime else _KINDS.get(python, Kind.TEXT))
    if kind is Kind.NUMBER and not all(map(_fits, values)):
        return Kind.TEXT
    if kind is Kind.INTEGER and any(value is not None and not -_LARGEST <= value < _LARGEST for value in values):
        return Kind.TEXT
    return kind


def to_arrow(values: Sequence[Any], kind: Kind) -> pa.Array:
    """Convert values to an Arrow column of a kind that holds them."""
    if kind is Kind.TEXT and not set(map(type, values)) <= _TEXTS:
        values = [None if value is None else _text(value) for value in values]
    elif kind is Kind.NUMBER:
        values = [None if value is None else float(value) for value in values]
    elif kind is Kind.TIME:
        values = [
            datetime(value.year, value.month, value.day)  # noqa: DTZ001  wall time, like the column
            if type(value) is date
            else value
            for value in values
        ]
    return pa.array(values, type=_TYPES[kind])


def _wider(first: Kind, second: Kind) -> Kind:
    if first is second or second is Kind.NOTHING:
        return first
    return second if first is Kind.NOTHING else _WIDER.get(frozenset({first, second}), Kind.TEXT)


def _instant(values: Sequence[Any]) -> Kind:
    zoned = {value.tzinfo is not None for value in values if isinstance(value, datetime)}
    return Kind.TEXT if len(zoned) > 1 else Kind.INSTANT if zoned == {True} else Kind.TIME


def _fits(value: Any) -> bool:
    """Return whether a float represents the number exactly as written."""
    if value is None or type(value) is float:
        return True
    try:
        return int(float(value)) == value if type(value) is int else _same(value)
    except OverflowError:
        return False


def _same(value: Decimal) -> bool:
    binary = float(value)
    return not value.is_finite() or (math.isfinite(binary) and Decimal(repr(binary)) == value)


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bytes | memoryview):
        return "\\x" + bytes(value).hex()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else str(value)
