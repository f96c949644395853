"""Fitting in silence: that a model has made its most steps is nothing that whoever trains it could mend."""

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning


def fitted(model: Any, inputs: Any, outcome: Any, **how: Any) -> Any:
    """Fit a model of scikit-learn, and give it.

    Parameters
    ----------
    model : estimator
        Is changed.
    inputs, outcome : array or frame
        Rows alike.
    **how
        What else its `fit` takes.

    Notes
    -----
    Steps are bounded so that training ends in time; who has made them all is judged at past dates as all others are. A
    warning would stand on the command line's error output, where there is at most one line that says what to do.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(inputs, outcome, **how)
