"""Contributions and shuffling compared as measures of a driver's importance: where they disagree, and why."""

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import t as student

from core.explain.drivers import DRIVERS
from core.explain.overall.correlation import ALIKE, across
from core.explain.overall.stored_drivers import OUTPUT, Drivers
from core.numbers import share

_FAR: Final = 3  # ranks apart that count as a disagreement
_HEARD: Final = 0.03  # share of the total below which drivers are ignored
_MUCH: Final = 3  # top ranks that count as heavily used
_SURE: Final = 0.975  # one end of a 95% interval
_FEW: Final = 0.5  # share of contributions in the top tenth from which a driver affects few customers
_MOST: Final = 3  # disagreements to report


def sizes(found: Drivers, output: str | None = None) -> pd.DataFrame:
    """Return the mean size of each driver's contributions over the explained customers.

    Parameters
    ----------
    found : Drivers
        Stored drivers.
    output : str, optional
        One of `facts["outputs"]`; if omitted, the mean of all.

    Returns
    -------
    DataFrame
        `name`, `size` (mean absolute contribution), `error` (mean standard error of single sampled ones; 0 for exact
        ones), the largest first, without drivers that are the same for all customers.
    """
    rows = found.by_driver if output is None else found.by_driver[found.by_driver[OUTPUT] == output]
    errors = found.errors if output is None else found.errors[found.errors["output"] == output]
    size = rows.drop(columns=OUTPUT).abs().mean().drop(found.facts["alike"], errors="ignore")
    error = errors.groupby("name")["error"].mean().reindex(size.index).fillna(0.0)
    table = pd.DataFrame({"name": size.index, "size": size.to_numpy(), "error": error.to_numpy()})
    return table.sort_values("size", ascending=False, kind="stable", ignore_index=True)


def costs(found: Drivers, measure: str, level: str = "driver") -> pd.DataFrame:
    """Return the cost of shuffling each driver or input in one figure, the highest first.

    Drivers that are the same for all customers are excluded: shuffling them changes nothing.

    Returns
    -------
    DataFrame
        `name`, `mean`, `margin` (half of the 95% interval of the mean over shuffles, by Student's t; 0 for one
        shuffle), `repeats`. A mean above its margin is more than the luck of shuffling. Sampling of customers isn't
        included.
    """
    table = found.importance
    own = table[(table["level"] == level) & (table["measure"] == measure) & ~table["name"].isin(found.facts["alike"])]
    ordered = own.sort_values("mean", ascending=False, kind="stable", ignore_index=True)
    times = ordered["repeats"].clip(lower=2)
    margin = student.ppf(_SURE, times - 1) * ordered["sd"] / np.sqrt(times)
    return ordered.assign(margin=margin.fillna(0.0))[["name", "mean", "margin", "repeats"]]


def sure(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table with `mean` and `margin` that cost more than chance."""
    return table[table["mean"] > table["margin"]]


def both(found: Drivers, measure: str) -> pd.DataFrame:
    """Return both measures side by side.

    Returns
    -------
    DataFrame
        One row per driver, ordered by the mean of both shares: `name`, `label`, `size`, `error`, `size_share`,
        `size_rank`, `top` (share of its contributions in the tenth of customers it affects most), `mean`, `margin`,
        `cost_share` (negative costs count as 0), `cost_rank`.
    """
    table = sizes(found).merge(costs(found, measure), on="name")
    cost = table["mean"].clip(lower=0)
    table = table.assign(
        label=[DRIVERS[name].label for name in table["name"]],
        top=[_of_top(found.by_driver[name]) for name in table["name"]],
        size_share=table["size"] / max(float(table["size"].sum()), np.finfo(float).tiny),
        cost_share=cost / max(float(cost.sum()), np.finfo(float).tiny),
        size_rank=table["size"].rank(ascending=False, method="first").astype(int),
        cost_rank=table["mean"].rank(ascending=False, method="first").astype(int),
    )
    order = (table["size_share"] + table["cost_share"]).sort_values(ascending=False, kind="stable").index
    return table.loc[order].reset_index(drop=True)


def disagreements(table: pd.DataFrame, correlations: pd.DataFrame) -> list[str]:
    """Return a sentence for each disagreement by three ranks or more, with its cause; the largest first.

    Parameters
    ----------
    table : DataFrame
        From `both`.
    correlations : DataFrame
        From `core.explain.overall.correlation.correlations`.
    """
    pairs = across(correlations)
    apart = table.assign(apart=table["cost_rank"] - table["size_rank"])
    ordered = apart.sort_values("apart", key=np.abs, ascending=False, kind="stable").to_dict("records")
    said = []
    for row in ordered:
        if row["apart"] >= _FAR and row["size_share"] >= _HEARD:
            said.append(_heard_and_not_missed(row, pairs))
        elif row["apart"] <= -_FAR and row["mean"] > row["margin"] and row["cost_share"] >= _HEARD:
            said.append(
                f"{row['label']} contributes little overall ({ordinal(row['size_rank'])} by SHAP), but shuffling it "
                f"costs a lot ({ordinal(row['cost_rank'])}): {_well_spent(row)}."
            )
    return said[:_MOST]


def _heard_and_not_missed(row: dict[Any, Any], pairs: pd.DataFrame) -> str:
    heavily = "heavily " if row["size_rank"] <= _MUCH else ""
    used = f"{row['label']} is {heavily}used ({ordinal(row['size_rank'])} by SHAP)"
    if row["mean"] <= row["margin"]:
        cost = f"but shuffling it costs no more than chance ({ordinal(row['cost_rank'])})"
    else:
        cost = f"but shuffling it costs little ({ordinal(row['cost_rank'])})"
    beside = _told_by(row["name"], pairs)
    if beside is None:
        return f"{used}, {cost}: on these dates it rarely separated customers."
    other, rho = beside
    return f"{used}, {cost}: “{DRIVERS[other].label}” is nearly the same (rank correlation up to {abs(rho):.2f})."


def _well_spent(row: dict[Any, Any]) -> str:
    """Return the cause of a high cost of a driver with small contributions."""
    if row["top"] >= _FEW:
        return f"it affects few customers ({share(row['top'])} of its effect is on a tenth of them), but correctly"
    return "its small contributions are correct more often than those of other drivers"


def _of_top(added: pd.Series) -> float:
    """Return the share of contributions in the tenth of rows with the largest ones."""
    ordered = added.abs().sort_values(ascending=False).to_numpy(dtype="float64")
    return float(ordered[: max(len(ordered) // 10, 1)].sum() / max(float(ordered.sum()), np.finfo(float).tiny))


def _told_by(driver: str, pairs: pd.DataFrame) -> tuple[str, float] | None:
    """Return the driver most correlated with another one, and the rank correlation; None if none is."""
    own = pairs[((pairs["driver_a"] == driver) | (pairs["driver_b"] == driver)) & (pairs["rho"].abs() >= ALIKE)]
    if own.empty:
        return None
    first = own.iloc[0]
    other = first["driver_b"] if first["driver_a"] == driver else first["driver_a"]
    return str(other), float(first["rho"])


def understated(found: Drivers, measure: str) -> tuple[str, float, float, int] | None:
    """Return the driver that single inputs understate most: name, cost, highest cost of an input, number of inputs.

    None if no driver has two inputs, or none costs more than chance.
    """
    whole, alone = costs(found, measure), costs(found, measure, "input").set_index("name")["mean"]
    inside = inputs_of(found)
    several = whole["name"].map(lambda name: len(inside.get(name, ())) > 1)
    real = sure(whole[several])
    if real.empty or found.facts["only_rhythm"]:
        return None
    dearest = [float(alone.reindex(list(inside[name])).max()) for name in real["name"]]
    place = int(np.argmax(real["mean"].to_numpy() - np.array(dearest)))
    name = str(real["name"].iloc[place])
    return name, float(real["mean"].iloc[place]), dearest[place], len(inside[name])


def inputs_of(found: Drivers) -> dict[str, tuple[str, ...]]:
    """Return the inputs of each driver that the model uses."""
    return {name: tuple(inside) for name, inside in found.facts["opens"].items()}


def ordinal(place: int) -> str:
    """Return a rank as an ordinal: `1st`, `12th`, `23rd`."""
    teen = place % 100 in (11, 12, 13)
    return f"{place}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th')}"
