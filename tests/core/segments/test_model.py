"""A segment model is frozen: it assigns, stores and comes back, and never refits."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import InputError
from core.segments.clustering import fit
from core.segments.model import K_RANGE, ClusterSpec, SegmentModel
from core.segments.scaling import FEATURES, TRANSFORMS, transform
from tests import strategies

MODEL = SegmentModel(
    spec=ClusterSpec(preset="notebook", k=2),
    mean=(10.0, 2.0, 100.0),
    scale=(5.0, 1.0, 50.0),
    centroids=((-1.0, 1.0, 1.0), (1.0, -1.0, -1.0)),
    names=("Best", "Rest"),
)


def table(*rows: tuple[float, float, float]) -> pd.DataFrame:
    """Give customers with these values."""
    return pd.DataFrame(rows, columns=list(FEATURES)).assign(customer_id=[str(i) for i in range(len(rows))])


def test_assigns_the_nearest_centroid_by_hand() -> None:
    """(5, 3, 150) stands on the first centroid, (15, 1, 50) on the second, (14, 2, 60) nearer the second."""
    found = MODEL.assign(table((5, 3, 150), (15, 1, 50), (14, 2, 60)))
    assert found.tolist() == ["Best", "Rest", "Rest"]
    assert (found.name, str(found.dtype)) == ("segment", "str")


def test_segments_stand_under_the_index_of_the_customers() -> None:
    customers = table((5, 3, 150), (15, 1, 50)).set_index(pd.Index([7, 3]))
    assert MODEL.assign(customers).to_dict() == {7: "Best", 3: "Rest"}


def test_nobody_has_no_segment() -> None:
    assert MODEL.assign(table()).tolist() == []


def test_logarithms_of_the_clientele_preset_by_hand() -> None:
    """Nothing is below zero: net values may be."""
    values = transform(table((0.0, 1.0, np.e - 1), (7.0, 3.0, -5.0)), "clientele")
    expected = [[0.0, np.log(2), 1.0], [np.log(8), np.log(4), 0.0]]
    assert np.allclose(values, expected, rtol=1e-15, atol=1e-15)
    assert np.isfinite(values).all()


def test_notebook_preset_leaves_values_as_they_are() -> None:
    assert transform(table((1.5, 2.0, -3.0)), "notebook").tolist() == [[1.5, 2.0, -3.0]]


@pytest.mark.parametrize("k", [1, 0, -1, 13, 40])
def test_number_of_segments_is_checked(k: int) -> None:
    with pytest.raises(InputError, match=rf"^`k` must be between 2 and 12, got {k}\.$"):
        ClusterSpec(k=k)


def test_preset_is_checked() -> None:
    with pytest.raises(InputError, match=r"^`preset` must be one of clientele, notebook, got “raw”\.$"):
        ClusterSpec(preset="raw")
    with pytest.raises(InputError, match=r"^`preset` must be one of clientele, notebook, got “raw”\.$"):
        transform(table((1, 1, 1)), "raw")


@settings(max_examples=10)
@given(customers=strategies.customers(), preset=st.sampled_from(list(TRANSFORMS)), k=st.sampled_from(list(K_RANGE)))
def test_model_comes_back_from_its_json_to_the_last_bit(customers: pd.DataFrame, preset: str, k: int) -> None:
    model = fit(customers, ClusterSpec(preset=preset, k=k))
    again = SegmentModel.from_json(json.loads(json.dumps(model.to_json())))
    assert again == model
    assert again.assign(customers).equals(model.assign(customers))


@settings(max_examples=10)
@given(customers=strategies.customers(), later=strategies.customers(min_size=1))
def test_later_customers_do_not_move_earlier_ones(customers: pd.DataFrame, later: pd.DataFrame) -> None:
    """Who else is looked at, and in which order, changes nobody's segment."""
    model = fit(customers, ClusterSpec())
    before = model.assign(customers)
    both = pd.concat([later, customers], ignore_index=True)
    assert model.assign(both).tolist()[len(later) :] == before.tolist()
