"""Disagreements between the two measures of importance, and explanations within a time budget."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import pytest

from core.explain.attribution.contributions import Contributions
from core.explain.attribution.explainer import Explanation
from core.explain.overall.agreement import disagreements, ordinal
from core.explain.overall.many_customers import FEWEST, by_input, explain_many
from core.progress import nobody

PAIRS = pd.DataFrame([{"a": "tenure", "b": "frequency", "driver_a": "age", "driver_b": "orders", "rho": -0.84}])


def table(**rows: tuple[float, int, float, int]) -> pd.DataFrame:
    """Return shares and ranks by driver."""
    found = [
        {
            "name": name, "label": {"age": "Time as a customer", "habit": "Habit"}.get(name, name), "size_share": size,
            "size_rank": first, "mean": mean, "margin": 0.02,
            "top": 0.6 if name == "habit" else 0.2, "cost_share": mean, "cost_rank": second,
        }
        for name, (size, first, mean, second) in rows.items()
    ]  # fmt: skip
    return pd.DataFrame(found)


def test_what_is_used_and_not_missed_is_told_by_another() -> None:
    [said] = disagreements(table(age=(0.3, 2, 0.03, 9), orders=(0.4, 1, 0.4, 1)), PAIRS)
    assert said == (
        "Time as a customer is heavily used (2nd by SHAP), but shuffling it costs little (9th): “Total orders” is "
        "nearly the same (rank correlation up to 0.84)."
    )
    [said] = disagreements(table(age=(0.3, 2, 0.01, 9)), PAIRS.iloc[:0])
    assert "costs no more than chance (9th): on these dates" in said


def test_what_is_missed_and_hardly_used_is_told_too() -> None:
    [said] = disagreements(table(habit=(0.01, 8, 0.2, 2)), PAIRS)
    assert said == (
        "Habit contributes little overall (8th by SHAP), but shuffling it costs a lot (2nd): it affects few customers "
        "(60% of its effect is on a tenth of them), but correctly."
    )
    [said] = disagreements(table(orders=(0.01, 8, 0.2, 2)), PAIRS)
    assert said.endswith("its small contributions are correct more often than those of other drivers.")
    assert disagreements(table(habit=(0.01, 8, 0.015, 2), age=(0.02, 1, 0.0, 9), orders=(0.2, 2, 0.2, 4)), PAIRS) == []
    assert [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 102)] == [
        "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd",
    ]  # fmt: skip


def test_what_rhythm_adds_to_a_blend_belongs_to_its_chance() -> None:
    parts = np.array([[[1.0], [2.0], [4.0], [8.0]]])
    found = Contributions(columns=("recency", "in_segment_0", "in_segment_1", "rhythm"), parts=parts, base=np.zeros(1))
    own = by_input(found, "will_buy")
    assert own.columns == ("recency", "in_segment", "btyd_buy")
    assert own.parts[0, :, 0].tolist() == [1, 6, 8]
    assert by_input(found, "next_segment").columns[-1] == "played"


@dataclass
class Slow:
    """Return an explainer that takes a second per ten customers, and its clock."""

    outcome: str = "will_buy"
    is_sampled: bool = True
    is_rhythm: bool = False
    seconds: float = 0.0
    seeds: list[int] = field(default_factory=list)

    def explain(self, known: pd.DataFrame, *, orders: int, seed: int) -> Explanation:
        """Take a second, and return contributions of one."""
        self.seconds += 1
        self.seeds.append(seed)
        parts = np.ones((len(known), 2, 1))
        found = Contributions(columns=("recency", "age"), parts=parts, base=np.zeros(1))
        return Explanation(
            contributions=found, outputs=("will_buy",), scale="probability", error=parts / 10, orders=orders
        )


def test_as_many_are_explained_as_fit_into_a_time() -> None:
    slow: Any = Slow()
    known = pd.DataFrame({"recency": np.arange(200.0)})
    many = explain_many(slow, known, seed=3, progress=nobody, budget=5, clock=lambda: slow.seconds)
    assert many.customers == 50
    assert many.inputs is None
    assert many.error is not None
    assert many.error == pytest.approx(np.full((2, 1), 0.1))
    assert slow.seeds == [3, 13, 23, 33, 43]  # with the same orders for all, errors would not average out
    slow = Slow()
    few = explain_many(slow, known, seed=3, progress=nobody, budget=0.1, clock=lambda: slow.seconds)
    assert few.customers == FEWEST
