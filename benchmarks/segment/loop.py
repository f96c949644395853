"""An analyst's scikit-learn loop over numbers of segments, each fitted and measured separately."""

import json
import sys
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.cluster import KMeans
from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score, silhouette_score
from sklearn.preprocessing import StandardScaler

_RFM = ["recency", "frequency", "monetary"]


def main(what: str, path: Path) -> None:
    """Print seconds of work and the figures."""
    if what == "notebook":
        customers = pd.read_parquet(path / "notebook.parquet")
        started = time.perf_counter()
        found = []
        for _, members in customers.groupby("group", sort=False):
            values = StandardScaler().fit_transform(members[_RFM].to_numpy(dtype="float64"))
            found += _loop(values, range(1, 11), None)
    else:
        customers = pd.read_parquet(path)
        started = time.perf_counter()
        values = StandardScaler().fit_transform(np.log1p(customers[_RFM].to_numpy(dtype="float64")))
        found = _loop(values, range(2, 13), 10_000)
    print(json.dumps({"work": time.perf_counter() - started, "answer": json.dumps(found)}))


def _loop(values: np.ndarray, ks: Iterable[int], sample: int | None) -> list[dict[str, float | None]]:
    found = []
    for k in ks:
        fitted = KMeans(k, init="k-means++", n_init=10, max_iter=300, random_state=0).fit(values)
        labels = fitted.labels_
        several = k > 1
        found.append(
            {
                "k": k,
                "wcss": float(fitted.inertia_),
                "silhouette": float(silhouette_score(values, labels, sample_size=sample, random_state=0))
                if several
                else None,
                "davies_bouldin": float(davies_bouldin_score(values, labels)) if several else None,
                "calinski_harabasz": float(calinski_harabasz_score(values, labels)) if several else None,
            }
        )
    return found


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
