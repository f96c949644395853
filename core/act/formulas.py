"""Protection against formula injection, however a spreadsheet splits and trims cells."""

import re
import unicodedata
from itertools import pairwise
from typing import Final

_SEPARATORS: Final = ',;|\t"\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029'
_LINE_ENDS: Final = "\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"
_FILLERS: Final = "\u115f\u1160\u2800\u3164\uffa0"
"""Letters and symbols that render as blank."""

_SIGNS: Final = re.compile("[=+\\-@⁺⁻⁼₊₋₌−⩵⩶﬩﹢﹣﹦﹫＋－＝＠]")
"""Characters that start a formula, their Unicode variants (NFKC), and the minus sign."""

_NUMBER: Final = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?", re.ASCII)


def defused(text: str) -> str:
    """Insert an apostrophe wherever a cell could start a formula; leave other text and numbers unchanged.

    A cell starts where the text does. A program with a delimiter other than the comma also starts one after each ``;``,
    tab, ``|``, comma, quotation mark or line end, so the text is checked in these parts. A part is dangerous if its
    first visible character is ``=``, ``+``, ``-`` or ``@``, including full-width and other variants, unless the whole
    part is a number. So is a text that starts with a tab or a carriage return. Spaces and invisible characters of any
    kind do not count as visible. The apostrophe comes first in the part: ``a;=1`` becomes ``a;'=1``.
    """
    found = [_part(text, sign.start()) for sign in _SIGNS.finditer(text)]
    places = [place for place in found if place is not None]
    if text[:1] in {"\t", "\r"} and 0 not in places:
        places.insert(0, 0)
    return "'".join(text[start:end] for start, end in pairwise([0, *places, len(text)])) if places else text


def _part(text: str, sign: int) -> int | None:
    """Return the start of the part whose first visible character is at `sign`; None if there is none, or a number."""
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
