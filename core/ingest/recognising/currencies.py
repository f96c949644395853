"""Currencies as ISO 4217 codes, and which of them a column holds.

Codes are taken as they stand, trimmed and in upper case; signs such as € and A$ are those of Babel's English names, so
that $ alone means USD. A blank cell says nothing: such a row goes with the rest.
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
_NO_CURRENCIES: Final = frozenset({"XXX", "XTS"})  # stand for none, and for tests
_ALIKE: Final = 0.3  # one of three letters


class CurrencyRows(NamedTuple):
    """Rows of a file in one currency: how many, and the first."""

    code: str
    rows: int
    first_row: int


def code_of(column: ir.Value) -> ir.StringValue:
    """Expression of a column of currencies as codes; null where it is blank."""
    text = column.cast("string")
    bare = text.strip().upper().nullif("")
    return ibis.ifelse(text.re_search("^[A-Z]{3}$"), text, bare.substitute(_signs()))  # few need the slow way


def check_code(text: str) -> str:
    """Return a user's currency code in upper case.

    Raises
    ------
    InputError
        Where it has not the form of a code, or is none of ISO 4217.
    """
    code = text.strip().upper()
    code = _signs().get(code, code)
    if len(code) != _CODE_LENGTH or not (code.isascii() and code.isalpha()):
        message = f"The currency must be a code of three letters such as EUR, got “{text}”."
        raise InputError(message)
    if not is_code(code):
        message = f"The currency must be an ISO 4217 code such as EUR, got “{text}”{near(code)}."
        raise InputError(message)
    return code


def is_code(code: str) -> bool:
    """Return whether ISO 4217 lists the code, past currencies included."""
    return code in list_currencies() and code not in _NO_CURRENCIES


def near(code: str) -> str:
    """Codes in use that are like one that is none, in brackets after a blank; empty where there are none."""
    found = get_close_matches(code.upper(), _in_use(), n=3, cutoff=_ALIKE)
    return f" (did you mean {' or '.join(found)}?)" if found else ""


@cache
def _in_use() -> list[str]:
    """Codes of the currencies that countries have today."""
    return sorted(
        {code for country in get_global("territory_currencies") for code in get_territory_currencies(country)}
    )


def currencies_of(table: ir.Table, column: str) -> tuple[CurrencyRows, ...]:
    """Count the rows in each currency, the commonest first.

    Parameters
    ----------
    table : Table
        As in the source, with `file_row_number`.
    column : str
        Its column of currencies.
    """
    rows = table.select(text=table[column], row=table.file_row_number + 2)
    texts = computed(rows.group_by("text").agg(n=rows.count(), first=rows.row.min()))  # few, so few are made codes
    texts = texts.mutate(code=code_of(texts.text)).filter(ibis._.code.notnull())
    counted = texts.group_by("code").agg(n=texts.n.sum(), first=texts["first"].min())
    frame = counted.order_by(ibis.desc("n"), "first").execute()
    found = zip(frame["code"], frame["n"], frame["first"], strict=True)
    return tuple(CurrencyRows(str(code), int(rows), int(first)) for code, rows, first in found)


def signs_beside(values: pd.Series) -> dict[str, int]:
    """Signs and codes of currencies beside the amounts of a sample, each with the place of the first.

    Signs that name no one currency, such as `kr`, are taken as they stand.
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
    """Sign → code, for the currencies whose English name has a sign."""
    signs = {get_currency_symbol(code, "en").upper(): code for code in list_currencies()} | {"US$": "USD"}
    return {sign: code for sign, code in sorted(signs.items()) if sign != code}
