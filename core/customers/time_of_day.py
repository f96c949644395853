"""Circular mean of times of day, so that the mean of 23:30 and 00:40 is near midnight, not near noon."""

from math import pi
from typing import Final

import ibis
import ibis.expr.types as ir

_DAY: Final = 24.0
_DIGITS: Final = 9  # further ones depend on the order of summation
_NOWHERE: Final = 1e-9  # length of the mean direction below which the hours cancel out
_LAST: Final = _DAY - 10.0**-_DIGITS


def sine(hours: ir.NumericValue) -> ir.NumericValue:
    """Return the sine of an hour of the day as an angle; 24 hours are a full turn."""
    return (hours * (2 * pi / _DAY)).sin()


def cosine(hours: ir.NumericValue) -> ir.NumericValue:
    """Return the cosine of an hour of the day as an angle."""
    return (hours * (2 * pi / _DAY)).cos()


def mean_hour(sine: ir.NumericValue, cosine: ir.NumericValue) -> ir.NumericValue:
    """Compute the circular mean of hours of the day.

    The mean direction is atan2(mean of sines, mean of cosines): K. V. Mardia and P. E. Jupp, "Directional Statistics"
    (Wiley, 2000), equation 2.2.4.

    Parameters
    ----------
    sine, cosine : NumericValue
        Means of `sine` and `cosine` of the hours.

    Returns
    -------
    NumericValue
        At least 0 and less than 24; exactly 0 only if all hours are 0, as in logs with dates only. Null if the hours
        cancel out, such as 6 and 18.
    """
    angle = (sine.atan2(cosine) * (_DAY / (2 * pi))).round(_DIGITS)
    turned = ibis.ifelse((angle > 0) | (cosine >= 1), angle, ibis.least(angle + _DAY, _LAST))
    return ibis.ifelse(sine * sine + cosine * cosine > _NOWHERE**2, turned, ibis.null("float64"))
