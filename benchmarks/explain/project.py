"""The project: the top three drivers of each customer's chance to buy, and one customer alone."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from xgboost import XGBClassifier

from benchmarks.explain.files import MODEL, SOURCES
from benchmarks.explain.top import Tops, one_ms, tops_of, write
from core.explain.attribution.trees import BoostedTrees

_BATCH = 20_000  # customers


def main(folder: Path, customers: Path, target: Path) -> None:
    """Print seconds of work and milliseconds for one customer; write the top reasons."""
    started = time.perf_counter()
    drivers = json.loads((folder / SOURCES).read_text())
    model = XGBClassifier()
    model.load_model(folder / MODEL)
    trees = BoostedTrees.of(model)
    parts = [tops_of(trees.contributions(rows)[0][:, :, 0], drivers) for rows in _batches(customers, len(drivers))]
    found = Tops(*(np.concatenate(part) for part in zip(*parts, strict=True)))
    work = time.perf_counter() - started
    write(found, target)
    print(json.dumps({"work": work, "answer": json.dumps({"one_ms": _one(trees, customers, len(drivers))})}))


def _batches(path: Path, columns: int) -> Iterator[npt.NDArray[np.float32]]:
    with path.open("rb") as file:
        while (rows := np.fromfile(file, dtype=np.float32, count=_BATCH * columns)).size:
            yield rows.reshape(-1, columns)


def _one(trees: BoostedTrees, customers: Path, columns: int) -> float:
    rows = np.fromfile(customers, dtype=np.float32, count=20 * columns).reshape(-1, columns)
    return one_ms(trees.contributions, rows)


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
