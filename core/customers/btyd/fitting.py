"""Maximum likelihood for positive parameters."""

from collections.abc import Callable
from typing import Final

import numpy as np
from scipy.optimize import minimize

from core.customers.btyd.histories import Vector
from core.errors import TooLittleDataError

_WIDEST: Final = 12.0  # logarithm of the largest parameter and of one over the smallest: beyond, nothing changes


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
        return value if np.isfinite(value) else 1e300

    bounds = [(-_WIDEST, _WIDEST)] * len(starts[0])
    found = [minimize(cost, np.log(start), method="L-BFGS-B", bounds=bounds) for start in starts]
    best = min(found, key=lambda result: float(result.fun))
    sharpened = minimize(
        cost, best.x, method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-9, "maxiter": 4_000, "maxfev": 4_000}
    )
    best = min((best, sharpened), key=lambda result: float(result.fun))
    if not np.isfinite(best.fun) or best.fun >= 1e299:  # noqa: PLR2004  what stands for infinite above
        message = f"{what} cannot be fitted to these histories; there is too little repeat buying in them."
        raise TooLittleDataError(message)
    return np.exp(best.x), -float(best.fun)
