"""Predictors that train in a second or two, with every part the champion has."""

from datetime import date

import pandas as pd

from core.models.data.repeat_buying import RepeatBuying
from core.models.learners.buying import ALL_INPUTS, Buying
from core.models.learners.candidates import CANDIDATES, train
from core.models.learners.next_segment import STANDING, NextSegment, train_next_segment
from core.models.learners.predictor import RFM_COUNTRY, Predictor
from core.models.learners.spending import Spending, train_amount
from core.models.training.backtest import segments_at
from core.segments.segment_model import ClusterSpec

FEW = ("recency", "frequency", "monetary", "gap_median", "overdue", "lines_mean", "returned", "hour", "country")


def quick_predictor(rows: pd.DataFrame, at: date, horizon: int, *, name: str = "champion") -> Predictor:
    """Train on the rows of a panel: a blend with own rhythm, or on RFM and country alone if `name` is “rfm”."""
    past, now = rows[rows["will_buy"].notna()], rows[rows["as_of"] == pd.Timestamp(at)]
    segments, rhythm = segments_at(now, ClusterSpec()), RepeatBuying.fit(now)
    bought = past["will_buy"].astype(int)
    if name == "rfm":
        one = train(CANDIDATES["xgboost"], past, bought, RFM_COUNTRY)
        buying = Buying(members=(one,), rhythm=False).at_level(now, 0.4)
        spending = Spending(amounts=(train_amount(CANDIDATES["xgboost"], past, RFM_COUNTRY),), rhythm=None)
        inputs = tuple(dict.fromkeys((*RFM_COUNTRY, *STANDING)))
        member = train_next_segment(CANDIDATES["xgboost"], past, segments, horizon, inputs)
        following = NextSegment(segments=segments, horizon=horizon, members=(member,))
    else:
        names = (("logistic_regression", FEW), ("xgboost", ALL_INPUTS))
        members = tuple(train(CANDIDATES[candidate], past, bought, columns) for candidate, columns in names)
        buying = Buying(members=members, slope=0.9).at_level(now, 0.4)
        spending = Spending(amounts=(train_amount(CANDIDATES["logistic_regression"], past, ALL_INPUTS),), rhythm=1.1)
        inputs = (*ALL_INPUTS, *STANDING)
        member = train_next_segment(CANDIDATES["xgboost"], past, segments, horizon, inputs)
        following = NextSegment(segments=segments, horizon=horizon, members=(member,), rhythm=rhythm).with_prior(now)
    return Predictor(
        name=name, horizon=horizon, as_of=at, segments=segments, rhythm=rhythm, buying=buying, spending=spending,
        following=following,
    )  # fmt: skip
