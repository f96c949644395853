"""Number formats for display: short on the page, exact on hover."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Final

from babel.numbers import format_currency, format_decimal, get_currency_symbol

_LOCALE: Final = "en"
_STEPS: Final = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))

_NOISE: Final = 0.005  # half a cent


@dataclass(frozen=True, kw_only=True)
class Money:
    """Amounts in a shop's currency.

    Parameters
    ----------
    currency : str
        ISO 4217 code; empty if unknown, then amounts have no currency symbol.
    """

    currency: str = ""

    @property
    def symbol(self) -> str:
        """The currency symbol, for chart axes; empty if the currency is unknown."""
        return _symbol(self.currency) if self.currency else ""

    def short(self, amount: float) -> str:
        """Format an amount with three significant figures: `£8.89M`."""
        amount = _no_noise(amount)
        sign = "−" if amount < 0 else ""
        return f"{sign}{self.symbol}{short(abs(amount))}"

    def exact(self, amount: float) -> str:
        """Format an amount to the cent: `£8,887,208.89`."""
        amount = _no_noise(amount)
        if self.currency:
            return str(format_currency(amount, self.currency, locale=_LOCALE))
        return str(format_decimal(amount, "#,##0.00", locale=_LOCALE))


@cache
def _symbol(currency: str) -> str:
    return str(get_currency_symbol(currency, _LOCALE))


def _no_noise(amount: float) -> float:
    """Round negative floating-point noise to zero, which would otherwise show a minus sign."""
    return 0.0 if -_NOISE < amount < 0 else amount


def short(number: float) -> str:
    """Format a number with three significant figures: `950`, `12.3k`, `8.89M`."""
    for size, letter in _STEPS:
        if abs(number) >= size * 0.9995:
            scaled = number / size
            digits = max(0, 2 - len(str(int(abs(scaled) + 0.0005))) + 1)
            return f"{scaled:,.{digits}f}{letter}"
    whole = abs(number) >= 100 or float(number).is_integer()  # noqa: PLR2004  three figures
    return f"{number:,.0f}" if whole else f"{number:.2f}"


def tiny(number: float) -> str:
    """Format a number for tight spaces, with at most one decimal and no trailing zero: `645`, `1.2k`."""
    for size, letter in _STEPS:
        if abs(number) >= size * 0.9995:
            scaled = number / size
            return f"{scaled:.0f}{letter}" if abs(scaled) >= 9.95 else f"{scaled:.1f}".removesuffix(".0") + letter  # noqa: PLR2004  two figures
    return f"{number:.0f}" if abs(number) >= 9.95 else f"{number:.1f}".removesuffix(".0")  # noqa: PLR2004


def count(number: float) -> str:
    """Format a whole number with thousands separators."""
    return f"{number:,.0f}"


def customers(number: float) -> str:
    """Format a number of customers: `1 customer`, `2,345 customers`."""
    return f"{count(number)} customer{'' if number == 1 else 's'}"


def share(part: float) -> str:
    """Format a share as a percentage, with one decimal below ten."""
    percent = 100 * part
    return f"{percent:.1f}%" if 0 < abs(percent) < 9.95 else f"{percent:.0f}%"  # noqa: PLR2004


def day(when: date) -> str:
    """Format a date as `9 Dec 2011`."""
    return f"{when.day} {when:%b %Y}"


def day_of_year(when: date) -> str:
    """Format a date without its year: `9 December`."""
    return f"{when.day} {when:%B}"


def many(number: float, noun: str) -> str:
    """Format a number with its noun, in the plural unless it is 1."""
    return f"{count(number)} {noun}{'' if number == 1 else 's'}"


def signed(number: float) -> str:
    """Format a whole number with its sign."""
    return f"{'+' if number > 0 else '−' if number < 0 else '±'}{count(abs(number))}"
