"""The mean time of day, on a clock face: midnight lies between 23:30 and 00:40, noon doesn't."""

from math import pi
from typing import Final

import ibis
import ibis.expr.types as ir

_DAY: Final = 24.0
_DIGITS: Final = 9  # sums in another order differ further behind
_NOWHERE: Final = 1e-9  # length of a mean direction below which the hours point everywhere alike
_LAST: Final = _DAY - 10.0**-_DIGITS


def sine(hours: ir.NumericValue) -> ir.NumericValue:
    """The sine of an hour of the day as an angle, 24 hours being a full turn."""
    return (hours * (2 * pi / _DAY)).sin()


def cosine(hours: ir.NumericValue) -> ir.NumericValue:
    """The cosine of an hour of the day as an angle."""
    return (hours * (2 * pi / _DAY)).cos()


def mean_hour(sine: ir.NumericValue, cosine: ir.NumericValue) -> ir.NumericValue:
    """The circular mean of hours of the day.

    The mean direction is atan2(mean of sines, mean of cosines): K. V. Mardia and P. E. Jupp, "Directional Statistics"
    (Wiley, 2000), equation 2.2.4.

    Parameters
    ----------
    sine, cosine : NumericValue
        Means of `sine` and `cosine` of the hours.

    Returns
    -------
    NumericValue
        At least 0 and less than 24. Exactly 0 only where all hours are 0, as in logs that know days only. Null where
        the hours cancel out, such as 6 and 18, and there is no mean.
    """
    angle = (sine.atan2(cosine) * (_DAY / (2 * pi))).round(_DIGITS)
    turned = ibis.ifelse((angle > 0) | (cosine >= 1), angle, ibis.least(angle + _DAY, _LAST))
    return ibis.ifelse(sine * sine + cosine * cosine > _NOWHERE**2, turned, ibis.null("float64"))
