"""Interactions, partial dependence and redundant inputs."""

import numpy as np
import pandas as pd
import pytest

from core.explain.overall.correlation import across, correlations, within
from core.explain.overall.driver_dependence import interactions
from core.explain.overall.partial_dependence import LINES, partial
from tests.core.explain.made_up import exchange


def three(count: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    x, z, other = rng.normal(size=(3, count))
    return pd.DataFrame({"x": x, "z": z, "near": x + 0.3 * other, "noise": rng.normal(size=count)})


def test_the_input_that_multiplies_is_found() -> None:
    rows = three()
    added = (rows["x"] * rows["z"] + rows["x"]).to_numpy()  # up with z where x is positive, down where negative
    found = interactions(rows["x"], added, rows[["near", "noise", "z"]])
    assert found.index[0] == "z"
    assert found["z"] > 0.9
    assert found["near"] < 0.05  # moves with x, and explains nothing that x does not
    assert found["noise"] < 0.05


def test_where_nothing_is_left_nothing_is_found() -> None:
    rows = three()
    assert interactions(rows["x"], 2 * rows["x"].to_numpy(), rows[["z"]])["z"] == 0
    assert interactions(rows["x"], np.ones(len(rows)), rows[["z"]])["z"] == 0


def test_missing_values_and_texts_are_groups_of_their_own() -> None:
    rows = three()
    half = np.arange(len(rows)) % 2 == 0
    added = np.where(half, rows["z"], 0.0)
    missing = interactions(rows["x"].where(~half), added, rows[["noise", "z"]])
    named = interactions(pd.Series(np.where(half, "here", "there")), added, rows[["noise", "z"]].where(rows["z"] > -9))
    assert missing.index[0] == named.index[0] == "z"
    assert named["z"] == pytest.approx(1, abs=0.02)


def test_an_input_is_moved_through_what_customers_have() -> None:
    rows = pd.DataFrame({"x": np.arange(100.0), "country": "here", "same": 1.0, "z": 0.0})
    rows.loc[50:, "z"] = 1.0
    model = exchange(lambda some: some["x"].to_numpy() / 10 + some["z"].to_numpy(), rows, {"spent": ("x",)})
    found = partial(model, ["x", "country", "same"], ["will_buy"])
    assert set(found.means["input"]) == {"x"}
    assert found.means["value"].iloc[[0, -1]].tolist() == [2, 97]
    at = found.means.iloc[0]
    assert at["mean"] == pytest.approx((1 / (1 + np.exp(-0.2)) + 1 / (1 + np.exp(-1.2))) / 2)
    one = found.lines[found.lines["customer"] == 7]
    assert found.lines["customer"].nunique() == LINES
    assert set(one["own"]) == {7}
    assert one["said"].to_numpy() == pytest.approx(1 / (1 + np.exp(-one["value"].to_numpy() / 10)))


def test_ranks_tell_what_moves_together() -> None:
    values = pd.DataFrame(
        {
            "recency": [1.0, 2, 3, 4],
            "overdue": [1.0, 4, 9, 16],
            "frequency": [4.0, 3, 2, 1],
            "rate": [1.0, 2, np.nan, 0],
            "hour": [5.0, 5, 5, 5],
        }
    )
    pairs = correlations(values)
    assert "hour" not in set(pairs["a"]) | set(pairs["b"])
    assert pairs["rho"].abs().is_monotonic_decreasing
    inside = within(pairs).set_index("driver")
    assert tuple(inside.loc["recency", ["a", "b", "rho"]]) == ("recency", "overdue", 1)
    assert inside.loc["orders", "rho"] == pytest.approx(0.5)  # of ranks 3, 2, 1 and 2, 3, 1
    [beside] = across(pairs).to_dict("records")
    assert {beside["driver_a"], beside["driver_b"]} == {"recency", "orders"}
    assert beside["rho"] == -1
