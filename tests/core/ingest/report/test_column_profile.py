"""Column profiles, computed by hand."""

from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ibis.backends.duckdb import Backend

from core.ingest.report.column_profile import ProfileSpec, overview, profile_column
from core.ingest.report.profile_alerts import alerts_of


def profile(connection: Backend, values: list[Any], kind: str = "float64", **spec: int) -> dict[str, Any]:
    """Return the profile of one column."""
    frame = pd.DataFrame({"x": pd.Series(values, dtype=kind)})
    table = connection.create_table("given", frame, temp=True, overwrite=True)
    table = table.mutate(x=table["x"].nullif(float("nan"))) if kind == "float64" else table
    return profile_column(table, "x", ProfileSpec(**spec))


def kinds(column: dict[str, Any]) -> set[str]:
    return {alert.kind for alert in alerts_of(column)}


def test_numbers_by_hand(connection: Backend) -> None:
    found = profile(connection, [0.0, 1.0, 1.0, 2.0, -4.0, None])
    assert (found["kind"], found["rows"], found["missing"], found["distinct"]) == ("number", 6, 1, 4)
    assert (found["low"], found["median"], found["high"], found["mean"]) == (-4.0, 1.0, 2.0, 0.0)
    assert (found["q25"], found["q75"]) == (0.0, 1.0)
    assert found["deviation"] == pytest.approx((22 / 4) ** 0.5)
    assert (found["zeros"], found["negative"], found["whole"], found["distinct_exact"]) == (1, 1, True, True)
    assert found["frequent"][0] == [1.0, 2]
    assert found["skewness"] == pytest.approx(float(pd.Series([0.0, 1, 1, 2, -4]).skew()))  # type: ignore[arg-type]


def test_bars_of_whole_numbers_are_of_whole_numbers(connection: Backend) -> None:
    found = profile(connection, [1.0] * 4 + [2.0] * 3 + [4.0] * 3)
    assert found["bars"] == [[1.0, 2.0, 4], [2.0, 3.0, 3], [3.0, 4.0, 0], [4.0, 5.0, 3]]
    assert found["outside"] == [0, 0]


def test_the_last_bar_has_both_its_ends(connection: Backend) -> None:
    found = profile(connection, [0.5] * 50 + [1.5] * 50)
    assert found["outside"] == [0, 0]
    assert (found["bars"][0][2], found["bars"][-1][2]) == (50, 50)


def test_extremes_lie_outside_the_bars(connection: Backend) -> None:
    found = profile(connection, [*(float(i) / 2 for i in range(1, 1000)), -5e6, 9e6])
    below, above = found["outside"]
    assert below >= 1
    assert above >= 1
    assert sum(bar[2] for bar in found["bars"]) + below + above == 1001
    assert {"extreme", "negative"} <= kinds(found)


def test_texts_by_hand(connection: Backend) -> None:
    found = profile(connection, ["a", "bbb", "bbb", None], "str", frequent=1)
    assert (found["kind"], found["missing"], found["distinct"], found["frequent"]) == ("text", 1, 2, [["bbb", 2]])
    assert (found["shortest"], found["longest"], found["mean_length"]) == (1, 3, pytest.approx(7 / 3))
    assert found["bars"] == []


def test_long_texts_are_cut(connection: Backend) -> None:
    found = profile(connection, ["x" * 5000], "str")
    assert len(found["frequent"][0][0]) == 200
    assert found["longest"] == 5000


@pytest.mark.parametrize(
    ("until", "unit", "bars"),
    [("2024-01-20", "day", 2), ("2024-12-31", "week", 2), ("2030-01-01", "month", 2), ("2050-01-01", "year", 2)],
)
def test_times_are_counted_by_a_fitting_unit(connection: Backend, until: str, unit: str, bars: int) -> None:
    times = [datetime(2024, 1, 1, 10), datetime(2024, 1, 1, 11), datetime.fromisoformat(until)]  # noqa: DTZ001
    found = profile(connection, times, "datetime64[us]")
    assert (found["unit"], len(found["bars"]), found["bars"][0][2]) == (unit, bars, 2)
    assert found["low"] == "2024-01-01T10:00:00"
    assert found["distinct"] == 3


def test_a_column_without_values(connection: Backend) -> None:
    found = profile(connection, [None, None], "str")
    assert (found["missing"], found["distinct"], found["frequent"], found["bars"]) == (2, 0, [], [])
    assert alerts_of(found) == []


def test_a_constant_column(connection: Backend) -> None:
    found = profile(connection, [2.5] * 30)
    assert kinds(found) == {"constant"}
    assert found["bars"] == [[2.5, 2.5, 30]]


def test_many_different_values_are_estimated_and_it_says_so(connection: Backend) -> None:
    found = profile(connection, [str(i) for i in range(500)], "str", exact_up_to=100)
    assert not found["distinct_exact"]
    assert found["distinct"] == pytest.approx(500, rel=0.1)
    assert found["frequent"] == []
    assert profile(connection, [str(i) for i in range(500)], "str")["distinct"] == 500


def test_what_needs_a_look(connection: Backend) -> None:
    texts = [None] * 10 + ["a"] * 90
    assert kinds(profile(connection, texts, "str")) == {"missing", "constant"}
    assert kinds(profile(connection, ["a"] * 96 + ["b"] * 4, "str")) == {"dominant"}
    assert kinds(profile(connection, [str(i) for i in range(40)], "str")) == {"unique"}
    assert kinds(profile(connection, [0.0, *map(float, range(1, 50))])) == {"zeros"}
    assert "skewed" in kinds(profile(connection, [1.0] * 20 + [2.0] * 20 + [60.0]))
    assert kinds(profile(connection, ["a", "b"] * 30, "str")) == set()


def test_advice_fits_the_column(connection: Backend) -> None:
    found = {**profile(connection, [None] * 10 + ["a", "b"] * 10, "str"), "name": "customer_id"}
    (alert,) = alerts_of(found)
    assert alert.text == "is missing in 33% of the rows"
    assert "customer" in alert.advice
    assert alerts_of({**found, "name": "reason"}) == []  # null for the rows that count


def test_one_row_per_column_in_the_overview(connection: Backend) -> None:
    columns = [profile(connection, [1.0, None]), profile(connection, ["a", "a"], "str")]
    table = overview(columns)
    assert table["missing_share"].tolist() == [0.5, 0.0]
    assert table["most_frequent"].tolist() == ["1.0", "a"]
    assert "bars" not in table


@settings(max_examples=25)
@given(st.lists(st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 2)), min_size=1, max_size=40))
def test_every_value_is_in_a_bar_or_outside(connection: Backend, values: list[float]) -> None:
    found = profile(connection, values)
    assert sum(bar[2] for bar in found["bars"]) + sum(found["outside"]) == len(values)
    assert found["distinct"] == len(set(values))
    assert found["mean"] == pytest.approx(sum(values) / len(values), abs=1e-6)
