"""What each input adds to what a model says of a customer, from what it says of the average one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from core.explain.drivers import drivers_in

Values = npt.NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Contributions:
    """What each column adds; with the base they add up to the output.

    Parameters
    ----------
    columns : tuple of str
        Columns of a panel, or names of `core.explain.drivers.DRIVERS`.
    parts : array of float, shape (customers, columns, outputs)
        On the scale of the output: see where they come from.
    base : array of float, shape (outputs,)
        The output of the average customer.
    """

    columns: tuple[str, ...]
    parts: Values
    base: Values

    @property
    def total(self) -> Values:
        """What they add up to: shape (customers, outputs)."""
        found: Values = self.base + self.parts.sum(axis=1)
        return found

    def times(self, factor: float) -> Self:
        """All of it, multiplied."""
        return replace(self, parts=self.parts * factor, base=self.base * factor)

    def centred(self) -> Self:
        """Each output less the mean of all outputs: log-probabilities become log-odds against the average class."""
        parts, base = self.parts, self.base
        return replace(self, parts=parts - parts.mean(axis=2, keepdims=True), base=base - base.mean())

    def output(self, place: int) -> Values:
        """Of one output: shape (customers, columns)."""
        found: Values = self.parts[:, :, place]
        return found

    def by_driver(self) -> Self:
        """Added up by driver."""
        groups = drivers_in(self.columns)
        places = {name: [self.columns.index(column) for column in inside] for name, inside in groups.items()}
        summed = [self.parts[:, inside, :].sum(axis=1) for inside in places.values()]
        return replace(self, columns=tuple(groups), parts=np.stack(summed, axis=1))


def added(parts: Sequence[Contributions]) -> Contributions:
    """The sum of contributions to the same outputs; each column once, in the order in which it first comes."""
    columns = tuple(dict.fromkeys(column for part in parts for column in part.columns))
    customers, _, outputs = parts[0].parts.shape
    values = np.zeros((customers, len(columns), outputs))
    for part in parts:
        values[:, [columns.index(column) for column in part.columns], :] += part.parts
    return Contributions(columns=columns, parts=values, base=np.sum([part.base for part in parts], axis=0))
