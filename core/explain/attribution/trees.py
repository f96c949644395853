"""What each input adds to what trees say: exact Shapley values, of boosted trees as margins, of forests as chances.

They are those of Lundberg et al. (2020), "From local explanations to global understanding with explainable AI for
trees": an input that is not known goes both ways at a split, in the proportion of the training data.
"""

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import xgboost as xgb
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from core.explain.attribution.tree_tables import Numbers, TreeTables, Values

_AT_ONCE: Final = 256  # customers, so that what is looked up stays in the processor's cache


@dataclass(frozen=True, kw_only=True, eq=False)
class BoostedTrees:
    """Trees of XGBoost, read once to be explained often.

    Parameters
    ----------
    booster : Booster
        The trees.
    base : array of float, shape (outputs,)
        Margin of the average customer of the training.
    tables : TreeTables or None
        None of trees that are too large for them; XGBoost explains those itself, which takes much longer.
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
        """What each column adds to the margin, from that of the average customer.

        Parameters
        ----------
        matrix : array of float, shape (customers, columns)
            As the model takes it.

        Returns
        -------
        values : array of float, shape (customers, columns, outputs)
            In log-odds of a model with two classes, in the margin of each class of one with more (logarithms of
            probabilities but for what all have in common), in what is predicted of a regression.
        base : array of float, shape (outputs,)
            With `values` added up over columns, the margin.
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
    """Shape (customers, outputs, columns and the base)."""
    found = booster.predict(xgb.DMatrix(rows, nthread=1), pred_contribs=True, validate_features=False)
    return np.asarray(found, dtype=np.float64).reshape(len(rows), -1, rows.shape[1] + 1)


@dataclass(frozen=True, kw_only=True, eq=False)
class Forest:
    """Trees of a forest, read once to be explained often; a customer takes about a tenth of a second.

    Parameters
    ----------
    explainer : TreeExplainer
        Of shap.
    base : array of float, shape (outputs,)
        Chance of each class, or amount, of the average customer of the training.
    """

    explainer: Any
    base: Values

    @classmethod
    def of(cls, model: RandomForestClassifier | RandomForestRegressor) -> Self:
        """Read the trees of a fitted model."""
        import shap  # noqa: PLC0415  takes seconds, and only forests need it

        explainer = shap.TreeExplainer(model, feature_perturbation="tree_path_dependent")
        return cls(explainer=explainer, base=np.atleast_1d(np.asarray(explainer.expected_value, dtype=np.float64)))

    def contributions(self, matrix: npt.ArrayLike) -> tuple[Values, Values]:
        """What each column adds to the chance of each class, or to the amount, from that of the average customer.

        Parameters
        ----------
        matrix : array of float, shape (customers, columns)
            As the model takes it.

        Returns
        -------
        values : array of float, shape (customers, columns, outputs)
            On the scale of the output: probabilities, or what is predicted of a regression.
        base : array of float, shape (outputs,)
            With `values` added up over columns, the output.
        """
        rows = np.asarray(matrix, dtype=np.float32)
        found = np.asarray(self.explainer.shap_values(rows, check_additivity=False), dtype=np.float64)
        return found.reshape(*rows.shape, -1), self.base
