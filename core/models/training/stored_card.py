"""What a model tells of itself: data, settings, inputs, figures, limits."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from core.models.data.panel import INPUTS
from core.models.judging.metrics import DEFINITIONS
from core.models.learners.predictor import Predictor

_LIBRARIES: Final = ("ibis-framework", "imbalanced-learn", "numpy", "pandas", "scikit-learn", "scipy", "skops")
_BOOSTING: Final = ("xgboost-cpu", "xgboost")  # which of them is installed depends on the machine

LIMITS: Final = (
    "It knows orders and nothing else: no visits, no campaigns, no prices elsewhere, no lives.",
    "It takes the coming season for that of last year, or for none where the log does not reach back so far.",
    "Spend is gross; what will be sent back is not taken off.",
    "Customers who order for the first time after the date are not in it.",
)
"""What every model here cannot know."""


def card(
    predictor: Predictor,
    *,
    data: Mapping[str, Any],
    training: Mapping[str, Any],
    metrics: Sequence[Mapping[str, Any]],
    leads: Mapping[str, Any],
) -> dict[str, Any]:
    """The card of a model; plain values.

    Parameters
    ----------
    predictor : Predictor
        The model.
    data : mapping
        Dataset, version, generation, first order, end of the log, customers, and how many were sampled.
    training : mapping
        Spec, past cutoffs, rows, the level of the season, and searched parameters.
    metrics : sequence of mapping
        Its rows of `core.models.training.backtest.metrics_of`.
    leads : mapping
        By outcome, its row of `core.models.judging.leaderboard.leaderboard`.
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
    """Name, label, unit, definition and group of each input that the model looks at."""
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
