"""The cost of shuffling whole drivers."""

import numpy as np
import pandas as pd
import pytest
from sklearn.inspection import permutation_importance
from sklearn.metrics import log_loss

from core.errors import CancelledError
from core.explain.overall.permutation_importance import MEASURES, importance, of_places
from core.models.judging.metrics import of_classes
from core.progress import nobody
from tests.core.explain.made_up import exchange

DRIVERS = {"spent": ("a", "b"), "age": ("c",)}


def customers(count: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    a, c = rng.normal(size=(2, count))
    return pd.DataFrame({"a": a, "b": a, "c": c})


def test_customers_get_whole_drivers_of_others() -> None:
    rows = pd.DataFrame({"a": [1.0, 2.0, 3.0], "b": ["x", "y", "z"], "c": [7.0, 8.0, 9.0]})
    places = np.array([[2, 0], [0, 1], [1, 2]])
    mixed = exchange(lambda some: some["a"].to_numpy(), rows, DRIVERS).mixed(places, DRIVERS)
    assert mixed["a"].tolist() == [3, 1, 2]
    assert mixed["b"].tolist() == ["z", "x", "y"]
    assert mixed["c"].tolist() == [7, 8, 9]
    assert rows["a"].tolist() == [1, 2, 3]


def test_a_model_that_looks_at_one_driver_owes_it_everything() -> None:
    rows = customers()
    happened = (rows["c"] > 0).astype(float).to_numpy()
    said: list[float] = []
    found = importance(
        exchange(lambda some: 3 * some["c"].to_numpy(), rows, DRIVERS), happened, DRIVERS, repeats=4, seed=0,
        progress=lambda share, _what: said.append(share),
    )  # fmt: skip
    lost = found.table.set_index(["name", "measure"])["mean"]
    assert found.figures["auc"] == 1
    for measure in MEASURES["will_buy"]:
        assert lost["spent", measure] == 0
        assert lost["age", measure] > 0.1
    assert len(said) == 2 * 4 + 1
    assert said == sorted(said)
    assert said[-1] == 1


def test_shuffling_places_is_shuffling_values() -> None:
    """The cost equals scikit-learn's for the same shuffles of plain columns."""
    rows = customers()[["a", "c"]]
    happened = (rows["a"] + rows["c"] > 0).astype(int).to_numpy()
    drivers = {"spent": ("a",), "age": ("c",)}

    class Plain:
        def fit(self, _x: np.ndarray, _y: np.ndarray) -> "Plain":
            return self

        def predict(self, x: np.ndarray) -> np.ndarray:
            return np.asarray(1 / (1 + np.exp(-(2 * x[:, 0] + x[:, 1]))))

    plain = permutation_importance(
        Plain(), rows.to_numpy(), happened, n_repeats=3, random_state=5,
        scoring=lambda model, x, y: -log_loss(y, model.predict(x)),
    )  # fmt: skip
    model = exchange(lambda some: 2 * some["a"].to_numpy() + some["c"].to_numpy(), rows, drivers)
    found = importance(model, happened, drivers, repeats=3, seed=5, progress=nobody).table
    own = found[found["measure"] == "log_loss"]
    assert own["mean"].to_numpy() == pytest.approx(plain.importances_mean, abs=1e-12)
    assert own["sd"].to_numpy() == pytest.approx(plain.importances.std(axis=1, ddof=1), abs=1e-12)


def test_of_twins_one_alone_seems_to_matter_less() -> None:
    rows = customers()
    happened = (rows["a"] > 0).astype(float).to_numpy()
    model = exchange(lambda some: some["a"].to_numpy() + some["b"].to_numpy(), rows, DRIVERS)
    how = {"repeats": 5, "seed": 1}
    together = importance(model, happened, DRIVERS, progress=nobody, **how).table
    alone = importance(model, happened, model.inputs, progress=nobody, **how).table
    cost = together[together["measure"] == "auc"].set_index("name")["mean"]["spent"]
    each = alone[alone["measure"] == "auc"].set_index("name")["mean"]
    assert cost == pytest.approx(0.5, abs=0.08)  # nothing is left but chance
    assert 0.1 < each["a"] < cost - 0.2
    assert 0.1 < each["b"] < cost - 0.2


def test_it_can_be_stopped() -> None:
    def stop(share: float, _what: str) -> None:
        if share > 0.5:
            raise CancelledError

    rows = customers(40)
    model = exchange(lambda some: some["a"].to_numpy(), rows, DRIVERS)
    with pytest.raises(CancelledError):
        importance(model, (rows["a"] > 0).to_numpy(float), DRIVERS, repeats=4, seed=0, progress=stop)


def test_figures_of_places_are_those_of_names() -> None:
    rng = np.random.default_rng(2)
    happened, named, said = rng.integers(0, 3, 300), rng.integers(0, 4, 300), rng.dirichlet(np.ones(4), 300)
    found, known = of_places(happened, named, said), of_classes(happened.astype(str), named.astype(str))
    for name in ("mcc", "f1_macro", "accuracy"):
        assert found[name] == pytest.approx(known[name])
    assert found["log_loss"] == pytest.approx(log_loss(happened, said, labels=range(4)))
    only = np.zeros(5, dtype=int)
    assert of_places(only, only, np.tile([1.0, 0.0], (5, 1)))["mcc"] == 0
