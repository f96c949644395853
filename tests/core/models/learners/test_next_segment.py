"""Next-segment probabilities."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from core.models.data.repeat_buying import RepeatBuying
from core.models.learners.candidates import CANDIDATES
from core.models.learners.next_segment import (
    NextSegment,
    played_out,
    segment_at,
    standing_columns,
    train_next_segment,
    with_standing,
)
from core.segments.clustering.scaling import Scaler, scaling_of
from core.segments.segment_model import ClusterSpec, SegmentModel


def near_and_far() -> SegmentModel:
    """Return two segments that differ only in recency, 9 and 99 days, with the border at about 31."""
    scaler = Scaler(spec=scaling_of("clientele"), mean=(0.0, 0.0, 0.0), scale=(1.0, 1.0, 1.0))
    ends = [(float(np.log1p(days)), 1.0, 1.0) for days in (9, 99)]
    return SegmentModel(spec=ClusterSpec(k=2), scaler=scaler, centroids=tuple(ends), names=("Near", "Far"))


def customers(*recency: float, frequency: float = 3.0) -> pd.DataFrame:
    """Return customers with these recencies, three purchases and a tenure of 400 days."""
    count = len(recency)
    days = np.asarray(recency, float)
    return pd.DataFrame(
        {
            "now_recency": days, "now_frequency": frequency, "now_monetary": 30.0, "frequency": frequency,
            "tenure": 400.0, "active_span": 400.0 - days, "order_value": 10.0,
            "next_recency": days, "next_frequency": frequency, "next_monetary": 30.0,
            "as_of": pd.Timestamp(date(2024, 1, 1)), "customer_id": [f"c{n}" for n in range(count)],
        },
        index=range(10, 10 + count),
    )  # fmt: skip


def rhythm(gap: float) -> RepeatBuying:
    """Return a model of customers who buy every `gap` days on average, hardly ever stop, and spend 10."""
    from core.customers.btyd import BgNbd  # noqa: PLC0415

    return RepeatBuying(buying=BgNbd(r=400.0, alpha=400.0 * gap, a=0.01, b=10.0), spending=None, mean_amount=10.0)


def test_segments_now_later_and_after_the_horizon() -> None:
    known = customers(5, 25, 60)
    assert list(segment_at(known, near_and_far(), "now")) == ["Near", "Near", "Far"]
    assert list(segment_at(known, near_and_far(), "now", later=10)) == ["Near", "Far", "Far"]
    assert list(segment_at(known.assign(next_recency=[90, 1, 1]), near_and_far(), "next")) == ["Far", "Near", "Near"]
    assert segment_at(known.iloc[:0], near_and_far(), "now").empty


def test_standing_says_where_a_customer_is_and_would_be_without_a_purchase() -> None:
    found = with_standing(customers(5, 25, 60), near_and_far(), horizon=10)
    assert found[standing_columns(near_and_far())].to_numpy().tolist() == [
        [1, 0, 1, 0],
        [1, 0, 0, 1],
        [0, 1, 0, 1],
    ]


def test_played_out_by_hand() -> None:
    """A daily buyer is near after 90 days; one who buys every thousand years is 90 days older, and far."""
    often = played_out(rhythm(1), near_and_far(), customers(0, 60), horizon=90)
    assert often[0] == pytest.approx([1, 0], abs=0.03)
    assert often[1] == pytest.approx([0, 1], abs=0.001)  # silent for sixty times the usual gap: lapsed
    never = played_out(rhythm(365_000), near_and_far(), customers(5, 60), horizon=90)
    assert never == pytest.approx(np.array([[0, 1], [0, 1]]), abs=0.001)


def test_played_out_agrees_with_the_chance_to_buy_late_enough() -> None:
    """Customers who buy in the last 30 of 90 days end up near: 1 − 1 / e for a Poisson process of one a month."""
    found = played_out(rhythm(30), near_and_far(), customers(5), horizon=90, draws=2_000)
    assert found[0, 0] == pytest.approx(1 - np.exp(-1), abs=0.03)


def test_a_customer_is_played_out_alike_in_any_batch() -> None:
    many = customers(*range(1, 80))
    alone = played_out(rhythm(20), near_and_far(), many.iloc[[30]], 60)
    assert (played_out(rhythm(20), near_and_far(), many, 60)[[30]] == alone).all()


def test_the_named_segment_lies_between_likeliest_and_likelier_than_usual() -> None:
    """Of .6 and .4 the first is named; if it is nine times as common, .6 / 3 is less than .4 / 1."""
    plain = NextSegment(segments=near_and_far(), horizon=90)
    chances = np.array([[0.6, 0.4]])
    assert list(plain.named(chances)) == ["Near"]
    weighed = NextSegment(segments=near_and_far(), horizon=90, prior=(0.9, 0.1))
    assert list(weighed.named(chances)) == ["Far"]


def test_members_and_rhythm_are_mixed_geometrically_and_sum_to_one() -> None:
    rng, past = np.random.default_rng(0), customers(*np.linspace(1, 120, 300))
    past["next_recency"] = np.where(rng.random(300) < 0.5, 3.0, 200.0)
    member = train_next_segment(CANDIDATES["logistic_regression"], past, near_and_far(), 90, ("now_recency",))
    new = customers(5, 80)
    parts = [
        NextSegment(segments=near_and_far(), horizon=90, members=(member,)).probabilities(new),
        NextSegment(segments=near_and_far(), horizon=90, rhythm=rhythm(30)).probabilities(new),
    ]
    both = NextSegment(segments=near_and_far(), horizon=90, members=(member,), rhythm=rhythm(30)).probabilities(new)
    product = np.sqrt(parts[0] * np.maximum(parts[1], 1e-4))
    assert both == pytest.approx(product / product.sum(axis=1, keepdims=True))
    assert both.sum(axis=1) == pytest.approx(1.0)


def test_a_segment_that_was_never_seen_has_no_chance() -> None:
    """A segment absent from the training rows gets probability 0, and the order of names is kept."""
    three = SegmentModel(
        spec=ClusterSpec(k=3), scaler=near_and_far().scaler, names=("Gone", "Far", "Near"),
        centroids=((99.0, 99.0, 99.0), near_and_far().centroids[1], near_and_far().centroids[0]),
    )  # fmt: skip
    past = customers(*np.linspace(1, 120, 200))
    member = train_next_segment(CANDIDATES["logistic_regression"], past, three, 90, ("now_recency",))
    found = NextSegment(segments=three, horizon=90, members=(member,)).probabilities(customers(2, 118))
    assert (found[:, 0] == 0).all()
    assert found[0, 2] > 0.8
    assert found[1, 1] > 0.8
