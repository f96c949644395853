"""Leaking targets are refused; genuine ones aren't, however predictable the customers."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from core.errors import LeakError
from core.models.data.panel import INPUTS
from core.models.learners.buying import ALL_INPUTS
from core.models.training.leakage import refuse_leaks, suspicious
from core.segments.clustering.cluster_features import RFM
from core.segments.clustering.scaling import Scaler, ScalingSpec
from core.segments.segment_model import ClusterSpec, SegmentModel

HORIZON = 90
CUTOFFS = 4
COLUMNS = (
    *RFM,
    "country",
    "spend_90",
    "season_orders",
    "season_spend",
    "order_value_last",
    "order_value",
    "season_sine",
)


def rows(customers: int = 400, *, buying: float = 0.5, seed: int = 0) -> pd.DataFrame:
    """Return rows at several cutoffs: RFM at the cutoff, outcomes, and RFM afterwards.

    Frequent and recent buyers are likelier to buy again, about a share `buying` overall; nothing is certain.
    """
    rng, parts = np.random.default_rng(seed), []
    for number in range(CUTOFFS):
        frame = pd.DataFrame({"now_recency": rng.integers(0, 300, customers).astype(float)})
        frame["now_frequency"] = 1.0 + rng.geometric(0.4, customers)
        frame["now_monetary"] = np.round(frame["now_frequency"] * np.exp(rng.normal(3, 0.7, customers)), 2)
        odds = 1 / (1 + frame["now_recency"] / 90) + frame["now_frequency"] / 20
        parts.append(after(frame, np.asarray(rng.random(customers) < 2 * buying * odds), rng).assign(number=number))
    found = pd.concat(parts, ignore_index=True)
    found["as_of"] = [pd.Timestamp(date(2024, 1, 1) + timedelta(days=HORIZON * n)) for n in found.pop("number")]
    found["customer_id"] = np.tile([f"c{n}" for n in range(customers)], CUTOFFS)
    return found


def after(known: pd.DataFrame, buys: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Add inputs and outcomes to customers' RFM at the cutoff."""
    count = len(known)
    orders = np.where(buys, 1.0 + rng.poisson(0.5, count), 0.0)
    spend = np.where(buys, np.round(orders * np.exp(rng.normal(3, 0.7, count)), 2), 0.0)
    inputs = {name: rng.normal(size=count) for name in INPUTS} | {name: known[f"now_{name}"] for name in RFM}
    recency = np.where(buys, rng.integers(0, HORIZON, count), known["now_recency"] + HORIZON)
    return known.assign(
        **inputs,
        country="UK",
        will_buy=buys.astype(float),
        spend=spend,
        next_recency=recency.astype(float),
        next_frequency=known["now_frequency"] + orders,
        next_monetary=known["now_monetary"] + spend,
    )


def subscribers(customers: int = 400, seed: int = 0) -> pd.DataFrame:
    """Return a shop whose customers each pay a fixed price on a fixed day of each month and never stop."""
    parts = []
    rng = np.random.default_rng(seed)
    start, price = rng.integers(1, 20, customers).astype(float), rng.choice([10.0, 20, 30], customers)
    since = rng.integers(0, 30, customers).astype(float)
    for number in range(CUTOFFS):
        frequency = start + 3 * number
        known = pd.DataFrame({"now_recency": since, "now_frequency": frequency, "now_monetary": price * frequency})
        frame = after(known, np.ones(customers, dtype=bool), rng).assign(
            spend=3 * price,
            next_recency=since,
            next_frequency=frequency + 3,
            next_monetary=price * (frequency + 3),
            spend_90=3 * price,
            order_value=price,
            order_value_last=price,
        )
        frame["as_of"] = pd.Timestamp(date(2024, 1, 1) + timedelta(days=HORIZON * number))
        parts.append(frame.assign(customer_id=[f"c{n}" for n in range(customers)]))
    return pd.concat(parts, ignore_index=True)


def steady(customers: int = 300) -> pd.DataFrame:
    """Return a shop of constant buyers and long-lapsed customers, perfectly separated by several columns."""
    known = rows(customers)
    stays = known["customer_id"].str[-1].isin(list("13579"))
    known["now_recency"] = np.where(stays, 1 + known["now_recency"] % 30, 200 + known["now_recency"])
    known["now_frequency"] = np.where(stays, 10 + known["now_frequency"], 1.0)
    return after(known, stays.to_numpy(), np.random.default_rng(0))


def segments() -> SegmentModel:
    """Return a model of three segments in the logarithms of recency, frequency and monetary value."""
    scaler = Scaler(spec=ScalingSpec(), mean=(4.5, 1.2, 4.0), scale=(1.0, 0.5, 1.0))
    centroids = ((-1.5, 0.8, 0.8), (0.4, -0.6, -0.6), (0.6, 0.7, 0.7))
    return SegmentModel(spec=ClusterSpec(k=3), scaler=scaler, centroids=centroids, names=("loyal", "once", "gone"))


def at(known: pd.DataFrame, side: str) -> pd.Series:
    return segments().assign(known[[f"{side}_{name}" for name in RFM]].set_axis(list(RFM), axis=1))


def by_rules(known: pd.DataFrame) -> pd.Series:
    """Label customers as the notebook does, by rules on the same day's recency, frequency and monetary value."""
    recency, frequency, monetary = (known[f"now_{name}"] for name in RFM)
    best = (recency <= 60) & (frequency >= 3)
    labels = np.select(
        [best, (recency <= 150) & (monetary > 60), recency <= 220], ["Champion", "Loyal", "At risk"], "Lost"
    )
    return pd.Series(labels, index=known.index)


def test_the_notebooks_mistake_is_refused() -> None:
    """One snapshot, labels by rules on R, F and M, predicted from R, F and M."""
    known = rows(2_000)
    snapshot = known.loc[known["as_of"] == known["as_of"].min(), list(RFM)]
    labels = by_rules(known).loc[snapshot.index]
    with pytest.raises(LeakError, match=r"segment only repeats what was known on the day of the cutoff") as error:
        refuse_leaks(snapshot, labels, RFM, target="segment")
    assert "days since the last order" in str(error.value)
    assert "Predict what customers do after the cutoff" in str(error.value)


@pytest.mark.parametrize("columns", [ALL_INPUTS, COLUMNS, RFM])
def test_labels_of_the_same_day_are_refused_at_many_cutoffs(columns: tuple[str, ...]) -> None:
    known = rows()
    with pytest.raises(LeakError, match="repeats what was known"):
        refuse_leaks(known, by_rules(known), columns, target="next_segment")


@pytest.mark.parametrize("model", [None, segments()])
def test_the_current_segment_is_refused_as_the_next(model: SegmentModel | None) -> None:
    known = rows()
    with pytest.raises(LeakError, match="repeats what was known"):
        refuse_leaks(known, at(known, "now"), COLUMNS, target="next_segment", segments=model)


def test_churn_that_is_made_from_recency_is_refused_and_recency_named() -> None:
    known = rows()
    left = (known["now_recency"] > HORIZON).astype(int)
    with pytest.raises(LeakError, match=r"a rule based on days since the last order reproduces it for 100\.0%"):
        refuse_leaks(known, left, COLUMNS, target="will_buy")


@pytest.mark.parametrize("target", ["will_buy", "spend"])
@pytest.mark.parametrize("name", ["season_spend", "gift_vouchers"])
def test_a_column_that_holds_the_future_is_refused(target: str, name: str) -> None:
    known = rows()
    leaking = known.assign(**{name: known[target] * 1.2})
    label = {"season_spend": "spend in the same 90 days last year"}.get(name, name)
    with pytest.raises(LeakError, match=label):
        refuse_leaks(leaking, leaking[target], [*dict.fromkeys((*COLUMNS, name))], target=target)


def test_spend_until_the_cutoff_is_refused_as_spend_after_it() -> None:
    known = rows()
    with pytest.raises(LeakError, match=r"“spend” ranks customers .* \(rank correlation 1\.000\)"):
        refuse_leaks(known, known["now_monetary"], COLUMNS, target="spend")


def test_outcomes_are_no_inputs() -> None:
    known = rows()
    with pytest.raises(LeakError, match="“next_recency” is only known after the cutoff"):
        refuse_leaks(known, known["will_buy"], [*COLUMNS, "next_recency"], target="will_buy")


@pytest.mark.parametrize(
    "known",
    [rows(), rows(60), rows(600, buying=0.01), subscribers(), steady()],
    ids=["usual", "few customers", "hardly anyone returns", "all buy monthly", "no one changes"],
)
def test_honest_targets_are_not_refused(known: pd.DataFrame) -> None:
    """Even if hardly anyone returns, so that the next segment follows from ageing alone, or everyone does."""
    following = at(known, "next")
    for model in (None, segments()):
        refuse_leaks(known, following, COLUMNS, target="next_segment", segments=model)
    refuse_leaks(known, known["will_buy"], COLUMNS, target="will_buy")
    refuse_leaks(known, known["spend"], COLUMNS, target="spend")


def test_a_season_that_all_follow_is_no_leak() -> None:
    """In one of two windows everyone buys, in the other no one: the calendar may know that."""
    known = rows()
    summer = known["as_of"].rank(method="dense") % 2
    known = known.assign(season_sine=summer, season_cosine=0.0)
    refuse_leaks(known, summer, COLUMNS, target="will_buy")


def test_results_too_good_to_be_true_are_doubted() -> None:
    assert suspicious({"auc": 0.81, "accuracy": 0.72, "gini": 0.84, "ece": 0.001}) == []
    assert suspicious({"auc": None}) == []
    (said,) = suspicious({"auc": 0.97})
    assert said.startswith("An AUC of 0.97 is higher than order data usually allows (0.85). Check that no column")
    (said,) = suspicious({"accuracy": 0.98})
    assert said.startswith("An accuracy of 98% is higher than")
    (said,) = suspicious({"accuracy": 0.98}, {"accuracy": 0.97})
    assert said.endswith("does about as well, so these customers may just be predictable.")
