"""The notebook's figures on a real year, and how the presets differ."""

from datetime import date
from typing import Any

import pandas as pd
import pytest

from core.customers.rfm import RfmSpec, snapshot
from core.segments.choosing.analysis import AnalysisSpec, analyse
from core.segments.choosing.k_candidates import Candidate, candidates
from core.segments.choosing.k_choice import ChoiceSpec, recommend, with_stability
from core.segments.choosing.notebook_preset import notebook_customers
from core.segments.clustering.fitting import fit, scaled
from core.segments.clustering.scaling import PRESETS
from core.segments.clustering.stability import agreement, mean_and_low
from core.segments.naming import FOUR
from core.segments.segment_model import K_RANGE, ClusterSpec
from tests.conftest import RealLogs

pytestmark = pytest.mark.timeout(600)

EXACT_TO = 4  # beyond it the last digits differ between versions of scikit-learn
UK: dict[str, Any] = {
    "customers": 3_920,
    "wcss": [11760, 8080.597, 4859.999, 3237.246, 2653.74, 2233.841, 1841.699, 1516.769, 1348.192, 1180.157],
    "silhouette": [0.77254, 0.55503, 0.58261, 0.52509, 0.52568, 0.48369, 0.47294, 0.47368, 0.4275],
    "davies_bouldin": [0.7531, 0.6626, 0.6794, 0.7316],
    "calinski_harabasz": [1784.01, 2780.62, 3436.57, 3358.66],
    "sizes": [19, 282, 972, 2647],
}
REST: dict[str, Any] = {
    "customers": 418,
    "wcss": [1254, 655.626, 310.032, 200.164, 150.565, 111.978, 76.734, 60.363, 48.477, 41.351],
    "silhouette": [0.92293, 0.64037, 0.64827, 0.49563, 0.49309, 0.49341, 0.4385, 0.42891, 0.4144],
    "sizes": [1, 3, 94, 320],
}


@pytest.fixture(scope="module")
def groups(real: RealLogs) -> dict[str, pd.DataFrame]:
    """Return the notebook's customers, by group."""
    folder = real.version("2010-2011").folder
    table = notebook_customers(real.connection.read_parquet(str(folder / "rows.parquet")))
    return {str(name): members for name, members in table.groupby("group", sort=False)}


@pytest.fixture(scope="module")
def customers(real: RealLogs) -> pd.DataFrame:
    """Return the customers at the end of the year."""
    folder = real.version("2010-2011").folder
    orders, returns = (real.connection.read_parquet(str(folder / f"{name}.parquet")) for name in ("orders", "returns"))
    table = snapshot(orders, returns, RfmSpec(as_of=date(2011, 12, 10)))
    found: pd.DataFrame = table.order_by("customer_id").execute()
    return found


def column(found: list[Candidate], name: str, first: int = 2) -> list[float]:
    """Return a metric of the candidates, from a number of segments on."""
    return [getattr(candidate, name) for candidate in found if candidate.k >= first]


def test_customers_of_the_two_groups(groups: dict[str, pd.DataFrame]) -> None:
    assert list(groups) == ["United Kingdom", "Rest"]
    assert [len(members) for members in groups.values()] == [UK["customers"], REST["customers"]]


@pytest.mark.parametrize(("name", "expected"), [("United Kingdom", UK), ("Rest", REST)])
def test_figures_of_the_notebook(groups: dict[str, pd.DataFrame], name: str, expected: dict[str, Any]) -> None:
    found = candidates(groups[name], PRESETS["notebook"], range(1, 11))
    for figure, first, digits in (
        ("wcss", 1, 3),
        ("silhouette", 2, 5),
        ("davies_bouldin", 2, 4),
        ("calinski_harabasz", 2, 2),
    ):
        if figure not in expected:
            continue
        numbers, given = column(found, figure, first), expected[figure]
        exact = EXACT_TO - first + 1
        assert [round(number, digits) for number in numbers[:exact]] == given[:exact], figure
        assert numbers[: len(given)] == pytest.approx(given, rel=0.02), figure


@pytest.mark.parametrize(("name", "expected"), [("United Kingdom", UK), ("Rest", REST)])
def test_sizes_of_four_segments(groups: dict[str, pd.DataFrame], name: str, expected: dict[str, Any]) -> None:
    segments = fit(groups[name], ClusterSpec(preset="notebook")).assign(groups[name])
    assert sorted(segments.value_counts()) == expected["sizes"]
    assert set(segments) == set(FOUR)


def test_logarithms_give_segments_large_enough_to_act_on(customers: pd.DataFrame) -> None:
    """Raw values isolate a handful of very large customers; logarithms don't."""
    logarithms = fit(customers, ClusterSpec()).assign(customers).value_counts(normalize=True)
    raw = fit(customers, ClusterSpec(preset="notebook")).assign(customers).value_counts(normalize=True)
    assert logarithms.min() > 0.15
    assert raw.min() < 0.01
    found = candidates(customers, PRESETS["clientele"], (2, 3, 4))
    assert column(found, "silhouette") == pytest.approx([0.434, 0.339, 0.336], abs=0.002)


def test_names_say_what_the_medians_say(customers: pd.DataFrame) -> None:
    _, result = analyse(customers, AnalysisSpec())
    assert result["segments"][0]["name"] == FOUR[0]
    by_name = {segment["name"]: segment for segment in result["segments"]}
    frequency = {name: by_name[name]["median_frequency"] for name in FOUR}
    recency = {name: by_name[name]["median_recency"] for name in FOUR}
    assert frequency[FOUR[0]] > frequency[FOUR[1]] > max(frequency[FOUR[2]], frequency[FOUR[3]])
    assert recency[FOUR[0]] < recency[FOUR[3]]
    assert recency[FOUR[2]] < recency[FOUR[3]]
    assert sum(segment["revenue"] for segment in result["segments"]) == pytest.approx(8_887_208.894)


def test_four_segments_are_recommended_on_a_real_log(customers: pd.DataFrame) -> None:
    """With five or more, some segment is too small however stable it is, so only four need resampling."""
    values, _ = scaled(customers, PRESETS["clientele"])
    found = [with_stability(candidate, 1.0, 1.0) for candidate in candidates(customers, PRESETS["clientele"], K_RANGE)]
    assert [candidate.k for candidate in found if candidate.smallest >= 0.1 * len(customers)] == [2, 3, 4]
    mean, low = mean_and_low(agreement(values, 4, bootstraps=100))
    assert 0.88 <= mean <= 0.92
    assert low < mean
    found[2] = with_stability(found[2], mean, low)
    chosen = recommend(found, len(customers), ChoiceSpec())
    assert (chosen.k, chosen.held) == (4, True)
    assert chosen.reason.startswith("4 segments: the most that stay the same when the shop is resampled")
    assert "(agreement 0.90 of 1)" in chosen.reason
    assert "and the smallest still has 16% of customers; with 5, the smallest would have only 6%" in chosen.reason
    assert agreement(values, 2, bootstraps=5).mean() > 0.95


def test_gross_and_net_differ_where_it_hurts(customers: pd.DataFrame) -> None:
    """Two of the ten biggest customers returned everything."""
    ranked = customers.set_index("customer_id").sort_values("monetary", ascending=False)
    returners = ranked.head(10).loc[["16446", "12346"], ["monetary", "net"]]
    assert returners.round().to_numpy().tolist() == [[168_472, 3], [77_184, 0]]
    share = customers["returned"].sum() / customers["monetary"].sum()
    assert share == pytest.approx(0.068, abs=0.001)
