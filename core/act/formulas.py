"""Texts that no spreadsheet takes for a formula, however it splits and trims them."""

import re
import unicodedata
from itertools import pairwise
from typing import Final

_SEPARATORS: Final = ',;|\t"\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029'
_LINE_ENDS: Final = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_FILLERS: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and signs that leave no mark."""

_SIGNS: Final = re.compile("[=+\\-@⁺⁻⁼₊₋₌−⩵⩶﬩﹢﹣﹦﹫＋－＝＠]")
"""What a formula begins with, in all its forms: those of one kind in Unicode (NFKC), and the minus sign."""

_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def defused(text: str) -> str:
    """Put an apostrophe wherever a cell could begin like a formula; leave every other text and every number as it is.

    A cell begins where the text does. Where a program takes another sign than the comma for the delimiter, it begins
    after each ``;``, tab, ``|``, comma, quotation mark or line end, too, so the text is looked at in these parts. A
    part is dangerous if its first visible character is ``=``, ``+``, ``-`` or ``@``, full-width and other forms
    included, unless the whole part is a number; so is a text that begins with a tab or a carriage return. Spaces and
    characters that cannot be seen do not count as visible, of whatever kind. The apostrophe comes first in the part:
    ``a;=1`` becomes ``a;'=1``.
    """
    found = [_part(text, sign.start()) for sign in _SIGNS.finditer(text)]
    places = [place for place in found if place is not None]
    if text[:1] in {"\t", "\r"} and 0 not in places:
        places.insert(0, 0)
    return "'".join(text[start:end] for start, end in pairwise([0, *places, len(text)])) if places else text


def _part(text: str, sign: int) -> int | None:
    """Where the part begins whose first visible character is at `sign`; None where it is no such part, or a number."""
    start = sign
    while start and text[start - 1] not in _SEPARATORS and _invisible(text[start - 1]):
        start -= 1
    if start and text[start - 1] not in _SEPARATORS:
        return None
    ends = _LINE_ENDS + (text[start - 1] if start else "")
    end = next((at for at in range(sign, len(text)) if start and text[at] in ends), len(text))
    return None if _is_number(text[sign:end]) else start


def _invisible(character: str) -> bool:
    return unicodedata.category(character)[0] in "CMZ" or character in _FILLERS


def _is_number(text: str) -> bool:
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").rstrip()
    return _NUMBER.fullmatch(plain) is not None
