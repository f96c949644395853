"""Alerts about a profile: what to review, and what to do."""

from dataclasses import dataclass
from typing import Any, Final

MISSING: Final = 0.05
"""Share of rows from which on missing values are pointed out."""
ZEROS: Final = 0.01
SKEWED: Final = 3.0
"""Skewness from which on: an exponential distribution has 2."""
EXTREME: Final = 50.0
"""Times the 1st or 99th percentile from which on an extreme is pointed out."""
DOMINANT: Final = 0.95
OFTEN_EMPTY: Final = ("reason", "problem", "cancelled", "extra")
"""Columns that say something of some rows only, and are no worse for it."""
_LONG: Final = 200  # characters
_FEW: Final = 20  # rows: fewer say nothing


@dataclass(frozen=True, kw_only=True)
class Alert:
    """One thing that needs a look.

    Parameters
    ----------
    column : str
        Name of the column.
    kind : str
        `missing`, `constant`, `unique`, `zeros`, `negative`, `skewed`, `extreme`, `dominant` or `long`.
    text : str
        What there is to see, to follow the column's name.
    advice : str
        What to do.
    """

    column: str
    kind: str
    text: str
    advice: str


def alerts_of(column: dict[str, Any]) -> list[Alert]:
    """Return the alerts of a column.

    Parameters
    ----------
    column : dict
        From `core.ingest.report.column_profile.profile_column`. Of a column without any value nothing is said: the data
        has none.
    """
    present = column["rows"] - column["missing"]
    if not present:
        return []
    name = column["name"]
    found = [(kind, said) for kind, tell in _KINDS.items() if (said := tell(column, present))]
    return [Alert(column=name, kind=kind, text=said, advice=_advice(name, kind)) for kind, said in found]


def _missing(column: dict[str, Any], _present: int) -> str:
    if column["name"] in OFTEN_EMPTY:
        return ""
    part = column["missing"] / column["rows"]
    return f"is missing in {_percent(part)} of the rows" if part >= MISSING else ""


def _constant(column: dict[str, Any], present: int) -> str:
    if column["distinct"] != 1 or present < _FEW:
        return ""
    return f"has one value only, “{column['frequent'][0][0]}”" if column["frequent"] else "has one value only"


def _unique(column: dict[str, Any], present: int) -> str:
    alike = column["distinct_exact"] and column["distinct"] == present
    return "is different in every row" if alike and present >= _FEW and column["kind"] == "text" else ""


def _zeros(column: dict[str, Any], present: int) -> str:
    part = column.get("zeros", 0) / present
    return f"is zero in {_percent(part)} of the rows" if part >= ZEROS and column["distinct"] > 1 else ""


def _negative(column: dict[str, Any], present: int) -> str:
    below = column.get("negative", 0)
    return f"is below zero in {below:,} rows, {_percent(below / present)}" if below else ""


def _skewed(column: dict[str, Any], present: int) -> str:
    skewness = column.get("skewness")
    if skewness is None or abs(skewness) < SKEWED or present < _FEW:
        return ""
    mean, median = column["mean"], column["median"]
    where = "large" if skewness > 0 else "small"
    return f"has a few very {where} values: the mean is {_number(mean)}, the median {_number(median)}"


def _extreme(column: dict[str, Any], present: int) -> str:
    if column["kind"] != "number" or column["low"] is None or present < _FEW:
        return ""
    usual = max(abs(column["q01"]), abs(column["q99"]))
    low, high = column["low"], column["high"]
    if not usual or max(abs(low), abs(high)) < EXTREME * usual:
        return ""
    all_of_it, most_of_it = (
        f"{_number(start)} to {_number(end)}" for start, end in ((low, high), (column["q01"], column["q99"]))
    )
    return f"goes from {all_of_it}, but 98% of it from {most_of_it}"


def _dominant(column: dict[str, Any], present: int) -> str:
    if not column["frequent"] or column["distinct"] < 2 or present < _FEW:  # noqa: PLR2004  else it is constant
        return ""
    value, rows = column["frequent"][0]
    return f"is “{value}” in {_percent(rows / present)} of the rows" if rows >= DOMINANT * present else ""


def _long(column: dict[str, Any], _present: int) -> str:
    longest = column.get("longest") or 0
    return f"has texts of up to {longest:,} characters" if longest > _LONG and column["name"] != "extra" else ""


_KINDS: Final = {
    "missing": _missing,
    "constant": _constant,
    "unique": _unique,
    "zeros": _zeros,
    "negative": _negative,
    "skewed": _skewed,
    "extreme": _extreme,
    "dominant": _dominant,
    "long": _long,
}

_ADVICE: Final = {
    "missing": "Ask where the export loses it; what is grouped by it leaves these rows out.",
    "constant": "It tells rows apart in nothing; nothing to do, unless it should vary.",
    "unique": "It names the row: good to find one, of no use to group by.",
    "zeros": "Find out whether zero means nothing or unknown.",
    "negative": "Find out whether these are returns and corrections, or mistakes.",
    "skewed": "Trust medians more than means, look at it on a logarithmic scale, and check the extremes.",
    "extreme": "Review the rows with the extremes: typos and corrections can distort totals and averages.",
    "dominant": "Comparing the others with it rests on few rows.",
    "long": "Look at the longest: often several fields run together.",
}
_ADVICE_OF: Final = {
    ("customer_id", "missing"): "Rows without a customer count nowhere; see Quality, and ask for guests' e-mails.",
    ("order_id", "unique"): "Each order has one line: check that the file has lines and not only totals.",
    ("quantity", "negative"): "Returns, as a rule: they do not count as sales, and lower net revenue.",
    ("amount", "negative"): "Returns, as a rule: they do not count as sales, and lower net revenue.",
    ("unit_price", "zeros"): "Gifts, samples or stock corrections: such rows do not count.",
    ("country", "dominant"): "Compare countries with care: all but one have few rows.",
    ("currency", "constant"): "Good: amounts can be added up.",
}


def _advice(name: str, kind: str) -> str:
    return _ADVICE_OF.get((name, kind), _ADVICE[kind])


def _number(value: float) -> str:
    if 0 < abs(value) < 0.005:  # noqa: PLR2004  would be written as nothing
        text = f"{value:.1g}"
    else:
        text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return text.replace("-", "−")


def _percent(part: float) -> str:
    if 0 < part < 0.0005:  # noqa: PLR2004  would be written as none
        return "less than 0.1%"
    return f"{100 * part:.1f}%" if 0 < part < 0.0995 else f"{100 * part:.0f}%"  # noqa: PLR2004
