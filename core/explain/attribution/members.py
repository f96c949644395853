"""Contributions of inputs to one trained model's output, on the scale on which the model is additive."""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import pandas as pd
from scipy.special import logsumexp
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from xgboost import XGBClassifier, XGBRegressor

from core.explain.attribution.contributions import Contributions, Values
from core.explain.attribution.linear import linear_contributions
from core.explain.attribution.trees import BoostedTrees, Forest
from core.models.data.inputs import COUNTRY, frame_of
from core.models.learners.candidates import Trained

_ENGINES: Final = (
    ((XGBClassifier, XGBRegressor), BoostedTrees),
    ((RandomForestClassifier, RandomForestRegressor), Forest),
)
"""Models made of trees, and their explainers; all other models are linear."""

_MARK: Final = "missingindicator_"  # scikit-learn's prefix for indicator columns of missing values


@dataclass(frozen=True, kw_only=True)
class Member:
    """A trained model whose output can be split into contributions.

    Parameters
    ----------
    trained : Trained
        XGBoost, logistic regression or a random forest.
    engine : object
        Its explainer, or the linear model itself.
    sources : tuple of str
        Source input of each column that the model receives.
    mean : array of float
        Means of these columns, for the average customer.
    """

    trained: Trained
    engine: Any
    sources: tuple[str, ...]
    mean: Values

    @classmethod
    def of(cls, trained: Trained, background: pd.DataFrame) -> Self:
        """Prepare a model; `background` represents the average customer."""
        model = trained.pipeline.steps[-1][1]
        engine: Any = next((engine for kinds, engine in _ENGINES if isinstance(model, kinds)), None)
        matrix = _matrix(trained, background)
        return cls(
            trained=trained,
            engine=engine.of(model) if engine else model,
            sources=_sources(trained),
            mean=np.nanmean(matrix, axis=0) if engine is None else np.zeros(0),
        )

    def contributions(self, rows: pd.DataFrame) -> Contributions:
        """Return contributions by input, on the model's own scale. With two classes, they are those to the second."""
        matrix = _matrix(self.trained, rows)
        if self.mean.size:
            values, base = linear_contributions(self.engine, matrix, self.mean)
        else:
            values, base = self.engine.contributions(matrix)
        columns = tuple(dict.fromkeys(self.sources))
        places = np.array([columns.index(name) for name in self.sources])
        summed = np.zeros((len(rows), len(columns), values.shape[2]))
        for place in range(len(columns)):
            summed[:, place] = values[:, places == place].sum(axis=1)
        return Contributions(columns=columns, parts=summed, base=np.asarray(base, dtype="float64"))


def can_be_taken_apart(trained: Trained) -> bool:
    """Return whether a model is additive, so that sampling is unnecessary."""
    return trained.candidate.adds_up is not None


def in_log_odds(trained: Trained) -> bool:
    """Return whether contributions are in log-odds; those of forests are in probability."""
    return trained.candidate.adds_up == "log-odds"


def of_classes(found: Contributions) -> Contributions:
    """Centre the margins of classes, one output per class: log-odds of each class against the average one."""
    if found.base.size > 1:
        return found.centred()
    values = np.concatenate([-found.parts, found.parts], axis=2) / 2
    return Contributions(columns=found.columns, parts=values, base=np.concatenate([-found.base, found.base]) / 2)


def log_probabilities(margins: Values) -> Values:
    """Return log-probabilities of classes from their margins, shape (customers, classes)."""
    found: Values = margins - logsumexp(margins, axis=1, keepdims=True)
    return found


def _matrix(trained: Trained, rows: pd.DataFrame) -> Values:
    return np.asarray(trained.pipeline[:-1].transform(frame_of(rows, trained.columns)), dtype="float64")


def _sources(trained: Trained) -> tuple[str, ...]:
    preparing = trained.pipeline.steps[0][1]
    names = [str(name) for name in preparing.get_feature_names_out()]
    found = [name.removeprefix(_MARK) for name in names]
    of_country = preparing.output_indices_.get("country", slice(0))
    return tuple(COUNTRY if place in range(*of_country.indices(len(found))) else n for place, n in enumerate(found))
