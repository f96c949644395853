"""The inputs of a model, grouped by driver."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.explain.drivers import DRIVERS, drivers_in
from core.explain.input_names import input_label, input_unit
from core.models.data.inputs import COUNTRY
from core.models.data.panel import INPUTS

_FIXED: Final = {
    COUNTRY: "Country of the latest order, one-hot encoded; rare countries are grouped.",
    "now_recency": "Full days (24 hours) from the last order to the date.",
    "now_frequency": "Distinct orders before the date.",
    "now_monetary": "Gross sum of all orders before the date.",
}
_STANDING: Final = {
    "in_segment_": ("currently in {}", "1 for this segment, 0 for others."),
    "idle_segment_": (
        "in {} without another order",
        "Segment at the end of the forecast period without another order.",
    ),
}
_OF_RHYTHM: Final = ("frequency", "active_span", "tenure", "order_value")
"""Inputs of own rhythm."""


def inputs_of(card: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the drivers of a model, each with its inputs: `driver`, `label`, `about`, `actionable`, `inputs`.

    Parameters
    ----------
    card : mapping
        See `core.models.training.stored_card.card`; parts of it may be missing. For own rhythm,
        which has no features, they are those it is fitted on.
    """
    told = {str(one["name"]): one for one in card.get("features") or []}
    columns = [*told, *(str(name) for model in card.get("models") or [] for name in model.get("columns", []))]
    known = [name for name in dict.fromkeys(columns) if _known(name)] or list(_OF_RHYTHM)
    segments = [str(name) for name in card.get("segments") or []]
    return [
        {
            "driver": name,
            "label": DRIVERS[name].label,
            "about": DRIVERS[name].about,
            "actionable": DRIVERS[name].actionable,
            "inputs": [_told(column, told, segments) for column in inside],
        }
        for name, inside in drivers_in(known).items()
    ]


def _known(column: str) -> bool:
    return column in INPUTS or column in _FIXED or column.startswith(tuple(_STANDING))


def _told(column: str, told: Mapping[str, Mapping[str, Any]], segments: Sequence[str]) -> dict[str, str]:
    """Return label, unit and definition of an input: from the card, else the current ones."""
    if column in _FIXED:
        unit = input_unit(column) or "name"
        return {"name": column, "label": input_label(column), "unit": unit, "definition": _FIXED[column]}
    for start, (label, text) in _STANDING.items():
        if column.startswith(start):
            number = column.removeprefix(start)
            place = int(number) if number.isdigit() else len(segments)
            name = segments[place] if place < len(segments) else f"segment {number}"
            return {"name": column, "label": label.format(name), "unit": "1 or 0", "definition": text}
    now = INPUTS[column]
    one = told.get(column, {})
    return {
        "name": column,
        **{part: str(one.get(part, getattr(now, part))) for part in ("label", "unit", "definition")},
    }
