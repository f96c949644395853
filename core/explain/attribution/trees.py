"""Exact Shapley values of trees: margins of boosted trees, probabilities of forests.

As in Lundberg et al. (2020), "From local explanations to global understanding with explainable AI for trees", an
unknown input takes both branches of a split, in the proportion of the training data.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import xgboost as xgb
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from core.explain.attribution.tree_tables import Numbers, TreeTables, Values

_AT_ONCE: Final = 256  # customers, so that tables stay in the processor's cache


@dataclass(frozen=True, kw_only=True, eq=False)
class BoostedTrees:
    """Trees of XGBoost, read once for many explanations.

    Parameters
    ----------
    booster : Booster
        The trees.
    base : array of float, shape (outputs,)
        Margin of the average customer in training.
    tables : TreeTables or None
        None for trees too large for tables. XGBoost explains those itself, much more slowly.
    """

    booster: xgb.Booster
    base: Values
    tables: TreeTables | None

    @classmethod
    def of(cls, model: xgb.XGBClassifier | xgb.XGBRegressor) -> Self:
        """Read the trees of a fitted model."""
        booster = model.get_booster()
        nobody = np.zeros((1, booster.num_features()), dtype=np.float32)
        base = _by_xgboost(booster, nobody)[0, :, -1]
        return cls(booster=booster, base=base, tables=TreeTables.of(booster, len(base)))

    def contributions(self, matrix: npt.ArrayLike) -> tuple[Values, Values]:
        """Return the contributions of columns to the margin, relative to that of the average customer.

        Parameters
        ----------
        matrix : array of float, shape (customers, columns)
            Input of the model.

        Returns
        -------
        values : array of float, shape (customers, columns, outputs)
            In log-odds for two classes, in the margin of each class for more (log-probabilities up to a common
            term), in the predicted amount for a regression.
        base : array of float, shape (outputs,)
            Plus the sum of `values` over columns, it is the margin.
        """
        rows = np.asarray(matrix, dtype=np.float32)
        if self.tables is None:
            return _by_xgboost(self.booster, rows)[:, :, :-1].swapaxes(1, 2), self.base
        outputs, columns = len(self.base), rows.shape[1]
        found = np.empty((len(rows), outputs * columns))
        for start in range(0, len(rows), _AT_ONCE):
            found[start : start + _AT_ONCE] = self.tables.added(rows[start : start + _AT_ONCE])
        return found.reshape(len(rows), outputs, columns).swapaxes(1, 2), self.base


def _by_xgboost(booster: xgb.Booster, rows: Numbers) -> Values:
    """Return contributions, shape (customers, outputs, columns + 1); the last column is the base."""
    found = booster.predict(xgb.DMatrix(rows, nthread=1), pred_contribs=True, validate_features=False)
    return np.asarray(found, dtype=np.float64).reshape(len(rows), -1, rows.shape[1] + 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest:
    """Trees of a forest, read once for many explanations; a customer takes about a tenth of a second.

    Parameters
    ----------
    explainer : TreeExplainer
        From shap.
    base : array of float, shape (outputs,)
        Probability of each class, or amount, for the average customer in training.
    """

    explainer: Any
    base: Values

    @classmethod
    def of(cls, model: RandomForestClassifier | RandomForestRegressor) -> Self:
        """Read the trees of a fitted model."""
        import shap  # noqa: PLC0415  importing it takes seconds, and only forests need it

        explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
        return cls(explainer=explainer, base=np.atleast_1d(np.asarray(explainer.expected_value, dtype=np.float64)))

    def contributions(self, matrix: npt.ArrayLike) -> tuple[Values, Values]:
        """Return the contributions of columns to the probability of each class, or to the amount.

        Parameters
        ----------
        matrix : array of float, shape (customers, columns)
            Input of the model.

        Returns
        -------
        values : array of float, shape (customers, columns, outputs)
            On the scale of the output: probabilities, or the predicted amount of a regression.
        base : array of float, shape (outputs,)
            Plus the sum of `values` over columns, it is the output.
        """
        rows = np.asarray(matrix, dtype=np.float32)
        found = np.asarray(self.explainer.shap_values(rows, check_additivity=False), dtype=np.float64)
        return found.reshape(*rows.shape, -1), self.base
