"""Numbers written as text: currency signs, thousands marks, and which mark is the decimal one."""

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
_DOUBTFUL: Final = r"^[-+]?[1-9][0-9]{0,2}[.,][0-9]{3}$"  # a thousand, or one and three decimals
_PLAIN: Final = {
    ".": r"^[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?$",
    ",": r"^[-+]?([0-9]+,?[0-9]*|,[0-9]+)$",
}
_FAST: Final = {".": r"^-?[0-9]+(\.[0-9]+)?$", ",": r"^-?[0-9]+(,[0-9]+)?$"}
_NOTHING: Final = ("", "-", "--", "n/a", "na", "null", "none", "nan", "\\n")  # what programs write for no number

_GROUPED_FROM: Final = 1_000  # who writes thousands marks writes them from here on

LARGEST: Final = 1e15
"""Beyond it a binary fraction cannot hold cents, and sums overflow: no shop means it."""

LOOKS_SHARE: Final = 0.9
"""Of ten values nine must fit: exports have totals rows and notes."""


def decimal_mark_of(values: pd.Series) -> DecimalMark:
    """Tell the decimal mark of a column: the one under which more of the texts are numbers; a point on a tie."""
    return "," if _lean(values) > 0 else "."


def decimal_marks(columns: Mapping[str, pd.Series]) -> dict[str, DecimalMark]:
    """Tell the decimal mark of each of a file's columns; one that fits both marks has that of the others.

    Where no column tells, `1.234` is a thousand beside numbers below a thousand without a mark, and one and three
    decimals beside `0.500` or `1234`.
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
    """Name a column whose numbers can be read two ways, and the position of one such number; None where none can.

    Two readings are possible where every number is like `1.234` and no other column of the file has another mark.
    """
    if any(_lean(values) for values in columns.values()):
        return None
    for name, values in columns.items():
        bare = _bare(values.dropna())
        if len(bare) and _by_size(values) is None and bare.str.match(_DOUBTFUL).all():
            return name, int(values.notna().to_numpy().argmax())
    return None


def looks_like_numbers(values: pd.Series) -> bool:
    """Return whether at least nine in ten of the values that are not blank are numbers."""
    filled = values.dropna()
    if _is_text(filled):
        filled = filled[~filled.astype("str").str.strip().str.lower().isin(_NOTHING)]
    return len(filled) > 0 and bool(to_numbers(filled, decimal_mark_of(filled)).notna().mean() >= LOOKS_SHARE)


def to_numbers(values: pd.Series, mark: DecimalMark = ".") -> pd.Series:
    """Read a sample as numbers by the same rules as `number`; what is none becomes missing."""
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
    """Expression of a column as float64; null where it is no finite number.

    Parameters
    ----------
    column : text or numeric expression
        As in the source.
    mark : "." or ","
        The decimal mark of texts. With ".", `2,55` is not a number, and `1,234` is one thousand.
    """
    if not column.type().is_string():
        value = column.cast("float64")
        return ibis.ifelse(value.isnan() | (value.abs() > LARGEST), ibis.null("float64"), value)
    other = "," if mark == "." else "."
    bare = bare_text(column)
    # What is cut out of a text DuckDB computes once for each different one, what is tested once for each row.
    bare = ibis.ifelse(_cut_out(bare, _GROUPED[mark]) != "", bare.replace(other, ""), bare)
    slow = _cut_out(bare, _PLAIN[mark]).replace(",", ".").try_cast("float64")
    plain = _cut_out(column, _FAST[mark])
    fast = (plain.replace(",", ".") if mark == "," else plain).try_cast("float64")
    value = ibis.coalesce(fast, slow)
    return ibis.ifelse(value.abs() > LARGEST, ibis.null("float64"), value)


@ibis.udf.scalar.builtin(name="regexp_extract")  # type: ignore[untyped-decorator]
def _cut_out(text: str, pattern: str) -> str:  # type: ignore[empty-body]
    """DuckDB: what fits a pattern; empty where nothing does. Ibis' own tests each text first."""


def _lean(values: pd.Series) -> int:
    """Count how many more texts are numbers with a decimal comma than with a point."""
    if not _is_text(values):
        return 0
    texts = values.dropna().astype("str")
    return int(to_numbers(texts, ",").notna().sum() - to_numbers(texts, ".").notna().sum())


def _by_size(values: pd.Series) -> DecimalMark | None:
    """Tell the decimal mark of texts that fit both by what stands beside them; None where nothing tells."""
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
    """Texts without blanks and currency signs; none for columns that are no text."""
    if not _is_text(values):
        return pd.Series([], dtype="str")
    bare = bare_texts(values)
    return bare[bare != ""]


def _finite(values: pd.Series) -> pd.Series:
    return values.where(values.abs() <= LARGEST)


def _is_text(values: pd.Series) -> bool:
    return bool(pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values))
