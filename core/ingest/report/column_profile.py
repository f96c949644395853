"""Statistics of each column of a table, computed in the database.

Columns are profiled one at a time, so that only one column and its distinct values are in memory.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd

Kind = Literal["number", "text", "time", "yes or no"]

_LONGEST_SHOWN: Final = 200  # characters of a value
_QUANTILES: Final = {"q01": 0.01, "q25": 0.25, "median": 0.5, "q75": 0.75, "q99": 0.99}
_COUNTS: Final = ("shortest", "longest", "zeros", "negative")
_UNITS: Final = ((92, "D"), (550, "W"), (3700, "M"), (math.inf, "Y"))  # unit of bars by the maximum span in days


_STEPS: Final = {"D": pd.DateOffset(days=1), "W": pd.DateOffset(days=7), "M": pd.DateOffset(months=1),
                 "Y": pd.DateOffset(years=1)}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class ProfileSpec:
    """Level of detail of a profile.

    Parameters
    ----------
    frequent : int
        Number of most frequent values to list.
    bars : int
        Number of bars in a histogram of numbers.
    exact_up_to : int
        If a column has more distinct values than about this, their number is estimated (HyperLogLog; Flajolet, Fusy,
        Gandouet and Meunier, 2007) and no frequent values are listed, because counting each would take too much memory.
    """

    frequent: int = 12
    bars: int = 30
    exact_up_to: int = 1_000_000


def profile_column(table: ir.Table, name: str, spec: ProfileSpec) -> dict[str, Any]:
    """Profile one column.

    Parameters
    ----------
    table : Table
        Table with the column.
    name : str
        Name of the column.
    spec : ProfileSpec
        Level of detail.

    Returns
    -------
    dict
        Plain values. Always: `name`, `kind`, `rows`, `missing`, `distinct`, `distinct_exact`, `frequent` (pairs of
        value and rows, the most frequent first) and `bars` (triples of start, end and rows: a histogram of numbers
        between the 1st and the 99th percentile, or of times by `unit`). Numbers: `low`, `high`, `mean`, `deviation`
        (sample), `skewness` (adjusted Fisher-Pearson; Joanes and Gill, 1998, G1), quantiles `q01`, `q25`, `median`,
        `q75`, `q99` (between neighbours, linear), `zeros`, `negative`, `whole` (all of them are), `outside` (rows
        below and above the bars). Times: `low`, `median`, `high` as ISO 8601. Texts: `shortest`, `longest`,
        `mean_length` in characters.
    """
    column = table.select(value=table[name])
    kind = _kind(column.schema()["value"])
    first = _first(column, kind)
    rows, present = int(first.pop("rows")), int(first.pop("present"))
    about = int(first.pop("about"))
    found = {"name": name, "kind": kind, "rows": rows, "missing": rows - present, **first}
    if not present:
        return {**found, "distinct": 0, "distinct_exact": True, "frequent": [], "bars": []}
    exact = about <= spec.exact_up_to
    different, frequent = _different(column, spec) if exact else (min(about, present), [])
    found |= {"distinct": different, "distinct_exact": exact, "frequent": frequent, "bars": []}
    return {**found, **_BARS[kind](column, found, spec)} if kind in _BARS else found


def _kind(type_: dt.DataType) -> Kind:
    if type_.is_boolean():
        return "yes or no"
    if type_.is_numeric():
        return "number"
    return "time" if type_.is_temporal() else "text"


@ibis.udf.agg.builtin(name="skewness")  # type: ignore[untyped-decorator]
def _skewness(values: dt.float64) -> dt.float64:
    """DuckDB: skewness, adjusted for small numbers."""


def _first(column: ir.Table, kind: Kind) -> dict[str, Any]:
    """Compute counts, extremes and all other statistics that need only one pass."""
    value = column["value"]
    facts: dict[str, ir.Value] = {"rows": column.count(), "present": value.count(), "about": value.approx_nunique()}
    if kind == "number":
        number = value.cast("float64")
        facts |= {
            "low": number.min(),
            "high": number.max(),
            "mean": number.mean(),
            "deviation": number.std(how="sample"),
            "skewness": _skewness(number),
            "quantiles": number.quantile(list(_QUANTILES.values())),  # together, because each call holds all values
            "zeros": (number == 0).sum(),
            "negative": (number < 0).sum(),
            "whole": (number == number.floor()).all(),
        }
    elif kind == "time":
        facts |= {"low": value.min(), "high": value.max(), "median": value.quantile(0.5)}
    elif kind == "text":
        length = value.length()
        facts |= {"shortest": length.min(), "longest": length.max(), "mean_length": length.mean()}
    row = column.agg(**facts).execute().iloc[0]
    quantiles = dict(zip(_QUANTILES, row["quantiles"], strict=True)) if row.get("quantiles") is not None else {}
    found = {**row.drop("quantiles", errors="ignore").to_dict(), **quantiles}
    plain = {str(name): _plain(value) for name, value in found.items()}
    return {name: int(value) if name in _COUNTS and value is not None else value for name, value in plain.items()}


def _different(column: ir.Table, spec: ProfileSpec) -> tuple[int, list[list[Any]]]:
    """Count the distinct values and list the most frequent."""
    present = column.filter(column["value"].notnull())
    counts = present.group_by("value").agg(number=present.count())
    counts = counts.mutate(different=ibis._.count().over())
    top = counts.order_by(ibis.desc("number"), "value").limit(spec.frequent).execute()
    frequent = [[_plain(value), int(number)] for value, number in zip(top["value"], top["number"], strict=True)]
    return int(top["different"].iloc[0]), frequent


def _number_bars(column: ir.Table, found: dict[str, Any], spec: ProfileSpec) -> dict[str, Any]:
    """Count rows in bars of equal width between the 1st and 99th percentiles, and rows outside them."""
    low, high = found["q01"], found["q99"]
    if low == high:
        low, high = found["low"], found["high"]
    if low is None or low == high:
        return {"outside": [0, 0], "bars": [[low, high, found["rows"] - found["missing"]]] if low is not None else []}
    width = (high - low) / spec.bars
    if found["whole"]:
        width = max(1.0, math.ceil(width))
    many = math.floor((high - low) / width) + 1 if found["whole"] else spec.bars
    value = column["value"].cast("float64")
    place = ((value - low) / width).floor().cast("int64")
    if not found["whole"]:
        place = ibis.ifelse(value == high, many - 1, place)  # the last bar includes its upper end
    place = ibis.ifelse(value < low, -1, ibis.least(place, many))
    counted = column.filter(value.notnull()).select(place=place)
    counts = counted.group_by("place").agg(number=counted.count()).execute()
    by_place = dict(zip(counts["place"].astype(int), counts["number"].astype(int), strict=True))
    bars = [[low + at * width, low + (at + 1) * width, by_place.get(at, 0)] for at in range(many)]
    return {"outside": [by_place.get(-1, 0), by_place.get(many, 0)], "bars": bars}


def _time_bars(column: ir.Table, found: dict[str, Any], _spec: ProfileSpec) -> dict[str, Any]:
    """Count rows by day, week, month or year, whichever gives a few dozen bars."""
    low, high = (datetime.fromisoformat(found[name]) for name in ("low", "high"))
    unit = next(unit for most, unit in _UNITS if (high - low).days <= most)
    starts = column.filter(column["value"].notnull()).select(start=column["value"].truncate(unit).cast("timestamp(6)"))
    counts = starts.group_by("start").agg(number=starts.count()).order_by("start").execute()
    step = _STEPS[unit]
    bars = [
        [pd.Timestamp(start).isoformat(), (pd.Timestamp(start) + step).isoformat(), int(number)]
        for start, number in zip(counts["start"], counts["number"], strict=True)
    ]
    return {"unit": {"D": "day", "W": "week", "M": "month", "Y": "year"}[unit], "bars": bars}


_BARS: Final = {"number": _number_bars, "time": _time_bars}


def _plain(value: Any) -> Any:
    """Convert a value for JSON; missing values and NaN become None."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, str):
        return value if len(value) <= _LONGEST_SHOWN else value[: _LONGEST_SHOWN - 1] + "…"
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and not math.isfinite(value) else value


def overview(columns: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return one row per column with its single-valued statistics, to show and to download."""
    frame = pd.DataFrame([{key: value for key, value in column.items() if key not in _MANY} for column in columns])
    tops = [column["frequent"][0] if column["frequent"] else [None, None] for column in columns]
    return frame.assign(
        missing_share=frame["missing"] / frame["rows"].clip(lower=1),
        most_frequent=pd.Series([None if top[0] is None else str(top[0]) for top in tops], dtype="str"),
        most_frequent_rows=pd.Series([top[1] for top in tops], dtype="Int64"),
    )


_MANY: Final = ("frequent", "bars", "outside", "unit", "alerts")
