"""explainerdashboard 0.5.8: overall drivers and one customer, as its pages show them.

Runs in an environment of its own, because it is incompatible with the project's libraries.
"""

import json
import sys
import time
import warnings
from pathlib import Path

import pandas as pd
from xgboost import XGBClassifier

warnings.filterwarnings("ignore")  # from libraries newer than it supports
from explainerdashboard import ClassifierExplainer  # type: ignore[import-not-found]  # noqa: E402
from files import HAPPENED, MODEL, ROWS  # type: ignore[import-not-found]  # noqa: E402
from top import one_ms  # type: ignore[import-not-found]  # noqa: E402

_SOME = 20  # customers explained one by one


def main(folder: Path, scale: str) -> None:
    """Print seconds until overall drivers are ready, milliseconds for one customer, and the top driver."""
    started = time.perf_counter()
    model = XGBClassifier()
    model.load_model(folder / MODEL)
    table = pd.read_csv(folder / ROWS, dtype="float32")
    rows, happened = table.drop(columns=HAPPENED), table[HAPPENED].astype(int)
    explainer = ClassifierExplainer(model, rows, happened, model_output=scale)
    ranked = explainer.mean_abs_shap_df()
    work = time.perf_counter() - started
    one = one_ms(
        lambda row: explainer.get_contrib_df(X_row=pd.DataFrame(row, columns=rows.columns)), rows.to_numpy()[:_SOME]
    )
    said = {"one_ms": one, "first": str(ranked.iloc[0, 0])}
    print(json.dumps({"work": work, "answer": json.dumps(said)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
