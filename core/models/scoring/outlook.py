"""What each customer is expected to do next, in one row, with intervals that say how sure that is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from core.customers.btyd import LifetimeSpec, Story, date_after, lifetime, next_order
from core.customers.btyd.histories import Customers, Vector
from core.customers.btyd.next_order import SHARE
from core.customers.btyd.simulation import Draws
from core.models.data.repeat_buying import customers_of
from core.models.judging.track_record import TrackRecord
from core.models.learners.buying import Buying
from core.models.learners.next_segment import NextSegment
from core.models.learners.predictor import CHANCE, Predictor
from core.models.learners.spending import Spending
from core.segments.clustering.cluster_features import RFM

COLUMNS: Final = (
    "customer_id", "country", *RFM, "net",
    "p_buy", "p_buy_low", "p_buy_high", "churn_risk",
    "expected_spend", "expected_spend_low", "expected_spend_high",
    "next_order", "next_order_low", "next_order_high", "p_alive",
    "segment_now", "segment_predicted", "p_predicted",
)  # fmt: skip
"""First columns of an outlook; lifetime values and the chances of all segments follow."""

BATCH: Final = 50_000
"""Customers looked at together: features, draws and chances of so many take a few hundred megabytes."""

_AT_ONCE: Final = 4_000  # customers whose draws are held together; as many as fit a processor's cache
_FEWEST_BUYING: Final = 20  # draws with a purchase that tell what is spent
_NOBODY: Callable[[float], None] = lambda _share: None  # noqa: E731


@dataclass(frozen=True, kw_only=True)
class OutlookSpec:
    """How far lifetime value looks, and how often futures are drawn.

    Parameters
    ----------
    lifetime : LifetimeSpec
        Spans, discount, draws and seed; the draws of the spend in the horizon are as many, and of the same seed.
    """

    lifetime: LifetimeSpec = field(default_factory=LifetimeSpec)


def outlook(
    predictor: Predictor,
    known: pd.DataFrame,
    *,
    record: TrackRecord | None = None,
    spec: OutlookSpec | None = None,
) -> pd.DataFrame:
    """Everything that is expected of each customer in the predictor's horizon, and her lifetime value.

    What is said of a customer depends on nobody else in `known`.

    Parameters
    ----------
    predictor : Predictor
        That predicts all outcomes, see `whole`.
    known : DataFrame
        Rows of one date as `core.models.data.panel.known_at` gives them.
    record : TrackRecord, optional
        What became of its chances to buy at past dates.
    spec : OutlookSpec, optional
        Lifetime value and draws.

    Returns
    -------
    DataFrame
        One row per customer, in their order, under a new index: `COLUMNS`, for each span `ltv_3`, `ltv_3_low` and
        `ltv_3_high` (see `core.customers.btyd.lifetime`), and for each segment its probability as `CHANCE` and its
        number.

        `net` is what was spent less what went back. `p_buy_low` and `p_buy_high` are of past dates: see
        `TrackRecord.bounds`; missing without a record. `churn_risk` is 1 − `p_buy`: the chance of no purchase in the
        horizon. `expected_spend_low` and `_high` are predictive for the customer, see `spend_bounds`. `next_order` is
        the median date of the next purchase if she is still a customer, and the two beside it the middle 80%,
        predictive; missing where more than three years ahead. `p_alive` is the chance that she still is one (BG/NBD).
    """
    spec = spec or OutlookSpec()
    as_of: date = known["as_of"].iloc[0].date()
    said, who = predictor.predict(known).reset_index(drop=True), customers_of(known)
    low, high = spend_bounds(
        predictor.rhythm, who, predictor.horizon, said["p_buy"].to_numpy(float),
        said["expected_spend"].to_numpy(float), draws=spec.lifetime.draws, seed=spec.lifetime.seed,
    )  # fmt: skip
    found = known[["customer_id", "country"]].reset_index(drop=True)
    for name in RFM:
        found[name] = known[f"now_{name}"].to_numpy(float)
    found["net"] = found["monetary"] - known["returned"].to_numpy(float)
    found = found.assign(**said, churn_risk=1 - said["p_buy"], expected_spend_low=low, expected_spend_high=high)
    ends = record.bounds(found["p_buy"]) if record else (np.nan, np.nan)
    found["p_buy_low"], found["p_buy_high"] = ends
    found["p_alive"] = predictor.rhythm.buying.alive(who.x, who.t_x, who.T)
    waits = next_order(predictor.rhythm.buying, who)
    for end in ("", "_low", "_high"):
        found[f"next_order{end}"] = date_after(as_of, waits[f"next_days{end}"]).to_numpy()
    chances = chances_of(predictor)
    found["p_predicted"] = _of_predicted(found, chances, predictor)
    value = lifetime(predictor.rhythm, who, spec.lifetime)
    return pd.concat([found[list(COLUMNS)], value, found[chances]], axis=1)


def outlooks(
    predictor: Predictor,
    known: pd.DataFrame,
    *,
    record: TrackRecord | None = None,
    spec: OutlookSpec | None = None,
    batch: int = BATCH,
    progress: Callable[[float], None] = _NOBODY,
) -> Iterator[pd.DataFrame]:
    """The same as `outlook` of all customers, some at a time, so that memory does not grow with them.

    Parameters
    ----------
    predictor, known, record, spec
        See `outlook`.
    batch : int
        Customers at a time; what is said of each does not depend on it.
    progress : callable
        Called with the share done after each batch; may raise to stop.
    """
    for start in range(0, len(known), batch):
        yield outlook(predictor, known.iloc[start : start + batch], record=record, spec=spec)
        progress(min(start + batch, len(known)) / len(known))


def chances_of(predictor: Predictor) -> list[str]:
    """Names of the columns with the probability of each segment, in their order."""
    return [f"{CHANCE}{number}" for number in range(len(predictor.segments.names))]


def whole(predictor: Predictor) -> tuple[Predictor, tuple[str, ...]]:
    """The same predictor, with own rhythm's word on what it does not predict.

    Returns
    -------
    predictor : Predictor
        That predicts all outcomes.
    missing : tuple of str
        Outcomes that own rhythm had to fill in.
    """
    own = NextSegment(segments=predictor.segments, horizon=predictor.horizon, rhythm=predictor.rhythm)
    missing = tuple(name for name in ("will_buy", "spend", "next_segment") if name not in predictor.outcomes)
    return replace(
        predictor,
        buying=predictor.buying or Buying(),
        spending=predictor.spending or Spending(),
        following=predictor.following or own,
    ), missing


def spend_bounds(
    story: Story,
    customers: Customers,
    horizon: int,
    chance: Vector,
    expected: Vector,
    *,
    draws: int = 200,
    seed: int = 0,
) -> tuple[Vector, Vector]:
    """The middle 80% of what each customer may spend in the horizon, predictive.

    Parameters
    ----------
    story : Story
        How customers buy and what they spend.
    customers : Customers
        What is known of each.
    horizon : int
        Days.
    chance, expected : array of float
        Chance to buy, and expected spend in the shop's currency, as predicted.
    draws, seed : int
        Of the simulation.

    Returns
    -------
    low, high : array of float
        Shop's currency; 0 where nothing is spent with a larger chance than a tenth, or than nine.

    Notes
    -----
    Spend is a mixture: nothing with 1 − chance; else as in the drawn futures with a purchase, all multiplied so that
    the mean of the mixture is the expected spend. It holds the customer's rate and amounts, which are not known, and
    the luck of the days; the parameters of the models are taken as known. Who buys in fewer than a tenth of the futures
    hardly buys twice: of her, all futures tell what one purchase brings.
    """
    common = Draws.of(story, customers.x, horizon, draws=draws, seed=seed)
    low, high = np.zeros(len(customers)), np.zeros(len(customers))
    for start in range(0, len(customers), _AT_ONCE):
        rows = slice(start, start + _AT_ONCE)
        spent = np.sort(_spent_by_buyers(common, customers.part(rows), draws), axis=1)
        mean = np.nanmean(spent, axis=1) * chance[rows]
        scale = np.divide(expected[rows], mean, out=np.zeros(len(mean)), where=mean > 0)
        low[rows] = _mixed(spent, chance[rows], (1 - SHARE) / 2) * scale
        high[rows] = _mixed(spent, chance[rows], (1 + SHARE) / 2) * scale
    return low, high


def _spent_by_buyers(common: Draws, customers: Customers, draws: int) -> Vector:
    """Spend in futures with a purchase, missing in the others; shape (customers, draws)."""
    spent, once = (np.empty((len(customers), draws)) for _ in range(2))
    at, ones = np.searchsorted(common.x, customers.x), np.ones(len(customers), dtype=np.int64)
    for draw in range(draws):
        future = common.future(draw, customers)
        spent[:, draw] = np.where(future.purchases > 0, future.spent, np.nan)
        once[:, draw] = common.spent(draw, at, ones, customers.amounts)
    seldom = np.isfinite(spent).sum(axis=1) < _FEWEST_BUYING
    spent[seldom] = once[seldom]
    return spent


def _mixed(spent: Vector, chance: Vector, share: float) -> Vector:
    """Quantile of nothing with one minus the chance, and of one of the sorted numbers of the row otherwise."""
    among = 1 - (1 - share) / np.maximum(chance, 1 - share)
    there = np.isfinite(spent).sum(axis=1)
    at = np.clip(np.ceil(among * there).astype(np.int64) - 1, 0, None)
    found = np.take_along_axis(spent, at[:, None], axis=1)[:, 0]
    return np.where(chance > 1 - share, found, 0.0)


def _of_predicted(found: pd.DataFrame, chances: list[str], predictor: Predictor) -> npt.NDArray[np.float64]:
    """Probability of the segment that is named."""
    places = {name: place for place, name in enumerate(predictor.segments.names)}
    named = found["segment_predicted"].map(places).to_numpy(np.int64)
    given: Vector = found[chances].to_numpy(float)[np.arange(len(found)), named]
    return given
