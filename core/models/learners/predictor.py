"""What predicts, as it is stored and used: everything that one model says of a customer, under one frozen setting."""

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
"""What is predicted."""

RFM_COUNTRY: Final = (*(f"now_{name}" for name in RFM), "country")
"""All that is known of a customer who is described by recency, frequency, monetary value and country alone."""

CHANCE: Final = "p_segment_"
"""What the columns with the probability of each segment begin with; its number in the order of names follows."""


@dataclass(frozen=True, kw_only=True)
class Predictor:
    """One model of what each customer does in the horizon.

    Parameters
    ----------
    name : str
        Its key, such as “champion”, “btyd” or “xgboost”; with “+smote” behind it where it was resampled.
    horizon : int
        Days.
    as_of : date
        The cutoff it was trained for: it has seen nothing from this day on.
    segments : SegmentModel
        In which customers are, and will be; frozen.
    rhythm : RepeatBuying
        Fitted at `as_of`.
    buying : Buying or None
        Of `will_buy`; None where that is not predicted, and so on.
    spending : Spending or None
        Of `spend`; needs `buying`.
    following : NextSegment or None
        Of `next_segment`.
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
        """All trained models in it."""
        return (*(self.buying.members if self.buying else ()), *(self.following.members if self.following else ()))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Which of `OUTCOME_NAMES` it predicts."""
        parts = zip(OUTCOME_NAMES, (self.buying, self.spending, self.following), strict=True)
        return tuple(name for name, part in parts if part is not None)

    @property
    def needs_history(self) -> bool:
        """Whether it looks at more than `RFM_COUNTRY`."""
        columns = {name for member in self.members for name in member.columns}
        if self.spending:
            columns |= {name for amount in self.spending.amounts for name in amount.columns}
        own = (self.buying and self.buying.rhythm) or (self.spending and self.spending.rhythm is not None)
        played = self.following is not None and self.following.rhythm is not None
        return bool(own) or played or not columns <= {*RFM_COUNTRY, *standing_columns(self.segments)}

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same with other names for its segments.

        Parameters
        ----------
        names : mapping
            New names by those that it has, all of them.
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

        What it says of a customer depends on nobody else in `known`.

        Parameters
        ----------
        known : DataFrame
            Rows as `core.models.data.panel.known_at` gives them; of a model that does not need histories,
            `RFM_COUNTRY`.

        Returns
        -------
        DataFrame
            Under the same index: `p_buy`, `expected_spend` (gross, shop's currency, in the horizon), `segment_now`,
            `segment_predicted`, and for each segment of `segments.names` its probability, named `CHANCE` and its
            number. What the model does not predict is missing.
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
