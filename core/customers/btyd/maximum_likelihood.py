"""Maximum-likelihood estimation of positive parameters."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, minimize

from core.customers.btyd.histories import Vector
from core.errors import TooLittleDataError

_WIDEST: Final = 12.0  # bound on the logarithms of parameters, beyond which the likelihood hardly changes
_BOUNDS: Final = [(-_WIDEST, _WIDEST)]
_INFINITE: Final = 1e299  # cost of a likelihood of zero


def maximise(log_likelihood: Callable[[Vector], float], starts: list[Vector], what: str) -> tuple[Vector, float]:
    """Return the positive parameters with the highest likelihood, and its logarithm.

    L-BFGS-B (Byrd, Lu, Nocedal and Zhu, 1995) searches the logarithms of the parameters from several starts; the result
    is refined with the simplex of Nelder and Mead (1965), which needs no gradient.

    Raises
    ------
    TooLittleDataError
        If no start leads to a finite likelihood.
    """

    def cost(logs: Vector) -> float:
        value = -log_likelihood(np.exp(logs))
        return value if np.isfinite(value) else _INFINITE

    found = [minimize(cost, np.log(start), method="L-BFGS-B", bounds=_BOUNDS * len(start)) for start in starts]
    best = min(found, key=lambda result: float(result.fun))
    sharpened = minimize(
        cost, best.x, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4_000, "maxfev": 4_000}
    )
    return _best([best, sharpened], what)


def climb(
    log_likelihood: Callable[[Vector], tuple[float, Vector]], starts: list[Vector], what: str
) -> tuple[Vector, float]:
    """Do the same as `maximise` for a likelihood with gradient, in fewer steps and without refinement.

    Uses sequential quadratic programming (Kraft, 1988), which runs in one thread for so few parameters; L-BFGS-B uses
    BLAS threads and takes ten times as long on a busy machine.

    Raises
    ------
    TooLittleDataError
        If no start leads to a finite likelihood.
    """

    def cost(logs: Vector) -> tuple[float, Vector]:
        parameters = np.exp(logs)
        value, slope = log_likelihood(parameters)
        known = np.isfinite(value) and bool(np.isfinite(slope).all())
        return (-value, -slope * parameters) if known else (_INFINITE, np.zeros_like(logs))

    found = [
        minimize(
            cost,
            np.log(start),
            jac=True,
            method="SLSQP",
            bounds=_BOUNDS * len(start),
            options={"ftol": 1e-10, "maxiter": 500},
        )
        for start in starts
    ]
    return _best(found, what)


def dot(a: npt.NDArray[Any], b: npt.NDArray[Any]) -> float:
    """Return the dot product without BLAS, whose threads are ten times slower on a busy machine."""
    return float(np.einsum("i,i->", a, b))


def _best(found: Sequence[OptimizeResult], what: str) -> tuple[Vector, float]:
    best = min(found, key=lambda result: float(result.fun))
    if not np.isfinite(best.fun) or best.fun >= _INFINITE:
        message = f"{what} can't be fitted to these orders: there are too few repeat purchases. Add more orders."
        raise TooLittleDataError(message)
    return np.exp(best.x), -float(best.fun)
