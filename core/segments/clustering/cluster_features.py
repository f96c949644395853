"""Features for clustering, computed from a snapshot."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pandas as pd


@dataclass(frozen=True, kw_only=True)
class Feature:
    """A numeric feature of customers.

    Parameters
    ----------
    name : str
        Its key.
    label : str
        Its name for marketers.
    unit : str
        "days", "orders" or "money" (the shop's currency).
    definition : str
        One sentence.
    compute : callable
        A function from a snapshot with the columns of `core.schema.CUSTOMERS` to one float per customer.
    higher_is_better : bool
        Whether higher values mean a better customer.
    """

    name: str
    label: str
    unit: str
    definition: str
    compute: Callable[[pd.DataFrame], pd.Series]
    higher_is_better: bool = True


def _column(name: str) -> Callable[[pd.DataFrame], pd.Series]:
    return lambda customers: customers[name]


def _tenure(customers: pd.DataFrame) -> pd.Series:
    between = customers["last_order"].dt.normalize() - customers["first_order"].dt.normalize()
    tenure: pd.Series = customers["recency"] + between.dt.days
    return tenure


_ALL: Final = (
    Feature(
        name="recency",
        label="recency",
        unit="days",
        definition="Whole days since the last order.",
        compute=_column("recency"),
        higher_is_better=False,
    ),
    Feature(
        name="frequency",
        label="frequency",
        unit="orders",
        definition="Number of distinct orders.",
        compute=_column("frequency"),
    ),
    Feature(
        name="monetary",
        label="spend",
        unit="money",
        definition="Sum of all orders, gross.",
        compute=_column("monetary"),
    ),
    Feature(
        name="net",
        label="net spend",
        unit="money",
        definition="Gross spend less returns.",
        compute=_column("net"),
    ),
    Feature(
        name="returned",
        label="returns",
        unit="money",
        definition="Total value of returns.",
        compute=_column("returned"),
        higher_is_better=False,
    ),
    Feature(
        name="average_order",
        label="order value",
        unit="money",
        definition="Gross spend per order.",
        compute=lambda customers: customers["monetary"] / customers["frequency"].clip(lower=1),
    ),
    Feature(
        name="tenure",
        label="tenure",
        unit="days",
        definition="Days since the first order.",
        compute=_tenure,
    ),
)
CLUSTER_FEATURES: Final[dict[str, Feature]] = {feature.name: feature for feature in _ALL}
"""All features by name."""

RFM: Final = ("recency", "frequency", "monetary")
"""The features of every preset."""
