"""Edge cases of number formats."""

from datetime import date

import pytest

from core.numbers import Money, day, day_of_year

POUNDS = Money(currency="GBP")


@pytest.mark.parametrize(
    ("amount", "short", "exact"),
    [
        (-1e-13, "£0", "£0.00"),  # the noise of adding binary fractions
        (-0.01, "−£0.01", "-£0.01"),
        (1.435e12, "£1.44T", "£1,435,000,000,000.00"),
        (1.435e15, "£1,435T", "£1,435,000,000,000,000.00"),
        (8_887_208.89, "£8.89M", "£8,887,208.89"),
    ],
)
def test_amounts(amount: float, short: str, exact: str) -> None:
    assert POUNDS.short(amount) == short
    assert POUNDS.exact(amount) == exact


def test_days() -> None:
    assert day(date(2026, 9, 3)) == "3 Sep 2026"
    assert day_of_year(date(2026, 9, 3)) == "3 September"
