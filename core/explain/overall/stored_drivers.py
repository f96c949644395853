"""Storage of a model's drivers in a folder."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import pandas as pd

from core.explain.attribution.contributions import Contributions
from core.segments.movement import frozen_models

OUTPUT: Final = "output"

_FACTS: Final = "drivers.json"
_TABLES: Final = ("importance", "known", "means", "lines", "correlations", "rhythm", "errors")
_ADDED: Final = {"by_driver": "added-by-driver", "by_input": "added-by-input"}


@dataclass(frozen=True, kw_only=True)
class Drivers:
    """Drivers of one model and outcome.

    Parameters
    ----------
    facts : dict
        `model` (`id`, `name`, `as_of`, `version`; the id of own rhythm is empty), `outcome`, `horizon`, `at`
        (YYYY-MM-DD; outcomes from this day on are unseen), `is_twin`, `of` (customers of the log), `known` (customers
        known at the date), `judged` (customers among whom drivers were shuffled), `explained` (customers with
        contributions), `orders` (sampled for each; 0 for exact contributions), `scale`, `outputs`, `figures` (of the
        unchanged model, by measure), `opens` (inputs by driver), `leading` (input by driver), `alike` (drivers that
        are the same for all customers), `only_rhythm` (True if the drivers are the parts of own rhythm).
    importance : DataFrame
        `level` ("driver" or "input"), `name`, `measure`, `mean`, `sd`, `repeats`; see
        `core.explain.overall.permutation_importance.Importance`.
    by_driver, by_input : DataFrame
        Contributions: `output`, and one column per driver or input; customers in the order of `known`, once for each
        output. `by_input` is empty if only drivers are known.
    known : DataFrame
        Input values of the explained customers; numbers or texts.
    means, lines : DataFrame
        See `core.explain.overall.partial_dependence.Partial`.
    correlations : DataFrame
        See `core.explain.overall.correlation.correlations`.
    rhythm : DataFrame
        `name` (a driver that own rhythm opens into) and `size`: its mean absolute contribution, in log-odds, to own
        rhythm's chance to buy. Empty if own rhythm isn't a driver.
    errors : DataFrame
        `name`, `output`, `error`: mean standard error of sampled contributions; empty for exact ones.
    """

    facts: dict[str, Any]
    importance: pd.DataFrame
    by_driver: pd.DataFrame
    by_input: pd.DataFrame
    known: pd.DataFrame
    means: pd.DataFrame
    lines: pd.DataFrame
    correlations: pd.DataFrame
    rhythm: pd.DataFrame
    errors: pd.DataFrame

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return a copy with the current names of segments, by their names at the time."""
        tables = {name: getattr(self, name) for name in (*_TABLES, *_ADDED)}
        each = {
            name: table.assign(**{OUTPUT: frozen_models.renamed(table[OUTPUT], names)})
            for name, table in tables.items()
            if OUTPUT in table
        }
        outputs = [names.get(name, name) for name in self.facts["outputs"]]
        return replace(self, **each, facts={**self.facts, "outputs": outputs})

    def write(self, folder: Path) -> None:
        """Write the files that `read_drivers` reads."""
        for name in (*_TABLES, *_ADDED):
            getattr(self, name).to_parquet(folder / f"{_ADDED.get(name, name)}.parquet", index=False)
        text = json.dumps(self.facts, ensure_ascii=False, indent=1, allow_nan=False)
        (folder / _FACTS).write_text(text, encoding="utf-8")


def read_drivers(folder: Path) -> Drivers:
    """Read drivers that a job has stored."""
    facts = json.loads((folder / _FACTS).read_text(encoding="utf-8"))
    names = {name: _ADDED.get(name, name) for name in (*_TABLES, *_ADDED)}
    tables = {name: pd.read_parquet(folder / f"{file}.parquet") for name, file in names.items()}
    return Drivers(facts=facts, **tables)


def as_table(found: Contributions | None, outputs: tuple[str, ...]) -> pd.DataFrame:
    """Return contributions with one row per output and customer; an empty table for None."""
    if found is None:
        return pd.DataFrame({OUTPUT: pd.Series(dtype="str")})
    frames = [
        pd.DataFrame(found.parts[:, :, place], columns=list(found.columns)).assign(**{OUTPUT: output})
        for place, output in enumerate(outputs)
    ]
    return pd.concat(frames, ignore_index=True)


def finite(values: dict[str, float]) -> dict[str, float | None]:
    """Return figures for JSON, with None for those that aren't finite."""
    return {name: value if np.isfinite(value) else None for name, value in values.items()}
