"""Dates of two-digit numbers that begin with the year, told from those that begin with the day."""

from typing import Final

import ibis
import ibis.expr.types as ir

_SHORT: Final = r"^[0-9]{2}[-/.][0-9]{1,2}[-/.][0-9]{2}( |$)"
SHORT_YEARS: Final = tuple(
    f"%y{mark}%m{mark}%d{clock and ' '}{clock}" for mark in "-/." for clock in ("", "%H:%M", "%H:%M:%S")
)
"""Formats of such dates."""

_FEWER: Final = 3  # times fewer years than days of the month: a log of a week has one year
_GAPS: Final = 2  # years without orders


def begins_with_year(texts: ir.Table) -> bool:
    """Return whether 24-01-05 begins with the year: its first number is one of few neighbours, its last one of many.

    Parameters
    ----------
    texts : Table
        Dates as `text`.
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
