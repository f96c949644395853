"""Numbers written as text: currency signs, thousands separators, and detection of the decimal mark."""

from collections.abc import Mapping
from typing import Final, Literal

import ibis
import ibis.expr.types as ir
import pandas as pd

from core.ingest.recognising.number_formats import bare_text, bare_texts

DecimalMark = Literal[".", ","]

_GROUPED: Final = {
    ".": r"^[-+]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?$|^[-+]?[0-9]{1,2}(,[0-9]{2})+,[0-9]{3}(\.[0-9]+)?$",  # 1,23,456
    ",": r"^[-+]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?$",
}
_DOUBTFUL: Final = r"^[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}$"  # thousands, or three decimals
_PLAIN: Final = {
    ".": r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$",
    ",": r"^[-+]?([0-9]+,?[0-9]*|,[0-9]+)$",
}
_FAST: Final = {".": r"^-?[0-9]+(\.[0-9]+)?$", ",": r"^-?[0-9]+(,[0-9]+)?$"}
_NOTHING: Final = ("", "-", "--", "n/a", "na", "null", "none", "nan", "\\n")  # placeholders for missing numbers

_GROUPED_FROM: Final = 1_000  # files with thousands separators use them from here on

LARGEST: Final = 1e15
"""Larger numbers are treated as unreadable: floats can't represent cents any more, and sums may overflow."""

LOOKS_SHARE: Final = 0.9
"""Share of values that must fit; the rest may be total rows and notes."""


def decimal_mark_of(values: pd.Series) -> DecimalMark:
    """Return the decimal mark under which more of a column's texts are numbers; a point on a tie."""
    return "," if _lean(values) > 0 else "."


def decimal_marks(columns: Mapping[str, pd.Series]) -> dict[str, DecimalMark]:
    """Return the decimal mark of each column of a file; a column that fits both follows the others.

    If no column settles it, the other numbers of a column decide: next to whole numbers below 1,000, `1.234` has a
    thousands separator; next to `0.500` or `1234`, it has three decimals.
    """
    lean = {name: _lean(values) for name, values in columns.items()}
    usual: DecimalMark = "," if sum(lean.values()) > 0 else "."
    marks: dict[str, DecimalMark] = {
        name: usual if commas == 0 else "," if commas > 0 else "." for name, commas in lean.items()
    }
    if not any(lean.values()):
        marks |= {name: mark for name, values in columns.items() if (mark := _by_size(values)) is not None}
    return marks


def doubtful_number(columns: Mapping[str, pd.Series]) -> tuple[str, int] | None:
    """Return a column whose numbers can be read two ways, and the position of such a number; None if there is none.

    That is the case if all its numbers look like `1.234` and no other column settles the decimal mark.
    """
    if any(_lean(values) for values in columns.values()):
        return None
    for name, values in columns.items():
        bare = _bare(values.dropna())
        if len(bare) and _by_size(values) is None and bare.str.match(_DOUBTFUL).all():
            return name, int(values.notna().to_numpy().argmax())
    return None


def looks_like_numbers(values: pd.Series) -> bool:
    """Return whether at least 90% of the non-blank values are numbers."""
    filled = values.dropna()
    if _is_text(filled):
        filled = filled[~filled.astype("str").str.strip().str.lower().isin(_NOTHING)]
    return len(filled) > 0 and bool(to_numbers(filled, decimal_mark_of(filled)).notna().mean() >= LOOKS_SHARE)


def to_numbers(values: pd.Series, mark: DecimalMark = ".") -> pd.Series:
    """Parse a sample as numbers by the same rules as `number`; anything else becomes missing."""
    if pd.api.types.is_datetime64_any_dtype(values) or pd.api.types.is_bool_dtype(values):
        return pd.Series(float("nan"), index=values.index)
    if not _is_text(values):
        return _finite(pd.to_numeric(values, errors="coerce"))
    bare = bare_texts(values)
    grouped = bare.str.match(_GROUPED[mark])
    bare = bare.where(~grouped.astype(bool), bare.str.replace("," if mark == "." else ".", "", regex=False))
    bare = bare.where(bare.str.match(_PLAIN[mark]).astype(bool))
    return _finite(pd.to_numeric(bare.str.replace(",", ".", regex=False), errors="coerce"))


def number(column: ir.Value, mark: DecimalMark) -> ir.FloatingValue:
    """Return a column as float64; null if it is not a number up to `LARGEST`.

    Parameters
    ----------
    column : text or numeric expression
        Raw column.
    mark : "." or ","
        The decimal mark of texts. With ".", `2,55` is not a number, and `1,234` is 1234.
    """
    if not column.type().is_string():
        value = column.cast("float64")
        return ibis.ifelse(value.isnan() | (value.abs() > LARGEST), ibis.null("float64"), value)
    other = "," if mark == "." else "."
    bare = bare_text(column)
    # DuckDB computes an extract once per distinct text, but a match test once per row.
    bare = ibis.ifelse(_cut_out(bare, _GROUPED[mark]) != "", bare.replace(other, ""), bare)
    slow = _cut_out(bare, _PLAIN[mark]).replace(",", ".").try_cast("float64")
    plain = _cut_out(column, _FAST[mark])
    fast = (plain.replace(",", ".") if mark == "," else plain).try_cast("float64")
    value = ibis.coalesce(fast, slow)
    return ibis.ifelse(value.abs() > LARGEST, ibis.null("float64"), value)


@ibis.udf.scalar.builtin(name="regexp_extract")  # type: ignore[untyped-decorator]
def _cut_out(text: str, pattern: str) -> str:  # type: ignore[empty-body]
    """DuckDB: return the match of a pattern, or an empty text. Ibis's own version tests each text first."""


def _lean(values: pd.Series) -> int:
    """Count how many more texts are numbers with a decimal comma than with a point."""
    if not _is_text(values):
        return 0
    texts = values.dropna().astype("str")
    return int(to_numbers(texts, ",").notna().sum() - to_numbers(texts, ".").notna().sum())


def _by_size(values: pd.Series) -> DecimalMark | None:
    """Return the decimal mark of ambiguous texts judging by the column's other numbers; None if they don't decide."""
    bare = _bare(values.dropna())
    doubtful = bare[bare.str.match(_DOUBTFUL)]
    if doubtful.empty:
        return None
    mark: DecimalMark = "," if doubtful.str.contains(",", regex=False).any() else "."
    other: DecimalMark = "." if mark == "," else ","
    rest = bare[~bare.str.match(_DOUBTFUL)]
    whole = pd.to_numeric(rest[rest.str.match(r"^[-+]?[0-9]+$")], errors="coerce").abs()
    if rest.str.match(r"^[-+]?0[.,]").any() or (whole >= _GROUPED_FROM).any():
        return mark
    return other if (whole > 0).any() else None


def _bare(values: pd.Series) -> pd.Series:
    """Return non-empty texts without spaces and currency signs; nothing for columns of other types."""
    if not _is_text(values):
        return pd.Series([], dtype="str")
    bare = bare_texts(values)
    return bare[bare != ""]


def _finite(values: pd.Series) -> pd.Series:
    return values.where(values.abs() <= LARGEST)


def _is_text(values: pd.Series) -> bool:
    return bool(pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values))
