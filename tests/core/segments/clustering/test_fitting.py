"""K-Means finds existing groups, whatever the order of rows."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.cluster import KMeans
from sklearn.preprocessing import StandardScaler

from core.errors import TooLittleDataError
from core.segments.clustering.cluster_features import RFM
from core.segments.clustering.fitting import fit
from core.segments.naming import CHURNING, FOUR, LOYAL, NEW, POTENTIAL
from core.segments.segment_model import K_RANGE, ClusterSpec
from tests import strategies
from tests.strategies import examples

GROUPS = {
    LOYAL: (2, 40, 8000.0),
    POTENTIAL: (20, 8, 900.0),
    NEW: (10, 1, 40.0),
    CHURNING: (300, 1, 50.0),
}


def four_groups(seed: int = 0, each: int = 15) -> pd.DataFrame:
    """Return shuffled customers, each close to one of four points named in `group`."""
    rng = np.random.default_rng(seed)
    rows = [
        (days, orders, money * rng.uniform(0.9, 1.1), name)
        for name, (days, orders, money) in GROUPS.items()
        for _ in range(each)
    ]
    table = pd.DataFrame(rows, columns=[*RFM, "group"])
    table["customer_id"] = [f"{number:03}" for number in rng.permutation(len(table))]
    return table.sample(frac=1, random_state=seed).reset_index(drop=True)


@pytest.mark.parametrize("seed", range(5))
def test_four_groups_get_the_four_names(seed: int) -> None:
    customers = four_groups(seed)
    model = fit(customers, ClusterSpec())
    assert model.assign(customers).tolist() == customers["group"].tolist()
    assert model.names == FOUR


def test_sizes_of_groups_do_not_matter() -> None:
    customers = four_groups(each=30)
    drop = customers[customers["group"] == LOYAL].index[3:]
    customers = customers.drop(index=drop)
    assert fit(customers, ClusterSpec()).assign(customers).tolist() == customers["group"].tolist()


def test_centroids_are_the_means_of_their_members() -> None:
    """Means are of the standardised logarithms that K-Means uses."""
    customers = four_groups()
    model = fit(customers, ClusterSpec())
    values = np.log1p(customers[list(RFM)].to_numpy(dtype="float64"))
    scaled = (values - values.mean(axis=0)) / values.std(axis=0)
    for name, centre in zip(model.names, model.centroids, strict=True):
        assert np.allclose(scaled[customers["group"] == name].mean(axis=0), centre, atol=1e-12)


def test_fit_is_that_of_scikit_learn() -> None:
    customers = four_groups().sort_values("customer_id")
    values = StandardScaler().fit_transform(np.log1p(customers[list(RFM)].to_numpy(dtype="float64")))
    labels = KMeans(n_clusters=5, init="k-means++", n_init=10, max_iter=300, random_state=3).fit_predict(values)
    found = fit(customers, ClusterSpec(k=5, seed=3)).assign(customers)
    pairs = set(zip(labels.tolist(), found.tolist(), strict=True))
    assert len(pairs) == 5


@examples(3, 12)
@given(
    customers=strategies.customers(),
    k=st.sampled_from(list(K_RANGE)),
    preset=st.sampled_from(["clientele", "notebook"]),
    seed=st.integers(0, 9),
)
def test_segments_partition_the_customers_whatever_the_order_of_rows(
    customers: pd.DataFrame, k: int, preset: str, seed: int
) -> None:
    model = fit(customers, ClusterSpec(k=k, preset=preset))
    segments = model.assign(customers)
    assert len(segments) == len(customers)
    assert set(segments) == set(model.names)
    assert len(model.names) == k
    shuffled = customers.sample(frac=1, random_state=seed)
    assert fit(shuffled, ClusterSpec(k=k, preset=preset)) == model


@pytest.mark.parametrize(
    ("customers", "message"),
    [
        (four_groups(each=1).head(3), "got 3 customers with 3 different histories. Add more orders."),
        (pd.concat([four_groups(each=1).head(3)] * 9), "got 27 customers with 3 different histories."),
        (four_groups(each=1).head(1), "got 1 customers with 1 different histories."),
    ],
)
def test_too_few_different_customers_are_refused(customers: pd.DataFrame, message: str) -> None:
    with pytest.raises(TooLittleDataError, match=r"^4 segments need at least 4 customers with different") as caught:
        fit(customers, ClusterSpec())
    assert message in str(caught.value)


def test_as_many_customers_as_segments_is_enough() -> None:
    customers = four_groups(each=1)
    assert sorted(fit(customers, ClusterSpec()).assign(customers)) == sorted(FOUR)


def test_feature_in_which_all_are_equal_does_no_harm() -> None:
    """A month after opening, everyone has ordered once."""
    customers = four_groups().assign(frequency=1)
    assert set(fit(customers, ClusterSpec(k=3)).assign(customers)) == set(fit(customers, ClusterSpec(k=3)).names)
