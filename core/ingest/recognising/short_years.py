"""Detection of dates with a two-digit year first, such as 24-01-05."""

from typing import Final

import ibis
import ibis.expr.types as ir

_SHORT: Final = r"^[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{2}( |$)"
SHORT_YEARS: Final = tuple(
    f"%y{mark}%m{mark}%d{clock and ' '}{clock}" for mark in "-/." for clock in ("", "%H:%M", "%H:%M:%S")
)
"""strptime formats of such dates."""

_FEWER: Final = 3  # there must be at least this many times fewer years than days; even a week's log has one year
_GAPS: Final = 2  # the span of the years must be below their number plus this, to allow a year without orders


def begins_with_year(texts: ir.Table) -> bool:
    """Return whether dates like 24-01-05 start with the year.

    They do if the first numbers are few and close together while the last ones vary.

    Parameters
    ----------
    texts : Table
        Dates in the column `text`.
    """
    short = texts.filter(texts.text.re_search(_SHORT)).mutate(day=ibis._.text.split(" ")[0].re_replace("[/.]", "-"))
    parts = short.mutate(first=ibis._.day.split("-")[0].cast("int64"), last=ibis._.day.split("-")[2].cast("int64"))
    found = parts.agg(
        n=parts.count(),
        firsts=parts["first"].nunique(),
        lasts=parts["last"].nunique(),
        span=parts["first"].max() - parts["first"].min(),
    ).execute()
    n, firsts, lasts, span = (int(value) for value in found.fillna(0).iloc[0])
    return n > 0 and firsts * _FEWER <= lasts and span < firsts + _GAPS
