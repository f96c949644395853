"""Codes that look like fees and corrections rather than products: told from how the other codes of the shop look."""

from collections.abc import Sequence
from statistics import median
from typing import Final

_WITH_DIGITS: Final = 0.9  # share of a shop's codes from which on one without a digit is odd


def fee_like(codes: Sequence[str]) -> list[str]:
    """Codes such as `POSTAGE`, `BANK CHARGES`, `M` or `C2` among codes such as `85123A`.

    Where at least nine in ten codes have a digit, these are the codes without one, and those with a letter
    that are at most half as long as the median code. Where codes are mostly words, none are returned.

    Parameters
    ----------
    codes : sequence of str
        Different codes of products.
    """
    with_digits = [code for code in codes if _has_digit(code)]
    if not codes or len(with_digits) < _WITH_DIGITS * len(codes):
        return []
    short = median(len(code) for code in with_digits) / 2
    return [code for code in codes if not _has_digit(code) or (len(code) <= short and not code.isdigit())]


def _has_digit(code: str) -> bool:
    return any(sign.isdigit() for sign in code)
