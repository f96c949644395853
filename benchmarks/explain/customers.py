"""A model of the chance to buy, and customers to explain: those of the real shop, repeated as often as needed.

Runs in a process of its own: a program started later would count this one's memory as its own.
"""

import json
import sys
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.explain.files import HAPPENED, MODEL, REAL, ROWS, SOURCES
from core.engine import Engine, parquet
from core.explain.drivers import driver_of
from core.models.data.inputs import COUNTRY, frame_of
from core.models.data.panel import PanelSpec, panel
from core.models.learners.buying import ALL_INPUTS
from core.models.learners.candidates import CANDIDATES, Trained, train

_HORIZON = 90
_CUTOFFS, _STEP = 4, 30  # number, and days between them
_JITTER = 0.02  # relative


def main(what: str, source: Path, target: Path) -> None:
    """Write the model, or a number of customers for it."""
    if what == "model":
        write_model(source, target)
    else:
        write_customers(source, target, int(what))


def write_model(shop: Path, folder: Path) -> None:
    """Train on the shop's panel, and write the model, its inputs at the last cutoff, and their drivers.

    Parameters
    ----------
    shop : Path
        Folder with `orders.parquet` and `returns.parquet`.
    folder : Path
        New; receives the trees, a table of customers with their outcomes, and driver and name of each column.
    """
    engine = Engine(folders=[shop])
    with engine.session() as connection:
        orders, returns = (parquet(connection, shop / f"{name}.parquet") for name in ("orders", "returns"))
        end = pd.Timestamp(orders.ordered_at.max().execute()).date() + timedelta(days=1)
        last = end - timedelta(days=_HORIZON)
        cutoffs = tuple(last - timedelta(days=_STEP * back) for back in range(_CUTOFFS))
        rows = panel(connection, orders, returns, PanelSpec(cutoffs=cutoffs, horizon=_HORIZON))
    engine.close()
    trained = train(CANDIDATES["xgboost"], rows, rows["will_buy"].astype(int), ALL_INPUTS)
    folder.mkdir(parents=True)
    trained.pipeline[-1].save_model(folder / MODEL)
    now = rows[rows["as_of"] == rows["as_of"].max()]
    names, sources = _columns(trained)
    matrix = np.asarray(trained.pipeline[:-1].transform(frame_of(now, trained.columns)), dtype="float32")
    table = pd.DataFrame(matrix, columns=names).assign(**{HAPPENED: now["will_buy"].to_numpy(int)})
    table.to_csv(folder / ROWS, index=False)
    matrix.tofile(folder / REAL)
    (folder / SOURCES).write_text(json.dumps([driver_of(source) for source in sources]))


def write_customers(folder: Path, target: Path, customers: int) -> None:
    """Write the model's customers repeatedly, with slightly changed numbers, as raw float32."""
    table = pd.read_csv(folder / ROWS, dtype="float32").drop(columns=HAPPENED)
    rng = np.random.default_rng(0)
    rows = table.to_numpy()[rng.integers(0, len(table), customers)]
    changed = np.array([name not in _flags(table) for name in table])
    rows[:, changed] *= 1 + _JITTER * rng.standard_normal((customers, int(changed.sum())), dtype="float32")
    rows.tofile(target)


def _flags(table: pd.DataFrame) -> set[str]:
    """Return the columns that hold only 0 and 1."""
    return {str(name) for name in table if table[name].isin([0, 1]).all()}


def _columns(trained: Trained) -> tuple[list[str], list[str]]:
    """Return portable names of the model's columns, and the inputs that they come from."""
    preparing = trained.pipeline.steps[0][1]
    names = [str(name) for name in preparing.get_feature_names_out()]
    countries = preparing.output_indices_["country"]
    inside = range(*countries.indices(len(names)))
    sources = [COUNTRY if place in inside else name for place, name in enumerate(names)]
    return [f"country_{place}" if place in inside else name for place, name in enumerate(names)], sources


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
