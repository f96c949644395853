"""Shapley values of trees: equal to brute force and to XGBoost, and adding up to the output."""

from collections.abc import Sequence
from itertools import combinations
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import xgboost as xgb
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor

from core.explain.attribution.trees import BoostedTrees, Forest

Matrix = npt.NDArray[np.float64]
Nodes = dict[Any, dict[Any, Any]]

_CLOSE = 1e-5


@pytest.fixture(scope="module")
def customers() -> Matrix:
    """Return 400 rows of six columns: missing values, few distinct ones, a constant, a binary one."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((400, 6))
    rows[:, 2] = rng.integers(0, 4, 400)
    rows[:, 3] = 7.0
    rows[:, 4] = rng.random(400) < 0.3
    rows[rng.random(400) < 0.2, 0] = np.nan
    rows[rng.random(400) < 0.2, 2] = np.nan
    return rows


@pytest.fixture(scope="module")
def outcome(customers: Matrix) -> Matrix:
    """Return a target that depends on the columns."""
    known = np.nan_to_num(customers, nan=-1.0)
    noise = np.random.default_rng(1).standard_normal(len(known))
    return known[:, 0] * (1 + known[:, 1]) + known[:, 2] + 2 * known[:, 4] * known[:, 5] + 0.3 * noise


def test_one_split_by_hand() -> None:
    # four customers, two either side: the tree says ∓ the same amount, and all of it is the first column's
    rows = np.array([[0.0, 1.0], [0.0, 2.0], [1.0, 1.0], [1.0, 2.0]])
    model = xgb.XGBRegressor(
        n_estimators=1, max_depth=1, learning_rate=1.0, reg_lambda=0.0, min_child_weight=1, base_score=10.0, n_jobs=1
    ).fit(rows, [4.0, 4.0, 16.0, 16.0])
    values, base = BoostedTrees.of(model).contributions(rows)
    assert base == pytest.approx([10.0])
    assert values[:, :, 0] == pytest.approx(np.array([[-6.0, 0.0], [-6.0, 0.0], [6.0, 0.0], [6.0, 0.0]]))


def test_two_trees_over_all_sets_of_inputs(customers: Matrix, outcome: Matrix) -> None:
    model = xgb.XGBRegressor(n_estimators=2, max_depth=4, learning_rate=0.5, n_jobs=1).fit(customers, outcome)
    nodes = model.get_booster().trees_to_dataframe().set_index("ID").to_dict("index")
    values, _ = BoostedTrees.of(model).contributions(customers[:10])
    for row, found in zip(customers[:10].astype(np.float32), values[:, :, 0], strict=True):
        assert found == pytest.approx(_shapley(nodes, ("0-0", "1-0"), row), abs=_CLOSE)


@pytest.mark.parametrize("depth", [1, 2, 4, 6, 8])
@pytest.mark.parametrize("classes", [2, 4])
def test_classes_as_xgboost_explains_them(customers: Matrix, outcome: Matrix, depth: int, classes: int) -> None:
    edges = np.quantile(outcome, np.arange(1, classes) / classes)
    model = xgb.XGBClassifier(n_estimators=12, max_depth=depth, n_jobs=1).fit(customers, np.digitize(outcome, edges))
    trees = BoostedTrees.of(model)
    assert trees.tables is not None
    _check(trees, model, customers, 1 if classes == 2 else classes)


@pytest.mark.parametrize(("depth", "read"), [(4, True), (12, False), (0, False)])
def test_regression_as_xgboost_explains_it(customers: Matrix, outcome: Matrix, depth: int, read: bool) -> None:  # noqa: FBT001
    model = xgb.XGBRegressor(n_estimators=12, max_depth=depth or 1, gamma=0 if depth else 1e9, n_jobs=1)
    trees = BoostedTrees.of(model.fit(customers, outcome))
    assert (trees.tables is not None) == read
    _check(trees, model, customers, 1)


def test_some_trees_without_a_split(customers: Matrix, outcome: Matrix) -> None:
    classes = np.where(outcome > np.quantile(outcome, 0.9), np.where(customers[:, 4] > 0, 2, 1), 0)
    model = xgb.XGBClassifier(n_estimators=15, max_depth=2, gamma=4, n_jobs=1).fit(customers, classes)
    sizes = model.get_booster().trees_to_dataframe().groupby("Tree").size()
    assert (sizes == 1).any()
    assert (sizes > 1).any()
    _check(BoostedTrees.of(model), model, customers, 3)


def test_a_value_on_the_threshold_goes_right(customers: Matrix, outcome: Matrix) -> None:
    model = xgb.XGBRegressor(n_estimators=5, max_depth=3, n_jobs=1).fit(customers, outcome)
    nodes = model.get_booster().trees_to_dataframe().query("Feature == 'f1'")
    rows = np.tile(customers[:1], (len(nodes), 1))
    rows[:, 1] = nodes["Split"]
    _check(BoostedTrees.of(model), model, rows, 1)


def test_nobody_and_many(customers: Matrix, outcome: Matrix) -> None:
    trees = BoostedTrees.of(xgb.XGBRegressor(n_estimators=5, max_depth=3, n_jobs=1).fit(customers, outcome))
    whole, _ = trees.contributions(customers)
    each = np.concatenate([trees.contributions(customers[[place]])[0] for place in range(0, 400, 25)])
    assert np.array_equal(whole[::25], each)
    assert trees.contributions(customers[:0])[0].shape == (0, 6, 1)


@pytest.mark.parametrize("classes", [2, 3])
def test_chances_of_a_forest_add_up(customers: Matrix, outcome: Matrix, classes: int) -> None:
    rows = np.nan_to_num(customers, nan=-1.0)
    codes = np.digitize(outcome, np.quantile(outcome, np.arange(1, classes) / classes))
    model = RandomForestClassifier(n_estimators=10, min_samples_leaf=5, random_state=0).fit(rows, codes)
    values, base = Forest.of(model).contributions(rows[:20])
    assert values.shape == (20, 6, classes)
    assert base + values.sum(axis=1) == pytest.approx(model.predict_proba(rows[:20]), abs=_CLOSE)
    assert values[:, 3] == pytest.approx(0.0)


def test_amounts_of_a_forest_add_up(customers: Matrix, outcome: Matrix) -> None:
    rows = np.nan_to_num(customers, nan=-1.0)
    model = RandomForestRegressor(n_estimators=10, random_state=0).fit(rows, outcome)
    values, base = Forest.of(model).contributions(rows[:5])
    assert (base + values.sum(axis=1))[:, 0] == pytest.approx(model.predict(rows[:5]), abs=_CLOSE)


def _check(trees: BoostedTrees, model: Any, rows: Matrix, outputs: int) -> None:
    values, base = trees.contributions(rows)
    booster, table = model.get_booster(), xgb.DMatrix(rows, nthread=1)
    said = booster.predict(table, pred_contribs=True).reshape(len(rows), outputs, -1)
    assert values.shape == (len(rows), rows.shape[1], outputs)
    assert values.swapaxes(1, 2) == pytest.approx(said[:, :, :-1], abs=_CLOSE)
    assert base == pytest.approx(said[0, :, -1], abs=_CLOSE)
    margin = booster.predict(table, output_margin=True).reshape(len(rows), outputs)
    assert base + values.sum(axis=1) == pytest.approx(margin, abs=_CLOSE)
    assert not values[:, 3].any()  # a constant column
    assert np.abs(values).max() > 0 or trees.tables is None


def _shapley(nodes: Nodes, roots: Sequence[str], row: npt.NDArray[np.float32]) -> Matrix:
    """Return the Shapley values of several trees by definition."""
    count = len(row)
    found = np.zeros(count)
    for column in range(count):
        others = [other for other in range(count) if other != column]
        for size in range(count):
            weight = factorial(size) * factorial(count - size - 1) / factorial(count)
            for known in combinations(others, size):
                for root in roots:
                    more = _expected(nodes, root, row, {*known, column}) - _expected(nodes, root, row, set(known))
                    found[column] += weight * more
    return found


def _expected(nodes: Nodes, at: str, row: npt.NDArray[np.float32], known: set[int]) -> float:
    """Return a tree's output with some columns known; the others take both branches, as in the training data."""
    here = nodes[at]
    if here["Feature"] == "Leaf":
        return float(here["Gain"])
    column = int(here["Feature"][1:])
    if column in known:
        way = "Missing" if np.isnan(row[column]) else "Yes" if row[column] < np.float32(here["Split"]) else "No"
        return _expected(nodes, here[way], row, known)
    ways = here["Yes"], here["No"]
    parts = [nodes[way]["Cover"] * _expected(nodes, way, row, known) for way in ways]
    return float(sum(parts) / sum(nodes[way]["Cover"] for way in ways))
