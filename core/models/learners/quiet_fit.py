"""Fitting of scikit-learn models without warnings and with reproducible predictions."""

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning


def fitted(model: Any, inputs: Any, outcome: Any, **how: Any) -> Any:
    """Fit a scikit-learn model in place and return it, set to predict with a single thread.

    Parameters
    ----------
    model : estimator
        Fitted in place.
    inputs, outcome : array or frame
        Inputs and outcomes with the same number of rows.
    **how
        Further arguments of its `fit`.

    Notes
    -----
    Iterations are capped so that training ends in time. A model that reaches the cap is evaluated at past dates like
    any other, so the convergence warning is suppressed: on the command line, stderr is reserved for a single line on
    what to do. Several threads would sum votes in a different order each time.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(inputs, outcome, **how)
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if "n_jobs" in last.get_params():
        last.set_params(n_jobs=1)
    return model
