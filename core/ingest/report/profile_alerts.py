"""Alerts about columns to review, with advice."""

from dataclasses import dataclass
from typing import Any, Final

MISSING: Final = 0.05
"""Minimum share of missing values for an alert."""
ZEROS: Final = 0.01
SKEWED: Final = 3.0
"""Minimum skewness for an alert; an exponential distribution has 2."""
EXTREME: Final = 50.0
"""Minimum ratio of an extreme to the 1st or 99th percentile for an alert."""
DOMINANT: Final = 0.95
OFTEN_EMPTY: Final = ("reason", "problem", "cancelled", "extra")
"""Columns that are normally empty in most rows."""
_LONG: Final = 200  # characters
_FEW: Final = 20  # rows below which most alerts would be meaningless


@dataclass(frozen=True, kw_only=True)
class Alert:
    """A finding to review.

    Parameters
    ----------
    column : str
        Name of the column.
    kind : str
        `missing`, `constant`, `unique`, `zeros`, `negative`, `skewed`, `extreme`, `dominant` or `long`.
    text : str
        The finding, worded to follow the column's name.
    advice : str
        What to do about it.
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
        From `core.ingest.report.column_profile.profile_column`. Columns without any values have no alerts.
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
    return f"has only one value, “{column['frequent'][0][0]}”" if column["frequent"] else "has only one value"


def _unique(column: dict[str, Any], present: int) -> str:
    alike = column["distinct_exact"] and column["distinct"] == present
    return "is different in every row" if alike and present >= _FEW and column["kind"] == "text" else ""


def _zeros(column: dict[str, Any], present: int) -> str:
    part = column.get("zeros", 0) / present
    return f"is zero in {_percent(part)} of the rows" if part >= ZEROS and column["distinct"] > 1 else ""


def _negative(column: dict[str, Any], present: int) -> str:
    below = column.get("negative", 0)
    return f"is negative in {below:,} rows ({_percent(below / present)})" if below else ""


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
        f"{_number(start)} {word} {_number(end)}"
        for start, word, end in ((low, "to", high), (column["q01"], "and", column["q99"]))
    )
    return f"ranges from {all_of_it}, but 98% of values are between {most_of_it}"


def _dominant(column: dict[str, Any], present: int) -> str:
    if not column["frequent"] or column["distinct"] < 2 or present < _FEW:  # noqa: PLR2004  else it is constant
        return ""
    value, rows = column["frequent"][0]
    return f"is “{value}” in {_percent(rows / present)} of the rows" if rows >= DOMINANT * present else ""


def _long(column: dict[str, Any], _present: int) -> str:
    longest = column.get("longest") or 0
    return f"has values of up to {longest:,} characters" if longest > _LONG and column["name"] != "extra" else ""


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
    "missing": "Check why the export omits it; breakdowns by this column exclude these rows.",
    "constant": "It carries no information. Nothing to do, unless it should vary.",
    "unique": "It identifies rows, so it's useful for lookups but not for grouping.",
    "zeros": "Find out whether zero means none or unknown.",
    "negative": "Find out whether these are returns and corrections, or mistakes.",
    "skewed": "Use medians rather than means, plot it on a logarithmic scale, and check the extremes.",
    "extreme": "Review the most extreme rows: typos and corrections can distort totals and averages.",
    "dominant": "Few rows have other values, so compare them with care.",
    "long": "Check the longest values: several fields may have been merged.",
}
_ADVICE_OF: Final = {
    ("customer_id", "missing"): "Rows without a customer are excluded; see Quality, and ask guests for their e-mail.",
    ("order_id", "unique"): "Each order has one line. Check that the file has order lines, not only totals.",
    ("quantity", "negative"): "Usually returns: they don't count as sales, and they reduce net revenue.",
    ("amount", "negative"): "Usually returns: they don't count as sales, and they reduce net revenue.",
    ("unit_price", "zeros"): "Gifts, samples or stock corrections, which don't count.",
    ("country", "dominant"): "Compare countries with care: all but one have few rows.",
    ("currency", "constant"): "Good: amounts can be added up.",
}


def _advice(name: str, kind: str) -> str:
    return _ADVICE_OF.get((name, kind), _ADVICE[kind])


def _number(value: float) -> str:
    if 0 < abs(value) < 0.005:  # noqa: PLR2004  would be rounded to 0.00
        text = f"{value:.1g}"
    else:
        text = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    return text.replace("-", "−")


def _percent(part: float) -> str:
    if 0 < part < 0.0005:  # noqa: PLR2004  would be rounded to 0.0%
        return "less than 0.1%"
    return f"{100 * part:.1f}%" if 0 < part < 0.0995 else f"{100 * part:.0f}%"  # noqa: PLR2004
