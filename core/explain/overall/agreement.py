"""What a model uses beside what it would miss: two ways to say what matters, where they disagree, and why."""

from typing import Any, Final

import numpy as np
import pandas as pd
from scipy.stats import t as student

from core.explain.drivers import DRIVERS
from core.explain.overall.correlation import ALIKE, across
from core.explain.overall.stored_drivers import OUTPUT, Drivers
from core.numbers import share

_FAR: Final = 3  # places between two orders that are a disagreement
_HEARD: Final = 0.03  # share of all, below which nothing is said of a driver
_MUCH: Final = 3  # places of drivers that are used much
_SURE: Final = 0.975  # one end of a 95% interval
_FEW: Final = 0.5  # share of what is added from which on it goes to few
_MOST: Final = 3  # disagreements that are told


def sizes(found: Drivers, output: str | None = None) -> pd.DataFrame:
    """Mean size of what each driver adds, over the customers explained.

    Parameters
    ----------
    found : Drivers
        What was kept.
    output : str, optional
        One of `facts["outputs"]`; the mean of all unless given.

    Returns
    -------
    DataFrame
        `name`, `size` (mean absolute contribution), `error` (mean standard error of a single sampled one; 0 where
        exact), the largest first; without drivers that are the same for all customers.
    """
    rows = found.by_driver if output is None else found.by_driver[found.by_driver[OUTPUT] == output]
    errors = found.errors if output is None else found.errors[found.errors["output"] == output]
    size = rows.drop(columns=OUTPUT).abs().mean().drop(found.facts["alike"], errors="ignore")
    error = errors.groupby("name")["error"].mean().reindex(size.index).fillna(0.0)
    table = pd.DataFrame({"name": size.index, "size": size.to_numpy(), "error": error.to_numpy()})
    return table.sort_values("size", ascending=False, kind="stable", ignore_index=True)


def costs(found: Drivers, measure: str, level: str = "driver") -> pd.DataFrame:
    """What shuffling each driver or input costs in one figure, the costliest first.

    Drivers that are the same for all customers are left out: shuffling them changes nothing.

    Returns
    -------
    DataFrame
        `name`, `mean`, `margin` (half of the 95% interval of the mean over shuffles, by Student's t; 0 of one shuffle:
        what costs more than it costs more than the chance of a shuffle; how other customers would differ is not in
        it), `repeats`.
    """
    table = found.importance
    own = table[(table["level"] == level) & (table["measure"] == measure) & ~table["name"].isin(found.facts["alike"])]
    ordered = own.sort_values("mean", ascending=False, kind="stable", ignore_index=True)
    times = ordered["repeats"].clip(lower=2)
    margin = student.ppf(_SURE, times - 1) * ordered["sd"] / np.sqrt(times)
    return ordered.assign(margin=margin.fillna(0.0))[["name", "mean", "margin", "repeats"]]


def sure(table: pd.DataFrame) -> pd.DataFrame:
    """Of a table with `mean` and `margin`, those that cost more than chance."""
    return table[table["mean"] > table["margin"]]


def both(found: Drivers, measure: str) -> pd.DataFrame:
    """Both ways side by side.

    Returns
    -------
    DataFrame
        One row a driver, in the order of the mean of both shares: `name`, `label`, `size`, `error`, `size_share`,
        `size_rank`, `top` (share of what it adds that goes to the tenth of customers whom it moves most), `mean`,
        `margin`, `cost_share` (what costs less than nothing counts as nothing), `cost_rank`.
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
    """Where the two ways disagree by three places or more, and why, a sentence each; the farthest apart first.

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
                f"{row['label']} adds little on the whole ({ordinal(row['size_rank'])} by SHAP), yet shuffling it "
                f"costs more than that ({ordinal(row['cost_rank'])}): {_well_spent(row)}."
            )
    return said[:_MOST]


def _heard_and_not_missed(row: dict[Any, Any], pairs: pd.DataFrame) -> str:
    much = " much" if row["size_rank"] <= _MUCH else ""
    used = f"{row['label']} is used{much} ({ordinal(row['size_rank'])} by SHAP)"
    if row["mean"] <= row["margin"]:
        cost = f"but shuffling it costs nothing that is more than chance ({ordinal(row['cost_rank'])})"
    else:
        cost = f"but shuffling it costs little ({ordinal(row['cost_rank'])})"
    beside = _told_by(row["name"], pairs)
    if beside is None:
        return f"{used}, {cost}: on these dates what it adds was seldom what told customers apart."
    other, rho = beside
    return f"{used}, {cost}: “{DRIVERS[other].label}” tells much the same (rank correlation up to {abs(rho):.2f})."


def _well_spent(row: dict[Any, Any]) -> str:
    """Why what adds little is missed."""
    if row["top"] >= _FEW:
        return (
            f"it moves few customers, with {share(row['top'])} of what it adds on a tenth of them, and moves them right"
        )
    return "what little it adds is right more often than what others add"


def _of_top(added: pd.Series) -> float:
    """Share of what is added that goes to the tenth of rows with most of it."""
    ordered = added.abs().sort_values(ascending=False).to_numpy(dtype="float64")
    return float(ordered[: max(len(ordered) // 10, 1)].sum() / max(float(ordered.sum()), np.finfo(float).tiny))


def _told_by(driver: str, pairs: pd.DataFrame) -> tuple[str, float] | None:
    """Which other driver moves with it the most, if much."""
    own = pairs[((pairs["driver_a"] == driver) | (pairs["driver_b"] == driver)) & (pairs["rho"].abs() >= ALIKE)]
    if own.empty:
        return None
    first = own.iloc[0]
    other = first["driver_b"] if first["driver_a"] == driver else first["driver_a"]
    return str(other), float(first["rho"])


def understated(found: Drivers, measure: str) -> tuple[str, float, float, int] | None:
    """The driver of which shuffling single inputs says least: its name, its cost, the dearest input's, and how many.

    None where no driver has two inputs, or none costs more than chance.
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
    """Inputs of each driver that the model looks at."""
    return {name: tuple(inside) for name, inside in found.facts["opens"].items()}


def ordinal(place: int) -> str:
    """A place as it is said: `1st`, `12th`, `23rd`."""
    teen = place % 100 in (11, 12, 13)
    return f"{place}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(place % 10, 'th')}"
