"""Contributions for many customers, the basis of summaries and dependence charts."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from core.explain.attribution.contributions import Contributions, Values
from core.explain.attribution.explainer import Explainer, Explanation
from core.explain.drivers import RHYTHM
from core.explain.input_names import PLAYED, input_of
from core.models.judging.predictions import NEXT_SEGMENT
from core.progress import Progress

MOST: Final = 1_500
"""Customers to explain with additive models; more don't change the picture."""

BUDGET: Final = 90.0
"""Seconds after which no further customers are explained."""

FEWEST: Final = 20
"""Customers who are explained however long it takes."""

ORDERS: Final = 100
"""Driver orderings sampled for each customer: fewer than for a single one, since errors average out over many."""

_AT_ONCE: Final = {True: 10, False: 100}  # customers between two checks of the time, by whether they are sampled


@dataclass(frozen=True, kw_only=True)
class Many:
    """Contributions for many customers.

    Parameters
    ----------
    drivers : Contributions
        Contributions by driver.
    inputs : Contributions or None
        Contributions by input, see `core.explain.input_names`; None if only drivers are known.
    outputs : tuple of str
        Names of the outputs, see `core.explain.attribution.explainer.Explanation`.
    scale : str
        Scale of the contributions, see `Explanation`.
    customers : int
        Number of customers explained, from the first on.
    orders : int
        Driver orderings sampled for each; 0 for exact contributions.
    error : array of float, shape (drivers, outputs), or None
        Mean standard error of single contributions.
    """

    drivers: Contributions
    inputs: Contributions | None
    outputs: tuple[str, ...]
    scale: str
    customers: int
    orders: int
    error: Values | None


def explain_many(
    explainer: Explainer,
    known: pd.DataFrame,
    *,
    seed: int,
    progress: Progress,
    budget: float = BUDGET,
    clock: Callable[[], float] = time.monotonic,
) -> Many:
    """Explain as many customers as fit into a time budget.

    Parameters
    ----------
    explainer : Explainer
        Explainer of the model and outcome.
    known : DataFrame
        Rows of a panel, in random order: the first are explained.
    seed : int
        Random state of driver orderings. It changes every few customers: shared orders mean shared errors.
    progress : callable
        Called with the share done and the current step; may raise to stop.
    budget : float
        Seconds, after the first `FEWEST`.
    clock : callable
        Returns seconds.
    """
    began, rows, step = clock(), known.iloc[:MOST], _AT_ONCE[explainer.is_sampled]
    parts: list[Explanation] = []
    for start in range(0, len(rows), step):
        spent = (clock() - began) / budget
        if spent >= 1 and start >= FEWEST:
            break
        progress(min(max(start / len(rows), spent), 1.0), f"Explaining customer {start + 1:,} of up to {len(rows):,}")
        parts.append(explainer.explain(rows.iloc[start : start + step], orders=ORDERS, seed=seed + start))
    return _together(explainer, parts)


def _together(explainer: Explainer, parts: list[Explanation]) -> Many:
    first = parts[0]
    whole = replace(first.contributions, parts=np.concatenate([part.contributions.parts for part in parts]))
    drivers = whole.by_driver()
    single = explainer.is_sampled or explainer.is_rhythm
    errors = [part.error for part in parts if part.error is not None]
    order = [whole.columns.index(name) for name in drivers.columns] if errors else []
    return Many(
        drivers=drivers,
        inputs=None if single else by_input(whole, explainer.outcome),
        outputs=first.outputs,
        scale=first.scale,
        customers=len(whole.parts),
        orders=first.orders,
        error=np.concatenate(errors).mean(axis=0)[order] if errors else None,
    )


def by_input(found: Contributions, outcome: str) -> Contributions:
    """Add up contributions by input. Those of own rhythm in a blend count for its chance, or for its segments.

    Parameters
    ----------
    found : Contributions
        Contributions by column of prepared rows.
    outcome : str
        Explained outcome.
    """
    own = PLAYED if outcome == NEXT_SEGMENT else "btyd_buy"
    names = [own if column == RHYTHM else input_of(column) for column in found.columns]
    known = list(dict.fromkeys(names))
    parts = np.zeros((len(found.parts), len(known), found.parts.shape[2]))
    for place, name in enumerate(names):
        parts[:, known.index(name)] += found.parts[:, place]
    return replace(found, columns=tuple(known), parts=parts)
