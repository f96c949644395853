"""What each column adds in models of trees: exact, path-dependent tree SHAP (Lundberg and others, 2020)."""

from typing import Any, Self

import numpy as np
import xgboost

from core.models.explain.contributions import Values


class BoostedTrees:
    """XGBoost, in log-odds."""

    def __init__(self, model: Any) -> None:
        self._booster = model.get_booster()

    @classmethod
    def of(cls, model: Any) -> Self:
        """Prepare a fitted model."""
        return cls(model)

    def contributions(self, matrix: Values) -> tuple[Values, Values]:
        """Contributions, shape (customers, columns, outputs), and the base."""
        found = self._booster.predict(xgboost.DMatrix(matrix.astype("float32")), pred_contribs=True)
        found = np.asarray(found, dtype="float64").reshape(len(matrix), -1, matrix.shape[1] + 1)
        return np.swapaxes(found[:, :, :-1], 1, 2), found[0, :, -1]


class Forest:
    """A random forest, in probability."""

    def __init__(self, model: Any) -> None:
        import shap  # noqa: PLC0415  slow to import, and seldom needed

        self._explainer = shap.TreeExplainer(model)

    @classmethod
    def of(cls, model: Any) -> Self:
        """Prepare a fitted model."""
        return cls(model)

    def contributions(self, matrix: Values) -> tuple[Values, Values]:
        """Contributions, shape (customers, columns, classes), and the base."""
        found = np.asarray(self._explainer.shap_values(matrix, check_additivity=False), dtype="float64")
        return found, np.asarray(self._explainer.expected_value, dtype="float64")
