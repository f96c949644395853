"""Every candidate learns, predicts probabilities, and trains reproducibly."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from core.errors import InputError, TooLittleDataError
from core.models.data.inputs import SKEWED, SignedLog, scaled
from core.models.learners.candidates import BALANCING, CANDIDATES, Trained, train

COLUMNS = ["recency", "frequency", "gap_median", "idle_share", "country"]


def customers(count: int = 600, seed: int = 0) -> tuple[pd.DataFrame, pd.Series]:
    """Return customers and outcomes, where recent and frequent buyers mostly buy again."""
    rng = np.random.default_rng(seed)
    recency, frequency = rng.integers(1, 300, count).astype(float), rng.integers(1, 30, count).astype(float)
    known = pd.DataFrame(
        {
            "recency": recency,
            "frequency": frequency,
            "gap_median": np.where(frequency > 1, 300 / frequency, np.nan),
            "idle_share": recency / 300,
            "country": rng.choice(np.array(["UK", "Germany", None], dtype=object), count, p=[0.8, 0.15, 0.05]),
        }
    )
    chance = 1 / (1 + np.exp(0.02 * (recency - 60) - 0.08 * (frequency - 10)))
    return known, pd.Series((rng.random(count) < chance).astype(int))


def trained(name: str, balancing: str = "none", columns: list[str] = COLUMNS) -> Trained:
    known, happened = customers()
    return train(CANDIDATES[name], known, happened, columns, balancing=balancing)


@pytest.mark.parametrize("name", CANDIDATES)
def test_each_learns_who_buys_again(name: str) -> None:
    known, happened = customers(seed=1)
    found = trained(name).probabilities(known)
    assert found.shape == (len(known), 2)
    assert np.allclose(found.sum(axis=1), 1)
    assert roc_auc_score(happened, found[:, 1]) > 0.7
    assert np.array_equal(trained(name).probabilities(known), found)


@pytest.mark.parametrize("name", CANDIDATES)
@pytest.mark.parametrize("balancing", [name for name in BALANCING if name != "none"])
def test_each_can_be_balanced_or_says_that_it_cannot(name: str, balancing: str) -> None:
    if balancing == "weights" and not CANDIDATES[name].takes_weights:
        with pytest.raises(InputError, match="doesn't support class weights"):
            trained(name, balancing)
        return
    model = trained(name, balancing)
    assert "sampling" not in model.pipeline.named_steps
    rare = customers()[1].mean() < 0.5
    assert (model.probabilities(customers()[0])[:, 1].mean() > customers()[1].mean()) == rare


def test_what_hardly_varied_in_training_does_not_decide_later() -> None:
    """If no one seemed to have lapsed at past dates, a chance of 98% is millions of standard deviations away."""
    known, happened = customers()
    rng = np.random.default_rng(0)
    known = known.assign(idle_share=1 - rng.uniform(0, 1e-8, len(known)))
    model = train(CANDIDATES["logistic_regression"], known, happened, COLUMNS)
    later = known.assign(idle_share=0.98)
    assert model.probabilities(later)[:, 1].std() > 0.1  # not 0 or 1 for everyone
    farthest = scaled(COLUMNS).fit(known).transform(later)
    assert np.abs(farthest).max() == 10


@pytest.mark.parametrize("name", ["svm", "mlp", "xgboost"])
def test_a_class_of_one_customer_is_not_learned(name: str) -> None:
    known, happened = customers()
    found = train(CANDIDATES[name], known, happened.where(happened.index > 0, 2), COLUMNS)
    assert found.classes == (0, 1)
    assert found.rows == len(known) - 1
    with pytest.raises(TooLittleDataError, match="Only one class in the training data has 10 customers or more"):
        train(CANDIDATES[name], known, pd.Series([1] + [0] * (len(known) - 1)), COLUMNS)


def test_three_classes_keep_their_names() -> None:
    known, happened = customers()
    segments = pd.Series(np.select([known["recency"] < 50, happened == 1], ["new", "back"], "gone"))
    model = train(CANDIDATES["xgboost"], known, segments, COLUMNS)
    assert model.classes == ("back", "gone", "new")
    assert (np.asarray(model.classes)[model.probabilities(known).argmax(axis=1)] == segments).mean() > 0.7


def test_countries_and_gaps_never_seen_are_no_trouble() -> None:
    known, _ = customers()
    strange = known.assign(country="Atlantis", gap_median=np.nan)
    for name in CANDIDATES:
        assert np.isfinite(trained(name).probabilities(strange)).all()


def test_slow_models_take_a_sample_with_the_same_shares() -> None:
    known, happened = customers(count=9_000)
    model = train(CANDIDATES["svm"], known, happened, COLUMNS)
    assert model.rows == pytest.approx(4_000, abs=1)


def test_logarithms_keep_signs_zeros_and_gaps() -> None:
    found = SignedLog().fit_transform(np.array([[0.0, np.e - 1, 1 - np.e, np.nan]]))
    assert found[0, :3].tolist() == pytest.approx([0, 1, -1])
    assert np.isnan(found[0, 3])
    assert {"monetary", "recency"} <= set(SKEWED)
    assert "idle_share" not in SKEWED


def test_scaled_columns_have_mean_zero_and_deviation_one() -> None:
    known, _ = customers()
    found = scaled(["recency", "idle_share"]).fit_transform(known)
    assert np.allclose(found.mean(axis=0), 0, atol=1e-12)
    assert np.allclose(found.std(axis=0), 1)


def test_what_cannot_be_trained_is_said() -> None:
    known, happened = customers()
    with pytest.raises(TooLittleDataError, match="All customers in the training data had the same outcome"):
        train(CANDIDATES["xgboost"], known, happened * 0, COLUMNS)
    few = pd.Series([1] * 3 + [0] * (len(known) - 3))
    with pytest.raises(TooLittleDataError, match="SMOTE needs more than 5"):
        train(CANDIDATES["xgboost"], known, few, COLUMNS, balancing="smote")
    with pytest.raises(InputError, match="must be one of none"):
        train(CANDIDATES["xgboost"], known, happened, COLUMNS, balancing="magic")
