"""The job that compares algorithms, and its stored result."""

from dataclasses import replace

import pytest

from core.errors import CancelledError, TooLittleDataError
from core.segments.choosing.algorithms_job import KIND, AlgorithmsSpec, read_compared, run
from core.segments.choosing.verdict import verdict
from core.segments.clustering.scaling import PRESETS
from core.workspace.stored_results import kept
from tests.core.segments.choosing.test_k_comparison import DAY, Shop, shop  # noqa: F401  a fixture

SPEC = AlgorithmsSpec(scaling=PRESETS["clientele"], as_of=DAY, k=4, bootstraps=2)


def test_from_asking_to_reading(shop: Shop) -> None:  # noqa: F811  the fixture
    key, said = replace(shop.key, kind=KIND, spec=SPEC.to_json()), []
    done = run(shop.workspace, shop.settings, key.to_json(), lambda *told: said.append(told))
    folder = kept(shop.workspace, key)
    assert folder is not None
    compared = read_compared(folder)
    assert done == {"compared": len(compared)}
    asked = [(row.algorithm, row.k) for row in compared]
    assert asked == [
        *(("K-Means", k) for k in (3, 4, 5)), *(("Ward", k) for k in (3, 4, 5)),
        *(("Gaussian mixture", k) for k in (3, 4, 5)), ("DBSCAN", None), ("HDBSCAN", None),
    ]  # fmt: skip
    assert verdict(compared, 4).startswith("K-Means is the default: with 4 segments, ")
    assert "Ward: resampled shop 2 of 2" in [text for _, text in said]


def test_spec_comes_back_and_stays_between_2_and_12() -> None:
    assert AlgorithmsSpec.from_json(SPEC.to_json()) == SPEC
    assert replace(SPEC, k=2).ks == [2, 3]
    assert replace(SPEC, k=12).ks == [11, 12]


def test_stopped_it_leaves_nothing(shop: Shop) -> None:  # noqa: F811
    key = replace(shop.key, kind=KIND, spec=replace(SPEC, seed=5).to_json())

    def stop(_share: float, message: str) -> None:
        if message.startswith("Ward: resampled"):
            raise CancelledError(message)

    with pytest.raises(CancelledError):
        run(shop.workspace, shop.settings, key.to_json(), stop)
    assert kept(shop.workspace, key) is None


def test_a_date_before_all_orders_is_refused(shop: Shop) -> None:  # noqa: F811
    key = replace(shop.key, kind=KIND, spec=replace(SPEC, as_of=DAY.replace(year=1999)).to_json())
    with pytest.raises(TooLittleDataError, match="There are no orders before 1999-12-31"):
        run(shop.workspace, shop.settings, key.to_json(), lambda *_told: None)
