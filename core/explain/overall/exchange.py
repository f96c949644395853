"""A model as a function of customers whose drivers can be exchanged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.explain.attribution.contributions import Values
from core.explain.attribution.explainer import Explainer
from core.explain.attribution.own_rhythm import COLUMNS, PARTS, put_together, taken_apart
from core.explain.attribution.prepared_rows import prepared
from core.explain.drivers import drivers_in
from core.explain.input_names import inputs_in
from core.models.judging.predictions import WILL_BUY

Places = npt.NDArray[np.int64]
Groups = Mapping[str, Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Exchange:
    """Predictions of a model for customers with drivers of others.

    Parameters
    ----------
    explainer : Explainer
        Explainer of the model and outcome.
    rows : DataFrame
        Customers, with all inputs of the outcome in columns that can be exchanged.
    drivers, inputs : dict
        Columns of `rows` by driver and by single input.
    """

    explainer: Explainer
    rows: pd.DataFrame
    drivers: dict[str, tuple[str, ...]]
    inputs: dict[str, tuple[str, ...]]

    @classmethod
    def of(cls, explainer: Explainer, known: pd.DataFrame) -> Self:
        """Prepare customers from rows of a panel.

        For own rhythm alone, drivers and inputs are the parts that it opens into.
        """
        if explainer.is_rhythm:
            parts = PARTS[:-1] if explainer.outcome == WILL_BUY else PARTS
            groups = {part: COLUMNS[part] for part in parts}
            return cls(explainer=explainer, rows=taken_apart(known), drivers=groups, inputs=groups)
        rows, columns = prepared(explainer.predictor, explainer.outcome, known), explainer.columns
        rows = rows[list(columns)].reset_index(drop=True)
        ordered = [column for inside in drivers_in(columns).values() for column in inside]
        return cls(explainer=explainer, rows=rows, drivers=drivers_in(columns), inputs=inputs_in(ordered))

    @property
    def opened(self) -> dict[str, list[str]]:
        """Inputs by driver."""
        of = {column: name for name, columns in self.inputs.items() for column in columns}
        return {driver: list(dict.fromkeys(map(of.__getitem__, inside))) for driver, inside in self.drivers.items()}

    def mixed(self, places: Places, groups: Groups) -> pd.DataFrame:
        """Return customers with drivers of others.

        Parameters
        ----------
        places : array of int, shape (customers, groups)
            Row number of the source customer, for each customer and group.
        groups : mapping
            Columns of each group, in the order of `places`.
        """
        own = np.arange(len(self.rows))
        taken = {
            column: self.rows[column].array.take(places[:, place])
            for place, columns in enumerate(groups.values())
            if not np.array_equal(places[:, place], own)
            for column in columns
        }
        return self.rows.assign(**taken)

    def output(self, rows: pd.DataFrame) -> Values:
        """Return predictions for such customers on the explainer's scale, shape (customers, outputs)."""
        if not self.explainer.is_rhythm:
            return self.explainer.of_prepared(rows)
        known = put_together(rows)
        return self.explainer.of_prepared(prepared(self.explainer.predictor, self.explainer.outcome, known))

    def said(self, rows: pd.DataFrame) -> Values:
        """Return predictions for such customers in probability or money."""
        output = self.output(rows)
        chances = self.explainer.probabilities(output)
        return output if chances is None else chances
