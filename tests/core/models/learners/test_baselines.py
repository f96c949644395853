"""Simple baselines, checked by hand."""

import numpy as np
import pandas as pd
import pytest

from core.models.data.panel import rfm_of
from core.models.learners.baselines import PREDICTED, MostFrequent, Persistence, Recency, RollForward, baselines
from core.segments.clustering.scaling import Scaler, ScalingSpec
from core.segments.segment_model import ClusterSpec, SegmentModel

NEXT = pd.Series(["new", "new", "gone", "gone", "gone", None], dtype="str")


def rows() -> pd.DataFrame:
    """Return six customers: of three who bought in the last 90 days two buy again, of the others one."""
    return pd.DataFrame(
        {
            "recency": [5.0, 20, 80, 150, 200, 300],
            "orders_90": [2.0, 1, 1, 0, 0, 0],
            "orders_180": [2.0, 1, 1, 1, 0, 0],
            "spend_90": [90.0, 30, 10, 0, 0, 0],
            "spend_180": [90.0, 30, 10, 40, 0, 0],
            "now_recency": [4.0, 19, 79, 149, 199, 299],
            "now_frequency": [4.0, 3, 2, 1, 1, 1],
            "now_monetary": [400.0, 90, 50, 40, 10, 5],
            "will_buy": [1.0, 1, 0, 0, 1, 0],
            "spend": [60.0, 30, 0, 0, 30, 0],
        }
    )


@pytest.fixture(scope="module")
def segments() -> SegmentModel:
    """Return two segments centred at 10 and 250 days since the last order, ignoring everything else."""
    scaler = Scaler(spec=ScalingSpec(), mean=(0.0, 0.0, 0.0), scale=(1.0, 1e9, 1e9))
    centroids = tuple((float(np.log1p(days)), 0.0, 0.0) for days in (10, 250))
    return SegmentModel(spec=ClusterSpec(k=2), scaler=scaler, centroids=centroids, names=("recent", "gone"))


def test_most_frequent_says_the_same_of_all() -> None:
    found = MostFrequent.fit(rows(), NEXT).predict(rows().iloc[:2])
    assert list(found.columns) == list(PREDICTED)
    assert found.to_numpy().tolist() == [[0.5, 20.0, "gone"]] * 2


def test_persistence_repeats_the_window_nearest_to_the_horizon(segments: SegmentModel) -> None:
    known = rows().iloc[[0, 5]]
    found = Persistence.fit(rows(), 90, segments)
    assert found.window == 90
    assert [found.again, found.back] == pytest.approx([2 / 3, 1 / 3])
    predicted = found.predict(known)
    assert predicted["p_buy"].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert predicted["expected_spend"].tolist() == [90, 0]
    assert predicted["segment_predicted"].tolist() == ["recent", "gone"]


def test_persistence_scales_spend_to_other_horizons() -> None:
    found = Persistence.fit(rows(), 100)
    assert found.window == 90
    assert found.predict(rows())["expected_spend"].iloc[0] == pytest.approx(100)
    assert found.predict(rows())["segment_predicted"].isna().all()
    assert Persistence.fit(rows(), 150).window == 180


def test_persistence_of_a_shop_where_all_bought_recently() -> None:
    """With no past customers who hadn't bought recently, such customers get the mean chance."""
    found = Persistence.fit(rows().iloc[:3], 90)
    assert found.back == found.again == pytest.approx(2 / 3)


def test_roll_forward_makes_everybody_older_by_the_horizon(segments: SegmentModel) -> None:
    known = rows().iloc[[0, 1]]
    assert segments.assign(rfm_of(known, "now")).tolist() == ["recent", "recent"]
    found = RollForward(horizon=300, segments=segments).predict(known)
    assert found["segment_predicted"].tolist() == ["gone", "gone"]
    assert found[["p_buy", "expected_spend"]].isna().all(axis=None)


def test_recency_is_all_that_recency_sees() -> None:
    rng = np.random.default_rng(0)
    recency = rng.integers(1, 300, 2_000).astype(float)
    buys = rng.random(2_000) < 1 / (1 + recency / 60)
    past = pd.DataFrame({"recency": recency, "will_buy": buys.astype(float), "spend": np.where(buys, 40.0, 0.0)})
    following = pd.Series(np.where(buys, "recent", "gone"))
    found = Recency.fit(past, following).predict(pd.DataFrame({"recency": [10.0, 60, 250]}))
    assert found["p_buy"].tolist() == pytest.approx([6 / 7, 0.5, 60 / 310], abs=0.06)
    assert found["expected_spend"].tolist() == pytest.approx((40 * found["p_buy"]).tolist())
    assert found["segment_predicted"].iloc[[0, 2]].tolist() == ["recent", "gone"]


@pytest.mark.parametrize("all_did", [0.0, 1.0])
def test_where_all_did_the_same_recency_says_so(all_did: float) -> None:
    past = rows().assign(will_buy=all_did, spend=all_did * 9)
    found = Recency.fit(past, pd.Series("new", index=past.index)).predict(rows())
    assert found["p_buy"].tolist() == [all_did] * 6
    assert found["expected_spend"].tolist() == [all_did * 9] * 6
    assert found["segment_predicted"].tolist() == ["new"] * 6


def test_without_a_past_what_needs_none_still_predicts(segments: SegmentModel) -> None:
    found = baselines(rows().iloc[:0], 90, segments=segments, segment_next=NEXT.iloc[:0])
    assert set(found) == {"most_frequent", "persistence", "roll_forward"}
    predicted = {name: baseline.predict(rows()) for name, baseline in found.items()}
    assert predicted["persistence"]["segment_predicted"].notna().all()
    assert all(frame["p_buy"].isna().all() for frame in predicted.values())


def test_without_segments_none_are_predicted() -> None:
    found = baselines(rows(), 90)
    assert set(found) == {"most_frequent", "persistence", "recency"}
    assert all(baseline.predict(rows())["segment_predicted"].isna().all() for baseline in found.values())
