"""Revenue concentration: Lorenz curve, Gini coefficient, and the share of the top customers."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import pandas as pd

Money = Literal["monetary", "net"]

POINTS: Final = 200
"""Maximum points of the curve; with fewer customers, each is a point."""

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
        Number of all customers, and of those in the top 10% (rounded, at least one).
    total : float
        Total revenue, in the shop's currency.
    top_share : float
        Share of revenue from the top 10%.
    half : int
        Minimum number of customers who generate half of the revenue.
    gini : float
        0 if all spend the same, towards 1 if one customer spends everything; above 1 if some have negative revenue.
    curve : DataFrame
        The Lorenz curve: `customers` (share of customers, smallest first, from 0 to 1) and `revenue` (their share of
        revenue).
    """

    customers: int
    top_customers: int
    total: float
    top_share: float
    half: int
    gini: float
    curve: pd.DataFrame


def concentration(customers: pd.DataFrame, of: Money) -> Concentration | None:
    """Compute the Lorenz curve and the Gini coefficient of revenue.

    Parameters
    ----------
    customers : DataFrame
        `monetary` (gross) and `net`, in the shop's currency.
    of : {"monetary", "net"}
        The column to use, by which customers are also ranked.

    Returns
    -------
    Concentration or None
        None if total revenue isn't positive.

    Notes
    -----
    With values sorted from the smallest, L(k/n) = (x_1 + … + x_k) / (x_1 + … + x_n) (Lorenz, 1905, "Methods of
    measuring the concentration of wealth"), and G = 2 Σ i·x_i / (n Σ x_i) − (n + 1) / n (Sen, 1973, "On economic
    inequality", ch. 2, after Gini, 1912). If some customers returned more than they bought, the curve of net revenue
    starts below zero.
    """
    values = np.sort(customers[of].to_numpy("float64"))
    count, total = len(values), float(values.sum())
    if not count or total <= _NOTHING * float(np.abs(customers["monetary"]).sum()):
        return None
    grown = np.concatenate([[0.0], np.cumsum(values)]) / total
    grown[-1] = 1.0  # except for rounding, it is already
    steps = np.unique(np.round(np.linspace(0, count, min(count, POINTS) + 1)).astype("int64"))
    top = max(1, round(TOP * count))
    return Concentration(
        customers=count,
        top_customers=top,
        total=total,
        top_share=float(1 - grown[count - top]),
        half=int(np.argmax(1 - grown[::-1] >= 0.5 - 1e-12)),  # tolerates rounding of the cumulative sums
        gini=float(2 * (np.arange(1, count + 1) @ values) / (count * total) - (count + 1) / count),
        curve=pd.DataFrame({"customers": steps / count, "revenue": grown[steps]}),
    )
