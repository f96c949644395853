"""How models of scikit-learn are fitted here: in silence, and so that they say the same twice."""

import warnings
from typing import Any

from sklearn.exceptions import ConvergenceWarning


def fitted(model: Any, inputs: Any, outcome: Any, **how: Any) -> Any:
    """Fit a model of scikit-learn, and give it; it may be fitted by several threads, and predicts with one.

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
    Threads would add up votes in another order each time.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(inputs, outcome, **how)
    last = model.steps[-1][1] if hasattr(model, "steps") else model
    if "n_jobs" in last.get_params():
        last.set_params(n_jobs=1)
    return model
