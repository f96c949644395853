"""Detection of codes for fees and corrections, which look different from a shop's product codes."""

from collections.abc import Sequence
from statistics import median
from typing import Final

_WITH_DIGITS: Final = 0.9  # minimum share of codes with digits for those without to be suspicious


def fee_like(codes: Sequence[str]) -> list[str]:
    """Return codes such as `POSTAGE`, `BANK CHARGES`, `M` or `C2` among codes such as `85123A`.

    If at least 90% of the codes have a digit, these are the codes without one, and those with a letter that are at most
    half as long as the median code. If codes are mostly words, none are returned.

    Parameters
    ----------
    codes : sequence of str
        Distinct product codes.
    """
    with_digits = [code for code in codes if _has_digit(code)]
    if not codes or len(with_digits) < _WITH_DIGITS * len(codes):
        return []
    short = median(len(code) for code in with_digits) / 2
    return [code for code in codes if not _has_digit(code) or (len(code) <= short and not code.isdigit())]


def _has_digit(code: str) -> bool:
    return any(sign.isdigit() for sign in code)
