"""Synthetic models with known drivers."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from core.explain.attribution.contributions import Values
from core.explain.overall.exchange import Exchange


@dataclass
class MadeUp:
    """A fake explainer of a function of a few columns, in log-odds of a purchase."""

    function: Callable[[pd.DataFrame], Values]
    outcome: str = "will_buy"
    outputs: tuple[str, ...] = ("will_buy",)
    is_rhythm: bool = False

    def of_prepared(self, rows: pd.DataFrame) -> Values:
        """Return the function of the rows."""
        return self.function(rows)[:, None]

    def probabilities(self, output: Values) -> Values:
        """Return probabilities from log-odds."""
        return np.asarray(1 / (1 + np.exp(-output)))


def exchange(
    function: Callable[[pd.DataFrame], Values], rows: pd.DataFrame, drivers: Mapping[str, Sequence[str]]
) -> Exchange:
    """Return an exchange for a synthetic model, each column an input of its own."""
    explainer: Any = MadeUp(function)
    inputs: dict[str, tuple[str, ...]] = {str(name): (str(name),) for name in rows}
    groups = {name: tuple(inside) for name, inside in drivers.items()}
    return Exchange(explainer=explainer, rows=rows, drivers=groups, inputs=inputs)
