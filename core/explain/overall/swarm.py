"""Points of contribution charts: a swarm per driver, and the dependence on one input."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from core.explain.attribution.contributions import Values
from core.explain.drivers import DRIVERS
from core.explain.input_names import driver_of_input
from core.explain.overall.agreement import sizes
from core.explain.overall.driver_dependence import interactions
from core.explain.overall.stored_drivers import OUTPUT, Drivers

DOTS: Final = 250
"""Dots per driver; more slow pages down without making swarms clearer."""

ROWS: Final = 12
"""Drivers in the chart."""

_BINS: Final = 48
_HALF: Final = 0.42  # of a row's height
_FAR: Final = 0.005  # share of dots cut off at either end
_SQUEEZED: Final = 2.5
_AIR: Final = 0.1
_LEAST_STRENGTH: Final = 0.02  # below which an interaction is ignored


@dataclass(frozen=True, kw_only=True)
class Closer:
    """The dependence on one input.

    Parameters
    ----------
    points : DataFrame
        One row per customer: `value` (number or text), `added`, `other` (value of the partner), `level` (its rank from
        0 to 1).
    partner : str
        The input with the strongest interaction; empty if there is none.
    strength : float
        Share of the variance unexplained by the value that the partner explains.
    of_driver : bool
        True if `added` is that of the whole driver, not of the input.
    """

    points: pd.DataFrame
    partner: str
    strength: float
    of_driver: bool


def swarm(found: Drivers, output: str) -> pd.DataFrame:
    """Return dots for the contributions of drivers, the largest driver first.

    Parameters
    ----------
    found : Drivers
        Stored drivers.
    output : str
        One of `facts["outputs"]`.

    Returns
    -------
    DataFrame
        `name`, `label`, `row` (from 0), `added`, `drawn` (`added`, clipped for outliers), `lift` (−.5 to .5, the
        vertical offset that keeps dots from overlapping), `input` (the leading one; empty if there is none), `value`,
        `level` (rank of the value from 0 to 1; missing for texts).
    """
    order = sizes(found, output)["name"].tolist()[:ROWS]
    rows = found.by_driver[found.by_driver[OUTPUT] == output].drop(columns=OUTPUT).iloc[:DOTS]
    low, high = _edges(rows[order].to_numpy(dtype="float64"))
    frames = []
    for place, name in enumerate(order):
        added = rows[name].to_numpy(dtype="float64")
        leading = found.facts["leading"].get(name, "")
        value = found.known[leading].iloc[:DOTS].reset_index(drop=True) if leading in found.known else None
        frames.append(
            pd.DataFrame(
                {
                    "name": name,
                    "label": DRIVERS[name].label,
                    "row": place,
                    "added": added,
                    "drawn": np.clip(added, low, high),
                    "lift": _lifted(np.clip(added, low, high), max(high - low, 1e-9)),
                    "input": leading,
                    "value": np.nan if value is None else pd.to_numeric(value, errors="coerce"),
                    "level": np.nan if value is None else _levels(value),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def choices(found: Drivers) -> list[str]:
    """Return the inputs with a dependence chart: all with values, or the leading ones if only drivers are known."""
    table, alike = found.by_input, set(found.facts["alike"])
    if table.empty:
        leading = {driver: name for driver, name in found.facts["leading"].items() if name in found.known}
        return [leading[driver] for driver in sizes(found)["name"] if driver in leading]
    size = table.drop(columns=OUTPUT).abs().mean().sort_values(ascending=False, kind="stable")
    return [str(name) for name in size.index if name in found.known and driver_of_input(str(name)) not in alike]


def closer(found: Drivers, name: str, output: str) -> Closer:
    """Return an input's contributions by value, with the strongest interaction among inputs of other drivers."""
    of_driver = found.by_input.empty
    table = found.by_driver if of_driver else found.by_input
    of = {inside: driver for driver, inside in found.facts["leading"].items()}
    added = table.loc[table[OUTPUT] == output, of[name] if of_driver else name].to_numpy(dtype="float64")
    own = _driver(found, name)
    others = found.known.select_dtypes("number")
    others = others[[other for other in others if _driver(found, str(other)) != own]]
    others = others.loc[:, others.nunique() > 1]
    strength = interactions(found.known[name], added, others)
    partner = str(strength.index[0]) if len(strength) and strength.iloc[0] > _LEAST_STRENGTH else ""
    points = pd.DataFrame({"value": found.known[name], "added": added})
    points["other"] = found.known[partner] if partner else np.nan
    points["level"] = _levels(found.known[partner]) if partner else np.nan
    return Closer(
        points=points, partner=partner, strength=float(strength.iloc[0]) if partner else 0.0, of_driver=of_driver
    )


def _edges(added: Values) -> tuple[float, float]:
    """Return the limits of the chart: those of all dots, unless a few outliers would squeeze the others."""
    low, high = (float(edge) for edge in np.quantile(added, [_FAR, 1 - _FAR]))
    if np.ptp(added) <= _SQUEEZED * (high - low):
        return float(added.min()), float(added.max())
    return low - _AIR * (high - low), high + _AIR * (high - low)


def _driver(found: Drivers, name: str) -> str:
    """Return the driver of an input. For own rhythm alone, inputs are drivers."""
    return name if found.facts["only_rhythm"] else driver_of_input(name)


def _levels(values: pd.Series) -> Values:
    """Return ranks from 0 to 1, equal for equal values; missing for texts."""
    if not pd.api.types.is_numeric_dtype(values):
        return np.full(len(values), np.nan)
    ranks = values.rank(method="average")
    low, high = ranks.min(), ranks.max()
    return np.asarray((ranks - low) / (high - low) if high > low else ranks * 0 + 0.5, dtype="float64")


def _lifted(added: Values, spread: float) -> Values:
    """Return vertical offsets of dots, wider if more dots have similar values."""
    bins = np.floor((added - added.min()) / spread * _BINS).astype(int)
    counts = np.bincount(bins)
    place = pd.Series(bins).groupby(bins).cumcount().to_numpy()
    side = np.where(place % 2 == 0, 1, -1) * ((place + 1) // 2)
    return np.asarray(side / max((counts.max() + 1) / 2, 4) * _HALF, dtype="float64")
