"""Predictions without learning much: what a model must beat before it is worth anything."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from core.customers.features import WINDOWS
from core.models.data.season_level import Vector
from core.models.learners.next_segment import segment_at
from core.segments.segment_model import SegmentModel

PREDICTED: Final = ("p_buy", "expected_spend", "segment_predicted")
"""Columns of a prediction; missing where a baseline does not predict them."""


class Baseline(Protocol):
    """Something simple that predicts."""

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Give the columns of `PREDICTED` under the index of `known`, rows of a panel."""


@dataclass(frozen=True, kw_only=True)
class MostFrequent:
    """The same for all customers: what was so on the average of past cutoffs.

    Parameters
    ----------
    share : float
        Of customers who bought.
    spend : float
        Mean of all customers, in the shop's currency.
    segment : str or None
        Which most were in after the horizon.
    """

    share: float
    spend: float
    segment: str | None

    @classmethod
    def fit(cls, past: pd.DataFrame, segment_next: pd.Series | None = None) -> "MostFrequent":
        """Learn from rows of a panel with known outcomes."""
        counts = pd.Series(dtype=int) if segment_next is None else segment_next.value_counts()
        return cls(
            share=float(past["will_buy"].mean()),
            spend=float(past["spend"].mean()),
            segment=str(counts.index[0]) if len(counts) else None,
        )

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Give the columns of `PREDICTED`."""
        return _predicted(known, self.share, self.spend, self.segment)


@dataclass(frozen=True, kw_only=True)
class Persistence:
    """Things stay as they are: who bought lately buys again, for as much, and stays in the segment.

    "Lately" is the window of `core.customers.features.WINDOWS` that is nearest to the horizon; the pages' horizons of
    30, 60, 90 and 180 days are windows themselves.

    Parameters
    ----------
    horizon : int
        Days of the outcome.
    window : int
        Days before the cutoff that are looked at.
    again, back : float
        Share of buyers at past cutoffs among those who bought in the window, and among those who did not.
    segments : SegmentModel or None
        Frozen; None where segments are not predicted.
    """

    horizon: int
    window: int
    again: float
    back: float
    segments: SegmentModel | None

    @classmethod
    def fit(cls, past: pd.DataFrame, horizon: int, segments: SegmentModel | None = None) -> "Persistence":
        """Learn two numbers from rows of a panel with known outcomes."""
        window = min(WINDOWS, key=lambda days: abs(days - horizon))
        lately, overall = past[f"orders_{window}"] > 0, float(past["will_buy"].mean())
        again, back = (past.loc[who, "will_buy"] for who in (lately, ~lately))
        return cls(
            horizon=horizon,
            window=window,
            again=float(again.mean()) if len(again) else overall,
            back=float(back.mean()) if len(back) else overall,
            segments=segments,
        )

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Give the columns of `PREDICTED`."""
        chance = np.where(known[f"orders_{self.window}"] > 0, self.again, self.back)
        spend = known[f"spend_{self.window}"].to_numpy(dtype="float64") * self.horizon / self.window
        stays = segment_at(known, self.segments, "now") if self.segments else None
        return _predicted(known, chance, spend, stays)


@dataclass(frozen=True, kw_only=True)
class RollForward:
    """Nobody buys: each customer's recency grows by the horizon, and the segment is that of a customer so much older.

    Parameters
    ----------
    horizon : int
        Days of the outcome.
    segments : SegmentModel
        Frozen.
    """

    horizon: int
    segments: SegmentModel

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Give the columns of `PREDICTED`; chance and spend are missing."""
        aged = segment_at(known, self.segments, "now", later=self.horizon)
        return _predicted(known, np.nan, np.nan, aged)


@dataclass(frozen=True, kw_only=True)
class Recency:
    """Days since the last order and nothing else.

    Parameters
    ----------
    buying : Pipeline
        Logistic regression of buying on the logarithm of one plus recency; what was so on average where all did alike.
    spend : float
        Mean spend of past buyers in a horizon, in the shop's currency.
    segments : Pipeline or None
        The same for the next segment, with several classes; None where segments are not predicted.
    """

    buying: Pipeline
    spend: float
    segments: Pipeline | None

    @classmethod
    def fit(cls, past: pd.DataFrame, segment_next: pd.Series | None = None) -> "Recency":
        """Learn from rows of a panel with known outcomes, at least one."""
        bought = past["will_buy"] > 0
        seen = segment_next.dropna() if segment_next is not None else pd.Series(dtype=str)
        return cls(
            buying=_on_recency(past, bought.astype(int)),
            spend=float(past.loc[bought, "spend"].mean()) if bought.any() else 0.0,
            segments=_on_recency(past.loc[seen.index], seen) if len(seen) else None,
        )

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Give the columns of `PREDICTED`."""
        age, classes = _age(known), list(self.buying.classes_)
        chance = self.buying.predict_proba(age)[:, classes.index(1)] if 1 in classes else np.zeros(len(known))
        segments = pd.Series(self.segments.predict(age), index=known.index) if self.segments else None
        return _predicted(known, chance, chance * self.spend, segments)


def baselines(
    past: pd.DataFrame, horizon: int, *, segments: SegmentModel | None = None, segment_next: pd.Series | None = None
) -> dict[str, Baseline]:
    """Fit all baselines that these rows allow.

    Parameters
    ----------
    past : DataFrame
        Rows of a panel with known outcomes, at cutoffs whose windows end before the predictions begin; where there are
        none, only what needs no past predicts.
    horizon : int
        Days of the outcome.
    segments : SegmentModel, optional
        Frozen at the cutoff that is predicted; without it segments are left out.
    segment_next : Series of str, optional
        Segments of `past` after the horizon under that model, under the same index; missing where unknown.

    Returns
    -------
    dict
        By name: `most_frequent`, `persistence`, `roll_forward` (where segments are predicted) and `recency` (where
        there is a past).
    """
    found: dict[str, Baseline] = {
        "most_frequent": MostFrequent.fit(past, segment_next),
        "persistence": Persistence.fit(past, horizon, segments),
    }
    if segments is not None:
        found["roll_forward"] = RollForward(horizon=horizon, segments=segments)
    if len(past):
        found["recency"] = Recency.fit(past, segment_next)
    return found


def _predicted(known: pd.DataFrame, chance: Any, spend: Any, segment: pd.Series | str | None) -> pd.DataFrame:
    text = pd.Series(segment, index=known.index, dtype="str")
    values = (np.broadcast_to(np.asarray(value, dtype="float64"), len(known)) for value in (chance, spend))
    return pd.DataFrame(dict(zip(PREDICTED, (*values, text), strict=True)), index=known.index)


def _on_recency(past: pd.DataFrame, outcome: pd.Series) -> Pipeline:
    """A logistic regression, of several classes where there are several; of one, that one for all."""
    model = LogisticRegression(max_iter=1_000) if outcome.nunique() > 1 else DummyClassifier(strategy="prior")
    return Pipeline([("scaling", StandardScaler()), ("model", model)]).fit(_age(past), outcome.to_numpy())


def _age(known: pd.DataFrame) -> Vector:
    """Logarithm of one plus the days since the last order, as one column."""
    found: Vector = np.log1p(known[["recency"]].to_numpy(dtype="float64"))
    return found
