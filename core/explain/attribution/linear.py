"""Exact contributions to a logistic regression, in log-odds."""

import numpy as np
from sklearn.linear_model import LogisticRegression

from core.explain.attribution.contributions import Values


def linear_contributions(model: LogisticRegression, matrix: Values, mean: Values) -> tuple[Values, Values]:
    """Return the contributions of columns to the margin of each class.

    Parameters
    ----------
    model : LogisticRegression
        Fitted.
    matrix : array of float, shape (customers, columns)
        Input of the model.
    mean : array of float, shape (columns,)
        Values of the average customer.

    Returns
    -------
    values : array of float, shape (customers, columns, outputs)
        Coefficient times the distance from the mean (Lundberg and Lee, 2017, corollary 1). With two classes there is
        one output, the log-odds of the second class.
    base : array of float, shape (outputs,)
        Margin of the average customer.
    """
    coefficients = np.asarray(model.coef_, dtype="float64")
    values = (matrix - mean)[:, :, None] * coefficients.T[None, :, :]
    return values, np.asarray(model.intercept_ + coefficients @ mean, dtype="float64")
