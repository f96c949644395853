"""Conversion of frozen dataclasses to plain values and back."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from core.customers.order_filter import OrderFilter
from core.explore.products_job import ProductsSpec
from core.forecasts.job import ScoreSpec
from core.models.training.training_run import TrainSpec
from core.plain import Plain
from core.segments.choosing.k_comparison import SweepSpec
from core.segments.clustering.scaling import ScalingSpec
from core.segments.segment_model import ClusterSpec
from core.workspace.stored_results import ResultKey


@dataclass(frozen=True, kw_only=True)
class Inner(Plain):
    """A nested dataclass."""

    names: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Outer(Plain, form=3, renamed={"inner": "core"}):
    """A dataclass with fields of every kind."""

    at: date
    inner: Inner = Inner()
    share: float = 0.5
    pairs: tuple[tuple[str, int], ...] = ()
    marks: frozenset[str] = frozenset()
    path: Path | None = None
    either: str | int | None = None
    extra: dict[str, Any] | None = None


VALUES = Outer(
    at=date(2026, 9, 30), inner=Inner(names=("a",)), share=1, pairs=(("x", 2),), marks=frozenset("ba"), path=Path("/p"),
    either=7, extra={"k": [1]},
)  # fmt: skip
PLAIN = {
    "form": 3, "at": "2026-09-30", "core": {"names": ["a"]}, "share": 1, "pairs": [["x", 2]], "marks": ["a", "b"],
    "path": "/p", "either": 7, "extra": {"k": [1]},
}  # fmt: skip


def test_there_and_back() -> None:
    assert VALUES.to_json() == PLAIN
    assert json.dumps(VALUES.to_json()["share"]) == "1"  # not 1.0, which would be another key
    assert Outer.from_json(json.loads(json.dumps(PLAIN))) == VALUES


def test_what_was_stored_before_a_field_existed_has_its_default() -> None:
    assert Outer.from_json({"form": 2, "at": "2026-09-30"}) == Outer(at=date(2026, 9, 30))


def test_missing_fields_are_an_error() -> None:
    with pytest.raises(KeyError, match="at"):
        Outer.from_json({"share": 1})


RFM = ["recency", "frequency", "monetary"]
ALL = {"country": None, "end": None, "segment": None, "start": None}
BASKETS = {"least_support": 0.003, "least_together": 10, "most_orders": 100_000, "most_products": 500, "seed": 0}
STORED: list[tuple[Plain, dict[str, Any]]] = [
    (ClusterSpec(), {"preset": "clientele", "k": 4, "seed": 0}),
    (
        ClusterSpec(preset="own", own=ScalingSpec(scaling="raw"), k=5),
        {"preset": "own", "k": 5, "seed": 0, "own": {"features": RFM, "scaling": "raw"}},
    ),
    (
        SweepSpec(as_of=date(2024, 1, 2)),
        {"form": 1, "preset": "clientele", "own": None, "as_of": "2024-01-02", "bootstraps": 100, "seed": 0},
    ),
    (
        ProductsSpec(chosen=OrderFilter(), segments="abc"),
        {"form": 1, "chosen": ALL, "model_version": "abc", "within": 90, "baskets": BASKETS},
    ),
    (
        TrainSpec(as_of=date(2024, 1, 1), segments=3).suite,
        {
            "horizon": 90,
            "outcomes": ["will_buy", "spend", "next_segment"],
            "models": ["logistic_regression", "random_forest", "knn", "svm", "xgboost", "mlp"],
            "balancing": ["none"],
            "seed": 0,
        },
    ),
    (
        ScoreSpec(as_of=date(2024, 1, 1), horizon=90, model="m"),
        {
            "form": 2, "as_of": "2024-01-01", "horizon": 90, "model": "m", "segment_model": None,
            "lifetime": {"months": [3, 6, 12], "discount": 0.1, "draws": 200, "seed": 0},
        },
    ),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "plain"), STORED, ids=lambda one: type(one).__name__)
def test_specs_are_stored_as_ever(spec: Plain, plain: dict[str, Any]) -> None:
    """Stored results are found by these values, so a different form would lose all of them."""
    assert spec.to_json() == plain
    assert type(spec).from_json(json.loads(json.dumps(plain))) == spec


def test_results_of_before_are_found_by_the_same_digest() -> None:
    key = ResultKey(
        dataset_id="abc", version=1, generation=0, kind="sweep", spec=SweepSpec(as_of=date(2024, 1, 2)).to_json()
    )
    assert key.digest == "ed7ae8ce6f28a8a4a09384e1e5107c86"
