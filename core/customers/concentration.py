"""Revenue concentration: Lorenz curve, Gini coefficient, and the share of the top customers."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

Money = Literal["monetary", "net"]

POINTS: Final = 200
"""Steps of a curve that is drawn; with fewer customers every one is a step."""

TOP: Final = 0.1
"""Share of customers called the top."""

_NOTHING: Final = 1e-9
"""Share of gross revenue: anything smaller is rounding error after everything was returned."""


@dataclass(frozen=True, kw_only=True)
class Concentration:
    """The concentration of revenue among customers.

    Parameters
    ----------
    customers, top_customers : int
        All, and those in the top tenth (rounded, at least one).
    total : float
        Revenue of all, in the shop's currency.
    top_share : float
        Share of it that the top tenth brings.
    half : int
        The fewest customers who bring half of it.
    gini : float
        0: all bring the same; towards 1: one brings all. Over 1 where some bring less than nothing.
    curve : DataFrame
        The Lorenz curve: `customers` (share of customers, the smallest first, from 0 to 1) and `revenue` (the share
        of revenue they bring).
    """

    customers: int
    top_customers: int
    total: float
    top_share: float
    half: int
    gini: float
    curve: pd.DataFrame


def concentration(customers: pd.DataFrame, of: Money) -> Concentration | None:
    """Lorenz curve and Gini coefficient of revenue.

    Parameters
    ----------
    customers : DataFrame
        `monetary` (gross) and `net`, in the shop's currency.
    of : {"monetary", "net"}
        Which of them; customers are ranked by it.

    Returns
    -------
    Concentration or None
        None where revenue is not above zero: there is nothing to share.

    Notes
    -----
    With values sorted from the smallest, L(k/n) = (x_1 + … + x_k) / (x_1 + … + x_n) (Lorenz, 1905, "Methods of
    measuring the concentration of wealth"), and G = 2 Σ i·x_i / (n Σ x_i) − (n + 1) / n (Sen, 1973, "On economic
    inequality", ch. 2, after Gini, 1912). Where returns exceed purchases, net values below zero pull the
    curve below zero.
    """
    values = np.sort(customers[of].to_numpy("float64"))
    count, total = len(values), float(values.sum())
    if not count or total <= _NOTHING * float(np.abs(customers["monetary"]).sum()):
        return None
    grown = np.concatenate([[0.0], np.cumsum(values)]) / total
    grown[-1] = 1.0  # but for rounding it is
    steps = np.unique(np.round(np.linspace(0, count, min(count, POINTS) + 1)).astype("int64"))
    top = max(1, round(TOP * count))
    return Concentration(
        customers=count,
        top_customers=top,
        total=total,
        top_share=float(1 - grown[count - top]),
        half=int(np.argmax(1 - grown[::-1] >= 0.5 - 1e-12)),  # a hair less is half, too: sums of fractions are rounded
        gini=float(2 * (np.arange(1, count + 1) @ values) / (count * total) - (count + 1) / count),
        curve=pd.DataFrame({"customers": steps / count, "revenue": grown[steps]}),
    )
