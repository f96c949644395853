"""Predictors: all models trained under one name for one cutoff and horizon, as stored and used."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Final, Self

import numpy as np
import pandas as pd

from core.models.data.repeat_buying import RepeatBuying
from core.models.learners.buying import Buying
from core.models.learners.candidates import Trained
from core.models.learners.next_segment import NextSegment, segment_at, standing_columns
from core.models.learners.spending import Spending
from core.segments.clustering.cluster_features import RFM
from core.segments.segment_model import SegmentModel

OUTCOME_NAMES: Final = ("will_buy", "spend", "next_segment")
"""Outcomes that can be predicted."""

RFM_COUNTRY: Final = (*(f"now_{name}" for name in RFM), "country")
"""Columns of a customer described by recency, frequency, monetary value and country alone."""

CHANCE: Final = "p_segment_"
"""Prefix of the columns with segment probabilities, followed by the segment's position among the names."""


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """A model of what each customer does in the horizon.

    Parameters
    ----------
    name : str
        Key, such as “champion”, “btyd” or “xgboost”, with the suffix “+smote” if trained on resampled classes.
    horizon : int
        Days.
    as_of : date
        The cutoff it was trained for. It has seen nothing from this day on.
    segments : SegmentModel
        Frozen segments, now and next.
    rhythm : RepeatBuying
        Fitted at `as_of`.
    buying : Buying or None
        Model of `will_buy`; None if that isn't predicted.
    spending : Spending or None
        Model of `spend`, which needs `buying`; None if that isn't predicted.
    following : NextSegment or None
        Model of `next_segment`; None if that isn't predicted.
    """

    name: str
    horizon: int
    as_of: date
    segments: SegmentModel
    rhythm: RepeatBuying
    buying: Buying | None = None
    spending: Spending | None = None
    following: NextSegment | None = None

    @property
    def members(self) -> tuple[Trained, ...]:
        """All trained candidates in it."""
        return (*(self.buying.members if self.buying else ()), *(self.following.members if self.following else ()))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The predicted outcomes, in the order of `OUTCOME_NAMES`."""
        parts = zip(OUTCOME_NAMES, (self.buying, self.spending, self.following), strict=True)
        return tuple(name for name, part in parts if part is not None)

    @property
    def needs_history(self) -> bool:
        """True if it needs more inputs than `RFM_COUNTRY`."""
        columns = {name for member in self.members for name in member.columns}
        if self.spending:
            columns |= {name for amount in self.spending.amounts for name in amount.columns}
        own = (self.buying and self.buying.rhythm) or (self.spending and self.spending.rhythm is not None)
        played = self.following is not None and self.following.rhythm is not None
        return bool(own) or played or not columns <= {*RFM_COUNTRY, *standing_columns(self.segments)}

    def renamed(self, names: Mapping[str, str]) -> Self:
        """Return a copy with its segments renamed.

        Parameters
        ----------
        names : mapping
            New name of each segment, by its current name.
        """
        segments = replace(self.segments, names=tuple(names[name] for name in self.segments.names))
        following = self.following
        if following is not None:
            members = tuple(
                replace(member, classes=tuple(names[name] for name in member.classes)) for member in following.members
            )
            following = replace(following, segments=segments, members=members)
        return replace(self, segments=segments, following=following)

    def predict(self, known: pd.DataFrame) -> pd.DataFrame:
        """Predict for customers as of any date.

        A customer's predictions don't depend on the other rows in `known`.

        Parameters
        ----------
        known : DataFrame
            Rows of `core.models.data.panel.known_at`; `RFM_COUNTRY` is enough if `needs_history` is False.

        Returns
        -------
        DataFrame
            Under the same index: `p_buy`, `expected_spend` (gross, shop's currency, in the horizon), `segment_now`,
            `segment_predicted`, and the probability of each segment in `segments.names`, named `CHANCE` plus its
            position. Outcomes the model doesn't predict are missing.
        """
        rows = known.assign(**self.rhythm.outputs(known, self.horizon)) if self.needs_history else known
        nothing = np.full(len(known), np.nan)
        chance = self.buying.probabilities(rows) if self.buying else nothing
        spend = self.spending.expected(rows, chance) if self.spending else nothing
        found = {"p_buy": chance, "expected_spend": spend, "segment_now": segment_at(rows, self.segments, "now")}
        if self.following is None:
            return pd.DataFrame({**found, "segment_predicted": pd.Series(index=known.index, dtype="str")})
        next_one = self.following.probabilities(rows)
        named = pd.Series(self.following.named(next_one), index=known.index, dtype="str")
        each = {f"{CHANCE}{number}": next_one[:, number] for number in range(next_one.shape[1])}
        return pd.DataFrame({**found, "segment_predicted": named, **each}, index=known.index)
