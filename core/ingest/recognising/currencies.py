"""Currencies of a column as ISO 4217 codes.

Codes are only trimmed and converted to upper case. Signs such as € and A$ come from Babel's English locale, in which $
alone means USD. Rows without a currency are assumed to be in the same one as the rest.
"""

from difflib import get_close_matches
from functools import cache
from typing import Final, NamedTuple

import ibis
import ibis.expr.types as ir
import pandas as pd
from babel.core import get_global
from babel.numbers import get_currency_symbol, get_territory_currencies, list_currencies

from core.engine import computed
from core.errors import InputError

_CODE_LENGTH: Final = 3
_NO_CURRENCIES: Final = frozenset({"XXX", "XTS"})  # codes for “no currency” and for testing
_ALIKE: Final = 0.3  # similarity if one letter of three matches


class CurrencyRows(NamedTuple):
    """The number of rows of a file in one currency, and the first of them."""

    code: str
    rows: int
    first_row: int


def code_of(column: ir.Value) -> ir.StringValue:
    """Return a currency column as codes; blanks become null."""
    text = column.cast("string")
    bare = text.strip().upper().nullif("")
    return ibis.ifelse(text.re_search("^[A-Z]{3}$"), text, bare.substitute(_signs()))  # slow, but rarely needed


def check_code(text: str) -> str:
    """Return the code for a currency code or sign typed by the user.

    Raises
    ------
    InputError
        If it doesn't have three letters or isn't in ISO 4217.
    """
    code = text.strip().upper()
    code = _signs().get(code, code)
    if len(code) != _CODE_LENGTH or not (code.isascii() and code.isalpha()):
        message = f"The currency must be a three-letter code such as EUR, got “{text}”."
        raise InputError(message)
    if not is_code(code):
        message = f"The currency must be an ISO 4217 code such as EUR, got “{text}”{near(code)}."
        raise InputError(message)
    return code


def is_code(code: str) -> bool:
    """Return whether ISO 4217 lists the code, past currencies included."""
    return code in list_currencies() and code not in _NO_CURRENCIES


def near(code: str) -> str:
    """Return a suggestion of current codes similar to an invalid one, with a leading space; empty if there are none."""
    found = get_close_matches(code.upper(), _in_use(), n=3, cutoff=_ALIKE)
    return f" (did you mean {' or '.join(found)}?)" if found else ""


@cache
def _in_use() -> list[str]:
    """Return the codes of currencies in use today."""
    return sorted(
        {code for country in get_global("territory_currencies") for code in get_territory_currencies(country)}
    )


def currencies_of(table: ir.Table, column: str) -> tuple[CurrencyRows, ...]:
    """Count the rows in each currency, most frequent first.

    Parameters
    ----------
    table : Table
        Raw rows with `file_row_number`.
    column : str
        The currency column.
    """
    rows = table.select(text=table[column], row=table.file_row_number + 2)
    texts = computed(rows.group_by("text").agg(n=rows.count(), first=rows.row.min()))  # few left to convert to codes
    texts = texts.mutate(code=code_of(texts.text)).filter(ibis._.code.notnull())
    counted = texts.group_by("code").agg(n=texts.n.sum(), first=texts["first"].min())
    frame = counted.order_by(ibis.desc("n"), "first").execute()
    found = zip(frame["code"], frame["n"], frame["first"], strict=True)
    return tuple(CurrencyRows(str(code), int(rows), int(first)) for code, rows, first in found)


def signs_beside(values: pd.Series) -> dict[str, int]:
    """Return the currency signs and codes next to the amounts of a sample, each with the position of its first use.

    Signs are converted to codes where one currency is meant; others are returned unchanged.
    """
    texts = values.dropna()
    if pd.api.types.is_numeric_dtype(texts) or pd.api.types.is_datetime64_any_dtype(texts):
        return {}
    found = (
        texts.astype("str").str.upper().str.extract(_BESIDE, expand=False).map(lambda sign: _signs().get(sign, sign))
    )
    places = pd.Series(range(len(values)), index=values.index)[found.index]
    return {str(sign): int(places[found == sign].iloc[0]) for sign in found.dropna().unique()}


_BESIDE: Final = r"((?:\b[A-Z]{1,2})?[$£€¥₽₹₺₪₩₴]|\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|PLN|CZK|CAD|AUD|JPY)\b)"


@cache
def _signs() -> dict[str, str]:
    """Return sign → code for the currencies with a sign in English."""
    signs = {get_currency_symbol(code, "en").upper(): code for code in list_currencies()} | {"US$": "USD"}
    return {sign: code for sign, code in sorted(signs.items()) if sign != code}
