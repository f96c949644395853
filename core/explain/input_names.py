"""What each single input is called, where a driver opens into them."""

from collections.abc import Sequence
from typing import Final

from core.explain.drivers import driver_of
from core.models.data.inputs import COUNTRY
from core.models.data.panel import INPUTS

PLAYED: Final = "played"
"""Stands for the columns that say in which segments own rhythm ends."""

STANDING: Final[dict[str, str]] = {"in_segment": "now", "idle_segment": "without another order"}
"""Stand for the columns that say in which segment a customer is; by name, when."""

_LABELS: Final = {
    COUNTRY: "country",
    PLAYED: "segments that own rhythm leads to",
    "in_segment": "segment today",
    "idle_segment": "segment without another order",
    "now_recency": "days since the last order, as segments see it",
    "now_frequency": "orders, as segments see them",
    "now_monetary": "spend, as segments see it",
    "orders": "purchases",
    "age": "days since the first order",
    "spent": "amount per purchase",
}
_UNITS: Final = {
    "now_recency": "days", "now_frequency": "orders", "now_monetary": "money",
    "orders": "purchase days", "age": "days", "spent": "money",
}  # fmt: skip


def inputs_in(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Columns by input; most are one of their own, and those that together tell one thing are one.

    The inputs stand in the order of their drivers.
    """
    found: dict[str, list[str]] = {}
    for column in columns:
        found.setdefault(input_of(column), []).append(column)
    return {name: tuple(inside) for name, inside in found.items()}


def input_of(column: str) -> str:
    """Name of the input that a column belongs to."""
    marks = (*STANDING, PLAYED)
    return next((name for name in marks if column.startswith(f"{name}_")), column)


def driver_of_input(name: str) -> str:
    """Name of the driver that an input belongs to."""
    many = name in STANDING or name == PLAYED
    return driver_of(f"{name}_0" if many else name)


def input_label(name: str) -> str:
    """An input as a marketer says it, in small letters."""
    return _LABELS.get(name) or INPUTS[name].label


def input_unit(name: str) -> str:
    """Unit of an input, see `core.customers.features.CustomerFeature`; empty where it has none."""
    return _UNITS.get(name) or (INPUTS[name].unit if name in INPUTS else "")
