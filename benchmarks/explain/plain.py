"""Plain `shap.TreeExplainer`: all customers at once."""

import json
import sys
import time
import warnings
from pathlib import Path

import numpy as np
from xgboost import XGBClassifier

from benchmarks.explain.files import MODEL, SOURCES
from benchmarks.explain.top import one_ms, tops_of, write

warnings.filterwarnings("ignore")  # from matplotlib, which shap imports
import shap  # noqa: E402

_SOME = 20  # customers explained one by one


def main(folder: Path, customers: Path, target: Path) -> None:
    """Print seconds of work and milliseconds for one customer; write the top reasons."""
    started = time.perf_counter()
    drivers = json.loads((folder / SOURCES).read_text())
    model = XGBClassifier()
    model.load_model(folder / MODEL)
    explainer = shap.TreeExplainer(model)
    rows = np.fromfile(customers, dtype=np.float32).reshape(-1, len(drivers))
    found = tops_of(explainer.shap_values(rows), drivers)
    work = time.perf_counter() - started
    write(found, target)
    answer = {"one_ms": one_ms(explainer.shap_values, rows[:_SOME])}
    print(json.dumps({"work": work, "answer": json.dumps(answer)}))


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:]))
