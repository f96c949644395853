"""Comparison of two segmentations of the same customers."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
from scipy.optimize import linear_sum_assignment
from sklearn.metrics import adjusted_rand_score


@dataclass(frozen=True, kw_only=True)
class SideBySide:
    """The differences between two segmentations.

    Parameters
    ----------
    matrix : DataFrame
        `before`, `after`, `customers`, `revenue` (gross), for every pair of segments.
    ari : float
        Adjusted Rand index (Hubert and Arabie, 1985): 1 if they are the same apart from names, 0 for chance agreement.
    moved : int
        Customers outside the segment that their earlier one is matched to.
    customers : int
        All customers.
    """

    matrix: pd.DataFrame
    ari: float
    moved: int
    customers: int


def side_by_side(
    customers: pd.DataFrame, before: pd.Series, after: pd.Series, orders: tuple[Sequence[str], Sequence[str]]
) -> SideBySide:
    """Compare two segmentations of the same customers.

    Parameters
    ----------
    customers : DataFrame
        With `monetary`.
    before, after : Series of str
        Segments with the index of `customers`.
    orders : tuple of sequence of str
        Segments before and after, each in the desired order.
    """
    frame = pd.DataFrame({"before": before, "after": after, "monetary": customers["monetary"]})
    grouped = frame.groupby(["before", "after"]).agg(customers=("monetary", "size"), revenue=("monetary", "sum"))
    every = pd.MultiIndex.from_product(orders, names=["before", "after"])
    matrix = grouped.reindex(every, fill_value=0).reset_index()
    square = matrix.pivot_table(index="before", columns="after", values="customers", sort=False).to_numpy()
    rows, columns = linear_sum_assignment(square, maximize=True)  # one-to-one matching of segments (Kuhn, 1955)
    return SideBySide(
        matrix=matrix,
        ari=float(adjusted_rand_score(before, after)),
        moved=int(len(customers) - square[rows, columns].sum()),
        customers=len(customers),
    )
