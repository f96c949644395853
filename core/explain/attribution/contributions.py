"""Contributions of inputs to a customer's prediction, relative to the average customer's."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from core.explain.drivers import drivers_in

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """Contributions of columns; together with the base they add up to the output.

    Parameters
    ----------
    columns : tuple of str
        Columns of a panel, or names of `core.explain.drivers.DRIVERS`.
    parts : array of float, shape (customers, columns, outputs)
        On the scale of the output, which depends on their source.
    base : array of float, shape (outputs,)
        The output of the average customer.
    """

    columns: tuple[str, ...]
    parts: Values
    base: Values

    @property
    def total(self) -> Values:
        """The sum of base and contributions, shape (customers, outputs)."""
        found: Values = self.base + self.parts.sum(axis=1)
        return found

    def times(self, factor: float) -> Self:
        """Return base and contributions, multiplied by a factor."""
        return replace(self, parts=self.parts * factor, base=self.base * factor)

    def centred(self) -> Self:
        """Subtract the mean of all outputs, so that log-probabilities become log-odds against the average class."""
        parts, base = self.parts, self.base
        return replace(self, parts=parts - parts.mean(axis=2, keepdims=True), base=base - base.mean())

    def output(self, place: int) -> Values:
        """Return the contributions to one output, shape (customers, columns)."""
        found: Values = self.parts[:, :, place]
        return found

    def by_driver(self) -> Self:
        """Return the sums by driver."""
        groups = drivers_in(self.columns)
        places = {name: [self.columns.index(column) for column in inside] for name, inside in groups.items()}
        summed = [self.parts[:, inside, :].sum(axis=1) for inside in places.values()]
        return replace(self, columns=tuple(groups), parts=np.stack(summed, axis=1))


def added(parts: Sequence[Contributions]) -> Contributions:
    """Add up contributions to the same outputs; columns are in the order of their first appearance."""
    columns = tuple(dict.fromkeys(column for part in parts for column in part.columns))
    customers, _, outputs = parts[0].parts.shape
    values = np.zeros((customers, len(columns), outputs))
    for part in parts:
        values[:, [columns.index(column) for column in part.columns], :] += part.parts
    return Contributions(columns=columns, parts=values, base=np.sum([part.base for part in parts], axis=0))
