"""Maximum likelihood for positive parameters."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import OptimizeResult, minimize

from core.customers.btyd.histories import Vector
from core.errors import TooLittleDataError

_WIDEST: Final = 12.0  # logarithm of the largest parameter and of one over the smallest: beyond, nothing changes
_BOUNDS: Final = [(-_WIDEST, _WIDEST)]
_INFINITE: Final = 1e299  # stands for a likelihood of zero


def maximise(log_likelihood: Callable[[Vector], float], starts: list[Vector], what: str) -> tuple[Vector, float]:
    """Positive parameters that make the data most likely, and the logarithm of how likely.

    Logarithms of the parameters are searched by L-BFGS-B (Byrd, Lu, Nocedal and Zhu, 1995) from several starts, then
    sharpened by Nelder and Mead's simplex (1965), which needs no gradient.

    Raises
    ------
    TooLittleDataError
        Where no start ends in a finite likelihood.
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
    """As `maximise`, of a likelihood that tells its derivatives too: fewer steps, and sharp without the simplex.

    By sequential quadratic programming (Kraft, 1988), whose steps for so few parameters are not worth a thread:
    L-BFGS-B spends ten times as long in those of BLAS when the machine is busy.

    Raises
    ------
    TooLittleDataError
        Where no start ends in a finite likelihood.
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
    """Sum of products without BLAS, whose threads wait for each other ten times as long beside other programs."""
    return float(np.einsum("i,i->", a, b))


def _best(found: Sequence[OptimizeResult], what: str) -> tuple[Vector, float]:
    best = min(found, key=lambda result: float(result.fun))
    if not np.isfinite(best.fun) or best.fun >= _INFINITE:
        message = f"{what} cannot be fitted to these histories; there is too little repeat buying in them."
        raise TooLittleDataError(message)
    return np.exp(best.x), -float(best.fun)
