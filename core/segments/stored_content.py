"""Validation of stored content from backups: reports, segment models, RFM maps and import choices."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from core.errors import InputError
from core.ingest.recognising.column_mapping import LABELS
from core.segments.rules.rule_maps import RfmMap
from core.segments.segment_model import K_RANGE, SegmentModel

_TIMES: Final = ("first_order", "last_order")
_LONGEST: Final = 200  # characters of a name; more than can be typed
_ANSWERS: Final = {"dates": str, "decimal": str, "currency": str, "order_totals": bool}


def check_model(values: Mapping[str, Any]) -> SegmentModel:
    """Restore a segment model from untrusted values.

    Raises
    ------
    InputError
        If its parts are inconsistent. Malformed values may raise other errors.
    """
    model = SegmentModel.from_json(dict(values))
    scaler, features, segments = model.scaler, len(model.scaler.spec.features), len(model.names)
    _see(1 <= segments <= max(K_RANGE) and len(model.centroids) == segments, "each segment needs one centroid")
    _see(all(_fits(centre, features) for centre in model.centroids), "a centroid needs a number for each feature")
    _see(_fits(scaler.mean, features) and _fits(scaler.scale, features), "a scaling needs a number for each feature")
    _see(all(scaler.scale), "a scaling must not divide by zero")
    _see(len(scaler.knots) in (0, features), "ranks need values for each feature")
    _see(all(_fits(low, len(high)) and _fits(high, len(low)) for low, high in scaler.knots), "ranks need shares")
    _see(all(map(_is_name, (*model.names, *model.given))), f"names must be texts of 1 to {_LONGEST} characters")
    _see(len({name.casefold() for name in model.names}) == segments == len(model.given), "names must be unique")
    if model.reference:
        edges, shares = model.reference.edges, model.reference.shares
        fit = all(_fits(edge, len(edge)) and _fits(share, len(edge) + 1)
                  for edge, share in zip(edges, shares, strict=True))  # fmt: skip
        _see(fit and len(edges) == features and _fits((model.reference.far,), 1), "the reference is inconsistent")
    return model


def check_report(report: Mapping[str, Any]) -> None:
    """Check that a quality report has valid counts and times.

    Raises
    ------
    InputError
    """
    for name, value in report.items():
        if name in _TIMES:
            datetime.fromisoformat(value)
        elif name == "removed":
            _see(all(map(_is_number, value.values())), "counts of removed rows must be numbers")
        else:
            _see(_is_number(value), "figures must be numbers")


def check_choices(choices: Mapping[str, Any]) -> None:
    """Check that the choices remembered for a file are valid.

    Raises
    ------
    InputError
    """
    for role, column in choices.get("mapping", {}).items():
        _see(role in LABELS, f"there is no role “{role}”")
        _see(isinstance(column, str | None), "a role needs the name of a column")
    for name, kind in _ANSWERS.items():
        _see(isinstance(choices.get(name), kind | None), f"“{name}” has an invalid value")


def _read_map(row: Mapping[str, Any]) -> RfmMap:
    return RfmMap.from_json(row["name"], row["map"])


CONTENT: Final[dict[str, Callable[[Mapping[str, Any]], object]]] = {
    "versions": lambda row: check_report(row["report"]),
    "segment_models": lambda row: check_model(row["model"]),
    "rfm_maps": _read_map,
    "remembered_mappings": lambda row: check_choices(row["choices"]),
}
"""Table of a backup → function that validates the content of a row."""


def _see(holds: object, rule: str) -> None:
    if not holds:
        raise InputError(rule)


def _fits(values: Iterable[Any], length: int) -> bool:
    found = tuple(values)
    return len(found) == length and all(map(_is_number, found))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and name.strip() != "" and len(name) <= _LONGEST and name.isprintable()
