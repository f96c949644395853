"""Simple baselines that a model must beat to be worth using."""

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from core.customers.features import WINDOWS
from core.models.learners.calibration import Vector
from core.models.learners.next_segment import segment_at
from core.segments.segment_model import SegmentModel

PREDICTED: Final = ("p_buy", "expected_spend", "segment_predicted")
"""Columns of a prediction, missing if a baseline doesn't predict them."""


class Baseline(Protocol):
    """Interface of a baseline."""

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of `PREDICTED` under the index of `known`, rows of a panel."""


@dataclass(frozen=True, kw_only=True)
class MostFrequent:
    """The same prediction for all customers: past averages and the majority segment.

    Parameters
    ----------
    share : float
        Share of customers who bought.
    spend : float
        Mean spend of all customers, in the shop's currency.
    segment : str or None
        Most frequent segment after the horizon.
    """

    share: float
    spend: float
    segment: str | None

    @classmethod
    def fit(cls, past: pd.DataFrame, segment_next: pd.Series | None = None) -> "MostFrequent":
        """Fit on rows of a panel with known outcomes."""
        counts = pd.Series(dtype=int) if segment_next is None else segment_next.value_counts()
        return cls(
            share=float(past["will_buy"].mean()),
            spend=float(past["spend"].mean()),
            segment=str(counts.index[0]) if len(counts) else None,
        )

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of `PREDICTED`."""
        return _predicted(known, self.share, self.spend, self.segment)


@dataclass(frozen=True, kw_only=True)
class Persistence:
    """No change: recent buyers buy again, for the same amount, and stay in their segment.

    "Recent" means within the window of `core.customers.features.WINDOWS` nearest to the horizon. The pages' horizons of
    30, 60, 90 and 180 days are windows themselves.

    Parameters
    ----------
    horizon : int
        Days of the outcome.
    window : int
        Days before the cutoff that count as recent.
    again, back : float
        Share who bought at past cutoffs, among customers who had bought in the window and among those who hadn't.
    segments : SegmentModel or None
        Frozen segments; None if segments aren't predicted.
    """

    horizon: int
    window: int
    again: float
    back: float
    segments: SegmentModel | None

    @classmethod
    def fit(cls, past: pd.DataFrame, horizon: int, segments: SegmentModel | None = None) -> "Persistence":
        """Fit the two shares on rows of a panel with known outcomes."""
        window = min(WINDOWS, key=lambda days: abs(days - horizon))
        recent, overall = past[f"orders_{window}"] > 0, float(past["will_buy"].mean())
        again, back = (past.loc[who, "will_buy"] for who in (recent, ~recent))
        return cls(
            horizon=horizon,
            window=window,
            again=float(again.mean()) if len(again) else overall,
            back=float(back.mean()) if len(back) else overall,
            segments=segments,
        )

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of `PREDICTED`."""
        chance = np.where(known[f"orders_{self.window}"] > 0, self.again, self.back)
        spend = known[f"spend_{self.window}"].to_numpy(dtype="float64") * self.horizon / self.window
        stays = segment_at(known, self.segments, "now") if self.segments else None
        return _predicted(known, chance, spend, stays)


@dataclass(frozen=True, kw_only=True)
class RollForward:
    """No purchases: each customer's recency grows by the horizon, which may change their segment.

    Parameters
    ----------
    horizon : int
        Days of the outcome.
    segments : SegmentModel
        Frozen segments.
    """

    horizon: int
    segments: SegmentModel

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of `PREDICTED`; chance and spend are missing."""
        aged = segment_at(known, self.segments, "now", later=self.horizon)
        return _predicted(known, np.nan, np.nan, aged)


@dataclass(frozen=True, kw_only=True)
class Recency:
    """Logistic regressions on days since the last order and nothing else.

    Parameters
    ----------
    buying : Pipeline
        Logistic regression of buying on log(1 + recency); the class prior if all outcomes were equal.
    spend : float
        Mean spend of past buyers in a horizon, in the shop's currency.
    segments : Pipeline or None
        Multiclass regression of the next segment; None if segments aren't predicted.
    """

    buying: Pipeline
    spend: float
    segments: Pipeline | None

    @classmethod
    def fit(cls, past: pd.DataFrame, segment_next: pd.Series | None = None) -> "Recency":
        """Fit on rows of a panel with known outcomes, at least one."""
        bought = past["will_buy"] > 0
        seen = segment_next.dropna() if segment_next is not None else pd.Series(dtype=str)
        return cls(
            buying=_on_recency(past, bought.astype(int)),
            spend=float(past.loc[bought, "spend"].mean()) if bought.any() else 0.0,
            segments=_on_recency(past.loc[seen.index], seen) if len(seen) else None,
        )

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Return the columns of `PREDICTED`."""
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
        Rows of a panel with known outcomes, at cutoffs whose windows end before the predicted one begins. May be empty.
    horizon : int
        Days of the outcome.
    segments : SegmentModel, optional
        Segments frozen at the predicted cutoff; None to skip segments.
    segment_next : Series of str, optional
        Segments of `past` after the horizon under that model, with the same index; missing if unknown.

    Returns
    -------
    dict
        By name: `most_frequent`, `persistence`, `roll_forward` (if segments are predicted) and `recency` (if `past`
        has rows).
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
    """Fit a logistic regression on recency, or a constant if there is only one class."""
    model = LogisticRegression(max_iter=1_000) if outcome.nunique() > 1 else DummyClassifier(strategy="prior")
    return Pipeline([("scaling", StandardScaler()), ("model", model)]).fit(_age(past), outcome.to_numpy())


def _age(known: pd.DataFrame) -> Vector:
    """Return log(1 + days since the last order) as a single column."""
    found: Vector = np.log1p(known[["recency"]].to_numpy(dtype="float64"))
    return found
