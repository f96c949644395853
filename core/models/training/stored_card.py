"""Model cards as stored: data, settings, inputs, metrics and limits."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from core.models.data.panel import INPUTS
from core.models.judging.metrics import DEFINITIONS
from core.models.learners.predictor import Predictor

_LIBRARIES: Final = ("ibis-framework", "imbalanced-learn", "numpy", "pandas", "scikit-learn", "scipy", "skops")
_BOOSTING: Final = ("xgboost-cpu", "xgboost")  # either one is installed, depending on the machine

LIMITS: Final = (
    "It knows only orders: no visits, campaigns, competitors' prices or life events.",
    "It assumes that the coming season will be like last year's, or no season if the order history is too short.",
    "Spend is gross: future returns aren't deducted.",
    "Customers who first order after the date aren't included.",
)
"""Limits that apply to every model."""


def card(
    predictor: Predictor,
    *,
    data: Mapping[str, Any],
    training: Mapping[str, Any],
    metrics: Sequence[Mapping[str, Any]],
    leads: Mapping[str, Any],
) -> dict[str, Any]:
    """Build the card of a model from plain values.

    Parameters
    ----------
    predictor : Predictor
        The model.
    data : mapping
        Dataset, version, generation, first order, end of the log, customers in the sample and in all.
    training : mapping
        Spec, past cutoffs, rows, seasonal level and searched parameters.
    metrics : sequence of mapping
        Its rows of `core.models.training.backtest.metrics_of`.
    leads : mapping
        Its row of `core.models.judging.leaderboard.leaderboard`, by outcome.
    """
    return {
        "name": predictor.name,
        "horizon": predictor.horizon,
        "as_of": predictor.as_of.isoformat(),
        "outcomes": list(predictor.outcomes),
        "segments": list(predictor.segments.names),
        "data": dict(data),
        "training": dict(training),
        "blend": predictor.buying.reason if predictor.buying else "",
        "models": [
            {
                "candidate": member.candidate.name,
                "label": member.candidate.label,
                "rows": member.rows,
                "columns": list(member.columns),
                "parameters": dict(member.parameters),
            }
            for member in predictor.members
        ],
        "features": features_of(predictor),
        "metrics": [dict(row) for row in metrics],
        "leads": dict(leads),
        "definitions": DEFINITIONS,
        "limits": list(LIMITS),
        "libraries": _libraries(),
    }


def features_of(predictor: Predictor) -> list[dict[str, Any]]:
    """Return the name, label, unit, definition and group of each of the model's inputs."""
    used = {name for member in predictor.members for name in member.columns}
    if predictor.spending:
        used |= {name for amount in predictor.spending.amounts for name in amount.columns}
    return [asdict(feature) for name, feature in INPUTS.items() if name in used]


def _libraries() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in (*_LIBRARIES, *_BOOSTING):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
