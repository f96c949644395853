"""Made-up predictions, small enough to check by hand."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from core.models.judging.predictions import PREDICTIONS

DAY = pd.Timestamp("2024-03-01")


def predictions(model: str, cutoff: Any = DAY, **columns: Any) -> pd.DataFrame:
    """Return rows of one model at one cutoff, for customers 00, 01 and so on. Columns not given are missing."""
    size = len(next(iter(columns.values())))
    missing = {name: [np.nan] * size for name in ("p_buy", "expected_spend", "bought", "spend")}
    nothing = {name: [None] * size for name in ("segment_now", "segment_predicted", "segment_next")}
    ids = [f"{number:02d}" for number in range(size)]
    given = {**missing, **nothing, **columns, "cutoff": cutoff, "customer_id": ids, "model": model}
    return pd.DataFrame(given)[list(PREDICTIONS)]


def noisy(customers: int = 400, seed: int = 0, cutoffs: Sequence[pd.Timestamp] = (DAY,)) -> pd.DataFrame:
    """Return predictions of a good model, a poorer one and two baselines for all three outcomes."""
    rng, found = np.random.default_rng(seed), []
    for cutoff in cutoffs:
        truth = rng.normal(-0.5, 1.5, customers)
        bought = (rng.random(customers) < 1 / (1 + np.exp(-truth))).astype(float)
        spend = bought * np.exp(3 + 0.5 * truth + rng.normal(0, 0.5, customers))
        now, after = np.digitize(truth, [-1, 1]), np.digitize(truth + bought - 0.5, [-1, 1])
        names = np.array(["Low", "Middle", "High"], dtype=object)
        seen = {"bought": bought, "spend": spend, "segment_now": names[now], "segment_next": names[after]}
        for model, noise in (("xgboost", 0.3), ("knn", 1.5), ("btyd", 0.8), ("recency", 2.5)):
            score = truth + rng.normal(0, noise, customers)
            columns = {
                "p_buy": 1 / (1 + np.exp(-score)),
                "expected_spend": np.exp(2.5 + score),
                "segment_predicted": names[np.digitize(score, [-1, 1])],
            }
            found.append(predictions(model, cutoff, **{**seen, **columns}))
    return pd.concat(found, ignore_index=True)
