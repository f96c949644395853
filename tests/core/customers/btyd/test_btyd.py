"""Published values, and properties that hold for any order history."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad

from core.customers.btyd import BgNbd, GammaGamma, Histories, ParetoNbd
from core.errors import InputError, TooLittleDataError

SIMPLE = BgNbd(r=0.25, alpha=4.0, a=0.8, b=2.5)
PARETO = ParetoNbd(r=0.5534, alpha=10.580, s=0.6061, beta=11.656)
DAY, WEEK = 1.0, 7.0


@pytest.fixture(scope="session")
def sample() -> pd.DataFrame:
    """Return the 1-in-10 sample of CDNOW in weeks, used by the published estimates and included in lifetimes."""
    found = importlib.util.find_spec("lifetimes")  # not imported: it warns of much
    if found is None or not found.submodule_search_locations:
        pytest.skip("The package lifetimes, which brings the CDNOW sample, is not installed.")
    folder = Path(found.submodule_search_locations[0]) / "datasets"
    return pd.read_csv(folder / "cdnow_customers_summary_with_transactions.csv")


def test_likelihood_of_bg_nbd_in_published_cases() -> None:
    """No purchase after the first, and two hundred purchases."""
    found = SIMPLE.each_log_likelihood([0, 200], [0, 38], [40, 40])
    assert found == pytest.approx([-0.59947, 100.7957], abs=5e-5)


def test_bg_nbd_on_the_cdnow_sample(sample: pd.DataFrame) -> None:
    """Fader, Hardie and Lee (2005), table 2 and section 4; P(alive) from their note of 2008."""
    model = BgNbd.fit(Histories.of(sample["x"], sample["t_x"], sample["T"]))
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx((0.243, 4.414, 0.793, 2.426), abs=6e-4)
    assert model.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    assert model.expected(39, 2, 30.43, 38.86) == pytest.approx(1.226, abs=5e-4)
    assert model.alive(2, 30.43, 38.86) == pytest.approx(0.7266, abs=5e-5)
    assert model.expected_new([0.1429, 1, 3, 31.857, 32, 78]) == pytest.approx(
        [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.8576], abs=5e-4
    )


def test_pareto_nbd_on_the_cdnow_sample(sample: pd.DataFrame) -> None:
    """Fader, Hardie and Lee (2005), table 2."""
    model = ParetoNbd.fit(Histories.of(sample["x"], sample["t_x"], sample["T"]))
    assert (model.r, model.alpha, model.s, model.beta) == pytest.approx((0.5534, 10.580, 0.6061, 11.656), rel=2e-3)
    assert model.log_likelihood == pytest.approx(-9594.976, abs=0.01)


def test_gamma_gamma_on_the_cdnow_sample(sample: pd.DataFrame) -> None:
    """Fader and Hardie (2013), section 4."""
    repeated = sample[sample["x"] > 0]
    assert len(repeated) == 946
    model = GammaGamma.fit(repeated["x"], repeated["zbar"])
    assert (model.p, model.q, model.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)


def test_bg_nbd_on_the_whole_cdnow_file_in_days(shared: object) -> None:
    histories = cdnow(str(shared))
    model = BgNbd.fit(Histories.of(histories["x"], histories["t_x"], histories["T"]))
    assert len(histories) == 23_570
    assert (model.r, model.alpha, model.a, model.b) == pytest.approx((0.2516, 33.52, 0.7234, 2.1611), rel=2e-4)


def cdnow(shared: str) -> pd.DataFrame:
    """Return histories in days until 1997-09-30."""
    path = f"{shared}/data/cdnow_master.txt"
    table = pd.read_csv(path, sep=r"\s+", names=["id", "day"], usecols=[0, 1], skiprows=1, dtype=str)
    table["day"] = pd.to_datetime(table["day"], format="%Y%m%d")
    end = pd.Timestamp("1997-09-30")
    days = table[table["day"] <= end].drop_duplicates().groupby("id")["day"].agg(["min", "max", "size"])
    return pd.DataFrame(
        {"x": days["size"] - 1, "t_x": (days["max"] - days["min"]).dt.days, "T": (end - days["min"]).dt.days}
    )


@pytest.mark.parametrize(
    ("alpha", "beta", "x", "t_x", "T"),
    [(10.58, 11.656, 2, 30.43, 38.86), (1.0, 80.0, 0, 0.0, 38.86), (1.0, 80.0, 3, 0.1, 200.0), (90.0, 0.5, 20, 5, 30)],
)
def test_pareto_nbd_agrees_with_its_definition(alpha: float, beta: float, x: int, t_x: float, T: float) -> None:  # noqa: N803
    """The chance of having lapsed is an integral over the time of lapsing (Fader and Hardie, 2005, eq. 8)."""
    r, s = 0.7, 1.3
    model = ParetoNbd(r=r, alpha=alpha, s=s, beta=beta)
    alive = (alpha + T) ** -(r + x) * (beta + T) ** -s
    ended, _ = quad(lambda t: s * (alpha + t) ** -(r + x) * (beta + t) ** -(s + 1), t_x, T, epsabs=0, epsrel=1e-10)
    assert model.alive(x, t_x, T) == pytest.approx(alive / (alive + ended), rel=1e-8)


def test_any_purchase_by_hand_and_never_more_than_are_expected() -> None:
    """P(alive) is 1 without a repeat purchase: 1 − (44 / 54)^.25 = .04991."""
    assert SIMPLE.any_purchase(10, 0, 0, 40) == pytest.approx(0.04991, abs=1e-5)
    for x, t_x in ((0, 0.0), (1, 20.0), (9, 39.0)):
        assert SIMPLE.any_purchase(10, x, t_x, 40) <= SIMPLE.expected(10, x, t_x, 40)


def test_expected_purchases_of_the_simulated_are_what_they_do() -> None:
    """Customers simulated from the model buy as often as it expects, within four standard errors."""
    rng, count, until = np.random.default_rng(0), 40_000, 30.0
    rates = rng.gamma(SIMPLE.r, 1 / SIMPLE.alpha, count)
    stopping = rng.beta(SIMPLE.a, SIMPLE.b, count)
    purchases, clock, going = np.zeros(count), np.zeros(count), np.ones(count, bool)
    while going.any():
        clock[going] += rng.exponential(1 / np.maximum(rates[going], 1e-300))
        going &= clock <= until
        purchases[going] += 1
        going &= rng.random(count) >= stopping
    error = purchases.std() / np.sqrt(count)
    assert SIMPLE.expected_new(until) == pytest.approx(purchases.mean(), abs=4 * error)


HISTORY = st.tuples(st.integers(0, 200), st.floats(0, 1), st.floats(0.5, 1_000))


@given(HISTORY, st.floats(0, 1_000), st.floats(0, 1_000))
@pytest.mark.parametrize("model", [SIMPLE, PARETO, BgNbd(r=1.0, alpha=30.0, a=1.0, b=1.0)], ids=["bg", "pareto", "a=1"])
def test_more_time_never_brings_fewer_purchases(
    model: BgNbd | ParetoNbd, history: tuple[int, float, float], t: float, more: float
) -> None:
    x, share, T = history  # noqa: N806
    t_x = share * T if x else 0.0
    near, far = model.expected([t, t + more], x, t_x, T)
    assert 0 <= model.alive(x, t_x, T) <= 1
    assert 0 <= near <= far * (1 + 1e-6) + 1e-9
    assert model.expected(0, x, t_x, T) == pytest.approx(0, abs=1e-9)


def test_who_never_came_back_never_stopped() -> None:
    """In BG/NBD a customer can only lapse after a repeat purchase."""
    assert SIMPLE.alive(0, 0, 100) == 1


def test_longer_silence_makes_an_end_likelier() -> None:
    for model in (SIMPLE, PARETO):
        assert (np.diff(model.alive(5, 20, [20, 30, 60, 200])) < 0).all()


def test_a_customer_with_many_purchases_is_expected_to_spend_as_before() -> None:
    """By hand: 6.25 · (15.44 + 10 · 30) / (62.5 + 2.74) = 30.2192; without purchases 6.25 · 15.44 / 2.74 = 35.2190."""
    model = GammaGamma(p=6.25, q=3.74, gamma=15.44)
    assert model.expected([10, 0], [30.0, 0.0]) == pytest.approx([30.2192, 35.2190], abs=1e-4)


def test_equal_histories_count_once_with_their_weight() -> None:
    found = Histories.of([1, 0, 1], [3, 0, 3], [9, 5, 9])
    assert (found.x.tolist(), found.t_x.tolist(), found.weight.tolist()) == ([0, 1], [0, 3], [1, 2])


@pytest.mark.parametrize(
    ("x", "t_x", "T"), [([1], [5], [4]), ([-1], [0], [4]), ([0], [1], [4]), ([1], [float("nan")], [4]), ([], [], [])]
)
def test_histories_that_cannot_be_are_refused(x: list[float], t_x: list[float], T: list[float]) -> None:  # noqa: N803
    with pytest.raises(InputError, match="Histories need"):
        Histories.of(x, t_x, T)


def test_spend_of_two_customers_cannot_be_fitted() -> None:
    with pytest.raises(TooLittleDataError, match="at least 3"):
        GammaGamma.fit([1, 2], [5.0, 6.0])


def test_customers_who_all_buy_every_day_are_expected_to_go_on() -> None:
    """With one rate for all, the series of equation 10 doesn't converge, and one purchase a day is expected."""
    model = BgNbd(r=162_000.0, alpha=162_000.0, a=1e-5, b=50.0)
    found = model.expected(30, [100, 250], [100, 250], [100, 250])
    assert found == pytest.approx([30, 30], rel=0.01)
