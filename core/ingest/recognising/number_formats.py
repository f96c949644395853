"""Normalisation of unusual numbers: currencies, units, accounting brackets, digits of other scripts.

The patterns work in both Python's and DuckDB's regular expressions.
"""

from typing import Final

import ibis.expr.types as ir
import pandas as pd

BLANK: Final = "[\\t-\\r \u00a0\u2000-\u200b\u202f\u2060\u3000\ufeff]"
"""White space and zero-width characters, listed because Python and DuckDB define white space differently."""

FROM: Final = "０１２３４５６７８９٠١٢٣٤٥٦٧٨٩۰۱۲۳۴۵۶۷۸۹०१२३४५६७८९０．，٫٬’‘ʼ´＇−‐‑‒–—－（）"
TO: Final = "01234567890123456789012345678901234567890.,.''''''-------()"
"""Digits and marks of other scripts, and their ASCII equivalents."""

_MONEY: Final = (
    r"(?:us|a|au|c|ca|nz|hk|s|r|nt|mx)\$|eur|usd|gbp|chf|sek|nok|dkk|isk|pln|czk|huf|ron|bgn|try|rub|uah|cad|aud|nzd"
    r"|jpy|cny|rmb|inr|brl|mxn|zar|sgd|hkd|aed|sar|ils|thb|krw|idr|myr|php|vnd|euros?|kr|zł|zl|kč|kc|ft|lei|tl|sfr|fr"
    r"|rs|rp|rm|din|kn|dhs?|руб|р|грн|лв|дин|元|円|圓|원"
)
_COUNTS: Final = (
    "pcs|pc|pieces?|units?|ea|x|stk|stck|stück|stueck|st|szt|ks|db|buc|adet|шт|unidades|uds?|un|pz|pezzi|pièces?|stuks"
    "|個|个|件|点"
)
_WORDS: Final = f"(?:{_MONEY}|{_COUNTS})"
_SIGNS: Final = f"^{BLANK}*[A-Z]{{3}}{BLANK}|{BLANK}[A-Z]{{3}}{BLANK}*$|{BLANK}|[£$€¥₠-⃀฿￡￥￠]"

_RULES: Final = (
    (f'^{BLANK}*="([^"]*)"{BLANK}*$', r"\1"),  # a formula that stops a spreadsheet from converting a number
    (f"^{BLANK}*'", ""),  # marks text in a spreadsheet
    (f"(?i)^({BLANK}*[-+(]?){BLANK}*{_WORDS}[.]?({BLANK}*[-+(]?{BLANK}*[.,]?[0-9])", r"\1\2"),
    (f"(?i)([0-9][.,]?-*){BLANK}*{_WORDS}[.]?{BLANK}*([)]?){BLANK}*$", r"\1\2"),
    (_SIGNS, ""),
    (r"[.,]-+$", ""),  # 12,-
    (r"^[(]([^-+()]*)[)]$", r"-\1"),  # (12.50)
    (r"^([0-9][^-]*)-$", r"-\1"),  # 12.50-
    (r"^([-+]?[0-9]{1,3})'([0-9]{3})(?:'([0-9]{3}))?(?:'([0-9]{3}))?([.,][0-9]*)?$", r"\1\2\3\4\5"),  # 1'234.50
)
USUAL: Final = r"^[-+]?[0-9.,]+$"
"""Texts that need no normalisation."""


def bare_text(column: ir.StringValue) -> ir.StringValue:
    """Return a text column normalised so that numbers consist of an optional sign, ASCII digits and marks only."""
    text = column.translate(FROM, TO)
    for pattern, instead in _RULES:
        text = text.re_replace(pattern, instead)
    return text


def bare_texts(values: pd.Series) -> pd.Series:
    """Normalise a sample like `bare_text`."""
    texts = values.astype("str")
    unusual = ~texts.str.match(USUAL).astype(bool)
    if not unusual.any():
        return texts
    changed = texts[unusual].str.translate(str.maketrans(FROM, TO))
    for pattern, instead in _RULES:
        changed = changed.str.replace(pattern, instead, regex=True)
    texts = texts.copy()
    texts[unusual] = changed
    return texts
