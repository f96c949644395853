"""Names and units of the single inputs that a driver opens into."""

from collections.abc import Sequence
from typing import Final

from core.explain.drivers import driver_of
from core.models.data.inputs import COUNTRY
from core.models.data.panel import INPUTS

PLAYED: Final = "played"
"""Stands for the columns with the segments that own rhythm leads to."""

STANDING: Final[dict[str, str]] = {"in_segment": "now", "idle_segment": "without another order"}
"""Stand for the columns with a customer's segment; the point in time by name."""

_LABELS: Final = {
    COUNTRY: "country",
    PLAYED: "segments expected from own rhythm",
    "in_segment": "segment today",
    "idle_segment": "segment without another order",
    "now_recency": "days since the last order, as used for segments",
    "now_frequency": "orders, as used for segments",
    "now_monetary": "spend, as used for segments",
    "orders": "purchases",
    "age": "days since the first order",
    "spent": "amount per purchase",
}
_UNITS: Final = {
    "now_recency": "days", "now_frequency": "orders", "now_monetary": "money",
    "orders": "purchase days", "age": "days", "spent": "money",
}  # fmt: skip


def inputs_in(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return columns by input: most columns are an input of their own, and one-hot columns are one together.

    Inputs are in the order of their drivers.
    """
    found: dict[str, list[str]] = {}
    for column in columns:
        found.setdefault(input_of(column), []).append(column)
    return {name: tuple(inside) for name, inside in found.items()}


def input_of(column: str) -> str:
    """Return the input of a column."""
    marks = (*STANDING, PLAYED)
    return next((name for name in marks if column.startswith(f"{name}_")), column)


def driver_of_input(name: str) -> str:
    """Return the driver of an input."""
    many = name in STANDING or name == PLAYED
    return driver_of(f"{name}_0" if many else name)


def input_label(name: str) -> str:
    """Return an input's name as shown, in lower case."""
    return _LABELS.get(name) or INPUTS[name].label


def input_unit(name: str) -> str:
    """Return the unit of an input (see `core.customers.features.CustomerFeature`); empty if it has none."""
    return _UNITS.get(name) or (INPUTS[name].unit if name in INPUTS else "")
