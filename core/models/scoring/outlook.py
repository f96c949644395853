"""Customer outlooks: one row of predictions per customer, with intervals."""

from collections.abc import Iterator
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
from core.progress import ShareDone, unheard
from core.segments.clustering.cluster_features import RFM

COLUMNS: Final = (
    "customer_id", "country", *RFM, "net",
    "p_buy", "p_buy_low", "p_buy_high", "churn_risk",
    "expected_spend", "expected_spend_low", "expected_spend_high",
    "next_order", "next_order_low", "next_order_high", "p_alive",
    "segment_now", "segment_predicted", "p_predicted",
)  # fmt: skip
"""First columns of an outlook. Lifetime values and segment probabilities follow."""

BATCH: Final = 50_000
"""Customers per batch, whose features, draws and probabilities take a few hundred megabytes."""

_AT_ONCE: Final = 4_000  # customers whose draws are held together, as many as fit a processor's cache
_FEWEST_BUYING: Final = 20  # minimum draws with a purchase to estimate spend from


@dataclass(frozen=True, kw_only=True)
class OutlookSpec:
    """Settings of lifetime value and simulation.

    Parameters
    ----------
    lifetime : LifetimeSpec
        Spans, discount, draws and seed. Spend in the horizon is simulated with the same number of draws and seed.
    """

    lifetime: LifetimeSpec = field(default_factory=LifetimeSpec)


def outlook(
    predictor: Predictor,
    known: pd.DataFrame,
    *,
    record: TrackRecord | None = None,
    spec: OutlookSpec | None = None,
) -> pd.DataFrame:
    """Return each customer's predictions within the predictor's horizon, and their lifetime value.

    A customer's outlook doesn't depend on the other rows in `known`.

    Parameters
    ----------
    predictor : Predictor
        A predictor of all outcomes, see `whole`.
    known : DataFrame
        Rows of one date from `core.models.data.panel.known_at`.
    record : TrackRecord, optional
        Its track record at past dates.
    spec : OutlookSpec, optional
        Settings of lifetime value and simulation.

    Returns
    -------
    DataFrame
        One row per customer, in their order, under a new index: `COLUMNS`, for each span `ltv_3`, `ltv_3_low` and
        `ltv_3_high` (see `core.customers.btyd.lifetime`), and the probability of each segment, named `CHANCE` plus its
        position.

        `net` is spend minus returns. `p_buy_low` and `p_buy_high` are based on past dates, see `TrackRecord.bounds`;
        missing without a record. `churn_risk` is 1 − `p_buy`, the chance of no purchase in the horizon.
        `expected_spend_low` and `_high` are the customer's prediction interval, see `spend_bounds`. `next_order` is the
        median date of the next purchase if the customer is still active, and `next_order_low` and `_high` are its
        central 80% prediction interval; missing if more than three years ahead. `p_alive` is the chance that they're
        still active (BG/NBD).
    """
    spec = spec or OutlookSpec()
    as_of: date = known["as_of"].iloc[0].date()
    predicted, who = predictor.predict(known).reset_index(drop=True), customers_of(known)
    low, high = spend_bounds(
        predictor.rhythm, who, predictor.horizon, predicted["p_buy"].to_numpy(float),
        predicted["expected_spend"].to_numpy(float), draws=spec.lifetime.draws, seed=spec.lifetime.seed,
    )  # fmt: skip
    found = known[["customer_id", "country"]].reset_index(drop=True)
    for name in RFM:
        found[name] = known[f"now_{name}"].to_numpy(float)
    found["net"] = found["monetary"] - known["returned"].to_numpy(float)
    found = found.assign(
        **predicted, churn_risk=1 - predicted["p_buy"], expected_spend_low=low, expected_spend_high=high
    )
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
    progress: ShareDone = unheard,
) -> Iterator[pd.DataFrame]:
    """Yield the outlook of all customers in batches, so that memory use doesn't grow with their number.

    Parameters
    ----------
    predictor, known, record, spec
        See `outlook`.
    batch : int
        Customers per batch. Results don't depend on it.
    progress : callable
        Called with the share done after each batch; may raise to stop.
    """
    for start in range(0, len(known), batch):
        yield outlook(predictor, known.iloc[start : start + batch], record=record, spec=spec)
        progress(min(start + batch, len(known)) / len(known))


def chances_of(predictor: Predictor) -> list[str]:
    """Return the names of the columns with segment probabilities, in the segments' order."""
    return [f"{CHANCE}{number}" for number in range(len(predictor.segments.names))]


def whole(predictor: Predictor) -> tuple[Predictor, tuple[str, ...]]:
    """Complete a predictor with repeat buying for the outcomes it doesn't predict.

    Returns
    -------
    predictor : Predictor
        A predictor of all outcomes.
    missing : tuple of str
        Outcomes filled in by repeat buying.
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
    """Return the central 80% prediction interval of each customer's spend in the horizon.

    Parameters
    ----------
    story : Story
        Model of purchases and amounts.
    customers : Customers
        Histories of the customers.
    horizon : int
        Days.
    chance, expected : array of float
        Predicted chance to buy, and predicted spend in the shop's currency.
    draws, seed : int
        Number of simulated futures, and random state.

    Returns
    -------
    low, high : array of float
        In the shop's currency. `low` is 0 if the chance of spending nothing exceeds 10%, `high` if it exceeds 90%.

    Notes
    -----
    Spend is a mixture: zero with probability 1 − chance, otherwise as in simulated futures with a purchase, scaled so
    that the mixture's mean is the expected spend. It covers the uncertainty about the customer's rate and amounts, and
    chance, but takes the models' parameters as known. Customers who buy in fewer than 20 futures hardly ever buy
    twice, so the amounts of a single purchase in all futures are used for them.
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
    """Return spend in futures with a purchase, missing in the others; shape (customers, draws)."""
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
    """Return the quantile of a mixture of zero, with probability 1 − chance, and each row's sorted numbers."""
    among = 1 - (1 - share) / np.maximum(chance, 1 - share)
    there = np.isfinite(spent).sum(axis=1)
    at = np.clip(np.ceil(among * there).astype(np.int64) - 1, 0, None)
    found = np.take_along_axis(spent, at[:, None], axis=1)[:, 0]
    return np.where(chance > 1 - share, found, 0.0)


def _of_predicted(found: pd.DataFrame, chances: list[str], predictor: Predictor) -> npt.NDArray[np.float64]:
    """Return the probability of the predicted segment."""
    places = {name: place for place, name in enumerate(predictor.segments.names)}
    named = found["segment_predicted"].map(places).to_numpy(np.int64)
    given: Vector = found[chances].to_numpy(float)[np.arange(len(found)), named]
    return given
