"""Python values as Arrow columns of the narrowest type that returns every value unchanged."""

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.ingest.sources.arrow_columns import Kind, kind_of_all, to_arrow

DAY = dt.date(2024, 3, 1)
WALL = dt.datetime(2024, 3, 1, 9)  # noqa: DTZ001
INSTANT = dt.datetime(2024, 3, 1, 9, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("values", "kind", "stored"),
    [
        ([None, None], Kind.NOTHING, [None, None]),
        ([True, None], Kind.BOOLEAN, [True, None]),
        ([1, 2**63 - 1, -(2**63)], Kind.INTEGER, [1, 2**63 - 1, -(2**63)]),
        ([1, 2**63], Kind.TEXT, ["1", "9223372036854775808"]),
        ([1, 2.5], Kind.NUMBER, [1.0, 2.5]),
        ([2**53 + 1, 2.5], Kind.TEXT, ["9007199254740993", "2.5"]),
        ([10**400, 2.5], Kind.TEXT, ["1" + "0" * 400, "2.5"]),
        ([Decimal("2.55"), Decimal("1E+3"), None], Kind.NUMBER, [2.55, 1000.0, None]),
        ([Decimal("0.12345678901234567890")], Kind.TEXT, ["0.12345678901234567890"]),
        ([Decimal("1E+400")], Kind.TEXT, ["1" + "0" * 400]),
        ([True, 1], Kind.TEXT, ["True", "1"]),
        (["00123", None], Kind.TEXT, ["00123", None]),
        ([1, "x"], Kind.TEXT, ["1", "x"]),
        ([DAY], Kind.DATE, [DAY]),
        ([DAY, WALL], Kind.TIME, [dt.datetime(2024, 3, 1), WALL]),  # noqa: DTZ001
        ([INSTANT], Kind.INSTANT, [INSTANT]),
        ([WALL, INSTANT], Kind.TEXT, ["2024-03-01 09:00:00", "2024-03-01 09:00:00+00:00"]),
        ([b"\x00\xff", memoryview(b"a")], Kind.TEXT, ["\\x00ff", "\\x61"]),
        ([{"a": "é"}, [1, None]], Kind.TEXT, ['{"a": "é"}', "[1, null]"]),
    ],
)
def test_by_hand(values: list[Any], kind: Kind, stored: list[Any]) -> None:
    assert kind_of_all(values, Kind.NOTHING) is kind
    assert to_arrow(values, kind).to_pylist() == stored


def test_not_a_number_is_one() -> None:
    assert kind_of_all([Decimal("NaN"), float("inf")], Kind.NOTHING) is Kind.NUMBER


def test_what_was_known_is_kept() -> None:
    assert kind_of_all([None], Kind.DATE) is Kind.DATE
    assert kind_of_all([1], Kind.NUMBER) is Kind.NUMBER
    assert kind_of_all([2**60 + 1], Kind.NUMBER) is Kind.TEXT
    assert kind_of_all([1], Kind.TEXT) is Kind.TEXT


numbers = st.none() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.floats(allow_nan=False)


@given(st.lists(st.lists(numbers, max_size=5), max_size=4))
def test_numbers_come_back_as_they_were(batches: list[list[Any]]) -> None:
    kind = Kind.NOTHING
    for batch in batches:
        kind = kind_of_all(batch, kind)
    values = [value for batch in batches for value in batch]
    kind = kind_of_all(values, kind)
    for value, stored in zip(values, to_arrow(values, kind).to_pylist(), strict=True):
        if value is None or stored is None:
            assert stored is None
            assert value is None
        elif isinstance(stored, float) and isinstance(value, Decimal):
            assert Decimal(repr(stored)) == value
        else:
            assert type(value)(stored) == value
