"""Formats of input values and contributions, in words and on axes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from core.explain.words.wording import clock
from core.numbers import Money, share, tiny

_SKEWED: Final = ("money", "units", "lines")
_WHOLE: Final = 20.0  # threshold above which decimals are dropped
_TICKS: Final = (0.0, 1.0, 10.0, 100.0, 1e3, 1e4, 1e5, 1e6, 1e7)
_EDGE: Final = 0.005  # share of customers at either end whose values may fall outside the axis


@dataclass(frozen=True, kw_only=True)
class ValueAxis:
    """An axis for an input's values, logarithmic if a few customers have many times as much as the others.

    Parameters
    ----------
    place : callable
        Maps values to positions on the axis.
    settings : dict
        Settings of the Plotly axis.
    """

    place: Callable[[Any], npt.NDArray[np.float64]]
    settings: dict[str, Any]

    @classmethod
    def of(cls, values: Sequence[float] | Any, unit: str, money: Money) -> Self:
        """Return the axis that suits some values."""
        known = np.asarray(values, dtype="float64")
        known = known[np.isfinite(known)]
        if not len(known):
            return cls(place=_as_it_is, settings={})
        if unit in _SKEWED and known.min() >= 0:
            low, high = _place(np.quantile(known, [_EDGE, 1 - _EDGE]))
            ticks = [tick for tick in _TICKS if tick <= 10**high * 1.05]
            texts = [f"{money.symbol if unit == 'money' else ''}{tiny(tick)}" for tick in ticks]
            air = 0.04 * max(high - low, 0.2)
            settings = {"tickvals": _place(ticks), "ticktext": texts, "range": [low - air, high + air]}
            return cls(place=_place, settings=settings)
        low, high = np.quantile(known, [_EDGE, 1 - _EDGE])
        air = 0.04 * max(float(high - low), 1e-6)
        settings = {"range": [low - air, high + air], "nticks": 7}
        return cls(place=_as_it_is, settings=settings | ({"tickformat": ".0%"} if unit == "share" else {}))


def value_words(value: float, unit: str, money: Money) -> str:
    """Write a value with its unit."""
    if not np.isfinite(value):
        return "unknown"
    if unit == "money":
        return money.exact(value)
    if unit == "share":
        return share(value)
    if unit == "hours":  # of the day
        return clock(value)
    number = f"{value:,.0f}" if abs(value) >= _WHOLE or float(value).is_integer() else f"{value:,.2f}"
    named = unit.removesuffix("s") if value == 1 else unit
    return f"{number} {named}" if unit not in ("", "ratio") else number


def added_words(value: float, scale: str, money: Money) -> str:
    """Write a contribution with its unit, signed only if it is negative."""
    if scale == "money":
        return money.exact(value)
    if scale == "probability":
        return f"{100 * value:.1f} points"
    return f"{'−' if value < 0 else ''}{abs(value):.2f} log-odds"


def money_ticks(low: float, high: float, money: Money, *, most: int = 6) -> dict[str, Any]:
    """Return round amounts as ticks from `low` to `high`, with the sign before the currency."""
    rough = max((high - low) / most, 1e-9)
    size = 10 ** np.floor(np.log10(rough))
    step = next(times * size for times in (1, 2, 5, 10) if times * size >= rough * (1 - 1e-9))
    found = [float(place * step) for place in range(int(np.ceil(low / step)), int(np.floor(high / step)) + 1)]
    return {"tickvals": found, "ticktext": [money.short(value) for value in found]}


def added_axis(scale: str, money: Money) -> dict[str, Any]:
    """Return the settings of an axis of contributions."""
    if scale == "probability":
        return {"tickformat": ".0%"}
    return {"tickprefix": money.symbol, "tickformat": "~s"} if scale == "money" else {}


def _as_it_is(values: Any) -> npt.NDArray[np.float64]:
    return np.asarray(values, dtype="float64")


def _place(values: Any) -> npt.NDArray[np.float64]:
    found: npt.NDArray[np.float64] = np.log10(1 + np.asarray(values, dtype="float64"))
    return found
